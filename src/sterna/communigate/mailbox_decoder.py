"""Understand an account's mailboxes: what they are for, who else may use them, which ones of others it uses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sterna.communigate.keys import Meaning, key_findings
from sterna.communigate.mailboxes import CliMailbox, read_folders, read_mailboxes
from sterna.communigate.names import NameEncoding, is_foreign, mailbox_name
from sterna.communigate.raw import RawAccount
from sterna.communigate.sharing import account_wide, read_foreign, read_grants
from sterna.communigate.values import Value, as_dictionary, as_text, texts
from sterna.model.address import Address
from sterna.model.finding import Finding, Outcome
from sterna.model.mailbox import MailboxName
from sterna.model.sharing import ForeignMailbox, MailboxAlias, MailboxGrants

_CARRIED = Meaning(Outcome.KEPT, "read, or made anew on the target")
_LOCK = Meaning(Outcome.DROPPED, "locked mailboxes may be used by one session only; the target has no such lock")
_INFO_KEYS = {**dict.fromkeys(("Messages", "Size", "Class", "Access"), _CARRIED), "Lock": _LOCK}
_VOLATILE = Meaning(Outcome.DROPPED, "what the source notes of a mailbox for itself")


@dataclass(frozen=True, slots=True)
class Mailboxes:
    """What was understood. `mail` are the mailboxes for mail, None when the source does not tell of mailboxes."""

    mail: frozenset[MailboxName] | None
    folders: tuple[MailboxName, ...]
    grants: tuple[MailboxGrants, ...]
    shares: tuple[MailboxAlias, ...]
    foreign_subscriptions: tuple[ForeignMailbox, ...]
    findings: tuple[Finding, ...]


def mailbox_paths(raw: RawAccount) -> Iterator[str]:
    """Yield every path of the account's own mailboxes, as the source spells it."""
    yield from as_dictionary(raw.mailboxes) or {}
    yield from as_dictionary(raw.mailbox_aliases) or {}
    yield from (path for path in texts(raw.subscriptions) if not is_foreign(path))


def decode_mailboxes(raw: RawAccount, address: Address, encoding: NameEncoding) -> Mailboxes:
    """Return what the source tells of an account's mailboxes besides their messages."""
    findings: list[Finding] = []
    mailboxes = tuple(read_mailboxes(raw.mailboxes))
    grants: list[MailboxGrants] = []
    info: dict[str, Value] = {}
    for mailbox in mailboxes:
        object_ = f"{address}: {mailbox.path}"
        info |= mailbox.info
        if not mailbox.holds_mail:
            findings.append(_not_mail(object_, mailbox))
        access = mailbox.access if mailbox.access is not None else as_dictionary(raw.mailbox_acls.get(mailbox.path))
        rows, lost = read_grants(access or {}, address, object_)
        findings += lost
        if rows:
            grants.append(MailboxGrants(mailbox_name(mailbox.path, encoding), rows))
            who = ", ".join(
                f"{who} ({letters})" for who, each in sorted((access or {}).items()) if (letters := as_text(each))
            )
            why = "its rights are set on the target in the letters of RFC 4314"
            findings.append(Finding("acl", object_, Outcome.KEPT, f"shared with {who}", why))
    unusual = {key: value for key, value in info.items() if key not in _INFO_KEYS or _INFO_KEYS[key] is not _CARRIED}
    findings += key_findings("mailbox", str(address), unusual, _INFO_KEYS, _VOLATILE)
    findings += account_wide(as_dictionary(raw.acl) or {}, str(address))
    return Mailboxes(
        mail=None if raw.mailboxes is None else _mail(mailboxes, encoding),
        folders=tuple(mailbox_name(path, encoding) for path in read_folders(raw.mailboxes)),
        grants=tuple(grants),
        shares=_shares(raw.mailbox_aliases, address, encoding, findings),
        foreign_subscriptions=_subscriptions(raw.subscriptions, address, encoding, findings),
        findings=tuple(findings),
    )


def _mail(mailboxes: tuple[CliMailbox, ...], encoding: NameEncoding) -> frozenset[MailboxName]:
    return frozenset(mailbox_name(mailbox.path, encoding) for mailbox in mailboxes if mailbox.holds_mail)


def _shares(
    aliases: Value, address: Address, encoding: NameEncoding, findings: list[Finding]
) -> tuple[MailboxAlias, ...]:
    shares: list[MailboxAlias] = []
    for alias, value in sorted((as_dictionary(aliases) or {}).items()):
        path = as_text(value) or ""
        what = f"mailbox alias {alias} = {path}"
        foreign = read_foreign(path, address.domain)
        if foreign is None:
            why = "it does not lead to another account's mailbox"
            findings.append(Finding("mailbox", str(address), Outcome.DROPPED, what, why))
            continue
        target = ForeignMailbox(foreign[0], mailbox_name(foreign[1], encoding))
        shares.append(MailboxAlias(mailbox_name(alias, encoding), target))
        why = "on the target the mailbox stands under its owner's name, and the person is subscribed to it there"
        findings.append(Finding("mailbox", str(address), Outcome.CHANGED, what, why, "Tell the person."))
    return tuple(shares)


def _subscriptions(
    paths: Value, address: Address, encoding: NameEncoding, findings: list[Finding]
) -> tuple[ForeignMailbox, ...]:
    found: dict[ForeignMailbox, None] = {}
    for path in texts(paths):
        if not is_foreign(path):
            continue
        foreign = read_foreign(path, address.domain)
        what = f"subscription {path}"
        if foreign is None:
            why = "it names no mailbox of another account"
            findings.append(Finding("subscription", str(address), Outcome.UNREADABLE, what, why))
            continue
        found[ForeignMailbox(foreign[0], mailbox_name(foreign[1], encoding))] = None
        why = "another account's mailbox; it is subscribed to on the target too"
        findings.append(Finding("subscription", str(address), Outcome.KEPT, what, why))
    return tuple(found)


def _not_mail(object_: str, mailbox: CliMailbox) -> Finding:
    why = (
        "its items are moved as messages, as far as IMAP shows them; a calendar or address book of the target does not "
        "know them"
    )
    return Finding("mailbox", object_, Outcome.CHANGED, f"class {mailbox.item_class}", why)
