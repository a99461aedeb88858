"""Bring one mailbox of the target in line with the source where UIDs are not kept, so that a kill does no harm.

The mailbox is walked in windows of the source's UIDs. Of each, the journal's rows say which message is which on the
target, `decide` says what to do, and it is done: messages are brought (`bringing`), flags and expunges follow.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sterna.cyrus.record import holdable_date
from sterna.migration.copy.append import reasons
from sterna.migration.copy.append.bringing import Bringer, Brought, Rows
from sterna.migration.copy.append.decide import Action, Bring, Expunge, Forget, Missed, SetFlags, decide
from sterna.migration.copy.append.ports import Keeper, PlacingPort, ReadingPort
from sterna.migration.copy.append.thread import PlacedThread
from sterna.migration.copy.decide import Skip
from sterna.migration.copy.events import Counts
from sterna.migration.copy.job import SourceDisagreesError
from sterna.model.address import Address
from sterna.model.mailbox import Flags, MailboxName, MailboxState, MessageFacts
from sterna.model.placed import Placed, PlacedMailbox, Stage
from sterna.state.journal import SkippedMessage

_LAST: Final = 2**32 - 1

_WINDOW: Final = 1000
"""UIDs looked at together."""

_GAP: Final = 200
"""UIDs between two of ours that are asked for although they may be nobody's."""


@dataclass(frozen=True, slots=True)
class AppendJob:
    """What is to be moved where.

    Fields:
        source, target: the mailbox's names.
        state: what the source said when it was opened.
        only: the source's UIDs that are to be looked at besides those that have rows; None for all.
        taken: the target's UIDs that stand for messages which have kept theirs.
        keeper: where messages are kept that the target does not take.
        cut_over: the target is the truth: bring what is missing, change nothing.
        now: Unix seconds.
        takes: which messages are to be moved; None for all. What is on the target already is followed in any case.
    """

    account: Address
    source: MailboxName
    target: MailboxName
    state: MailboxState
    keeper: Keeper
    only: frozenset[int] | None = None
    taken: frozenset[int] = frozenset()
    cut_over: bool = False
    now: int = 0
    takes: Callable[[MessageFacts], bool] | None = None


