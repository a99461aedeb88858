"""Which server it is, and what it is known to do in its own way. Pure.

A server is recognised by its greeting or by what it offers; one that hides that is treated as any other, and nothing is
lost by it but the hints of a plan. How names, namespaces and answers differ needs no such knowledge: what a server says
of itself is enough there (`sterna.imap.names`, `sterna.imap.quirks`).
"""

from __future__ import annotations

import enum
from collections.abc import Set as AbstractSet
from typing import Final, NamedTuple


class Habit(enum.Flag):
    """What a server does otherwise than its mailboxes would make one think."""

    NONE = 0

    LABELS = enum.auto()
    """Mailboxes are views of one store of messages; `sterna.imap.labels` reads each message once."""

    ESTIMATED_SIZES = enum.auto()
    """RFC822.SIZE is not always the number of bytes that come: Exchange counts before it converts a message, unless it
    is told to be exact (``Set-ImapSettings -EnableExactRFC822Size``)."""

    OTHER_ITEMS = enum.auto()
    """Calendars, contacts and the like are listed as mailboxes, too, and their items can be fetched as messages."""


class Known(NamedTuple):
    """A server: its name, how it greets or what it offers, and its habits."""

    name: str
    greets: bytes
    offers: bytes
    habits: Habit


SERVERS: Final = (
    Known("Gmail", b"gimap ready", b"X-GM-EXT-1", Habit.LABELS),
    Known("Exchange", b"microsoft exchange", b"", Habit.ESTIMATED_SIZES | Habit.OTHER_ITEMS),
    Known("Zimbra", b"zimbra", b"", Habit.OTHER_ITEMS),
    Known("Courier", b"courier-imap", b"", Habit.NONE),
    Known("Cyrus", b"cyrus imap", b"", Habit.NONE),
    Known("Dovecot", b"dovecot", b"", Habit.NONE),
)
UNKNOWN: Final = Known("an IMAP server", b"", b"", Habit.NONE)

OTHER_ITEMS: Final = frozenset(
    {
        *("briefcase", "calendar", "chats", "contacts", "conversation history", "emailed contacts"),
        *("journal", "notes", "outbox", "sync issues", "tasks"),
    }
)
"""What such mailboxes are called in English, in lower case; other languages have names of their own."""


def recognised(greeting: bytes, capabilities: AbstractSet[bytes]) -> Known:
    """Return which server greets like this, or offers that; `UNKNOWN` for one that does not say."""
    text = greeting.lower()
    for known in SERVERS:
        if known.offers and known.offers in capabilities:
            return known
    return next((known for known in SERVERS if known.greets in text), UNKNOWN)
