"""Bring one mailbox of the target in line with the source, so that a kill at any instant can be recovered from.

The mailbox is walked in windows of UIDs; for each, three snapshots are taken, `decide` says what to do, and one chunk
does it: bytes staged, journal begun, one MAILBOX command, the target read back, journal finished. While a batch of
messages is being sent, the next is already on its way from the source.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left, bisect_right
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import merge
from typing import Final

from sterna.cyrus.flags import Keywords
from sterna.cyrus.record import Record
from sterna.cyrus.replication import MAX_BYTES, MAX_MESSAGES, MailboxHeader, MailboxUpdate, ReplicationRefusedError
from sterna.errors import Scope, SternaError
from sterna.migration.copy.decide import (
    Action,
    Adopt,
    Expunge,
    Forget,
    Prove,
    SetFlags,
    Skip,
    Upload,
    decide,
    same_flags,
)
from sterna.migration.copy.events import Counts
from sterna.migration.copy.ports import JournalPort, SourcePort, TargetPort
from sterna.model.address import Address
from sterna.model.copied import CopiedMessage, Fingerprint
from sterna.model.mailbox import MailboxName, MailboxState, MessageFacts
from sterna.state.journal import JournalMailbox

WINDOW: Final = 1000
"""UIDs looked at together; also the most records in one MAILBOX command, which keeps the mailbox locked 0.15 s."""

EMPTY = ("it is empty (0 bytes), which the target cannot hold", "nothing is lost but the empty message itself")


class TargetDisagreesError(SternaError):
    """After a write the target's mailbox is not as it must be; nothing further was written to it."""

    scope = Scope.MAILBOX
    exit_code = 70

    def __init__(self, mailbox: bytes, wanted: Fingerprint, found: Fingerprint | None) -> None:
        self.mailbox = mailbox.decode("ascii", "replace")
        self.wanted = wanted
        self.found = found
        super().__init__(
            f"{self.mailbox}: after writing, the target says {found} where {wanted} was expected; "
            "somebody else may be writing to it: run copy again, it compares both sides first"
        )


