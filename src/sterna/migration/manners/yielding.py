"""How many accounts a server bears at a time: halved when it shows that it is busy, one more when all goes well.

Additive increase, multiplicative decrease, as TCP does (RFC 5681), with waits that are random, lest all workers come
back in the same instant. No input or output: time and chance are given.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final

FIRST_WAIT_S: Final = 1.0
MOST_WAIT_S: Final = 60.0
CALM_S: Final = 10.0
"""After so long without trouble one more account is let in, and the next wait is half as long."""
AT_ONCE_S: Final = 2.0
"""Trouble that several workers have within so long is one trouble."""
SLOW_LEAST_S: Final = 2.0
SLOW_FACTOR: Final = 8.0
"""A small answer is slow when it takes so many times what such answers took at best, and at least `SLOW_LEAST_S`."""


class Yielding:
    """What one server bears."""

    def __init__(self, most: int, clock: Callable[[], float], chance: Random) -> None:
        self.most = most
        self._clock = clock
        self._chance = chance
        self._share = 1.0
        """Of `most`, how much is used."""
        self._wait_s = FIRST_WAIT_S
        self._until = clock()
        self._last = clock() - CALM_S
        self._best_s: float | None = None
        self.troubles = 0

    @property
    def accounts(self) -> int:
        """How many accounts may be under way."""
        return max(1, round(self.most * self._share))

    @property
    def is_reduced(self) -> bool:
        """Whether trouble keeps it below what it could be."""
        return self.accounts < self.most

    def wait_s(self) -> float:
        """How long nobody should ask the server anything, in seconds from now."""
        return max(0.0, self._until - self._clock())

    def trouble(self) -> float:
        """Take note that the server is busy; return how long to wait now, in seconds."""
        now = self._clock()
        if now - self._last >= AT_ONCE_S or not self.troubles:
            self.troubles += 1
            self._share = max(1 / self.most, self._share / 2)
            self._until = now + self._wait_s * (0.5 + self._chance.random())
            self._wait_s = min(MOST_WAIT_S, self._wait_s * 2)
            self._last = now
        return max(0.0, self._until - now)

    def answered(self, seconds: float) -> None:
        """Take note of an answer to a small question, and of how long it took."""
        best = self._best_s = seconds if self._best_s is None else min(self._best_s, seconds)
        if seconds >= max(SLOW_LEAST_S, best * SLOW_FACTOR):
            self.trouble()
        elif self.is_reduced or self._wait_s > FIRST_WAIT_S:
            self.calm()

    def calm(self) -> None:
        """Take note that all goes well; after a while of that, more is dared."""
        now = self._clock()
        if now - max(self._last, self._until) >= CALM_S:
            self._share = min(1.0, self._share + 1 / self.most)
            self._wait_s = max(FIRST_WAIT_S, self._wait_s / 2)
            self._last = now
