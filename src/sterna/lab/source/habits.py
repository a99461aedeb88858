"""What many accounts have in common: the usual mailboxes, their roles, a vacation."""

from __future__ import annotations

from sterna.communigate.values import Value
from sterna.lab.source.kinds import Mailbox
from sterna.model.mailbox import INBOX

ROLES = {"SentBox": "Sent Items", "DraftsBox": "Drafts", "TrashBox": "Trash", "JunkBox": "Spam"}
HUMAN = ("Human Generated", "---")


def usual(share: int, *, inbox: tuple[str, ...] = ()) -> tuple[Mailbox, ...]:
    """The mailboxes nearly everybody has; `share` is what the account gets of all mail."""
    return (
        Mailbox(INBOX, share=share * 6, keywords=inbox),
        Mailbox(("Sent Items",), share=share * 3, keywords=("$MDNSent",)),
        Mailbox(("Drafts",), share=share // 4),
        Mailbox(("Trash",), share=share // 2, holes=True),
        Mailbox(("Spam",), share=share // 2, keywords=("Junk", "NonJunk"), holes=True),
    )


def vacation(priority: str, text: str, *dates: tuple[str, str, str]) -> tuple[Value, ...]:
    """A ``#Vacation`` rule as the user interface writes one; `dates` are its further conditions."""
    conditions = (HUMAN, ("From", "not in", "#RepliedAddresses"), *dates)
    actions = (("Reply with", text), ("Remember 'From' in", "RepliedAddresses"))
    return (priority, "#Vacation", conditions, actions)
