"""The reader and the writer of a pass, which keep to its manners; what they do is what those inside do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from typing import Any, Final, TypeVar, cast

from sterna.cyrus.replication import ReplicationRefusedError, ReplicationWriter
from sterna.errors import SternaError
from sterna.imap.appending import Outgoing
from sterna.imap.connection import Connection
from sterna.imap.content import Content
from sterna.imap.writer import AppendWriter, Outcome
from sterna.migration.manners.overseer import Overseer
from sterna.migration.manners.signs import is_busy
from sterna.migration.origin.ports import MailReader
from sterna.model.mailbox import Flags, ListedMailbox, MailboxState, MessageFacts

T = TypeVar("T")

_MOST_SIZES: Final = 100_000
"""Sizes of so many messages are kept at most, to know what is spent before it is asked for."""

_TEMPORARY: Final = ("[UNAVAILABLE]", "[INUSE]", "[LIMIT]", "IMAP_AGAIN", "try again")


def polite(reader: MailReader, overseer: Overseer) -> MailReader:
    """Return `reader` with manners."""
    return cast("MailReader", _PoliteReader(reader, overseer))


class _PoliteReader:
    """Waits its turn before it asks, keeps to the source's budget, and asks again what the source defers.

    What it does not know it hands on as it is.
    """

    def __init__(self, reader: MailReader, overseer: Overseer) -> None:
        self._reader = reader
        self._overseer = overseer
        self._sizes: dict[int, int] = {}
        self._mailbox = 0
        """Which mailbox is examined; what was asked of an earlier one must not be asked of it."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 whatever the reader has
        return getattr(self._reader, name)

    async def mailboxes(self, prefix: bytes = b"") -> list[ListedMailbox]:
        """See `MailReader`."""
        return await self._ask(lambda: self._reader.mailboxes(prefix))

    async def status(self, wires: Sequence[bytes]) -> list[MailboxState | None]:
        """See `MailReader`."""
        return await self._ask(lambda: self._reader.status(wires))

    async def marks(self, asked: Sequence[tuple[bytes, str]]) -> list[str]:
        """See `MailReader`."""
        return await self._ask(lambda: self._reader.marks(asked))

    async def examine(self, wire: bytes) -> MailboxState:
        """See `MailReader`."""
        self._mailbox += 1
        self._sizes.clear()
        await self._overseer.turn()
        return await self._overseer.source.asked(lambda: self._reader.examine(wire), small=True)

    def facts(self, first: int, last: int) -> asyncio.Future[list[MessageFacts]]:
        """See `MailReader`."""
        return _begun(self._facts(self._mailbox, lambda: self._reader.facts(first, last)))

    def facts_of(self, uids: Sequence[int]) -> asyncio.Future[list[MessageFacts]]:
        """See `SourcePort`."""
        return _begun(self._facts(self._mailbox, lambda: self._reader.facts_of(uids)))

    def flags(self, first: int, last: int) -> asyncio.Future[dict[int, Flags]]:
        """See `SourcePort`."""
        return _begun(self._of(self._mailbox, lambda: self._reader.flags(first, last)))

    async def _facts(self, mailbox: int, ask: Callable[[], Awaitable[list[MessageFacts]]]) -> list[MessageFacts]:
        facts = await self._of(mailbox, ask)
        if self._overseer.source.is_limited and len(self._sizes) < _MOST_SIZES:
            self._sizes.update((fact.uid, fact.size_bytes) for fact in facts)
        return facts

    def bodies(self, uids: Sequence[int], sink: Callable[[int, Content], None]) -> asyncio.Future[None]:
        """See `MailReader`."""
        mailbox = self._mailbox

        async def asked() -> None:
            for part in self._parts(uids):
                await self._overseer.source.spend(len(part), sum(self._sizes.pop(uid, 0) for uid in part))
                await self._bodies(mailbox, part, sink)

        return _begun(asked())

    async def _bodies(self, mailbox: int, uids: Sequence[int], sink: Callable[[int, Content], None]) -> None:
        had: set[int] = set()

        def take(uid: int, body: Content) -> None:
            had.add(uid)
            sink(uid, body)

        async def missing() -> None:
            rest = [uid for uid in uids if uid not in had] if had else uids
            if rest:
                await self._of(mailbox, lambda: self._reader.bodies(rest, take), once=True)

        await self._overseer.source.asked(missing)

    def _parts(self, uids: Sequence[int]) -> Iterable[Sequence[int]]:
        """Cut what is asked for into parts that a second's budget is enough for, so that it comes evenly."""
        source = self._overseer.source
        if not source.is_limited:
            yield uids
            return
        part: list[int] = []
        size = 0
        for uid in uids:
            more = self._sizes.get(uid, 0)
            full = len(part) >= (source.messages_per_s or len(part) + 1)
            if part and (full or size + more > (source.bytes_per_s or size + more)):
                yield part
                part, size = [], 0
            part.append(uid)
            size += more
        yield part

    async def _of(self, mailbox: int, ask: Callable[[], Awaitable[T]], *, once: bool = False) -> T:
        """Ask something of the mailbox that is examined, if it still is."""
        await self._overseer.turn()
        if mailbox != self._mailbox:
            raise asyncio.CancelledError
        return await (ask() if once else self._overseer.source.asked(ask))

    async def _ask(self, ask: Callable[[], Awaitable[T]]) -> T:
        await self._overseer.turn()
        return await self._overseer.source.asked(ask)


class PoliteWriter(ReplicationWriter):
    """A writer that waits its turn before it sends messages, and keeps to the target's budget."""

    def __init__(self, connection: Connection, overseer: Overseer) -> None:
        super().__init__(connection)
        self._overseer = overseer

    async def stage(self, partition: bytes, messages: Sequence[tuple[bytes, Content]]) -> None:
        """See `ReplicationWriter.stage`."""
        await self._overseer.turn()
        await self._overseer.target.spend(len(messages), sum(len(content) for _, content in messages))
        stage = super().stage
        await self._overseer.target.asked(lambda: stage(partition, messages), passing=_is_passing)


class PoliteAppendWriter(AppendWriter):
    """A writer by APPEND that waits its turn before it sends messages, and keeps to the target's budget.

    What the target defers is not sent again from here: whether it is there has to be settled first.
    """

    def __init__(self, connection: Connection, overseer: Overseer) -> None:
        super().__init__(connection)
        self._overseer = overseer

    async def append(self, messages: Sequence[Outgoing], *, binary: bool = False) -> list[Outcome]:
        """See `AppendWriter.append`."""
        await self._overseer.turn()
        target = self._overseer.target
        await target.rest()
        await target.spend(len(messages), sum(len(message.content) for message in messages))
        try:
            return await super().append(messages, binary=binary)
        except SternaError as error:
            if is_busy(error):
                target.trouble()
            raise


def _is_passing(error: SternaError) -> bool:
    return isinstance(error, ReplicationRefusedError) and any(word in error.answer for word in _TEMPORARY)


def _begun(work: Coroutine[Any, Any, T]) -> asyncio.Future[T]:
    """Begin `work` now; not to ask for its outcome is no offence."""
    task = asyncio.ensure_future(work)
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    return task
