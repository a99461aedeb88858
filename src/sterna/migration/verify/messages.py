"""Look at every message of a mailbox on both sides, a window of UIDs at a time."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from sterna.cyrus.columns import RecordColumns
from sterna.cyrus.names import wire
from sterna.cyrus.replication import ReplicationWriter
from sterna.imap.answers import CommandError
from sterna.migration.copy.ports import JournalThread
from sterna.migration.origin.ports import MailReader
from sterna.migration.selection import EVERYTHING, Selection
from sterna.migration.verify.box import Box
from sterna.migration.verify.mailbox import (
    NOTHING,
    MailboxComparing,
    MailboxComparison,
    Reread,
    Unequal,
    compare_state,
)
from sterna.migration.verify.reread import reread
from sterna.migration.verify.there import There
from sterna.model.mailbox import MailboxName, MailboxState, MessageFacts
from sterna.state.digests import Digests

WINDOW: Final = 2000
"""Messages looked at together; two windows are asked for at a time, so the round trip costs nothing."""

LAST_UID: Final = 2**32 - 1


class MessageComparer:
    """Compares the messages of one account's mailboxes.

    Args:
        source: the source.
        writer: the target as its administrator sees it.
        journal: the digests that passes took.
        owner: the target as the account's owner reads it; None when no message is read again.
        chosen: which messages are read again, by mailbox; None for all.
        selection: what of the mail is to be on the target.
    """

    def __init__(
        self,
        source: MailReader,
        writer: ReplicationWriter,
        journal: JournalThread,
        owner: MailReader | None = None,
        chosen: Mapping[MailboxName, Sequence[int]] | None = None,
        *,
        selection: Selection = EVERYTHING,
    ) -> None:
        self._source = source
        self._writer = writer
        self._journal = journal
        self._digests = Digests(journal.journal)
        self._owner = owner
        self._chosen = chosen
        self._selection = selection

    async def compare(self, box: Box) -> MailboxComparison:
        """Compare one mailbox."""
        state, described, found = await self._once(box)
        if described < state.messages:  # expunged between two commands, or one that the source hides: ask once more
            state, described, found = await self._once(box)
        itself: tuple[Unequal, ...] = ()
        if box.header is not None and not found.new_uids:
            itself = compare_state(state, box.header.uidvalidity, box.header.last_uid, left_out=found.left_out > 0)
        if described < state.messages:
            what = f"the source says it holds {state.messages} messages and describes {described}"
            itself = (*itself, Unequal(None, what, "see the source's log; nothing can be said of the others"))
        return replace(found, itself=(*itself, *found.itself))

    async def _once(self, box: Box) -> tuple[MailboxState, int, MailboxComparison]:
        """Return the source's state, how many messages it described, and what was found."""
        state = await self._source.examine(box.wire)
        uids = await self._source.uids() if state.messages else array("L")
        there = There(RecordColumns(), box.without_uids)
        same = box.header is not None and box.header.uidvalidity == state.uidvalidity
        # The messages of another UIDVALIDITY are others, unless it is known which is which.
        if box.header is not None and (same or box.without_uids):
            there = There(await self._writer.columns(box.header.name), box.without_uids, keeps_uids=same)
        known = box.known if box.known is not None and box.known.uidvalidity == state.uidvalidity else None
        comparing = MailboxComparing(box.skipped, self._selection.takes_message)
        owner, refusal = await self._opened(box) if there.messages else (None, ())
        async for first, last, facts in self._facts(uids):
            digests = await self._journal.call(self._digests.between, known.id, first, last) if known and facts else {}
            again = await self._again(owner, box.name, facts, there) if owner is not None else NOTHING
            comparing.window(facts, there.between(first, last), digests | there.digests(first, last), again)
        found = comparing.result()
        found = replace(found, itself=(*refusal, *found.itself), new_uids=there.new_uids, own=there.own)
        return state, comparing.described, found

    async def _facts(self, uids: Sequence[int]) -> AsyncIterator[tuple[int, int, list[MessageFacts]]]:
        """Yield ranges of UIDs, which together are all, with the source's messages in them; one is asked for ahead."""
        ahead: deque[tuple[int, int, Awaitable[list[MessageFacts]]]] = deque()
        for window in _windows(uids):
            ahead.append((*window, self._source.facts(*window)))
            if len(ahead) > 1:
                yield await _answered(ahead.popleft())
        for asked in ahead:
            yield await _answered(asked)
        if not uids:
            yield 1, LAST_UID, []

    async def _opened(self, box: Box) -> tuple[MailReader | None, tuple[Unequal, ...]]:
        """Open the mailbox as its owner, if messages of it are to be read again."""
        if self._owner is None or (self._chosen is not None and not self._chosen.get(box.name)):
            return None, ()
        try:
            await self._owner.examine(wire(box.target))
        except CommandError as error:
            what = f"its owner cannot open it on the target, so nothing of it was read again: {error}"
            return None, (Unequal(None, what, "see its access rights there"),)
        return self._owner, ()

    async def _again(self, owner: MailReader, name: MailboxName, facts: Sequence[MessageFacts], there: There) -> Reread:
        by_uid = {fact.uid: fact for fact in facts if there.target_uid(fact.uid) is not None}
        wanted = sorted(by_uid.keys() & set(self._chosen.get(name, ()))) if self._chosen is not None else [*by_uid]
        return await reread(self._source, owner, by_uid, {uid: there.target_uid(uid) or 0 for uid in wanted})


async def _answered(asked: tuple[int, int, Awaitable[list[MessageFacts]]]) -> tuple[int, int, list[MessageFacts]]:
    first, last, facts = asked
    return first, last, await facts


def _windows(uids: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield ranges that hold at most `WINDOW` of the UIDs; together they are all that can be."""
    first = 1
    for start in range(0, len(uids), WINDOW):
        end = start + WINDOW
        last = LAST_UID if end >= len(uids) else uids[end - 1]
        yield first, last
        first = last + 1