class MessageRefusedError(SternaError):
    """The target does not take a message; the mailbox waits at it, because UIDs can only be given out ascending.

    A full disk refuses the large message and takes the small one behind it, so a refusal says little about a message.
    """

    scope = Scope.MAILBOX
    exit_code = 74

    def __init__(self, uid: int, answer: str) -> None:
        self.uid = uid
        self.answer = answer
        super().__init__(
            f"the target refuses the message with UID {uid}: {answer}; it and those behind it wait on the source. See "
            "whether the target's disk is full and run copy again; copy --skip-refused goes on without it for good"
        )


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be moved where.

    `header` is what the target holds under the name now, None for nothing (or for something that is to be replaced).
    `skip_refused` leaves messages behind that the target refuses; without it the mailbox waits for them.
    """

    account: Address
    source: MailboxName
    target: bytes
    partition: bytes
    uniqueid: bytes
    row: JournalMailbox
    state: MailboxState
    header: MailboxHeader | None
    skip_refused: bool = False


@dataclass(slots=True)
class Chunk:
    """What one MAILBOX command is to do, and what only the journal has to learn. Messages as they will be."""

    new: list[CopiedMessage]
    changed: list[CopiedMessage]
    gone: list[CopiedMessage]
    settled: list[CopiedMessage]
    forgotten: list[int]

    @classmethod
    def of(cls, actions: Iterable[Action], target: Mapping[int, CopiedMessage], modseq: int, now: int) -> Chunk:
        """Sort out what can be said without reading bytes; uploads and proofs are added later."""
        chunk = cls([], [], [], [], [])
        for action in actions:
            match action:
                case SetFlags(uid, flags):
                    chunk.changed.append(replace(target[uid], flags=flags, modseq=modseq, last_updated=now))
                case Expunge(uid):
                    chunk.gone.append(replace(target[uid], modseq=modseq, last_updated=now))
                case Adopt(uid):
                    chunk.settled.append(target[uid])
                case Forget(uid):
                    chunk.forgotten.append(uid)
                case Upload() | Prove() | Skip():
                    pass
        return chunk

    @property
    def writes(self) -> bool:
        """Whether the target has to change."""
        return bool(self.new or self.changed or self.gone)

    def counts(self) -> Counts:
        """Return what it brings, changes and expunges."""
        size = sum(message.size_bytes for message in self.new)
        return Counts(copied=len(self.new), updated=len(self.changed), expunged=len(self.gone), bytes=size)


class Transfer:
    """One pass over one mailbox, which the source has already selected."""

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
        self._stop: MessageRefusedError | None = None

    @property
    def dropped_keywords(self) -> Mapping[str, int]:
        """Flags that the target cannot hold, and on how many messages they stood."""
        return self._keywords.dropped

    async def run(self, progress: Callable[[Counts], None]) -> Counts:
        """Make the pass; `progress` gets what each step added. Returns the sum."""
        job = self._job
        account = str(job.account)
        await self._look()
        self._reasons = {
            row.uid: (row.reason, row.todo) for row in await self._journal.skipped(account) if row.source == job.source
        }
        uids = await self._source.uids()
        known = await self._journal.uids(job.row.id)
        total = Counts()
        windows = list(_windows(uids, known))
        following = self._ask(windows[0], uids) if windows else None
        for number, (first, last) in enumerate(windows):
            facts = await following if following else []
            following = self._ask(windows[number + 1], uids) if number + 1 < len(windows) else None
            counts = await self._window(first, last, facts)
            total += counts
            progress(counts)
            if self._stop is not None:
                raise self._stop
        await self._reach_uidnext(uids)
        return total

    async def _look(self) -> None:
        """Take the target's snapshot: the journal's rows when nobody has touched the mailbox, else its own records."""
        row = self._job.row
        if self._header is None:
            # What an earlier journal says of a mailbox that is gone does not count.
            await self._journal.clear(row.id)
        elif row.fingerprint != _fingerprint(self._header) or await self._journal.has_unsettled(row.id):
            self._held = {record.uid: _copied(record) for record in await self._target.records(self._job.target)}

    def _ask(self, window: tuple[int, int], uids: Sequence[int]) -> Awaitable[list[MessageFacts]] | None:
        low, high = bisect_left(uids, window[0]), bisect_right(uids, window[1])
        return self._source.facts(uids[low], uids[high - 1]) if low < high else None

    async def _window(self, first: int, last: int, facts: Iterable[MessageFacts]) -> Counts:
        source = {fact.uid: self._representable(fact) for fact in facts}
        journal = await self._journal.rows(self._job.row.id, first, last)
        target: Mapping[int, CopiedMessage] = journal
        if self._held is not None:
            target = {uid: message for uid, message in self._held.items() if first <= uid <= last}
        actions = decide(source, target, journal, last_uid=self._header.last_uid if self._header else 0)
        skips = [action for action in actions if isinstance(action, Skip)]
        counts = await self._carry_out(actions, source, target, skips)
        if skips or any(first <= uid <= last for uid in self._reasons):
            account, rows = str(self._job.account), [self._reason(skip) for skip in skips]
            await self._journal.settle_skipped(account, self._job.source, first, last, rows)
        touched = counts.copied + counts.updated + len(skips)
        return replace(counts, skipped=len(skips), unchanged=max(0, len(source) - touched))

    def _representable(self, fact: MessageFacts) -> MessageFacts:
        # The target reads a date of 0 or less as "now".
        return replace(fact, flags=self._keywords.representable(fact.flags), internaldate=max(1, fact.internaldate))

    def _reason(self, skip: Skip) -> tuple[int, str, str]:
        """Return the row of a skipped message; the first reason stays, later passes only see its consequence."""
        reason, todo = self._reasons.get(skip.uid, (skip.reason, skip.todo))
        return skip.uid, reason, todo

    async def _carry_out(
        self,
        actions: Sequence[Action],
        source: Mapping[int, MessageFacts],
        target: Mapping[int, CopiedMessage],
        skips: list[Skip],
    ) -> Counts:
        modseq = (self._header.highestmodseq if self._header else 0) + 1
        now = int(self._clock())
        chunk = Chunk.of(actions, target, modseq, now)
        for message in await self._prove([a.uid for a in actions if isinstance(a, Prove)], source, target, skips):
            if same_flags(source[message.uid].flags, message.flags):
                chunk.settled.append(message)
            else:
                flags = source[message.uid].flags
                chunk.changed.append(replace(message, flags=flags, modseq=modseq, last_updated=now))
        uploads = await self._stage([a.uid for a in actions if isinstance(a, Upload)], source, skips)
        chunk.new += [replace(message, modseq=modseq, last_updated=now) for message in uploads]
        if chunk.writes:
            await self._apply(chunk, target, modseq, now)
        elif chunk.settled or chunk.forgotten:
            await self._confirm()
        if chunk.writes or chunk.settled or chunk.forgotten:
            # While the target's own records are the snapshot, its marks count only once the last window is settled.
            fingerprint = _fingerprint(self._header) if self._held is None else None
            held = [*chunk.new, *chunk.changed, *chunk.settled]
            left = [*chunk.forgotten, *(message.uid for message in chunk.gone)]
            await self._journal.finish(self._job.row.id, held, left, fingerprint)
        return chunk.counts()

    async def _prove(
        self,
        uids: Sequence[int],
        source: Mapping[int, MessageFacts],
        target: Mapping[int, CopiedMessage],
        skips: list[Skip],
    ) -> list[CopiedMessage]:
        """Return the target's messages whose bytes are the source's; the others become skips."""
        proved: list[CopiedMessage] = []
        for batch in _batches(uids, source):
            bodies: dict[int, bytes] = {}
            await self._source.bodies(batch, bodies.__setitem__)
            for uid, body in sorted(bodies.items()):
                if _guid(body) == target[uid].guid:
                    proved.append(target[uid])
                else:
                    skips.append(Skip(uid, "another message has this UID on the target", "look at both messages"))
        return proved

    async def _stage(
        self, uids: Sequence[int], source: Mapping[int, MessageFacts], skips: list[Skip]
    ) -> list[CopiedMessage]:
        """Bring the bytes of these messages to the target's staging; return what was staged, ascending by UID."""
        staged: list[CopiedMessage] = []
        batches = list(_batches(uids, source))
        bodies: dict[int, bytes] = {}
        following = self._source.bodies(batches[0], bodies.__setitem__) if batches else None
        for number, _ in enumerate(batches):
            if following is not None:
                await following
            here, bodies = bodies, {}
            more = number + 1 < len(batches)
            following = self._source.bodies(batches[number + 1], bodies.__setitem__) if more else None
            messages: list[tuple[bytes, bytes]] = []
            for uid, body in sorted(here.items()):
                if not body:
                    skips.append(Skip(uid, *EMPTY))
                    continue
                guid = _guid(body)
                messages.append((guid, body))
                fact = source[uid]
                staged.append(CopiedMessage(uid, guid, len(body), fact.internaldate, fact.flags, 0, 0))
            # A message that is no longer there was expunged meanwhile; the next pass finds it gone.
            refused = await self._send(messages) if messages else {}
            if refused and self._job.skip_refused:
                skips += [_refused(m.uid, refused[m.guid]) for m in staged if m.guid in refused]
                staged = [m for m in staged if m.guid not in refused]
            elif refused:
                first = next(m for m in staged if m.guid in refused)
                self._stop = MessageRefusedError(first.uid, refused[first.guid])
                return [m for m in staged if m.uid < first.uid]
        return staged

    async def _send(self, messages: Sequence[tuple[bytes, bytes]]) -> dict[bytes, str]:
        """Stage a batch; when it is refused, one by one, so that one bad message does not keep the others back.

        Returns the answers to those that are refused even alone, by GUID.
        """
        try:
            await self._target.stage(self._job.partition, messages)
        except ReplicationRefusedError as error:
            if len(messages) == 1:
                return {messages[0][0]: error.answer}
            refused: dict[bytes, str] = {}
            for message in messages:
                refused |= await self._send([message])
            return refused
        return {}

    async def _apply(self, chunk: Chunk, target: Mapping[int, CopiedMessage], modseq: int, now: int) -> None:
        records = [_record(message) for message in (*chunk.new, *chunk.changed)]
        records += [_record(message, expunged=True) for message in chunk.gone]
        records.sort(key=lambda record: record.uid)
        crc = self._header.sync_crc if self._header else 0
        for record in records:
            crc ^= record.crc()
        for message in (*chunk.changed, *chunk.gone):
            crc ^= _record(target[message.uid]).crc()
        last_uid = max(self._header.last_uid if self._header else 0, chunk.new[-1].uid if chunk.new else 0)
        await self._journal.begin(self._job.row.id, chunk.new)
        await self._write(records, last_uid=last_uid, modseq=modseq, crc=crc, now=now)

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
        )
        await self._target.apply(update)
        await self._target.restart()
        wanted = Fingerprint(last_uid, modseq, crc)
        self._header = await self._target.header(job.target)
        found = _fingerprint(self._header)
        if found != wanted or (self._header and self._header.uidvalidity != job.state.uidvalidity):
            raise TargetDisagreesError(job.target, wanted, found)

    async def _confirm(self) -> None:
        """Read the target's marks again before rows are settled on what was read of it."""
        found = await self._target.header(self._job.target)
        if _fingerprint(found) != _fingerprint(self._header):
            raise TargetDisagreesError(self._job.target, _marks(self._header), _fingerprint(found))

    async def _reach_uidnext(self, uids: Sequence[int]) -> None:
        """Make the mailbox when it is still missing, and let its UIDNEXT be the source's."""
        last_uid = max(self._job.state.uidnext - 1, uids[-1] if uids else 0, 0)
        if self._header is not None and self._header.last_uid >= last_uid:
            if self._job.row.fingerprint != _fingerprint(self._header):
                await self._journal.finish(self._job.row.id, [], [], _marks(self._header))
            return
        modseq = max(1, self._header.highestmodseq) if self._header else 1
        crc = self._header.sync_crc if self._header else 0
        await self._journal.begin(self._job.row.id, [])
        await self._write([], last_uid=last_uid, modseq=modseq, crc=crc, now=int(self._clock()))
        await self._journal.finish(self._job.row.id, [], [], _marks(self._header))


