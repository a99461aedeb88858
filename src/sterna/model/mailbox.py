"""Mailboxes and messages as both sides see them."""

from __future__ import annotations

from dataclasses import dataclass

MailboxName = tuple[str, ...]
"""A mailbox of one account as components below its root: ``("INBOX",)``, ``("Work", "2020")``. Never mUTF-7."""

INBOX: MailboxName = ("INBOX",)

Flags = frozenset[str]
"""System flags with their backslash and keywords as spelt by the server; never ``\\Recent``, which is a session's."""


@dataclass(frozen=True, slots=True)
class ListedMailbox:
    r"""One row of LIST.

    `wire` is the server's own spelling, without the prefix that addresses another user's mailboxes: mUTF-7 bytes.
    `uses` are what the server says it is for (RFC 6154 section 2): ``\sent``, in lower case.
    """

    name: MailboxName
    wire: bytes
    selectable: bool = True
    uses: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class MailboxState:
    """What SELECT or EXAMINE says (RFC 9051 section 6.3.2); `highestmodseq` where the server has one (RFC 7162)."""

    uidvalidity: int
    uidnext: int
    messages: int
    highestmodseq: int | None = None


@dataclass(frozen=True, slots=True)
class MessageFacts:
    """One message without its bytes.

    `internaldate` is in Unix seconds (RFC 9051 section 2.3.3 gives it whole seconds); `size_bytes` is RFC822.SIZE.
    """

    uid: int
    flags: Flags
    internaldate: int
    size_bytes: int
