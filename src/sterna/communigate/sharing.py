"""Note who else may use an account's mailboxes, and which mailboxes are not for mail."""

from __future__ import annotations

from sterna.communigate.mailboxes import CliMailbox, read_mailboxes
from sterna.communigate.names import is_foreign
from sterna.communigate.raw import RawAccount
from sterna.communigate.values import Dictionary, Value, as_dictionary, as_text, texts
from sterna.model.finding import Finding, Outcome

_TODO = "share it again on the target by hand"


def mailbox_findings(raw: RawAccount, account: str) -> list[Finding]:
    """Return what is lost of the account's mailboxes, their access lists, aliases and foreign subscriptions."""
    findings: list[Finding] = []
    for mailbox in read_mailboxes(raw.mailboxes):
        if not mailbox.holds_mail:
            findings.append(_not_mail(account, mailbox))
        shared = mailbox.access if mailbox.access is not None else as_dictionary(raw.mailbox_acls.get(mailbox.path))
        findings += _shared(f"{account}: {mailbox.path}", "mailbox", shared or {})
    findings += _shared(account, "whole account", as_dictionary(raw.acl) or {})
    findings += _aliases(account, raw.mailbox_aliases)
    findings += (_subscription(account, path) for path in texts(raw.subscriptions) if is_foreign(path))
    return findings


def _shared(object_: str, what: str, access: Dictionary) -> tuple[Finding, ...]:
    rights = [f"{who} ({letters})" for who, each in sorted(access.items()) if (letters := as_text(each))]
    if not rights:
        return ()
    return (
        Finding("acl", object_, Outcome.DROPPED, f"{what} shared with {', '.join(rights)}", "not moved yet", _TODO),
    )


def _not_mail(account: str, mailbox: CliMailbox) -> Finding:
    why = (
        "its items are moved as messages, as far as IMAP shows them; a calendar or address book of the target does not "
        "know them"
    )
    return Finding("mailbox", f"{account}: {mailbox.path}", Outcome.CHANGED, f"class {mailbox.item_class}", why)


def _aliases(account: str, value: Value) -> list[Finding]:
    why = "not moved yet: another account's mailbox that is shown under a name of its own"
    return [
        Finding("mailbox", account, Outcome.DROPPED, f"mailbox alias {alias} = {as_text(path)}", why)
        for alias, path in sorted((as_dictionary(value) or {}).items())
    ]


def _subscription(account: str, path: str) -> Finding:
    why = "not moved yet: a subscription to another account's mailbox"
    return Finding("subscription", account, Outcome.DROPPED, f"subscription {path}", why)
