"""Bring one mailbox of the target in line with the source, so that a kill at any instant can be recovered from.

The mailbox is walked in windows of UIDs; for each, three snapshots are taken, `decide` says what to do, and one chunk
does it: bytes staged, journal begun, one MAILBOX command, the target read back, journal finished.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from sterna.cyrus.dlist import DList
from sterna.cyrus.flags import Keywords
from sterna.cyrus.mailbox_state import MailboxHeader, MailboxUpdate
from sterna.cyrus.record import Record, holdable_date
from sterna.errors import Retry, Scope, SternaError
from sterna.migration.copy.chunk import Chunk, copied
from sterna.migration.copy.decide import Action, Prove, SetFlags, Skip, Upload, decide, same_flags
from sterna.migration.copy.events import Counts
from sterna.migration.copy.ports import JournalPort, SourcePort, TargetPort
from sterna.migration.copy.staging import MessageWithheldError, Staging
from sterna.migration.copy.windows import windows
from sterna.model.address import Address
from sterna.model.copied import CopiedMessage, Fingerprint
from sterna.model.mailbox import MailboxName, MailboxState, MessageFacts
from sterna.state.journal import JournalMailbox

MAX_LAST_UID: Final = 2**32 - 2
"""A UIDNEXT beyond 32 bits is nonsense, and would leave no UID for new mail."""


class TargetDisagreesError(SternaError):
    """The target's mailbox is not as it was a moment ago, or not as we left it; nothing further was written to it."""

    scope = Scope.MAILBOX
    retry = Retry.NOW
    exit_code = 75

    def __init__(self, mailbox: bytes, wanted: Fingerprint | None, found: Fingerprint | None) -> None:
        self.mailbox = mailbox.decode("ascii", "replace")
        self.wanted = wanted
        self.found = found
        super().__init__(
            f"{self.mailbox}: the target says {found} where {wanted} was expected; somebody else writes to it. No mail "
            "is lost: run copy again when it is quiet, it compares both sides first"
        )


