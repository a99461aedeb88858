"""The three things a transfer works on, as it sees them; every effect of a pass goes through one of these methods."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, Protocol, TypeVar

from sterna.cyrus.mailbox_state import MailboxHeader, MailboxUpdate
from sterna.cyrus.record import Record
from sterna.imap.content import Content
from sterna.model.copied import CopiedMessage, Fingerprint
from sterna.model.mailbox import Flags, MailboxName, MessageFacts
from sterna.state.journal import Journal, JournalMailbox, SkippedMessage
from sterna.state.keywords import KeywordStore

P = ParamSpec("P")
T = TypeVar("T")


class SourcePort(Protocol):
    """The source's mailbox, selected read only (`sterna.imap.reader.MailboxReader`)."""

    async def uids(self) -> array[int]:
        """Return all UIDs, ascending."""
        ...

    def facts(self, first: int, last: int) -> asyncio.Future[list[MessageFacts]]:
        """Ask at once for what is known of the messages with UIDs in this range; await the answer later."""
        ...

    def facts_of(self, uids: Sequence[int]) -> asyncio.Future[list[MessageFacts]]:
        """Ask at once for what is known of just these messages."""
        ...

    def flags(self, first: int, last: int) -> asyncio.Future[dict[int, Flags]]:
        """Ask at once for the flags alone of the messages with UIDs in this range."""
        ...

    async def changed(self, since: int) -> array[int] | None:
        """Return the UIDs of what is new or changed since that HIGHESTMODSEQ, None when the source cannot tell."""
        ...

    async def mark(self) -> str:
        """Return what is equal as long as the mailbox does not change; empty when nothing tells that."""
        ...

    def bodies(self, uids: Sequence[int], sink: Callable[[int, Content], None]) -> asyncio.Future[None]:
        """Ask at once for the bytes of messages; those that are gone meanwhile are not given to `sink`."""
        ...


class Held(Protocol):
    """All messages of one mailbox on the target (`sterna.cyrus.columns.RecordColumns`)."""

    def of(self, uids: Iterable[int]) -> Iterator[Record]:
        """Yield those of these messages that there are."""
        ...


class Handed(Protocol):
    """An update that is on its way to the target (`sterna.cyrus.replication.HandedOver`)."""

    async def settle(self) -> MailboxHeader | None:
        """Return the header afterwards."""
        ...


class TargetPort(Protocol):
    """The target's mail store (`sterna.cyrus.replication.ReplicationWriter`)."""

    async def header(self, name: bytes) -> MailboxHeader | None:
        """Return one mailbox's header."""
        ...

    async def columns(self, name: bytes) -> Held:
        """Return every message of a mailbox."""
        ...

    async def stage(self, partition: bytes, messages: Sequence[tuple[bytes, Content]]) -> None:
        """Bring messages to the staging."""
        ...

    @property
    def runs_ahead(self) -> bool:
        """Whether messages may be staged while what was handed over is not settled."""
        ...

    def hand_over(self, update: MailboxUpdate) -> Handed:
        """Make a mailbox hold records, forget the staging, and ask for the header, without waiting."""
        ...

    async def restart(self) -> None:
        """Forget the staging."""
        ...


class JournalPort(Protocol):
    """The journal, for a task that must not wait on a disk (`JournalThread`)."""

    async def uids(self, mailbox: int) -> array[int]:
        """See `Journal.uids`."""
        ...

    async def rows_of(self, mailbox: int, uids: Sequence[int]) -> dict[int, CopiedMessage]:
        """See `Journal.rows_of`."""
        ...

    async def flags(self, mailbox: int, first: int, last: int) -> dict[int, Flags]:
        """See `Journal.flags`."""
        ...

    async def set_mark(self, mailbox: int, mark: str) -> None:
        """See `Journal.set_mark`."""
        ...

    async def keywords(self, mailbox: int) -> list[str]:
        """See `KeywordStore.names`."""
        ...

    async def set_keywords(self, mailbox: int, names: Sequence[str]) -> None:
        """See `KeywordStore.replace`."""
        ...

    async def has_unsettled(self, mailbox: int) -> bool:
        """See `Journal.has_unsettled`."""
        ...

    async def skipped(self, account: str) -> list[SkippedMessage]:
        """See `Journal.skipped`."""
        ...

    async def clear(self, mailbox: int) -> None:
        """See `Journal.clear`."""
        ...

    async def begin(self, mailbox: int, messages: Sequence[CopiedMessage]) -> None:
        """See `Journal.begin`."""
        ...

    async def finish(
        self,
        mailbox: int,
        stored: Sequence[CopiedMessage],
        gone: Sequence[int],
        fingerprint: Fingerprint | None,
        arrived: Sequence[int] = (),
    ) -> None:
        """See `Journal.finish`."""
        ...

    async def settle_skipped(
        self, account: str, source: MailboxName, uids: Sequence[int], rows: Sequence[SkippedMessage]
    ) -> None:
        """See `Journal.settle_skipped`."""
        ...


