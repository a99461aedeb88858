"""Read messages in batches, the next one always on its way while one is worked on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from typing import Protocol

from sterna.imap.content import Content


class BodiesPort(Protocol):
    """What gives the bytes of messages (`SourcePort`)."""

    def bodies(self, uids: Sequence[int], sink: Callable[[int, Content], None]) -> asyncio.Future[None]:
        """Ask at once for the bytes of messages; those that are gone meanwhile are not given to `sink`."""
        ...


async def ahead(
    source: BodiesPort, rest: Iterator[list[int]]
) -> AsyncGenerator[tuple[list[int], dict[int, Content]], None]:
    """Yield each batch of UIDs with the bytes that came for it."""
    batch = next(rest, None)
    bodies: dict[int, Content] = {}
    coming = source.bodies(batch, bodies.__setitem__) if batch else None
    try:
        while batch is not None and coming is not None:
            await coming
            done, had = batch, bodies
            batch, bodies = next(rest, None), {}
            coming = source.bodies(batch, bodies.__setitem__) if batch else None
            yield done, had
    finally:
        # A batch nobody waits for any more must not end as an exception nobody asked for.
        if coming is not None:
            coming.cancel()