def _windows(uids: Sequence[int], known: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Cut all UIDs that anybody knows into ranges that hold at most `WINDOW` of them, without holes between."""
    first, last, held = 1, 0, 0
    for uid in merge(uids, known):
        if uid == last:
            continue
        if held == WINDOW:
            yield first, last
            first, held = last + 1, 0
        last, held = uid, held + 1
    if held:
        yield first, last


def _batches(uids: Sequence[int], source: Mapping[int, MessageFacts]) -> Iterator[list[int]]:
    """Cut UIDs into runs of at most `MAX_MESSAGES` messages and, but for one large message, `MAX_BYTES` bytes."""
    batch: list[int] = []
    size = 0
    for uid in uids:
        if batch and (len(batch) >= MAX_MESSAGES or size + source[uid].size_bytes > MAX_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(uid)
        size += source[uid].size_bytes
    if batch:
        yield batch


def _refused(uid: int, answer: str) -> Skip:
    return Skip(uid, f"the target refuses it: {answer}", "it stays on the source; copy it by hand, it gets a new UID")


def _guid(body: bytes) -> bytes:
    return hashlib.sha1(body, usedforsecurity=False).digest()


def _record(message: CopiedMessage, *, expunged: bool = False) -> Record:
    return Record(
        message.uid,
        message.modseq,
        message.last_updated,
        message.flags,
        message.internaldate,
        message.size_bytes,
        message.guid,
        expunged,
    )


def _copied(record: Record) -> CopiedMessage:
    return CopiedMessage(
        record.uid,
        record.guid,
        record.size_bytes,
        record.internaldate,
        record.flags,
        record.modseq,
        record.last_updated,
    )


def _fingerprint(header: MailboxHeader | None) -> Fingerprint | None:
    return _marks(header) if header else None


def _marks(header: MailboxHeader | None) -> Fingerprint:
    if header is None:
        return Fingerprint(0, 0, 0)
    return Fingerprint(header.last_uid, header.highestmodseq, header.sync_crc)
