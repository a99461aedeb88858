"""Note who else may use an account's mailboxes, and which mailboxes are not for mail."""

from __future__ import annotations

from sterna.communigate.commands import Keyword
from sterna.communigate.commands import ReadCommand as Word
from sterna.communigate.connection_errors import CommandRefusedError
from sterna.communigate.enquiry import Enquiry, Notes
from sterna.communigate.mailboxes import CliMailbox, read_mailboxes
from sterna.communigate.names import is_foreign
from sterna.communigate.syntax import DataFormatError
from sterna.communigate.values import Dictionary, Value, as_dictionary, as_text, texts
from sterna.model.finding import Finding, Outcome

_TODO = "share it again on the target by hand"


async def mailbox_findings(notes: Notes, enquiry: Enquiry, account: str) -> None:
    """Ask for the account's mailboxes, their access lists, aliases and foreign subscriptions, and note what is lost."""
    for mailbox in read_mailboxes(await notes.ask("mailbox", Word.LISTMAILBOXES)):
        if not mailbox.holds_mail:
            notes.add(_not_mail(account, mailbox))
        shared = await _access(notes, enquiry, account, mailbox)
        notes.add(*_shared(f"{account}: {mailbox.path}", "mailbox", shared))
    notes.add(*_shared(account, "whole account", as_dictionary(await notes.ask("acl", Word.GETACCOUNTACL)) or {}))
    notes.add(*_aliases(account, await notes.ask("mailbox", Word.GETMAILBOXALIASES)))
    subscribed = await notes.ask("subscription", Word.GETMAILBOXSUBSCRIPTION, Word.GETACCOUNTSUBSCRIPTION)
    notes.add(*(_subscription(account, path) for path in texts(subscribed) if is_foreign(path)))


async def _access(notes: Notes, enquiry: Enquiry, account: str, mailbox: CliMailbox) -> Dictionary:
    if mailbox.access is not None:
        return mailbox.access
    try:
        answer = await enquiry.ask(Word.GETMAILBOXACL, about=(account, Keyword.MAILBOX, mailbox.path))
    except (CommandRefusedError, DataFormatError) as error:
        if not (isinstance(error, CommandRefusedError) and error.unknown_command):
            object_ = f"{account}: {mailbox.path}"
            notes.add(Finding("acl", object_, Outcome.UNREADABLE, "who else may use it", str(error)))
        return {}
    return as_dictionary(answer) or {}


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
