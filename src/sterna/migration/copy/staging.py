"""Bring messages' bytes from the source: to the target's staging, or to be compared with what the target holds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Final

from sterna.cyrus.mailbox_state import MAX_BYTES
from sterna.cyrus.replication import ReplicationRefusedError
from sterna.imap.content import Content, digest
from sterna.migration.copy.ahead import ahead
from sterna.migration.copy.decide import UID_TAKEN, Skip
from sterna.migration.copy.oddities import Oddities
from sterna.migration.copy.ports import SourcePort, TargetPort
from sterna.migration.copy.refused import Quarantine, SourceWithholdsError, TooManyRefusedError, blame
from sterna.migration.copy.windows import batches
from sterna.model.copied import CopiedMessage
from sterna.model.mailbox import MessageFacts

EMPTY: Final = ("it is empty (0 bytes), which the target cannot hold", "nothing is lost but the empty message itself")
WITHHELD: Final = (
    "the source lists it and does not give its bytes",
    "read it there with a mail client and see the server's log; copy it by hand, it will get a new UID",
)
REFUSED: Final = (
    "the target does not take it",
    "its bytes are kept; look at them, mend what the answer says, and copy it by hand: it will get a new UID",
)

MOST_WITHHELD: Final = 20
"""So many messages withheld in one window are the source's trouble, not theirs."""

MOST_REFUSED: Final = 100
"""So many messages refused in one mailbox are the target's trouble, whatever it says."""


Messages = Mapping[int, tuple[bytes, Content]]
"""Digest and bytes of messages, by UID, ascending."""


@dataclass(slots=True)
class Tally:
    """How many messages of a mailbox were asked for in this pass, and how many of them the source withheld."""

    asked: int = 0
    withheld: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a mailbox's messages go: to `partition` of `target`; what is refused into the `quarantine`."""

    target: TargetPort
    partition: bytes
    quarantine: Quarantine
    batch_bytes: int = MAX_BYTES
    oddities: Oddities = field(default_factory=Oddities)
    tally: Tally = field(default_factory=Tally)


