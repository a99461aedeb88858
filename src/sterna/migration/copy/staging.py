"""Bring messages' bytes from the source: to the target's staging, or to be compared with what the target holds."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing

from sterna.cyrus.replication import ReplicationRefusedError
from sterna.errors import Scope, SternaError
from sterna.imap.content import Content, digest
from sterna.migration.copy.decide import UID_TAKEN, Skip
from sterna.migration.copy.ports import SourcePort, TargetPort
from sterna.migration.copy.windows import batches
from sterna.model.copied import CopiedMessage
from sterna.model.mailbox import MessageFacts

EMPTY = ("it is empty (0 bytes), which the target cannot hold", "nothing is lost but the empty message itself")
BY_HAND = "it stays on the source; copy it by hand, it will get a new UID"


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


class MessageWithheldError(SternaError):
    """The source lists a message and does not give its bytes; the mailbox waits at it, as at a refused one."""

    scope = Scope.MAILBOX
    exit_code = 74

    def __init__(self, uid: int) -> None:
        self.uid = uid
        super().__init__(
            f"the source lists the message with UID {uid} and does not give its bytes; it and those behind it wait. "
            "Read it there with a mail client and see the server's log, then run copy again; copy --skip-refused goes "
            "on without it for good"
        )


class Staging:
    """What the bytes of one step brought.

    `skips` are messages that cannot be moved; `stop` says why nothing above the returned messages may be moved now.
    """

    def __init__(self, source: SourcePort, target: TargetPort, partition: bytes, *, skip_refused: bool) -> None:
        self.skips: list[Skip] = []
        self.stop: MessageRefusedError | MessageWithheldError | None = None
        self._source = source
        self._target = target
        self._partition = partition
        self._skip_refused = skip_refused

    async def prove(
        self, uids: Sequence[int], facts: Mapping[int, MessageFacts], target: Mapping[int, CopiedMessage]
    ) -> list[CopiedMessage]:
        """Return the target's messages whose bytes are the source's; those with other bytes are skipped."""
        proved: list[CopiedMessage] = []
        async with aclosing(self._read(uids, facts)) as reading:
            async for _, bodies in reading:
                for uid, body in sorted(bodies.items()):
                    if digest(body) == target[uid].guid:
                        proved.append(target[uid])
                    else:
                        self.skips.append(Skip(uid, UID_TAKEN.reason, UID_TAKEN.todo))
        return proved

    async def stage(self, uids: Sequence[int], facts: Mapping[int, MessageFacts]) -> list[CopiedMessage]:
        """Bring the bytes of these messages to the target's staging; return what may be applied, ascending by UID."""
        staged: list[CopiedMessage] = []
        async with aclosing(self._read(uids, facts)) as reading:
            async for batch, bodies in reading:
                await self._again([uid for uid in batch if uid in bodies and _is_odd(bodies[uid], facts[uid])], bodies)
                await self._miss([uid for uid in batch if uid not in bodies])
                messages = [(uid, digest(body), body) for uid, body in sorted(bodies.items()) if body]
                for uid in sorted(uid for uid, body in bodies.items() if not body):
                    self.skips.append(Skip(uid, *EMPTY))
                refused = await self._send([(guid, body) for _, guid, body in messages]) if messages else {}
                for uid, guid, body in messages:
                    if guid not in refused:
                        fact = facts[uid]
                        staged.append(CopiedMessage(uid, guid, len(body), fact.internaldate, fact.flags, 0, 0))
                    elif self._skip_refused:
                        self.skips.append(Skip(uid, f"the target refuses it: {refused[guid]}", BY_HAND))
                    else:
                        self._halt(MessageRefusedError(uid, refused[guid]))
                if self.stop is not None:
                    limit = self.stop.uid
                    return [message for message in staged if message.uid < limit]
        return staged

    async def _read(
        self, uids: Sequence[int], facts: Mapping[int, MessageFacts]
    ) -> AsyncGenerator[tuple[list[int], dict[int, Content]], None]:
        """Yield batches of UIDs with the bytes that came for them, one batch always on its way."""
        rest = batches(uids, facts)
        batch = next(rest, None)
        bodies: dict[int, Content] = {}
        coming = self._source.bodies(batch, bodies.__setitem__) if batch else None
        try:
            while batch is not None and coming is not None:
                await coming
                done, had = batch, bodies
                batch, bodies = next(rest, None), {}
                coming = self._source.bodies(batch, bodies.__setitem__) if batch else None
                yield done, had
        finally:
            # A batch nobody waits for any more must not end as an exception nobody asked for.
            if coming is not None:
                coming.cancel()

    async def _again(self, uids: Sequence[int], bodies: dict[int, Content]) -> None:
        """Read messages once more whose size is not the announced one: bytes that come twice alike are the message."""
        second: dict[int, Content] = {}
        if uids:
            await self._source.bodies(uids, second.__setitem__)
        for uid in uids:
            again = second.get(uid)
            if again is None or digest(again) != digest(bodies[uid]):
                del bodies[uid]

    async def _miss(self, uids: Sequence[int]) -> None:
        """Find out why bytes did not come: expunged meanwhile is no news, the next pass finds it; withheld is."""
        if not uids:
            return
        there = {fact.uid for fact in await self._source.facts(uids[0], uids[-1])}.intersection(uids)
        for uid in sorted(there):
            if self._skip_refused:
                self.skips.append(Skip(uid, "the source lists it and does not give its bytes", BY_HAND))
            else:
                self._halt(MessageWithheldError(uid))

    def _halt(self, error: MessageRefusedError | MessageWithheldError) -> None:
        if self.stop is None or error.uid < self.stop.uid:
            self.stop = error

    async def _send(self, messages: Sequence[tuple[bytes, Content]]) -> dict[bytes, str]:
        """Stage a batch; when it is refused, one by one, to learn which one is meant.

        Returns the answers to those that are refused even alone, by GUID.
        """
        try:
            await self._target.stage(self._partition, messages)
        except ReplicationRefusedError as error:
            if len(messages) == 1:
                return {messages[0][0]: error.answer}
            refused: dict[bytes, str] = {}
            for message in messages:
                refused |= await self._send([message])
            return refused
        return {}


def _is_odd(body: Content, fact: MessageFacts) -> bool:
    return len(body) != fact.size_bytes
