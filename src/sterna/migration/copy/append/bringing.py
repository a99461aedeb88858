"""Bring messages into one mailbox of the target and read them back; settle what an interrupted run has left.

The order is what makes duplicates impossible: a row is committed, then the message is sent, then its new UID is
committed, then its bytes are compared. Whatever was sent without an answer is looked for before it is sent again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Final

from sterna.errors import Scope, SternaError
from sterna.imap.appending import Outgoing
from sterna.imap.content import Content, digest
from sterna.imap.writer import Refusal
from sterna.migration.copy.append import reasons
from sterna.migration.copy.append.incoming import Incoming
from sterna.migration.copy.append.marks import Marks, has_8bit_header, holds_nul, is_odd, marks_of
from sterna.migration.copy.append.ports import Keeper, PlacingPort, ReadingPort
from sterna.migration.copy.append.settle import Candidate, arrived
from sterna.migration.copy.append.thread import PlacedThread
from sterna.migration.copy.decide import Skip, same_flags
from sterna.migration.copy.staging import EMPTY
from sterna.model.mailbox import MessageFacts
from sterna.model.placed import Placed, Stage

_LAST: Final = 2**32 - 1
_MOST_UNSETTLED: Final = 100_000
_LOOK_AT: Final = 100
"""Messages of the target whose bytes are read back in one go."""


@dataclass(slots=True)
class Brought:
    """What became of the messages of one step."""

    copied: int = 0
    size_bytes: int = 0
    skips: list[Skip] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Rows:
    """A mailbox's rows in the journal, and a place for messages that the target does not take."""

    store: PlacedThread
    mailbox: int
    keeper: Keeper


