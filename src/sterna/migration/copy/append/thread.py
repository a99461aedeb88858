"""The store of messages without their UIDs, for a task that must not wait on a disk."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence

from sterna.migration.copy.ports import JournalThread
from sterna.model.mailbox import MailboxName
from sterna.model.placed import Placed, PlacedMailbox, Stage
from sterna.state.journal import SkippedMessage
from sterna.state.placed import PlacedStore


class PlacedThread:
    """A `PlacedStore` in the journal's thread."""

    def __init__(self, journal: JournalThread) -> None:
        self._journal = journal
        self._store = PlacedStore(journal.journal)

    async def open_mailbox(
        self, account: str, source: MailboxName, target: MailboxName, uidvalidities: tuple[int, int]
    ) -> PlacedMailbox:
        """See `PlacedStore.open_mailbox`."""
        return await self._journal.call(self._store.open_mailbox, account, source, target, uidvalidities)

    async def mailboxes(self, account: str) -> dict[MailboxName, MailboxName]:
        """See `PlacedStore.mailboxes`."""
        return await self._journal.call(self._store.mailboxes, account)

    async def messages(self, account: str) -> int:
        """See `PlacedStore.messages`."""
        return await self._journal.call(self._store.messages, account)

    async def set_looked(self, mailbox: int) -> None:
        """See `PlacedStore.set_looked`."""
        await self._journal.call(self._store.set_looked, mailbox)

    async def uids(self, mailbox: int) -> array[int]:
        """See `PlacedStore.uids`."""
        return await self._journal.call(self._store.uids, mailbox)

    async def known(self, account: str, source: MailboxName, uidvalidity: int) -> array[int]:
        """See `PlacedStore.known`."""
        return await self._journal.call(self._store.known, account, source, uidvalidity)

    async def claimed(self, mailbox: int) -> array[int]:
        """See `PlacedStore.claimed`."""
        return await self._journal.call(self._store.claimed, mailbox)

    async def rows(self, mailbox: int, first: int, last: int) -> dict[int, Placed]:
        """See `PlacedStore.rows`."""
        return await self._journal.call(self._store.rows, mailbox, first, last)

    async def unsettled(self, mailbox: int, most: int) -> list[Placed]:
        """See `PlacedStore.unsettled`."""
        return await self._journal.call(self._store.unsettled, mailbox, most)

    async def put(self, mailbox: int, rows: Iterable[Placed]) -> None:
        """See `PlacedStore.put`."""
        await self._journal.call(self._store.put, mailbox, rows)

    async def place(self, mailbox: int, placed: Mapping[int, int]) -> None:
        """See `PlacedStore.place`."""
        await self._journal.call(self._store.place, mailbox, placed)

    async def set_stage(self, mailbox: int, uids: Sequence[int], stage: Stage) -> None:
        """See `PlacedStore.set_stage`."""
        await self._journal.call(self._store.set_stage, mailbox, uids, stage)

    async def forget(self, mailbox: int, uids: Iterable[int]) -> None:
        """See `PlacedStore.forget`."""
        await self._journal.call(self._store.forget, mailbox, uids)

    async def skipped(self, account: str) -> list[SkippedMessage]:
        """See `Journal.skipped`."""
        return await self._journal.skipped(account)

    async def settle_skipped(
        self, account: str, source: MailboxName, uids: Sequence[int], rows: Sequence[SkippedMessage]
    ) -> None:
        """See `Journal.settle_skipped`."""
        await self._journal.settle_skipped(account, source, uids, rows)
