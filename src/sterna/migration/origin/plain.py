"""What a reader does that has no quicker way to tell what changed: it looks at everything."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from sterna.model.mailbox import Flags, MessageFacts

T = TypeVar("T")


class _Facts(Protocol):
    def facts(self, first: int, last: int) -> asyncio.Future[list[MessageFacts]]: ...


class PlainReader:
    """Base of readers of files; they have `facts`."""

    def facts_of(self: _Facts, uids: Sequence[int]) -> asyncio.Future[list[MessageFacts]]:
        """See `SourcePort.facts_of`."""
        wanted = frozenset(uids)
        return _then(
            self.facts(uids[0], uids[-1]) if uids else _done([]),
            lambda facts: [fact for fact in facts if fact.uid in wanted],
        )

    def flags(self: _Facts, first: int, last: int) -> asyncio.Future[dict[int, Flags]]:
        """See `SourcePort.flags`."""
        return _then(self.facts(first, last), lambda facts: {fact.uid: fact.flags for fact in facts})

    async def changed(self, since: int) -> None:
        """See `SourcePort.changed`."""
        del since

    async def mark(self) -> str:
        """See `SourcePort.mark`."""
        return ""

    async def marks(self, asked: Sequence[tuple[bytes, str]]) -> list[str]:
        """See `MailReader.marks`."""
        return [""] * len(asked)


def _done(rows: list[MessageFacts]) -> asyncio.Future[list[MessageFacts]]:
    future: asyncio.Future[list[MessageFacts]] = asyncio.get_running_loop().create_future()
    future.set_result(rows)
    return future


def _then(future: asyncio.Future[list[MessageFacts]], make: Callable[[list[MessageFacts]], T]) -> asyncio.Future[T]:
    result: asyncio.Future[T] = asyncio.get_running_loop().create_future()

    def complete(done: asyncio.Future[list[MessageFacts]]) -> None:
        if result.done():
            return
        if done.cancelled():
            result.cancel()
        elif (error := done.exception()) is not None:
            result.set_exception(error)
        else:
            result.set_result(make(done.result()))

    future.add_done_callback(complete)
    return result