class AppendTransfer:
    """One pass over one mailbox, which the source has already selected.

    `undescribed` are UIDs that the source lists without saying anything of them; they stay as they are.
    """

    def __init__(self, source: ReadingPort, target: PlacingPort, store: PlacedThread, job: AppendJob) -> None:
        self._source = source
        self._target = target
        self._store = store
        self._job = job
        self._known: dict[int, SkippedMessage] = {}
        self._strangers: dict[tuple[int, int], list[int]] = {}
        self.undescribed: list[int] = []

    async def run(self, progress: Callable[[Counts], None]) -> Counts:
        """Make the pass; `progress` gets what each step added. Returns the sum.

        Raises:
            CommandError: the target refuses for a reason that is not a message's; what was done until then is done.
            SourceDisagreesError: the source does not name all that it says it has.
        """
        job = self._job
        uids: Sequence[int] = await self._source.uids()
        if len(uids) < job.state.messages:
            raise SourceDisagreesError(job.state.messages, len(uids))
        opened = await self._target.open()
        both = (job.state.uidvalidity, opened.uidvalidity)
        row = await self._store.open_mailbox(str(job.account), job.source, job.target, both)
        bringer = Bringer(self._source, self._target, Rows(self._store, row.id, job.keeper), opened.floor)
        await bringer.settle()
        skipped = await self._store.skipped(str(job.account))
        self._known = {each.uid: each for each in skipped if each.source == job.source}
        if not row.looked and opened.messages:
            await self._meet(row)
        known, reasons_of = await self._store.uids(row.id), [*self._known]
        if job.only is not None:
            # What has a row is ours to follow, too.
            mine = job.only.union(known)
            uids = [uid for uid in uids if uid in mine]
            reasons_of = [uid for uid in reasons_of if uid in mine]
        total = Counts()
        for window in _windows({*uids, *known, *reasons_of}):
            counts = await self._window(row, bringer, window, _within(uids, window))
            total += counts
            progress(counts)
        if not row.looked:
            await self._store.set_looked(row.id)
        return total

    async def _meet(self, row: PlacedMailbox) -> None:
        """Learn what is on the target that no row stands for; some of it may be the source's, brought by others."""
        known = {*await self._store.claimed(row.id), *self._job.taken}
        for fact in await self._target.facts(1, _LAST):
            if fact.uid not in known:
                self._strangers.setdefault((fact.size_bytes, fact.internaldate), []).append(fact.uid)

    async def _window(
        self, row: PlacedMailbox, bringer: Bringer, window: Sequence[int], listed: Sequence[int]
    ) -> Counts:
        facts = await self._facts(listed)
        rows = await self._store.rows(row.id, window[0], window[-1])
        rows |= await self._recognised(row, bringer, facts, rows)
        unclear = set(listed) - facts.keys()
        if unclear:
            # Those expunged meanwhile are gone; of the others nothing is known, so they stay as they are.
            unclear &= set(await self._source.uids())
            self.undescribed += sorted(unclear)
        target = await self._flags(rows)
        found = decide(facts, rows, target, cut_over=self._job.cut_over)
        actions = [action for action in found if action.uid not in unclear]
        new = [action.uid for action in actions if isinstance(action, Bring)]
        left_out = self._left_out([uid for uid in new if uid not in rows], facts)
        brought = await bringer.bring([uid for uid in new if uid not in left_out], facts, rows)
        done = await self._follow(row, actions, brought)
        skips = brought.skips
        skips += [reasons.altered(u, removed=False) for u, r in rows.items() if r.stage is Stage.ALTERED and u in facts]
        await self._account_for(window, skips)
        touched = {action.uid for action in actions} | {skip.uid for skip in skips}
        unchanged = len(facts.keys() - touched - left_out)
        return done + Counts(
            copied=brought.copied,
            unchanged=unchanged,
            skipped=len(skips),
            bytes=brought.size_bytes,
            left_out=len(left_out),
        )

    def _left_out(self, new: Iterable[int], facts: Mapping[int, MessageFacts]) -> frozenset[int]:
        """Return the messages that are not to be moved, or not now."""
        takes = self._job.takes
        return frozenset() if takes is None else frozenset(uid for uid in new if not takes(facts[uid]))

    async def _follow(self, row: PlacedMailbox, actions: Sequence[Action], brought: Brought) -> Counts:
        """Let flags and deletions follow; what cannot is added to what is skipped."""
        flags = {action.target_uid: action.flags for action in actions if isinstance(action, SetFlags)}
        expunged = [action for action in actions if isinstance(action, Expunge)]
        forgotten = [action.uid for action in actions if isinstance(action, Forget)]
        brought.skips += [reasons.missed(action.uid) for action in actions if isinstance(action, Missed)]
        if flags:
            await self._target.set_flags(flags)
        if expunged and not self._target.can_expunge:
            brought.skips += [reasons.cannot_expunge(action.uid) for action in expunged]
            expunged = []
        elif expunged:
            await self._target.expunge([action.target_uid for action in expunged])
            forgotten += [action.uid for action in expunged]
        if forgotten:
            await self._store.forget(row.id, forgotten)
        return Counts(updated=len(flags), expunged=len(expunged))

    async def _facts(self, listed: Sequence[int]) -> dict[int, MessageFacts]:
        """Return what the source says of these messages, as the target can hold it."""
        if not listed:
            return {}
        wanted = set(listed)
        return {
            fact.uid: replace(
                fact,
                flags=self._target.representable(fact.flags),
                internaldate=holdable_date(fact.internaldate),
            )
            for fact in await self._source.facts(listed[0], listed[-1])
            if fact.uid in wanted
        }

    async def _recognised(
        self, row: PlacedMailbox, bringer: Bringer, facts: Mapping[int, MessageFacts], rows: Mapping[int, Placed]
    ) -> dict[int, Placed]:
        """Find messages that the target had before any of ours: the same size, date and bytes. They are not ours."""
        alike = {
            uid: self._strangers[size_and_date]
            for uid, fact in facts.items()
            if uid not in rows and (size_and_date := (fact.size_bytes, fact.internaldate)) in self._strangers
        }
        if not alike:
            return {}
        marks = await bringer.read(sorted(alike), facts)
        there = await self._target.marks(sorted({at for each in alike.values() for at in each}))
        found: dict[int, Placed] = {}
        for uid, mine in sorted(marks.items()):
            same = next((at for at in alike[uid] if at in there and there[at].guid == mine.guid), None)
            if same is None:
                continue
            alike[uid].remove(same)
            del there[same]
            fact = facts[uid]
            found[uid] = Placed(
                uid,
                same,
                mine.guid,
                mine.likeness,
                mine.message_id,
                fact.size_bytes,
                fact.internaldate,
                floor=1,
                stage=Stage.PROVED,
                found=True,
            )
        await self._store.put(row.id, found.values())
        return found

    async def _flags(self, rows: Mapping[int, Placed]) -> dict[int, Flags]:
        """Return the flags of the target's messages that rows stand for, by their UIDs there."""
        uids = {row.target_uid for row in rows.values() if row.target_uid is not None}
        if not uids:
            return {}
        found: dict[int, Flags] = {}
        for first, last in _spans(sorted(uids)):
            found |= {fact.uid: fact.flags for fact in await self._target.facts(first, last) if fact.uid in uids}
        return found

    async def _account_for(self, window: Sequence[int], skips: Sequence[Skip]) -> None:
        """Keep a row of everything in the window that is not on the target as it is on the source."""
        rows = [self._row(skip) for skip in {skip.uid: skip for skip in skips}.values()]
        gone = {row.uid for row in rows}.union(_within(sorted(self._known), window))
        if self._job.only is not None:
            gone &= self._job.only
        if gone:
            await self._store.settle_skipped(str(self._job.account), self._job.source, sorted(gone), rows)

    def _row(self, skip: Skip) -> SkippedMessage:
        before = self._known.get(skip.uid)
        kept = skip.kept or (before.kept if before else "")
        since = before.since if before else self._job.now
        return SkippedMessage(
            str(self._job.account), self._job.source, skip.uid, skip.reason, skip.todo, skip.answer, kept, since
        )


def _windows(uids: Iterable[int]) -> Iterator[Sequence[int]]:
    """Cut UIDs into runs of at most `_WINDOW`."""
    ascending = sorted(uids)
    return (ascending[start : start + _WINDOW] for start in range(0, len(ascending), _WINDOW))


def _within(uids: Sequence[int], window: Sequence[int]) -> Sequence[int]:
    """Return those of `uids`, ascending, from the first to the last of `window`."""
    return uids[bisect_left(uids, window[0]) : bisect_right(uids, window[-1])]


def _spans(uids: Sequence[int]) -> list[tuple[int, int]]:
    """Return ranges that hold `uids` and not many others: a gap of foreign mail is not asked for."""
    spans: list[tuple[int, int]] = []
    for uid in uids:
        if spans and uid - spans[-1][1] <= _GAP:
            spans[-1] = (spans[-1][0], uid)
        else:
            spans.append((uid, uid))
    return spans
