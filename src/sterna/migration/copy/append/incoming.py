"""Messages' bytes as they come from the source, a batch ahead of what is being sent."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Final

from sterna.imap.appending import MAX_IN_COMMAND
from sterna.imap.content import Content, digest
from sterna.migration.copy.ahead import ahead
from sterna.migration.copy.append import reasons
from sterna.migration.copy.append.ports import ReadingPort
from sterna.migration.copy.decide import Skip
from sterna.migration.copy.windows import batches
from sterna.model.mailbox import MessageFacts

BATCH_BYTES: Final = 8 * 1024 * 1024


class Incoming:
    """Reads messages of the mailbox that the source has opened."""

    def __init__(self, source: ReadingPort) -> None:
        self._source = source

    async def batches(
        self, uids: Sequence[int], facts: Mapping[int, MessageFacts]
    ) -> AsyncGenerator[tuple[list[int], dict[int, Content]], None]:
        """Yield batches of UIDs with the bytes that came for them, one batch always on its way."""
        runs = batches(uids, facts, MAX_IN_COMMAND, BATCH_BYTES)
        async with aclosing(ahead(self._source, runs)) as reading:
            async for read in reading:
                yield read

    async def complete(
        self, uids: Sequence[int], bodies: dict[int, Content], facts: Mapping[int, MessageFacts]
    ) -> list[Skip]:
        """Keep bytes of another size than announced only when they come twice alike; return what did not come."""
        odd = sorted(uid for uid, body in bodies.items() if len(body) != facts[uid].size_bytes)
        if odd:
            again: dict[int, Content] = {}
            await self._source.bodies(odd, again.__setitem__)
            for uid in odd:
                if uid not in again or digest(again[uid]) != digest(bodies[uid]):
                    del bodies[uid]
        missing = [uid for uid in uids if uid not in bodies]
        if not missing:
            return []
        there = {fact.uid for fact in await self._source.facts(missing[0], missing[-1])}
        return [reasons.withheld(uid) for uid in missing if uid in there]
