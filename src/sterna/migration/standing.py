"""Whether a change is still to be made, has been made already, or rests on facts that are no longer true. Pure."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sterna.cyrus.admin import NO_QUOTA, Quota
from sterna.errors import Retry, Scope, SternaError
from sterna.migration.changes import AddEntry, Change, CreateMailbox, InstallScript, ModifyEntry, SetQuota, account_of
from sterna.migration.facts import Facts, FoundEntry
from sterna.migration.scripts import NO_SCRIPTS, SCRIPT, digest
from sterna.model.address import Address
from sterna.openldap.entries import dn_key, same_values

_SHOWN = 5
"""How many outdated changes an error names before it only counts."""


class Standing(enum.Enum):
    """How a change and the facts stand to each other."""

    TODO = "to do"
    DONE = "done"
    """All it would do is so already: an earlier run was interrupted behind it."""
    OUTDATED = "outdated"


@dataclass(frozen=True, slots=True)
class Outdated:
    """One change whose ground has shifted."""

    subject: str
    what: str


class PlanOutdatedError(SternaError):
    """What the plan would touch is no longer as it was when the plan was made; nothing was changed."""

    scope = Scope.RUN
    retry = Retry.LATER
    exit_code = 75

    def __init__(self, rows: tuple[Outdated, ...]) -> None:
        self.rows = rows
        some = "; ".join(f"{row.subject}: {row.what}" for row in rows[:_SHOWN])
        more = f"; and {len(rows) - _SHOWN} more" if len(rows) > _SHOWN else ""
        super().__init__(
            f"the target has changed since the plan was made ({some}{more}); nothing was changed. "
            "Make a new plan, look at it, and apply that."
        )


def standings(changes: Iterable[Change], facts: Facts) -> Iterator[tuple[Change, Standing]]:
    """Yield each change with its standing."""
    to_create: set[str] = set()
    for change in changes:
        match change:
            case AddEntry() | ModifyEntry():
                yield change, entry_standing(change, facts.entries.get(dn_key(change.dn)))
            case CreateMailbox():
                to_create.add(change.subject)
                exists = account_of(change) in facts.inboxes
                yield change, Standing.DONE if exists else Standing.TODO
            case SetQuota():
                yield change, _quota_standing(change, facts, will_be_made=change.subject in to_create)
            case InstallScript():
                yield change, _script_standing(change, facts, will_be_made=change.subject in to_create)


def entry_standing(change: AddEntry | ModifyEntry, found: FoundEntry | None) -> Standing:
    """Return how a change of an entry and the entry stand to each other."""
    if isinstance(change, AddEntry):
        if found is None:
            return Standing.TODO
        same = all(_holds(found, name, values) for name, values in change.attributes)
        return Standing.DONE if same and _has_password(change, found) else Standing.OUTDATED
    if found is None:
        return Standing.OUTDATED
    if all(_holds(found, each.name, each.new) for each in change.attributes) and _has_password(change, found):
        return Standing.DONE
    as_expected = all(
        _holds(found, each.name, each.old) or _holds(found, each.name, each.new) for each in change.attributes
    )
    return Standing.TODO if as_expected and not (change.password and found.passwords) else Standing.OUTDATED


def outdated(change: Change, facts: Facts) -> Outdated:
    """Return in words what an outdated change has found instead of what it expected."""
    match change:
        case AddEntry():
            return Outdated(change.subject, f"{change.dn} is there now, and differs from what was to be added")
        case ModifyEntry():
            found = facts.entries.get(dn_key(change.dn))
            if found is None:
                return Outdated(change.subject, f"{change.dn} is gone")
            names = [each.name for each in change.attributes if not _holds(found, each.name, each.old)]
            return Outdated(change.subject, f"{', '.join(names) or 'userPassword'} changed meanwhile")
        case CreateMailbox():
            return Outdated(change.subject, "its INBOX changed meanwhile")
        case SetQuota():
            return Outdated(change.subject, _quota_words(account_of(change) in facts.inboxes, facts.quotas, change))
        case InstallScript():
            exists = account_of(change) in facts.inboxes
            return Outdated(change.subject, "its filter script changed meanwhile" if exists else "its INBOX is gone")


def _quota_standing(change: SetQuota, facts: Facts, *, will_be_made: bool) -> Standing:
    address = account_of(change)
    if address not in facts.inboxes:
        return Standing.TODO if will_be_made else Standing.OUTDATED
    limit = facts.quotas.get(address, NO_QUOTA).limit_kib
    if limit == change.new_kib:
        return Standing.DONE
    return Standing.TODO if limit == change.old_kib else Standing.OUTDATED


def _script_standing(change: InstallScript, facts: Facts, *, will_be_made: bool) -> Standing:
    address = account_of(change)
    if address not in facts.inboxes:
        return Standing.TODO if will_be_made else Standing.OUTDATED
    if address in facts.unreadable_scripts:
        return Standing.TODO  # trying it tells why, for this account alone
    state = facts.scripts.get(address, NO_SCRIPTS)
    if state.text == change.text and (state.runs or not change.active):
        return Standing.DONE
    there = None if state.text is None else digest(state.text)
    in_the_way = change.active and state.active not in (None, SCRIPT)
    return Standing.TODO if there == change.old and not in_the_way else Standing.OUTDATED


def _quota_words(exists: bool, quotas: Mapping[Address, Quota], change: SetQuota) -> str:
    if not exists:
        return "its INBOX is gone"
    limit = quotas.get(account_of(change), NO_QUOTA).limit_kib
    return f"its quota is {'unlimited' if limit is None else f'{limit} KiB'} now"


def _holds(found: FoundEntry, name: str, values: tuple[str, ...]) -> bool:
    if name == "objectClass":  # the server may show superior classes too
        return {value.lower() for value in values} <= {value.lower() for value in found.values(name)}
    return name in _NAMING or same_values(name, found.values(name), values)


_NAMING = frozenset({"uid", "ou", "lookupName", "lookupKey"})
"""Attributes that stand in the entry's own name, which was compared already, and which is not read otherwise."""


def _has_password(change: AddEntry | ModifyEntry, found: FoundEntry) -> bool:
    return change.password is None or bool(found.passwords)