class Staging:
    """What the bytes of one step brought; `skips` are messages that cannot be moved."""

    def __init__(self, source: SourcePort, place: Place) -> None:
        self.skips: list[Skip] = []
        self._source = source
        self._target = place.target
        self._place = place

    async def prove(
        self, uids: Sequence[int], facts: Mapping[int, MessageFacts], target: Mapping[int, CopiedMessage]
    ) -> list[CopiedMessage]:
        """Return the target's messages whose bytes are the source's; those with other bytes are skipped."""
        proved: list[CopiedMessage] = []
        async with aclosing(self._read(uids, facts)) as reading:
            async for batch, bodies in reading:
                await self._again(batch, bodies, facts)
                await self._miss(batch, bodies)
                for uid, body in sorted(bodies.items()):
                    if digest(body) == target[uid].guid:
                        proved.append(target[uid])
                    else:
                        self.skips.append(Skip(uid, UID_TAKEN.reason, UID_TAKEN.todo))
        return proved

    async def stage(
        self, uids: Sequence[int], facts: Mapping[int, MessageFacts], modseq: int, now: int
    ) -> list[CopiedMessage]:
        """Bring the bytes of these messages to the target's staging; return what may be applied, ascending by UID.

        Args:
            uids: ascending.
            facts: of each of them.
            modseq: their MODSEQ on the target.
            now: the time of their last change there, Unix seconds.

        Raises:
            SourceWithholdsError, TargetUnableError, TooManyRefusedError: it is not the messages; nothing of this step
                may be applied, so that nothing is passed over.
        """
        going = _Going(self._send)
        stamp = modseq, now
        staged: list[CopiedMessage] = []
        async with aclosing(going), aclosing(self._read(uids, facts)) as reading:
            async for batch, bodies in reading:
                await self._again(batch, bodies, facts)
                await self._miss(batch, bodies)
                for uid in sorted(uid for uid, body in bodies.items() if not body):
                    self.skips.append(Skip(uid, *EMPTY))
                messages = {uid: (digest(body), body) for uid, body in sorted(bodies.items()) if body}
                staged += self._arrived(*await going.change(messages), facts, stamp)
            staged += self._arrived(*await going.change({}), facts, stamp)
        return staged

    def _arrived(
        self,
        messages: Messages,
        refused: Mapping[bytes, str],
        facts: Mapping[int, MessageFacts],
        stamp: tuple[int, int],
    ) -> Iterator[CopiedMessage]:
        """Yield what the target has taken; keep beside what it has not."""
        for uid, (guid, body) in messages.items():
            if guid in refused:
                self._quarantine(uid, guid, body, REFUSED, refused[guid])
            else:
                fact = facts[uid]
                self._place.oddities.see(body)
                yield CopiedMessage(uid, guid, len(body), fact.internaldate, fact.flags, *stamp)

    async def keep_back(self, uids: Sequence[int], why: tuple[str, str]) -> None:
        """Keep messages beside without sending them."""
        bodies: dict[int, Content] = {}
        await self._source.bodies(uids, bodies.__setitem__)
        for uid, body in sorted(bodies.items()):
            self._quarantine(uid, digest(body), body, why, why[0])
        self.skips += [Skip(uid, *WITHHELD) for uid in uids if uid not in bodies]

    def _quarantine(self, uid: int, guid: bytes, body: Content, why: tuple[str, str], answer: str) -> None:
        if sum(1 for skip in self.skips if skip.answer) >= MOST_REFUSED:
            raise TooManyRefusedError(MOST_REFUSED, answer)
        kept = self._place.quarantine.keep(guid, body)
        self.skips.append(Skip(uid, *why, answer, str(kept)))

    async def _read(
        self, uids: Sequence[int], facts: Mapping[int, MessageFacts]
    ) -> AsyncGenerator[tuple[list[int], dict[int, Content]], None]:
        """Yield batches of UIDs with the bytes that came for them, one batch always on its way."""
        runs = batches(uids, facts, most_bytes=self._place.batch_bytes)
        async with aclosing(ahead(self._source, runs)) as reading:
            async for read in reading:
                yield read

    async def _again(self, batch: Sequence[int], bodies: dict[int, Content], facts: Mapping[int, MessageFacts]) -> None:
        """Read messages once more whose size is not the announced one.

        What has the announced size then was cut short before; bytes that come twice alike are the message.
        """
        second: dict[int, Content] = {}
        uids = [uid for uid in batch if uid in bodies and _is_odd(bodies[uid], facts[uid])]
        if uids:
            await self._source.bodies(uids, second.__setitem__)
        for uid in uids:
            again = second.get(uid)
            if again is not None and not _is_odd(again, facts[uid]):
                bodies[uid] = again
            elif again is None or digest(again) != digest(bodies[uid]):
                del bodies[uid]

    async def _miss(self, batch: Sequence[int], bodies: Mapping[int, Content]) -> None:
        """Find out why bytes did not come: expunged meanwhile is no news, the next pass finds it; withheld is.

        Raises:
            SourceWithholdsError: more are withheld in this mailbox than can be chance.
        """
        tally = self._place.tally
        tally.asked += len(batch)
        missing = [uid for uid in batch if uid not in bodies]
        if not missing:
            return
        # Not what FETCH says: what is wrong with a message's bytes may be wrong with all that is said of it.
        there = sorted(set(await self._source.uids()).intersection(missing))
        tally.withheld += len(there)
        if tally.withheld > MOST_WITHHELD or 1 < tally.asked == tally.withheld:
            raise SourceWithholdsError(tally.withheld, there[0] if there else missing[0])
        self.skips += [Skip(uid, *WITHHELD) for uid in there]

    async def _send(self, messages: Sequence[tuple[bytes, Content]]) -> dict[bytes, str]:
        """Stage a batch; when it is refused, in halves, to learn which messages are meant.

        Returns the answers to those that are refused even alone, by GUID.

        Raises:
            TargetUnableError: the target refuses others as well.
        """
        try:
            await self._target.stage(self._place.partition, messages)
        except ReplicationRefusedError as error:
            if len(messages) > 1:
                half = len(messages) // 2
                return await self._send(messages[:half]) | await self._send(messages[half:])
            guid, body = messages[0]
            await blame(self._target, self._place.partition, len(body), error.answer)
            return {guid: error.answer}
        return {}


class _Going:
    """The batch that is on its way to the target, while the next one comes from the source."""

    def __init__(self, send: Callable[[Sequence[tuple[bytes, Content]]], Awaitable[dict[bytes, str]]]) -> None:
        self._send = send
        self._messages: Messages = {}
        self._sending: asyncio.Future[dict[bytes, str]] | None = None

    async def change(self, messages: Messages) -> tuple[Messages, Mapping[bytes, str]]:
        """Send `messages` once the batch before is answered; return that batch, and what was refused of it."""
        before, refused = self._messages, await self._sending if self._sending is not None else {}
        self._messages, self._sending = messages, None
        if messages:
            self._sending = asyncio.ensure_future(self._send(list(messages.values())))
        return before, refused

    async def aclose(self) -> None:
        """Wait for nothing any more."""
        if self._sending is not None:
            self._sending.cancel()
            # Whatever became of it, another error is being told already.
            await asyncio.gather(self._sending, return_exceptions=True)


def _is_odd(body: Content, fact: MessageFacts) -> bool:
    return len(body) != fact.size_bytes
