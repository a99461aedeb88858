"""Carry out one pass over one mailbox, so that a kill at any instant can be recovered from.

The UIDs that have to be looked at are walked in windows; for each, three snapshots are taken, `decide` says what to do,
and one chunk does it: bytes staged, journal begun, one MAILBOX command, the target read back, journal finished.
"""

from __future__ import annotations

import asyncio
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final

from sterna.cyrus.flags import Keywords
from sterna.cyrus.record import holdable_date
from sterna.errors import FormatError, SternaError
from sterna.migration.copy.chunk import Chunk, copied
from sterna.migration.copy.decide import Action, Expunge, Prove, SetFlags, Skip, Upload, decide, same_flags
from sterna.migration.copy.events import Counts
from sterna.migration.copy.job import HANGS_UP, UNDESCRIBED, Job, Snapshots, SourceDisagreesError
from sterna.migration.copy.ports import Held, JournalPort, SourcePort
from sterna.migration.copy.refused import SourceWithholdsError
from sterna.migration.copy.staging import EMPTY, MOST_WITHHELD, Place, Staging
from sterna.migration.copy.touched import Touched, all_of
from sterna.migration.copy.windows import windows
from sterna.migration.copy.writing import MAX_LAST_UID, TargetMailbox
from sterna.model.copied import CopiedMessage
from sterna.model.mailbox import MessageFacts
from sterna.state.journal import SkippedMessage

_SYSTEM_FLAGS: Final = frozenset({"\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft"})


