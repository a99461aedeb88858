"""How long a pass will still take, from what its accounts hold and how quickly they have moved so far.

Work is counted in bytes: a message costs its own bytes, and what it costs whatever its size counts as bytes, too;
so a pass that moves small messages now and large ones later is not taken for one that gets quicker. Pure: time is
given.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from sterna.migration.copy.events import (
    AccountDone,
    AccountStarted,
    CopyEvent,
    Held,
    PassStarted,
    Progress,
    Resumed,
    Weighed,
)
from sterna.model.address import Address

MESSAGE_BYTES: Final = 29_000
"""What a message costs beside its bytes: measured with messages of 4 KB and 78 KB, 1,950 and 605 in a second."""
LOOKED_BYTES: Final = 500
"""What a message costs that is only looked at."""
ACCOUNT_BYTES: Final = 600_000
"""What an account costs that has nothing new: some round trips, about ten milliseconds."""
MEAN_BYTES: Final = 30_000
"""The size of a message as long as none was seen."""
SCALING: Final = 0.6
"""How a pass gets quicker with connections: 1, 2 and 4 moved 1,908, 3,115 and 4,357 small messages in a second."""
LEAST_S: Final = 2.0
"""Nothing is said before so long."""
RECENT: Final = 1 / 2
RECENT_LEAST_S: Final = 60.0
"""The rate is that of the last half of the time that has passed, and of a minute at least: shorter ones mislead."""
MOST_SAMPLES: Final = 600
MOST_SIMULATED: Final = 5000
"""Of more waiting accounts than these the order does not matter."""


@dataclass(slots=True)
class _Account:
    """What is known of an account; `new` messages are those that the target did not have when it began."""

    messages: int
    new: int
    new_bytes: int | None = None
    looked: int = 0
    copied: int = 0
    bytes: int = 0

    def left(self, mean_bytes: float) -> float:
        """Return how much work is left."""
        # What was taken for new may be there already: when the journal is lost, or a pass was broken off.
        messages = max(0, min(self.new - self.copied, self.messages - self.looked - self.copied))
        size = messages * mean_bytes if self.new_bytes is None or not messages else max(0, self.new_bytes - self.bytes)
        looked = max(0, self.messages - self.looked - self.copied - messages)
        return ACCOUNT_BYTES + messages * MESSAGE_BYTES + size + looked * LOOKED_BYTES


@dataclass(slots=True)
class Forecast:
    """Takes the events of a pass with their times, in seconds of any clock, and says how long it will still take."""

    _accounts: int = 0
    _weighed: dict[Address, _Account] = field(default_factory=dict)
    _under_way: dict[Address, _Account] = field(default_factory=dict)
    _finished: set[Address] = field(default_factory=set)
    _began: float | None = None
    _held_at: float | None = None
    _held_s: float = 0.0
    _units: float = 0.0
    _copied: int = 0
    _bytes: int = 0
    _whole: float = 0.0
    """The work of the accounts that are done, to guess at that of others of which nothing is known."""
    _crowd: float = 0.0
    """Seconds that accounts were under way, all together."""
    _counted: float = 0.0
    _samples: deque[tuple[float, float, float]] = field(default_factory=deque)
    """Seconds of work, units done and `_crowd` at moments of the past."""

    def take(self, event: CopyEvent, now: float) -> None:  # noqa: C901 a case for each event
        """Take one event into account."""
        self._count(now)
        match event:
            case PassStarted(accounts):
                self._accounts, self._began = accounts, now
            case Weighed(account, messages, new, new_bytes):
                self._weighed[account] = _Account(messages, new, new_bytes)
            case AccountStarted(account, _, messages, held):
                expected = self._weighed.get(account)
                size = expected.new_bytes if expected and expected.new else None
                new = max(0, messages - held)
                if size is not None and expected is not None:
                    size = round(size * new / expected.new)
                self._under_way[account] = _Account(messages, new, size)
            case Progress(account, _, counts):
                self._copied += counts.copied
                self._bytes += counts.bytes
                looked = counts.messages - counts.copied - counts.left_out
                self._units += counts.bytes + counts.copied * MESSAGE_BYTES + looked * LOOKED_BYTES
                if one := self._under_way.get(account):
                    one.looked += looked
                    one.new = max(0, one.new - counts.left_out)
                    one.messages = max(0, one.messages - counts.left_out)
                    one.copied += counts.copied
                    one.bytes += counts.bytes
            case AccountDone(account):
                self._units += ACCOUNT_BYTES
                self._whole += ACCOUNT_BYTES
                if one := self._under_way.pop(account, None):
                    self._whole += one.bytes + one.copied * MESSAGE_BYTES + one.looked * LOOKED_BYTES
                self._finished.add(account)
            case Held():
                self._held_at = now if self._held_at is None else self._held_at
            case Resumed():
                self._held_s += now - self._held_at if self._held_at is not None else 0.0
                self._held_at = None
            case _:
                pass

    def _count(self, now: float) -> None:
        if self._began is not None:
            at = self._active(now)
            self._crowd += (at - self._counted) * len(self._under_way)
            self._counted = at

    def rate(self, now: float) -> tuple[float, float]:
        """Return the work done in a second lately, and by how many accounts at a time; 0 while nothing can be said."""
        if self._began is None:
            return 0.0, 0.0
        self._count(now)
        at = self._active(now)
        self._samples.append((at, self._units, self._crowd))
        if len(self._samples) > MOST_SAMPLES:
            self._samples = deque(islice(self._samples, 0, None, 2))
        since = at - max(at * RECENT, RECENT_LEAST_S)
        while len(self._samples) > 2 and self._samples[1][0] <= since:
            self._samples.popleft()
        then, units, crowd = self._samples[0]
        if then > max(since, 0.0) or since < 0:
            then, units, crowd = 0.0, 0.0, 0.0
        took = at - then
        return ((self._units - units) / took, (self._crowd - crowd) / took) if took > 0 else (0.0, 0.0)

    def share(self) -> float:
        """Return how much of the work is done, from 0 to 1."""
        left = sum(self._lefts(running=True)) + sum(self._lefts(running=False))
        return self._units / (self._units + left) if self._units + left else 0.0

    def seconds_left(self, now: float) -> float | None:
        """Return how long the pass will still take, None while nothing can be said."""
        rate, crowd = self.rate(now)
        if self._began is None or not rate or self._active(now) < LEAST_S:
            return None
        running, waiting = self._lefts(running=True), self._lefts(running=False)
        if not running and not waiting:
            return 0.0
        if len(waiting) > MOST_SIMULATED:
            return (sum(running) + sum(waiting)) / rate
        return _time(running, waiting, rate, max(crowd, 1.0))

    def account_left(self, account: Address) -> float | None:
        """Return how much work is left of one account, None when it is not under way."""
        one = self._under_way.get(account)
        return one.left(self._mean_bytes()) if one else None

    def _active(self, now: float) -> float:
        """Return how long the pass has worked, without the time that it was held."""
        held = self._held_s + (now - self._held_at if self._held_at is not None else 0.0)
        return now - (self._began or 0.0) - held

    def _mean_bytes(self) -> float:
        return self._bytes / self._copied if self._copied else MEAN_BYTES

    def _lefts(self, *, running: bool) -> list[float]:
        mean = self._mean_bytes()
        if running:
            return [one.left(mean) for one in self._under_way.values()]
        waiting = [
            one.left(mean)
            for account, one in self._weighed.items()
            if account not in self._finished and account not in self._under_way
        ]
        unknown = self._accounts - len(self._finished) - len(self._under_way) - len(waiting)
        if unknown > 0:
            begun = [
                one.left(mean) + one.bytes + one.copied * MESSAGE_BYTES + one.looked * LOOKED_BYTES
                for one in self._under_way.values()
            ]
            seen = len(self._finished) + len(begun)
            guess = (self._whole + sum(begun)) / seen if seen else ACCOUNT_BYTES
            waiting += [guess] * unknown
        return waiting


def _time(running: Sequence[float], waiting: Sequence[float], rate: float, crowd: float) -> float:
    """Return how long it takes when `waiting` follow as those before them end, and fewer at the end are slower.

    `rate` is that of `crowd` accounts at a time.

    All that run at a time move alike; so each ends when a measure of progress that they share reaches its mark.
    """
    marks = list(running)
    heapq.heapify(marks)
    progress = seconds = 0.0
    following = iter(waiting)
    while len(marks) < round(crowd) and (first := next(following, None)) is not None:
        heapq.heappush(marks, first)
    while marks:
        together = len(marks)
        mark = heapq.heappop(marks)
        each = rate * (together / crowd) ** SCALING / together
        seconds += (mark - progress) / each
        progress = mark
        following_one = next(following, None)
        if following_one is not None:
            heapq.heappush(marks, progress + following_one)
    return seconds
