"""Read an account's mailboxes and subscriptions from the CLI's answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sterna.communigate.read import MailboxUse
from sterna.communigate.values import Dictionary, Value, as_array, as_dictionary, as_number, as_text

_MAIL_CLASSES = frozenset({"", "ipf.note"})


@dataclass(frozen=True, slots=True)
class CliMailbox:
    """One mailbox that holds messages.

    Fields:
        path: as the CLI spells it.
        item_class: what it is for, as ``IPF.Appointment``; empty for mail.
        access: who else may use it, with the letters of RFC 2086; None when the answer does not say.
        info: all that the answer says.
    """

    path: str
    use: MailboxUse
    item_class: str = ""
    access: Dictionary | None = None
    info: Dictionary = field(default_factory=dict, compare=False, repr=False)

    @property
    def holds_mail(self) -> bool:
        """Whether it is meant for mail and not for dates, contacts, tasks or notes."""
        return self.item_class.lower() in _MAIL_CLASSES


def read_mailboxes(value: Value) -> Iterator[CliMailbox]:
    """Yield the mailboxes of a LISTMAILBOXES answer, without those that hold other mailboxes only.

    A dictionary is a mailbox, ``()`` a mere folder, and an array of one element both in one.
    """
    for path, each in (as_dictionary(value) or {}).items():
        both = as_array(each)
        if both is not None and not both:
            continue
        info = as_dictionary(both[0] if both else each) or {}
        use = MailboxUse(as_number(info.get("Messages")), as_number(info.get("Size")) or 0)
        access = as_dictionary(info["Access"]) if "Access" in info else None
        yield CliMailbox(path, use, as_text(info.get("Class")) or "", access, info)


def read_folders(value: Value) -> Iterator[str]:
    """Yield the paths that hold other mailboxes only."""
    for path, each in (as_dictionary(value) or {}).items():
        if as_array(each) == ():
            yield path