class JournalThread:
    """A `Journal` in a thread of its own: SQLite has one writer, and the event loop must not wait for the disk."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")

    async def uids(self, mailbox: int) -> array[int]:
        """See `Journal.uids`."""
        return await self._run(self._journal.uids, mailbox)

    async def rows(self, mailbox: int, first: int, last: int) -> dict[int, CopiedMessage]:
        """See `Journal.rows`."""
        return await self._run(self._journal.rows, mailbox, first, last)

    async def rows_of(self, mailbox: int, uids: Sequence[int]) -> dict[int, CopiedMessage]:
        """See `Journal.rows_of`."""
        return await self._run(self._journal.rows_of, mailbox, uids)

    async def flags(self, mailbox: int, first: int, last: int) -> dict[int, Flags]:
        """See `Journal.flags`."""
        return await self._run(self._journal.flags, mailbox, first, last)

    async def set_mark(self, mailbox: int, mark: str) -> None:
        """See `Journal.set_mark`."""
        await self._run(self._journal.set_mark, mailbox, mark)

    async def keywords(self, mailbox: int) -> list[str]:
        """See `KeywordStore.names`."""
        return await self._run(KeywordStore(self._journal).names, mailbox)

    async def set_keywords(self, mailbox: int, names: Sequence[str]) -> None:
        """See `KeywordStore.replace`."""
        await self._run(KeywordStore(self._journal).replace, mailbox, names)

    async def has_unsettled(self, mailbox: int) -> bool:
        """See `Journal.has_unsettled`."""
        return await self._run(self._journal.has_unsettled, mailbox)

    async def skipped(self, account: str) -> list[SkippedMessage]:
        """See `Journal.skipped`."""
        return await self._run(self._journal.skipped, account)

    async def clear(self, mailbox: int) -> None:
        """See `Journal.clear`."""
        await self._run(self._journal.clear, mailbox)

    async def begin(self, mailbox: int, messages: Sequence[CopiedMessage]) -> None:
        """See `Journal.begin`."""
        await self._run(self._journal.begin, mailbox, messages)

    async def finish(
        self,
        mailbox: int,
        stored: Sequence[CopiedMessage],
        gone: Sequence[int],
        fingerprint: Fingerprint | None,
        arrived: Sequence[int] = (),
    ) -> None:
        """See `Journal.finish`."""
        await self._run(self._journal.finish, mailbox, stored, gone, fingerprint, arrived)

    async def settle_skipped(
        self, account: str, source: MailboxName, uids: Sequence[int], rows: Sequence[SkippedMessage]
    ) -> None:
        """See `Journal.settle_skipped`."""
        await self._run(self._journal.settle_skipped, account, source, uids, rows)

    async def messages(self, account: str) -> int:
        """See `Journal.messages`."""
        return await self._run(self._journal.messages, account)

    async def mailboxes(self, account: str) -> dict[MailboxName, JournalMailbox]:
        """See `Journal.mailboxes`."""
        return await self._run(self._journal.mailboxes, account)

    async def open_mailbox(
        self, account: str, source: MailboxName, target: MailboxName, uidvalidity: int, uniqueid: str
    ) -> JournalMailbox:
        """See `Journal.open_mailbox`."""
        return await self._run(self._journal.open_mailbox, account, source, target, uidvalidity, uniqueid)

    async def subscriptions(self, account: str) -> frozenset[MailboxName]:
        """See `Journal.subscriptions`."""
        return await self._run(self._journal.subscriptions, account)

    async def set_subscriptions(self, account: str, targets: Sequence[MailboxName]) -> None:
        """See `Journal.set_subscriptions`."""
        await self._run(self._journal.set_subscriptions, account, targets)

    async def given(self, account: str) -> frozenset[str]:
        """See `Journal.given`."""
        return await self._run(self._journal.given, account)

    async def set_given(self, account: str, what: Iterable[str]) -> None:
        """See `Journal.set_given`."""
        await self._run(self._journal.set_given, account, what)

    def close(self) -> None:
        """Wait for what is under way, end the thread and close the file."""
        self._thread.submit(self._journal.close).result()
        self._thread.shutdown()

    async def call(self, method: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a method of one of the journal's stores in its thread."""
        return await self._run(method, *args, **kwargs)

    @property
    def journal(self) -> Journal:
        """The journal itself, to make stores of; whatever they do goes through `call`."""
        return self._journal

    async def _run(self, method: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, lambda: method(*args, **kwargs))
