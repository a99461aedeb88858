"""How the source bears several connections, and how quickly it gives messages: few of both, so that nobody notices."""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import Final

from sterna.errors import Scope, SternaError
from sterna.imap.connection import Connection
from sterna.imap.content import Content
from sterna.imap.reader import MailboxReader
from sterna.migration.survey.probes.seen import Load, Sample
from sterna.model.address import Address
from sterna.model.mailbox import MailboxName
from sterna.site.declaration import SourceImap

_QUESTIONS: Final = 5

MESSAGES: Final = 400
"""Most messages of one sample."""
SIZE_BYTES: Final = 32 * 1024 * 1024
"""Most bytes of one sample."""
SECONDS: Final = 15.0
"""How long one measurement may take; what is under way then is still read to its end."""
_WINDOW: Final = 50
_PER_MAILBOX: Final = 100
_FACTS: Final = 5_000

Open = Callable[[Address], Awaitable[tuple[MailboxReader, bytes]]]
"""Logs in so that the account's mailboxes can be read, each under the prefix that comes with the reader."""


@dataclass(frozen=True, slots=True)
class Place:
    """A mailbox to draw messages from."""

    account: Address
    name: MailboxName


async def probe_load(imap: SourceImap) -> tuple[Load, ...]:
    """Open one connection after the other, up to `imap.connections`, and ask each the same; nobody logs in."""
    loads: list[Load] = []
    async with AsyncExitStack() as stack:
        open_: list[Connection] = []
        for number in range(1, imap.connections + 1):
            began = time.perf_counter()
            try:
                open_.append(await stack.enter_async_context(await Connection.open(imap)))
                opening_s = time.perf_counter() - began
                took = [each for some in await asyncio.gather(*map(_questions, open_)) for each in some]
            except SternaError as error:
                if error.scope is Scope.RUN:
                    raise
                loads.append(Load(number, 0.0, 0.0, str(error)))
                break
            if number in (1, 2, imap.connections):
                loads.append(Load(number, statistics.median(took), opening_s))
    return tuple(loads)


async def _questions(connection: Connection) -> list[float]:
    took = []
    for _ in range(_QUESTIONS):
        began = time.perf_counter()
        await connection.run(b"NOOP")
        took.append(time.perf_counter() - began)
    return took


async def draw_sample(
    open_reader: Open, places: Sequence[Place], chance: random.Random, parallel: int
) -> Sample | None:
    """Read messages of `places` by chance, first by one connection, then by `parallel` at once; None without mail.

    Raises:
        SternaError: with scope SERVER or above.
    """
    one = _Drawn(chance)
    await one.read(open_reader, places)
    if not one.messages:
        return None
    sample = Sample(
        accounts=len(one.accounts),
        messages=one.messages,
        size_bytes=one.size_bytes,
        seconds=one.seconds,
        facts_rate=one.facts / one.facts_s if one.facts_s else None,
    )
    if parallel < 2:
        return sample
    others = [_Drawn(chance) for _ in range(parallel)]
    began = time.perf_counter()
    await asyncio.gather(*(each.read(open_reader, _turned(places, n)) for n, each in enumerate(others)))
    # Logins are left out here as for one connection: a pass logs in once for many messages.
    took = max(time.perf_counter() - began - max(each.login_s for each in others), 1e-6)
    together = sum(each.size_bytes for each in others) / took + 1
    alone = one.size_bytes / one.seconds + 1
    return replace(sample, parallel=parallel, parallel_rate=together / alone)


class _Drawn:
    """Messages read by one connection at a time."""

    def __init__(self, chance: random.Random) -> None:
        self.accounts: set[Address] = set()
        self.messages = self.size_bytes = self.facts = 0
        self.seconds = self.facts_s = self.login_s = 0.0
        self._chance = chance

    async def read(self, open_reader: Open, places: Sequence[Place]) -> None:
        for place in places:
            if self.messages >= MESSAGES or self.size_bytes >= SIZE_BYTES or self.seconds >= SECONDS:
                break
            began = time.perf_counter()
            try:
                reader, prefix = await open_reader(place.account)
            except SternaError as error:
                if error.scope > Scope.ACCOUNT:
                    raise
                continue
            self.login_s += time.perf_counter() - began
            try:
                await self._read_one(reader, prefix, place)
            except SternaError as error:
                if error.scope > Scope.ACCOUNT:
                    raise
            finally:
                await reader.close()

    async def _read_one(self, reader: MailboxReader, prefix: bytes, place: Place) -> None:
        began = time.perf_counter()
        listed = {mailbox.name: mailbox.wire for mailbox in await reader.mailboxes(prefix)}
        if place.name not in listed:
            return
        await reader.examine(prefix + listed[place.name])
        uids = await reader.uids()
        if not uids:
            return
        start = max(0, self._chance.randrange(len(uids)) - _PER_MAILBOX)
        asked = time.perf_counter()
        facts = await reader.facts(uids[start], uids[min(start + _FACTS, len(uids)) - 1])
        self.facts += len(facts)
        self.facts_s += time.perf_counter() - asked
        chosen: list[int] = []
        room = SIZE_BYTES - self.size_bytes
        for fact in facts[:_PER_MAILBOX]:
            if fact.size_bytes <= room and self.messages + len(chosen) < MESSAGES:
                chosen.append(fact.uid)
                room -= fact.size_bytes
        for start in range(0, len(chosen), _WINDOW):
            await reader.bodies(chosen[start : start + _WINDOW], self._take)
        if chosen:
            self.accounts.add(place.account)
        self.seconds += time.perf_counter() - began

    def _take(self, uid: int, body: Content) -> None:
        del uid
        self.messages += 1
        self.size_bytes += len(body)


def _turned(places: Sequence[Place], by: int) -> list[Place]:
    """Return the places beginning with another one, so that connections do not read the same at the same time."""
    by %= max(1, len(places))
    return [*places[by:], *places[:by]]
