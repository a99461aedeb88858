"""A mailbox of any IMAP server as a target: messages get there by APPEND."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sterna.imap.answers import CommandError
from sterna.imap.appending import Outgoing, Selected
from sterna.imap.content import Content
from sterna.imap.writer import AppendWriter, Outcome
from sterna.migration.copy.append.marks import Marks, marks_of
from sterna.migration.copy.append.ports import Opened
from sterna.model.mailbox import Flags, MessageFacts

_SYSTEM = {flag.lower(): flag for flag in ("\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft")}


class ImapMailbox:
    """The mailbox `wire` of the account that `writer` is logged in as."""

    def __init__(self, writer: AppendWriter, wire: bytes, role: bytes | None = None) -> None:
        self._writer = writer
        self._wire = wire
        self._role = role
        self._selected: Selected | None = None
        self._spelling: dict[str, str] = {}
        self._dropped: dict[str, int] = {}

    @property
    def can_expunge(self) -> bool:
        """Whether the server has UIDPLUS."""
        return self._writer.can_expunge

    @property
    def takes_binary(self) -> bool:
        """Whether the server has BINARY."""
        return self._writer.takes_binary

    @property
    def keeps_bytes(self) -> bool:
        """Nobody knows what a server does to a message, so each is read back."""
        return False

    @property
    def size_limit(self) -> int | None:
        """As the server says."""
        return self._writer.size_limit

    @property
    def dropped_flags(self) -> Mapping[str, int]:
        """Flags that it cannot hold, and on how many messages they stood."""
        return self._dropped

    async def open(self) -> Opened:
        """Select it; one that is missing is made.

        Raises:
            CommandError: it can neither be opened nor made.
            MailboxUnusableError: it cannot be written to.
        """
        try:
            said = await self._writer.open(self._wire)
        except CommandError:
            await self._writer.create(self._wire, self._role)
            said = await self._writer.open(self._wire)
        self._selected = said
        floor = said.uidnext
        if not floor:
            uids = await self._writer.uids()
            floor = uids[-1] + 1 if uids else 1
        return Opened(said.uidvalidity, floor, said.messages)

    def representable(self, flags: Flags) -> Flags:
        """Return what PERMANENTFLAGS allows, keywords in the spelling that was first met."""
        kept: set[str] = set()
        for flag in sorted(flags):
            spelling = _SYSTEM.get(flag.lower()) or self._spelling.setdefault(flag.lower(), flag)
            if not flag.isascii() or (self._selected is not None and not self._selected.keeps(flag)):
                self._dropped[flag] = self._dropped.get(flag, 0) + 1
            elif flag.lower() != "\\recent":
                kept.add(spelling)
        return frozenset(kept)

    async def facts(self, first: int, last: int) -> list[MessageFacts]:
        """Return what is known of messages, after the server has had a chance to tell of new ones."""
        await self._writer.catch_up()
        return await self._writer.facts(first, last)

    async def marks(self, uids: Sequence[int]) -> dict[int, Marks]:
        """Read messages back; their bytes are not kept."""
        found: dict[int, Marks] = {}

        def take(uid: int, body: Content) -> None:
            found[uid] = marks_of(body)

        if uids:
            await self._writer.bodies(sorted(uids), take)
        return found

    async def append(self, messages: Sequence[Outgoing], *, binary: bool = False) -> list[Outcome]:
        """Put messages into it."""
        return await self._writer.append(messages, binary=binary)

    async def set_flags(self, flags: Mapping[int, Flags]) -> None:
        """STORE them."""
        await self._writer.set_flags(flags)

    async def expunge(self, uids: Iterable[int]) -> None:
        """Remove messages by UID EXPUNGE."""
        await self._writer.expunge(uids)
