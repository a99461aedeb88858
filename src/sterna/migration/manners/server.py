"""One server's part: the budget of the hour, and what the server bears at the moment."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from random import Random
from typing import Final, TypeVar

from sterna.errors import SternaError
from sterna.migration.manners.bucket import Bucket
from sterna.migration.manners.signs import is_passing
from sterna.migration.manners.yielding import Yielding
from sterna.site.manners import Budget
from sterna.state.control import Orders

T = TypeVar("T")

ATTEMPTS: Final = 6
"""How often a question is asked that the server defers; with the waits between them that is about a minute."""


class ServerManners:
    """Keeps what is asked of one server within its budget, and gives way when the server is busy.

    Attributes:
        name: as people call it: ``source`` or ``target``.
    """

    def __init__(
        self, name: str, budgets: Sequence[Budget], most: int, clock: Callable[[], float], chance: Random
    ) -> None:
        self.name = name
        self._budgets = budgets
        self._most = most
        self._clock = clock
        self._messages = Bucket(None, clock)
        self._bytes = Bucket(None, clock)
        self._yielding = Yielding(most, clock, chance)

    def adopt(self, local: datetime, orders: Orders) -> None:
        """Let the budget of the hour hold, and the operator's orders beside it."""
        budget = next((each for each in self._budgets if each.when.holds(local)), None)
        self._yielding.most = min(self._most, budget.connections or self._most) if budget else self._most
        self._messages.limit(_least(budget.messages_per_s if budget else None, orders.messages_per_s))
        self._bytes.limit(_least(budget.bytes_per_s if budget else None, orders.bytes_per_s))

    @property
    def accounts(self) -> int:
        """How many accounts may be under way because of this server."""
        return self._yielding.accounts

    @property
    def messages_per_s(self) -> float | None:
        """The rate that holds now."""
        return self._messages.per_s

    @property
    def bytes_per_s(self) -> float | None:
        """The rate that holds now."""
        return self._bytes.per_s

    @property
    def troubles(self) -> int:
        """How often the server showed that it was busy."""
        return self._yielding.troubles

    @property
    def is_limited(self) -> bool:
        """Whether a rate holds."""
        return self.messages_per_s is not None or self.bytes_per_s is not None

    def trouble(self) -> float:
        """Take note that the server is busy; return how long to wait, in seconds."""
        return self._yielding.trouble()

    async def rest(self) -> None:
        """Wait as long as nobody should ask this server anything."""
        while wait_s := self._yielding.wait_s():  # noqa: ASYNC110 only time ends it
            await asyncio.sleep(wait_s)

    async def spend(self, messages: int, size_bytes: int) -> None:
        """Wait until so much more may be moved."""
        wait_s = max(self._messages.spend(messages), self._bytes.spend(size_bytes))
        if wait_s:
            await asyncio.sleep(wait_s)

    async def asked(
        self,
        ask: Callable[[], Awaitable[T]],
        *,
        passing: Callable[[SternaError], bool] = is_passing,
        small: bool = False,
    ) -> T:
        """Ask the server something that may be asked twice, and again after a wait when it defers it.

        Args:
            ask: asks it.
            passing: whether an error only means that the server is busy.
            small: whether the answer is small, so that the time it takes says how busy the server is.
        """
        for attempt in range(ATTEMPTS):
            await self.rest()
            began = self._clock()
            try:
                answer = await ask()
            except SternaError as error:
                if not passing(error):
                    raise
                self.trouble()
                if attempt + 1 == ATTEMPTS:
                    raise
            else:
                if small:
                    self._yielding.answered(self._clock() - began)
                else:
                    self._yielding.calm()
                return answer
        raise AssertionError("the last attempt returns or raises")


def _least(*rates: float | None) -> float | None:
    return min((rate for rate in rates if rate is not None), default=None)