class Bringer:
    """Brings messages into the open mailbox `target`, which gives them no UID below `floor`."""

    def __init__(self, source: ReadingPort, target: PlacingPort, rows: Rows, floor: int) -> None:
        self._incoming = Incoming(source)
        self._target = target
        self._store = rows.store
        self._mailbox = rows.mailbox
        self._keeper = rows.keeper
        self._floor = floor
        self._tried_8bit = target.keeps_bytes
        self._replaces_8bit = False
        self._sent_8bit: set[int] = set()

    async def settle(self) -> None:
        """Settle every row that an interrupted run has left without an answer or without proof."""
        rows = await self._store.unsettled(self._mailbox, _MOST_UNSETTLED)
        await self._withdraw([row for row in rows if row.stage is Stage.WITHDRAWN])
        placed = [row for row in rows if row.stage is Stage.PLACED]
        placed += await self._look_for([row for row in rows if row.stage is Stage.BEGUN])
        await self._prove(placed, {}, Brought())

    async def bring(
        self, uids: Sequence[int], facts: Mapping[int, MessageFacts], rows: Mapping[int, Placed]
    ) -> Brought:
        """Bring messages, ascending by UID on the source.

        Args:
            uids: which; none of them is on the target.
            facts: what the source says of them, with flags as the target can hold them.
            rows: of those that were sent before without an answer.

        Raises:
            CommandError: the target refuses for a reason that is not a message's.
        """
        result = Brought()
        async with aclosing(self._incoming.batches(uids, facts)) as reading:
            async for batch, bodies in reading:
                result.skips += await self._incoming.complete(batch, bodies, facts)
                await self._bring(bodies, facts, rows, result)
        return result

    async def _bring(
        self,
        bodies: Mapping[int, Content],
        facts: Mapping[int, MessageFacts],
        rows: Mapping[int, Placed],
        result: Brought,
    ) -> None:
        together: dict[int, Content] = {}
        for uid, body in sorted(bodies.items()):
            row = rows.get(uid)
            if (skip := self._unsendable(uid, body, row)) is not None:
                result.skips.append(self._kept(skip, body) if len(body) else skip)
            elif (row is not None and row.attempts) or is_odd(body) or self._tries_8bit(body):
                await self._send({uid: body}, facts, rows, result)
            else:
                together[uid] = body
        if together:
            await self._send(together, facts, rows, result)

    async def read(self, uids: Sequence[int], facts: Mapping[int, MessageFacts]) -> dict[int, Marks]:
        """Return the marks of the source's messages, for those that it gives."""
        found: dict[int, Marks] = {}
        async with aclosing(self._incoming.batches(uids, facts)) as reading:
            async for batch, bodies in reading:
                await self._incoming.complete(batch, bodies, facts)
                found |= {uid: marks_of(body) for uid, body in bodies.items()}
        return found

    def _tries_8bit(self, body: Content) -> bool:
        """Say whether this message is the one that shows what the target does to 8-bit headers."""
        if self._tried_8bit or not has_8bit_header(body):
            return False
        self._tried_8bit = True
        return True

    def _unsendable(self, uid: int, body: Content, row: Placed | None) -> Skip | None:
        limit = self._target.size_limit
        if not len(body):
            return Skip(uid, *EMPTY)
        if limit is not None and len(body) > limit:
            return reasons.too_large(uid, len(body), limit)
        if row is not None and row.attempts >= reasons.MOST_ATTEMPTS:
            return reasons.breaks(uid)
        if self._replaces_8bit and has_8bit_header(body):
            return reasons.header_replaced(uid)
        return None

    async def _send(
        self,
        bodies: Mapping[int, Content],
        facts: Mapping[int, MessageFacts],
        rows: Mapping[int, Placed],
        result: Brought,
    ) -> None:
        begun: dict[int, Placed] = {}
        for uid, body in bodies.items():
            marks, before = marks_of(body), rows.get(uid)
            if not self._target.keeps_bytes and has_8bit_header(body):
                self._sent_8bit.add(uid)
            begun[uid] = Placed(
                uid=uid,
                target_uid=None,
                guid=marks.guid,
                likeness=marks.likeness,
                message_id=marks.message_id,
                size_bytes=len(body),
                internaldate=facts[uid].internaldate,
                floor=self._floor,
                stage=Stage.BEGUN,
                attempts=(before.attempts if before else 0) + 1,
            )
        await self._store.put(self._mailbox, begun.values())
        outgoing = [Outgoing(body, facts[uid].flags, facts[uid].internaldate) for uid, body in bodies.items()]
        binary = len(bodies) == 1 and self._target.takes_binary and all(map(holds_nul, bodies.values()))
        try:
            outcomes = await self._target.append(outgoing, binary=binary)
        except SternaError as error:
            if error.scope < Scope.SERVER:
                # The server has answered, so this was no attempt at which the connection broke.
                answered = [replace(row, attempts=row.attempts - 1) for row in begun.values()]
                await self._store.put(self._mailbox, answered)
            raise
        placed: dict[int, int] = {}
        unknown: list[Placed] = []
        refused: list[int] = []
        for uid, outcome in zip(bodies, outcomes, strict=True):
            match outcome:
                case Refusal(answer):
                    refused.append(uid)
                    result.skips.append(self._kept(reasons.refused(uid, answer), bodies[uid]))
                case None:
                    unknown.append(begun[uid])
                case _:
                    placed[uid] = outcome
        await self._store.forget(self._mailbox, refused)
        await self._store.place(self._mailbox, placed)
        done = [replace(begun[uid], target_uid=target) for uid, target in placed.items()]
        done += await self._look_for(unknown)
        changed = await self._prove(done, facts, result)
        result.skips += [
            self._kept(reasons.altered(uid, removed=self._target.can_expunge), bodies[uid]) for uid in changed
        ]

    def _kept(self, skip: Skip, body: Content) -> Skip:
        return replace(skip, kept=str(self._keeper.keep(digest(body), body)))

    async def _look_for(self, begun: Sequence[Placed]) -> list[Placed]:
        """Look on the target for messages that may have arrived; return those that have, placed."""
        if not begun:
            return []
        claimed = set(await self._store.claimed(self._mailbox))
        floor = min(row.floor for row in begun)
        there = {fact.uid: fact for fact in await self._target.facts(floor, _LAST) if fact.uid >= floor}
        free = {uid: fact for uid, fact in there.items() if uid not in claimed}
        found = arrived(begun, await self._candidates(free))
        await self._store.place(self._mailbox, found)
        return [replace(row, target_uid=found[row.uid]) for row in begun if row.uid in found]

    async def _candidates(self, free: Mapping[int, MessageFacts]) -> dict[int, Candidate]:
        candidates: dict[int, Candidate] = {}
        for part in _parts(sorted(free)):
            for uid, marks in (await self._target.marks(part)).items():
                candidates[uid] = Candidate(free[uid].internaldate, marks)
        return candidates

    async def _prove(self, placed: Sequence[Placed], facts: Mapping[int, MessageFacts], result: Brought) -> list[int]:
        """Read back what was brought: its bytes are the source's, or it is taken back. Return those taken back."""
        uids = sorted(row.target_uid for row in placed if row.target_uid is not None)
        if not uids:
            return []
        self._floor = max(self._floor, uids[-1] + 1)
        held = {fact.uid: fact for fact in await self._target.facts(uids[0], uids[-1])}
        marks: dict[int, Marks] = {}
        for part in _parts(uids):
            marks |= await self._target.marks(part)
        proved, lost, changed = [], [], []
        for row in placed:
            at = row.target_uid or 0
            if at not in marks or at not in held:
                lost.append(row)
            elif marks[at].guid == row.guid:
                proved.append(row)
            else:
                changed.append(row)
        # What was answered OK and is not there is as good as never answered.
        await self._store.put(self._mailbox, (replace(row, target_uid=None, stage=Stage.BEGUN) for row in lost))
        result.skips += [reasons.missed(row.uid) for row in lost]
        await self._store.set_stage(self._mailbox, [row.uid for row in proved], Stage.PROVED)
        wanted = {row.target_uid: facts[row.uid].flags for row in proved if row.target_uid and row.uid in facts}
        wrong = {uid: flags for uid, flags in wanted.items() if not same_flags(flags, held[uid].flags)}
        if wrong:
            await self._target.set_flags(wrong)
        result.copied += len(proved)
        result.size_bytes += sum(row.size_bytes for row in proved)
        await self._take_back(changed)
        return [row.uid for row in changed]

    async def _take_back(self, changed: Sequence[Placed]) -> None:
        """Take back copies that are not the source's bytes, where that can be done without touching others."""
        uids = [row.uid for row in changed]
        self._replaces_8bit = self._replaces_8bit or not self._sent_8bit.isdisjoint(uids)
        if self._target.can_expunge:
            await self._store.set_stage(self._mailbox, uids, Stage.WITHDRAWN)
            await self._withdraw(changed)
        else:
            await self._store.set_stage(self._mailbox, uids, Stage.ALTERED)

    async def _withdraw(self, rows: Sequence[Placed]) -> None:
        if rows:
            await self._target.expunge([row.target_uid for row in rows if row.target_uid is not None])
            await self._store.forget(self._mailbox, [row.uid for row in rows])


def _parts(uids: Sequence[int]) -> Iterable[Sequence[int]]:
    return (uids[start : start + _LOOK_AT] for start in range(0, len(uids), _LOOK_AT))