class SourceDisagreesError(SternaError):
    """The source says that the mailbox has more messages than it names; nothing was changed on the target."""

    scope = Scope.MAILBOX
    retry = Retry.NOW
    exit_code = 75

    def __init__(self, said: int, named: int) -> None:
        self.said = said
        self.named = named
        super().__init__(
            f"the source says it holds {said} messages and names {named}; nothing was changed. Look at the source's "
            "log (a damaged index, a store that is not mounted), then run copy again"
        )


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be moved where.

    Fields:
        header: what the target holds under the name now; None for nothing, or for something that is to be replaced.
        echo: what a mailbox that is replaced had of its own (ACL, annotations), to be kept.
        skip_refused: leave messages behind that cannot be had or are refused; without it the mailbox waits for them.
    """

    account: Address
    source: MailboxName
    target: bytes
    partition: bytes
    uniqueid: bytes
    row: JournalMailbox
    state: MailboxState
    header: MailboxHeader | None
    echo: Mapping[bytes, DList] = field(default_factory=dict)
    skip_refused: bool = False


class Transfer:
    """One pass over one mailbox, which the source has already selected.

    `undescribed` are UIDs that the source lists without saying anything of them; their copies stay as they are.
    """

    def __init__(
        self, source: SourcePort, target: TargetPort, journal: JournalPort, job: Job, clock: Callable[[], float]
    ) -> None:
        self._source = source
        self._target = target
        self._journal = journal
        self._job = job
        self._clock = clock
        self._header = job.header
        self._keywords = Keywords()
        self._held: dict[int, CopiedMessage] | None = None
        self._reasons: dict[int, tuple[str, str]] = {}
        self._stop: SternaError | None = None
        self.undescribed: list[int] = []

    @property
    def dropped_keywords(self) -> Mapping[str, int]:
        """Flags that the target cannot hold, and on how many messages they stood."""
        return self._keywords.dropped

    async def run(self, progress: Callable[[Counts], None]) -> Counts:
        """Make the pass; `progress` gets what each step added. Returns the sum.

        Raises:
            MessageRefusedError, MessageWithheldError: the mailbox waits at a message; what is below it is done.
            TargetDisagreesError, MailboxChangedError: somebody else writes to it; begin it anew.
        """
        job = self._job
        await self._look()
        rows = await self._journal.skipped(str(job.account))
        self._reasons = {row.uid: (row.reason, row.todo) for row in rows if row.source == job.source}
        uids = await self._source.uids()
        if len(uids) < job.state.messages:
            raise SourceDisagreesError(job.state.messages, len(uids))
        known = await self._journal.uids(job.row.id)
        total = Counts()
        # Reasons of messages that are gone have to go, too.
        ranges = list(windows(uids, sorted({*known, *self._reasons}) if self._reasons else known))
        coming = self._ask(ranges[0], uids) if ranges else None
        try:
            for number, (first, last) in enumerate(ranges):
                facts = await coming if coming else []
                coming = self._ask(ranges[number + 1], uids) if number + 1 < len(ranges) else None
                listed = uids[bisect_left(uids, first) : bisect_right(uids, last)]
                counts = await self._window(first, last, listed, facts)
                total += counts
                progress(counts)
                if self._stop is not None:
                    raise self._stop
        finally:
            # A window nobody waits for any more must not end as an exception nobody asked for.
            if coming is not None:
                coming.cancel()
        await self._reach_uidnext(uids)
        return total

    async def _look(self) -> None:
        """Take the target's snapshot: the journal's rows when nobody has touched the mailbox, else its own records."""
        row = self._job.row
        if self._header is None:
            # What an earlier journal says of a mailbox that is gone does not count.
            await self._journal.clear(row.id)
        elif row.fingerprint != _marks(self._header) or await self._journal.has_unsettled(row.id):
            self._held = {record.uid: copied(record) for record in await self._target.records(self._job.target)}

    def _ask(self, window: tuple[int, int], uids: Sequence[int]) -> asyncio.Future[list[MessageFacts]] | None:
        low, high = bisect_left(uids, window[0]), bisect_right(uids, window[1])
        return self._source.facts(uids[low], uids[high - 1]) if low < high else None

    async def _window(self, first: int, last: int, listed: Sequence[int], facts: Iterable[MessageFacts]) -> Counts:
        source = {fact.uid: self._representable(fact) for fact in facts if first <= fact.uid <= last}
        journal = await self._journal.rows(self._job.row.id, first, last)
        target: Mapping[int, CopiedMessage] = journal
        if self._held is not None:
            target = {uid: message for uid, message in self._held.items() if first <= uid <= last}
        actions = decide(source, target, journal, last_uid=self._header.last_uid if self._header else 0)
        unclear = await self._unclear([uid for uid in listed if uid not in source])
        if unclear:
            actions = self._without(unclear, actions, target)
        chunk, staging = await self._carry_out(actions, source, target, journal)
        self._stop = staging.stop or self._stop
        skips = [*(action for action in actions if isinstance(action, Skip)), *staging.skips]
        if skips or any(first <= uid <= last for uid in self._reasons):
            account, rows = str(self._job.account), [self._reason(skip) for skip in skips]
            await self._journal.settle_skipped(account, self._job.source, first, last, rows)
        touched = {action.uid for action in actions if isinstance(action, Upload | SetFlags)}
        touched |= {skip.uid for skip in skips} | {message.uid for message in chunk.changed}
        return replace(chunk.counts(), skipped=len(skips), unchanged=len(source.keys() - touched))

    async def _unclear(self, uids: Sequence[int]) -> set[int]:
        """Return which of these UIDs, listed but not described, are really there: those expunged meanwhile are not."""
        return set(uids).intersection(await self._source.uids()) if uids else set()

    def _without(
        self, unclear: set[int], actions: Iterable[Action], target: Mapping[int, CopiedMessage]
    ) -> list[Action]:
        """Leave alone what nothing is known of; where it is not on the target yet, nothing may pass it."""
        self.undescribed += sorted(unclear & target.keys())
        missing = sorted(unclear - target.keys())
        if missing and self._job.skip_refused:
            self.undescribed += missing
        elif missing:
            self._stop = MessageWithheldError(missing[0])
        limit = missing[0] if missing and not self._job.skip_refused else None
        return [
            action
            for action in actions
            if action.uid not in unclear and not (limit and isinstance(action, Upload) and action.uid > limit)
        ]

    def _representable(self, fact: MessageFacts) -> MessageFacts:
        flags, date = self._keywords.representable(fact.flags), holdable_date(fact.internaldate)
        return replace(fact, flags=flags, internaldate=date)

    def _reason(self, skip: Skip) -> tuple[int, str, str]:
        """Return the row of a skipped message; the first reason stays, later passes only see its consequence."""
        reason, todo = self._reasons.get(skip.uid, (skip.reason, skip.todo))
        return skip.uid, reason, todo

    async def _carry_out(
        self,
        actions: Sequence[Action],
        source: Mapping[int, MessageFacts],
        target: Mapping[int, CopiedMessage],
        journal: Mapping[int, CopiedMessage],
    ) -> tuple[Chunk, Staging]:
        modseq = (self._header.highestmodseq if self._header else 0) + 1
        now = int(self._clock())
        chunk = Chunk.of(actions, target, modseq, now)
        # The journal's rows stand for the target's messages: what is skipped is not, or not this one, on the target.
        chunk.forgotten += [action.uid for action in actions if isinstance(action, Skip) and action.uid in journal]
        staging = Staging(self._source, self._target, self._job.partition, skip_refused=self._job.skip_refused)
        for message in await staging.prove([a.uid for a in actions if isinstance(a, Prove)], source, target):
            flags = source[message.uid].flags
            if same_flags(flags, message.flags):
                chunk.settled.append(message)
            else:
                chunk.changed.append(replace(message, flags=flags, modseq=modseq, last_updated=now))
        uploads = await staging.stage([a.uid for a in actions if isinstance(a, Upload)], source)
        chunk.new += [replace(message, modseq=modseq, last_updated=now) for message in uploads]
        if chunk.writes:
            await self._apply(chunk, target, modseq, now)
        elif chunk.settled or chunk.forgotten:
            await self._confirm()
        if chunk.writes or chunk.settled or chunk.forgotten:
            # While the target's own records are the snapshot, its marks count only once the last window is settled.
            fingerprint = _marks(self._header) if self._held is None else None
            held = [*chunk.new, *chunk.changed, *chunk.settled]
            left = [*chunk.forgotten, *(message.uid for message in chunk.gone)]
            await self._journal.finish(self._job.row.id, held, left, fingerprint)
        return chunk, staging

    async def _apply(self, chunk: Chunk, target: Mapping[int, CopiedMessage], modseq: int, now: int) -> None:
        crc = (self._header.sync_crc if self._header else 0) ^ chunk.crc_change(target)
        last_uid = max(self._header.last_uid if self._header else 0, chunk.new[-1].uid if chunk.new else 0)
        await self._journal.begin(self._job.row.id, chunk.new)
        await self._write(chunk.records(), last_uid=last_uid, modseq=modseq, crc=crc, now=now)

    async def _write(self, records: Sequence[Record], *, last_uid: int, modseq: int, crc: int, now: int) -> None:
        job = self._job
        update = MailboxUpdate(
            name=job.target,
            uniqueid=job.uniqueid,
            partition=job.partition,
            uidvalidity=job.state.uidvalidity,
            last_uid=last_uid,
            highestmodseq=modseq,
            sync_crc=crc,
            owner=job.account,
            now=now,
            records=records,
            since=self._header,
            echo=self._header.echo if self._header else job.echo,
        )
        await self._target.apply(update)
        await self._target.restart()
        wanted = Fingerprint(last_uid, modseq, crc)
        self._header = await self._target.header(job.target)
        if _marks(self._header) != wanted or (self._header and self._header.uidvalidity != job.state.uidvalidity):
            raise TargetDisagreesError(job.target, wanted, _marks(self._header))

    async def _confirm(self) -> None:
        """Read the target's marks again before rows are settled on what was read of it."""
        found = await self._target.header(self._job.target)
        if _marks(found) != _marks(self._header):
            raise TargetDisagreesError(self._job.target, _marks(self._header), _marks(found))

    async def _reach_uidnext(self, uids: Sequence[int]) -> None:
        """Make the mailbox when it is still missing, and let its UIDVALIDITY and UIDNEXT be the source's."""
        last_uid = max(min(self._job.state.uidnext - 1, MAX_LAST_UID), uids[-1] if uids else 0, 0)
        header = self._header
        if header is None or header.last_uid < last_uid or header.uidvalidity != self._job.state.uidvalidity:
            modseq = max(1, self._header.highestmodseq) if self._header else 1
            crc = self._header.sync_crc if self._header else 0
            await self._journal.begin(self._job.row.id, [])
            await self._write([], last_uid=last_uid, modseq=modseq, crc=crc, now=int(self._clock()))
        elif self._job.row.fingerprint == _marks(self._header):
            return
        await self._journal.finish(self._job.row.id, [], [], _marks(self._header))


def _marks(header: MailboxHeader | None) -> Fingerprint | None:
    return Fingerprint(header.last_uid, header.highestmodseq, header.sync_crc) if header else None