class Transfer:
    """One pass over one mailbox, which the source has already selected.

    Attributes:
        kept: how many messages are gone from the source here and stay on the target.
        undescribed: UIDs that the source lists without saying anything of them; their copies stay as they are.
    """

    def __init__(
        self, source: SourcePort, place: Place, journal: JournalPort, job: Job, clock: Callable[[], float]
    ) -> None:
        self._source = source
        self._place = place
        self._journal = journal
        self._job = job
        self._target = TargetMailbox(place.target, job.identity, job.header, clock)
        self._keywords = Keywords()
        self._given: list[str] = []
        self._held: Held | None = None
        self._reasons: dict[int, SkippedMessage] = {}
        self._skipped = False
        self._waiting: set[int] = set()
        self._everything = True
        self._ahead: tuple[Chunk, Counts] | None = None
        self._total = Counts()
        self._tell: Callable[[Counts], None] = lambda _: None
        self.undescribed: list[int] = []
        self.kept = 0
        self._sent: tuple[int, ...] = ()
        self._arriving: tuple[int, ...] = ()

    @property
    def at_risk(self) -> tuple[int, ...]:
        """UIDs of the messages that are on their way to the target just now."""
        return (*self._arriving, *self._under_way(), *self._sent)

    @property
    def dropped_keywords(self) -> Mapping[str, int]:
        """Flags that the target cannot hold, and on how many messages they stood."""
        return self._keywords.dropped

    @property
    def left_flags(self) -> Mapping[int, tuple[str, ...]]:
        """The same by UID."""
        return self._keywords.left

    async def run(self, progress: Callable[[Counts], None]) -> Counts:
        """Make the pass; `progress` gets what each step added. Returns the sum.

        Raises:
            SourceWithholdsError, TargetUnableError, TooManyRefusedError: the mailbox waits; what was done is done.
            TargetDisagreesError, MailboxChangedError: somebody else writes to it; begin it anew.
        """
        job = self._job
        await self._look()
        rows = await self._journal.skipped(str(job.identity.owner))
        self._reasons = {row.uid: row for row in rows if row.source == job.source}
        mark = await self._source.mark()
        uids = await self._source.uids()
        if len(uids) < job.state.messages:
            raise SourceDisagreesError(job.state.messages, len(uids))
        known = await self._journal.uids(job.row.id)
        touched = await self._touched(uids, known)
        untouched = Counts(unchanged=len(uids) - sum(1 for uid in touched if _has(uids, uid)))
        self._tell = progress
        await self._walk(touched, uids)
        if untouched.unchanged:
            self._told(untouched)
        await self._end(uids, mark)
        return self._total

    async def _look(self) -> None:
        """Take the target's snapshot: the journal's rows when nobody has touched the mailbox, else its own records."""
        row = self._job.row
        if self._target.header is None:
            # What an earlier journal says of a mailbox that is gone does not count.
            await self._journal.clear(row.id)
            return
        self._given = await self._journal.keywords(row.id)
        self._keywords = Keywords(self._given)
        if row.fingerprint != self._target.marks or await self._journal.has_unsettled(row.id):
            self._held = await self._target.held()

    async def _touched(self, uids: Sequence[int], known: Sequence[int]) -> array[int]:
        # Reasons of messages that are gone have to go, too.
        reasons = sorted(self._reasons)
        if self._held is not None or not known or self._job.thorough:
            return all_of(uids, known, reasons)
        self._everything = False
        touched = Touched(self._source, self._journal, self._job.row.id, self._keywords)
        return all_of(await touched.find(uids, known, self._job.row.mark, self._job.state.highestmodseq), reasons)

    async def _walk(self, touched: Sequence[int], uids: Sequence[int]) -> None:
        """Work through the windows, the facts of the next one always on their way."""
        rest = windows(touched)
        window = next(rest, None)
        coming: asyncio.Future[list[MessageFacts]] | None = None
        if window is not None and self._job.careful:
            coming = asyncio.ensure_future(self._one_by_one([uid for uid in window if _has(uids, uid)]))
        elif window is not None:
            coming = self._ask(window, uids)
        try:
            while window is not None:
                facts = await coming if coming else []
                following = next(rest, None)
                coming = None
                if following is not None and not self._job.careful:
                    coming = self._ask(following, uids)
                await self._window(window, uids, facts)
                window = following
                if window is not None and self._job.careful:
                    coming = asyncio.ensure_future(self._one_by_one([uid for uid in window if _has(uids, uid)]))
            await self._settle()
        except SternaError:
            with suppress(SternaError):  # what is on its way has nothing to do with it, and may well arrive
                await self._settle()
            raise
        finally:
            # A window nobody waits for any more must not end as an exception nobody asked for.
            if coming is not None:
                coming.cancel()

    async def _one_by_one(self, uids: Sequence[int]) -> list[MessageFacts]:
        """Ask for facts; where an answer cannot be read, in halves, until it is known whose it is."""
        if not uids:
            return []
        try:
            return await self._source.facts_of(uids)
        except FormatError:
            if len(uids) == 1:
                return []
            half = len(uids) // 2
            return [*await self._one_by_one(uids[:half]), *await self._one_by_one(uids[half:])]

    def _ask(self, window: Sequence[int], uids: Sequence[int]) -> asyncio.Future[list[MessageFacts]] | None:
        there = [uid for uid in window if _has(uids, uid)]
        if not there:
            return None
        return self._source.facts(there[0], there[-1]) if self._everything else self._source.facts_of(there)

    async def _window(self, window: Sequence[int], uids: Sequence[int], facts: Iterable[MessageFacts]) -> None:
        """Do what one window needs, in several steps where only so many messages may be sent at once."""
        wanted = frozenset(window)
        source = {fact.uid: self._representable(fact) for fact in facts if fact.uid in wanted}
        journal = await self._journal.rows_of(self._job.row.id, window)
        target: Mapping[int, CopiedMessage] = journal
        if self._held is not None:
            target = {record.uid: copied(record) for record in self._held.of(window)}
        both = Snapshots(source, target, journal)
        actions = decide(source, target, journal, last_uid=self._target.last_uid)
        if self._job.keeps:
            gone = [action.uid for action in actions if isinstance(action, Expunge)]
            self.kept += len(gone)
            self._skipped = self._skipped or bool(gone)
            actions = [action for action in actions if not isinstance(action, Expunge)]
        left_out = self._left_out(actions, both)
        actions = [action for action in actions if action.uid not in left_out]
        if left_out:
            wanted -= left_out
            self._told(Counts(left_out=len(left_out)))
        unclear = await self._unclear([uid for uid in window if uid not in source and _has(uids, uid)])
        skips = self._pass_over(unclear, target)
        uploads = [action.uid for action in actions if isinstance(action, Upload) and action.uid not in unclear]
        most = self._job.most or len(uploads) or 1
        later = frozenset(uploads[most:])
        now = [action for action in actions if action.uid not in unclear and action.uid not in later]
        await self._step(now, both, skips, wanted - later)
        for start in range(most, len(uploads), most):
            some = uploads[start : start + most]
            await self._step([Upload(uid) for uid in some], both, [], frozenset(some))

    def _left_out(self, actions: Iterable[Action], both: Snapshots) -> frozenset[int]:
        """Return the messages that are not to be moved, or not now: never one that is on the target."""
        takes = self._job.takes
        if takes is None:
            return frozenset()
        new = (action.uid for action in actions if isinstance(action, Upload | Skip))
        left_out = frozenset(
            uid for uid in new if uid not in both.target and uid not in both.journal and not takes(both.source[uid])
        )
        self._skipped = self._skipped or bool(left_out)
        return left_out

    async def _step(self, actions: Sequence[Action], both: Snapshots, skips: list[Skip], uids: frozenset[int]) -> None:
        """Do `actions`, which are all that the messages `uids` need.

        What is written is on its way when this returns, and settled by the next step: the messages of that come
        meanwhile, so that a round trip to the target costs nothing.
        """
        chunk, staged = await self._gather(actions, both)
        skips = [*(action for action in actions if isinstance(action, Skip)), *skips, *staged]
        self._skipped = self._skipped or bool(skips)
        if skips or not uids.isdisjoint(self._reasons):
            # Before anything is written: once the target has passed a UID, nobody could tell why it is missing.
            rows = [self._row(skip) for skip in skips]
            account = str(self._job.identity.owner)
            await self._journal.settle_skipped(account, self._job.source, sorted(uids), rows)
        touched = {action.uid for action in actions if isinstance(action, Upload | SetFlags)}
        touched |= {skip.uid for skip in skips} | {message.uid for message in chunk.changed}
        unchanged = len((both.source.keys() & uids) - touched)
        await self._settle()
        await self._write(chunk, both.target, replace(chunk.counts(), skipped=len(skips), unchanged=unchanged))
        if self._job.most is not None or not self._place.target.runs_ahead:
            await self._settle()

    async def _unclear(self, uids: Sequence[int]) -> frozenset[int]:
        """Return which of these UIDs, listed but not described, are really there: those expunged meanwhile are not."""
        return frozenset(uids).intersection(await self._source.uids()) if uids else frozenset()

    def _pass_over(self, unclear: frozenset[int], target: Mapping[int, CopiedMessage]) -> list[Skip]:
        """Leave alone what nothing is known of; what is not on the target yet becomes a row.

        Raises:
            SourceWithholdsError: that are too many to be chance.
        """
        self.undescribed += sorted(unclear & target.keys())
        missing = sorted(unclear - target.keys())
        if len(missing) > MOST_WITHHELD:
            raise SourceWithholdsError(len(missing), missing[0])
        self._waiting.update(missing)
        return [Skip(uid, *UNDESCRIBED) for uid in missing]

    def _representable(self, fact: MessageFacts) -> MessageFacts:
        date = holdable_date(fact.internaldate)
        if date == fact.internaldate and fact.flags <= _SYSTEM_FLAGS:
            return fact
        return replace(fact, flags=self._keywords.representable(fact.flags, fact.uid), internaldate=date)

    def _row(self, skip: Skip) -> SkippedMessage:
        """Return the row of a skipped message; the first reason stays, later passes only see its consequence."""
        earlier = self._reasons.get(skip.uid)
        if earlier is not None and not skip.answer:
            return earlier
        since = earlier.since if earlier is not None else self._target.now()
        account = str(self._job.identity.owner)
        return SkippedMessage(
            account, self._job.source, skip.uid, skip.reason, skip.todo, skip.answer, skip.kept, since
        )

    async def _gather(self, actions: Sequence[Action], both: Snapshots) -> tuple[Chunk, list[Skip]]:
        """Bring the bytes that the actions need; return what is to be written and what cannot be."""
        modseq, now = self._target.next_modseq, self._target.now()
        chunk = Chunk.of(actions, both.target, modseq, now)
        # The journal's rows stand for the target's messages: what is skipped is not, or not this one, on the target.
        chunk.forgotten += [a.uid for a in actions if isinstance(a, Skip) and a.uid in both.journal]
        staging = Staging(self._source, self._place)
        proofs = [action.uid for action in actions if isinstance(action, Prove)]
        for message in await staging.prove(proofs, both.source, both.target):
            flags = both.source[message.uid].flags
            if same_flags(flags, message.flags):
                chunk.settled.append(message)
            else:
                chunk.changed.append(replace(message, flags=flags, modseq=modseq, last_updated=now))
        uploads = [action.uid for action in actions if isinstance(action, Upload)]
        harmful = [uid for uid in uploads if uid in self._job.harmful]
        if harmful:
            await staging.keep_back(harmful, HANGS_UP)
        sent = tuple(uid for uid in uploads if uid not in self._job.harmful)
        self._sent = sent
        if sent:
            chunk.new += await staging.stage(sent, both.source, modseq, now)
        self._waiting.update(skip.uid for skip in staging.skips if skip.reason != EMPTY[0])
        return chunk, staging.skips

    async def _write(self, chunk: Chunk, target: Mapping[int, CopiedMessage], counts: Counts) -> None:
        """Send a chunk on its way; what only the journal has to learn is settled at once."""
        if chunk.writes:
            records = chunk.records()
            last_uid = max(self._target.last_uid, chunk.new[-1].uid if chunk.new else 0)
            crc = self._target.crc ^ chunk.crc_change(target)
            modseq = self._target.next_modseq
            await self._note_keywords()
            await self._journal.begin(self._job.row.id, chunk.new)
            self._target.hand_over(records, last_uid=last_uid, modseq=modseq, crc=crc, now=self._target.now())
            self._ahead, self._sent = (chunk, counts), ()
        elif chunk.settled or chunk.forgotten:
            await self._target.confirm()
            await self._finish(chunk, counts)
        else:
            self._told(counts)

    async def _settle(self) -> None:
        """Wait for what is on its way, and note that it has arrived."""
        if self._ahead is not None:
            self._arriving = self._under_way()
            (chunk, counts), self._ahead = self._ahead, None
            await self._target.settle()
            self._arriving = ()
            await self._finish(chunk, counts)

    async def _finish(self, chunk: Chunk, counts: Counts) -> None:
        # While the target's own records are the snapshot, its marks count only once the last window is settled.
        fingerprint = self._target.marks if self._held is None else None
        left = [*chunk.forgotten, *(message.uid for message in chunk.gone)]
        arrived = [message.uid for message in chunk.new]
        held = [*chunk.changed, *chunk.settled]
        await self._journal.finish(self._job.row.id, held, left, fingerprint, arrived)
        self._told(counts)

    def _under_way(self) -> tuple[int, ...]:
        return tuple(message.uid for message in self._ahead[0].new) if self._ahead is not None else ()

    def _told(self, counts: Counts) -> None:
        self._total += counts
        self._tell(counts)

    async def _note_keywords(self) -> None:
        """Note what the target is about to be given before it is: it may never forget one."""
        names = self._keywords.names
        if names != self._given:
            await self._journal.set_keywords(self._job.row.id, names)
            self._given = names

    async def _end(self, uids: Sequence[int], mark: str) -> None:
        """Let UIDVALIDITY and UIDNEXT be the source's, and note how far the source has been followed."""
        row, state = self._job.row, self._job.state
        # A message that is refused today can have its UID tomorrow, as long as the target has not passed it.
        limit = min((uid for uid in self._waiting if uid > self._target.last_uid), default=MAX_LAST_UID + 1)
        last_uid = min(max(state.uidnext - 1, uids[-1] if uids else 0), limit - 1)
        if self._target.is_short_of(last_uid):
            await self._journal.begin(row.id, [])
            await self._target.reach(last_uid)
            await self._journal.finish(row.id, [], [], self._target.marks)
        elif self._held is not None or row.fingerprint != self._target.marks:
            await self._journal.finish(row.id, [], [], self._target.marks)
        complete = not (self._skipped or self.undescribed or self._keywords.dropped)
        await self._journal.set_mark(row.id, mark if complete else "")


def _has(uids: Sequence[int], uid: int) -> bool:
    at = bisect_left(uids, uid)
    return at < len(uids) and uids[at] == uid
