"""What a transfer without UIDs needs of the target, whichever way messages get there."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sterna.imap.appending import Outgoing
from sterna.imap.content import Content
from sterna.imap.writer import Outcome
from sterna.migration.copy.append.marks import Marks
from sterna.model.mailbox import Flags, MessageFacts


class ReadingPort(Protocol):
    """The source's mailbox, opened for reading only (`sterna.migration.origin.ports.MailReader`)."""

    async def uids(self) -> array[int]:
        """Return all UIDs, ascending."""
        ...

    def facts(self, first: int, last: int) -> asyncio.Future[list[MessageFacts]]:
        """Ask at once for what is known of the messages with UIDs in this range; await the answer later."""
        ...

    def bodies(self, uids: Sequence[int], sink: Callable[[int, Content], None]) -> asyncio.Future[None]:
        """Ask at once for the bytes of messages; those that are gone meanwhile are not given to `sink`."""
        ...


class Keeper(Protocol):
    """Where the bytes of messages are kept that the target does not take."""

    def keep(self, guid: bytes, content: Content) -> Path:
        """Write a message durably and return its file."""
        ...


@dataclass(frozen=True, slots=True)
class Opened:
    """A mailbox of the target.

    Fields:
        floor: messages that come now get no UID below this one.
        messages: how many it holds.
    """

    uidvalidity: int
    floor: int
    messages: int


class PlacingPort(Protocol):
    """One mailbox of the target (`imap_mailbox.ImapMailbox`, `cyrus_mailbox.CyrusMailbox`).

    Attributes:
        can_expunge: whether a message can be removed without touching others.
        takes_binary: whether messages with NUL in them can be sent so that they arrive.
        keeps_bytes: whether what it takes is known to be stored byte for byte.
        size_limit: the largest message it takes, in bytes, where it says so.
    """

    @property
    def can_expunge(self) -> bool:
        """See the class."""
        ...

    @property
    def takes_binary(self) -> bool:
        """See the class."""
        ...

    @property
    def keeps_bytes(self) -> bool:
        """See the class."""
        ...

    @property
    def size_limit(self) -> int | None:
        """See the class."""
        ...

    async def open(self) -> Opened:
        """Open it, made when it is missing; look at what it holds now."""
        ...

    def representable(self, flags: Flags) -> Flags:
        """Return flags as it can hold them."""
        ...

    @property
    def dropped_flags(self) -> Mapping[str, int]:
        """Flags that it cannot hold, and on how many messages they stood."""
        ...

    async def facts(self, first: int, last: int) -> list[MessageFacts]:
        """Return what is known of its messages with UIDs from `first` to `last`, ascending."""
        ...

    async def marks(self, uids: Sequence[int]) -> dict[int, Marks]:
        """Return the marks of the bytes that it holds, for those of `uids` that are there."""
        ...

    async def append(self, messages: Sequence[Outgoing], *, binary: bool = False) -> list[Outcome]:
        """Put messages into it; return what became of each."""
        ...

    async def set_flags(self, flags: Mapping[int, Flags]) -> None:
        """Make the flags of messages equal to these."""
        ...

    async def expunge(self, uids: Iterable[int]) -> None:
        """Remove messages, which the caller knows to be its own."""
        ...
