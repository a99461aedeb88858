"""Messages' bytes as they come from the source, a batch ahead of what is being sent."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from typing import Final

from sterna.imap.appending import MAX_IN_COMMAND
from sterna.imap.content import Content, digest
from sterna.migration.copy.append import reasons
from sterna.migration.copy.append.ports import ReadingPort
from sterna.migration.copy.decide import Skip
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
        rest = cut(uids, facts)
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


def cut(uids: Sequence[int], facts: Mapping[int, MessageFacts]) -> Iterator[list[int]]:
    """Cut UIDs into runs that fit into one command and, but for one large message, into `BATCH_BYTES`."""
    batch: list[int] = []
    size = 0
    for uid in uids:
        if batch and (len(batch) >= MAX_IN_COMMAND or size + facts[uid].size_bytes > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(uid)
        size += facts[uid].size_bytes
    if batch:
        yield batch
