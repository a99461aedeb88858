"""The changes that a plan can hold, as values: each says all it does, and what it expects to find.

No value here shows a password or a hash. An in-memory change may carry the password to set, but neither its text nor
its JSON does; a plan that was stored gets its passwords from the source again when it is applied.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sterna.model.account import ClearPassword, HashedPassword
from sterna.model.address import Address
from sterna.openldap.entries import PASSWORD
from sterna.openldap.hashing import scheme_of
from sterna.site.declaration import PasswordScheme


@dataclass(frozen=True, slots=True)
class PasswordChange:
    """A password for an entry that has none.

    Fields:
        scheme: of the hash that will stand in the directory: ``argon2id``, ``ssha512``, or that of a carried hash.
        password: what to make it of; None when the plan was read from a file.
    """

    scheme: str
    password: ClearPassword | HashedPassword | None = field(default=None, repr=False, compare=False)

    @classmethod
    def of(cls, password: ClearPassword | HashedPassword, scheme: PasswordScheme) -> PasswordChange:
        """Return the change that sets `password`, hashed with `scheme` when it is known in clear."""
        match password:
            case ClearPassword():
                return cls(str(scheme), password)
            case HashedPassword():
                return cls(scheme_of(password.hashed), password)


@dataclass(frozen=True, slots=True)
class AttributeChange:
    """Values of one attribute before and after; empty means that it is absent."""

    name: str
    old: tuple[str, ...]
    new: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AddEntry:
    """Make an entry that is not there."""

    subject: str
    dn: str
    attributes: tuple[tuple[str, tuple[str, ...]], ...]
    password: PasswordChange | None = None


@dataclass(frozen=True, slots=True)
class ModifyEntry:
    """Change attributes of an entry; all others stay."""

    subject: str
    dn: str
    attributes: tuple[AttributeChange, ...]
    password: PasswordChange | None = None


@dataclass(frozen=True, slots=True)
class CreateMailbox:
    """Make an account's INBOX."""

    subject: str


@dataclass(frozen=True, slots=True)
class SetQuota:
    """Limit an account's mail; None is no limit, also for an INBOX that is still to be made."""

    subject: str
    old_kib: int | None
    new_kib: int | None


@dataclass(frozen=True, slots=True)
class InstallScript:
    """Store an account's filter script; `active` lets it run. `old` is the SHA-256 of the one that is there."""

    subject: str
    old: str | None
    text: str
    active: bool


Change = AddEntry | ModifyEntry | CreateMailbox | SetQuota | InstallScript
"""`subject` says whom or what a change is for: an address, a domain, or ``table: key``."""


MailboxChange = CreateMailbox | SetQuota | InstallScript


def account_of(change: MailboxChange) -> Address:
    """Return whose mailbox is meant."""
    return Address.parse(change.subject)


def describe(change: Change) -> list[str]:
    """Return what the change does, one line for each thing it does, without naming its subject."""
    match change:
        case AddEntry():
            lines = [f"{name}: {', '.join(values)}" for name, values in change.attributes if name != "objectClass"]
            return [f"add {change.dn}", *lines, *_describe_password(change.password)]
        case ModifyEntry():
            return [
                *(f"{each.name}: {_values(each.old)} -> {_values(each.new)}" for each in change.attributes),
                *_describe_password(change.password),
            ]
        case CreateMailbox():
            return ["create INBOX"]
        case SetQuota():
            return [f"quota: {_quota(change.old_kib)} -> {_quota(change.new_kib)}"]
        case InstallScript():
            verb = "store" if change.old is None else "replace"
            return [f"{verb} the filter script{' and let it run' if change.active else ', not active'}"]


def as_json(change: Change) -> dict[str, object]:
    """Return the change as JSON values; `from_json` reads them."""
    match change:
        case AddEntry():
            return {
                "change": "add entry",
                "subject": change.subject,
                "dn": change.dn,
                "attributes": {name: list(values) for name, values in change.attributes},
                **_password_as_json(change.password),
            }
        case ModifyEntry():
            return {
                "change": "modify entry",
                "subject": change.subject,
                "dn": change.dn,
                "attributes": {each.name: {"old": list(each.old), "new": list(each.new)} for each in change.attributes},
                **_password_as_json(change.password),
            }
        case CreateMailbox():
            return {"change": "create mailbox", "subject": change.subject}
        case SetQuota():
            return {
                "change": "set quota",
                "subject": change.subject,
                "old_kib": change.old_kib,
                "new_kib": change.new_kib,
            }
        case InstallScript():
            return {
                "change": "install script",
                "subject": change.subject,
                "old": change.old,
                "text": change.text,
                "active": change.active,
            }


def from_json(data: object) -> Change:
    """Return the change that `as_json` wrote.

    Raises:
        ValueError: it is none; the text says what is wrong.
    """
    row = _table(data)
    subject = _text(row, "subject")
    match row.get("change"):
        case "add entry":
            added = tuple((name, _texts(values)) for name, values in _table(row.get("attributes")).items())
            return AddEntry(subject, _text(row, "dn"), added, _password_from_json(row))
        case "modify entry":
            changed = tuple(
                AttributeChange(name, _texts(_table(values).get("old")), _texts(_table(values).get("new")))
                for name, values in _table(row.get("attributes")).items()
            )
            return ModifyEntry(subject, _text(row, "dn"), changed, _password_from_json(row))
        case "create mailbox":
            Address.parse(subject)
            return CreateMailbox(subject)
        case "set quota":
            Address.parse(subject)
            return SetQuota(subject, _limit(row, "old_kib"), _limit(row, "new_kib"))
        case "install script":
            Address.parse(subject)
            old, active = row.get("old"), row.get("active")
            if not (old is None or isinstance(old, str)) or not isinstance(active, bool):
                raise ValueError("old should be a digest or null, and active true or false")
            return InstallScript(subject, old, _text(row, "text"), active)
        case other:
            raise ValueError(f"no change is called {other!r}")


def _describe_password(password: PasswordChange | None) -> Iterable[str]:
    return () if password is None else (f"{PASSWORD}: set ({password.scheme})",)


def _values(values: tuple[str, ...]) -> str:
    return ", ".join(values) or "(none)"


def _quota(kib: int | None) -> str:
    return "no limit" if kib is None else f"{kib} KiB"


def _password_as_json(password: PasswordChange | None) -> dict[str, object]:
    return {} if password is None else {PASSWORD: f"set ({password.scheme})"}


def _password_from_json(row: Mapping[str, object]) -> PasswordChange | None:
    if PASSWORD not in row:
        return None
    said = _text(row, PASSWORD)
    if not (said.startswith("set (") and said.endswith(")")):
        raise ValueError(f"{PASSWORD} should be 'set (…)', not {said!r}")
    return PasswordChange(said[5:-1])


def _table(data: object) -> Mapping[str, object]:
    if not isinstance(data, dict):
        raise ValueError(f"should be an object, not {data!r}")  # noqa: TRY004  # one kind of error for the caller
    return data


def _text(row: Mapping[str, object], key: str) -> str:
    value = row.get(key)
    if not isinstance(value, str):
        raise ValueError(f"{key} should be a string, not {value!r}")  # noqa: TRY004  # as above
    return value


def _texts(data: object) -> tuple[str, ...]:
    if not isinstance(data, list) or not all(isinstance(each, str) for each in data):
        raise ValueError(f"should be a list of strings, not {data!r}")
    return tuple(data)


def _limit(row: Mapping[str, object], key: str) -> int | None:
    value = row.get(key)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
        raise ValueError(f"{key} should be a number of KiB or null, not {value!r}")
    return value
