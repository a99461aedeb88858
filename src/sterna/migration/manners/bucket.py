"""A rate that is kept on average: what is spent now is waited for later."""

from __future__ import annotations

from collections.abc import Callable

BURST_S = 1.0
"""So much of the rate may be spent at once after a pause, in seconds of it."""


class Bucket:
    """Says how long to wait before more may be spent, so that no more than `per_s` is spent in a second.

    What is spent is never refused: a message larger than a second's worth goes through, and the next one waits longer.
    """

    def __init__(self, per_s: float | None, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._per_s = per_s
        self._free_at = clock()

    @property
    def per_s(self) -> float | None:
        """The rate; None for no limit."""
        return self._per_s

    def limit(self, per_s: float | None) -> None:
        """Set another rate; what is owed at the old one is owed no longer than a second."""
        if per_s != self._per_s:
            self._per_s = per_s
            self._free_at = min(self._free_at, self._clock() + BURST_S)

    def spend(self, amount: float) -> float:
        """Take `amount` out and return how many seconds to wait before it is used."""
        if self._per_s is None:
            return 0.0
        now = self._clock()
        wait_s = max(0.0, self._free_at - now)
        self._free_at = max(self._free_at, now - BURST_S) + amount / self._per_s
        return wait_s
