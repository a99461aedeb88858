"""Hours of the week in which something holds: ``22:00-06:00``, ``Mon-Fri 19:00-07:00``, ``Sat,Sun 00:00-24:00``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Self

DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
PATTERN: Final = (
    r"^((Mon|Tue|Wed|Thu|Fri|Sat|Sun)(-(Mon|Tue|Wed|Thu|Fri|Sat|Sun))?"
    r"(,(Mon|Tue|Wed|Thu|Fri|Sat|Sun)(-(Mon|Tue|Wed|Thu|Fri|Sat|Sun))?)* )?"
    r"([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"
)
"""What `Hours.parse` takes; also for the site file."""

_DAY_MIN: Final = 24 * 60
_WEEK_MIN: Final = 7 * _DAY_MIN


@dataclass(frozen=True, slots=True)
class Hours:
    """A stretch of time on some days of the week, in local time.

    Fields:
        days: the days on which it begins, Monday is 0.
        begin_min: minutes after midnight.
        length_min: how long, in minutes; it may go on into the next day.
        text: as it was written.
    """

    days: frozenset[int]
    begin_min: int
    length_min: int
    text: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read hours as people write them; equal begin and end mean a whole day.

        Raises:
            ValueError: they are written in another way.
        """
        if not re.match(PATTERN, text):
            raise ValueError(f"{text!r} should be hours such as 22:00-06:00 or Mon-Fri 19:00-07:00")
        days, _, times = text.rpartition(" ")
        begin, end = (int(time[:2]) * 60 + int(time[3:]) for time in times.split("-"))
        return cls(_days(days), begin, (end - begin) % _DAY_MIN or _DAY_MIN, text)

    def holds(self, now: datetime) -> bool:
        """Say whether `now` lies within; its own zone counts as local time."""
        return self._left_min(now) is not None

    def _left_min(self, now: datetime) -> float | None:
        minute = now.weekday() * _DAY_MIN + now.hour * 60 + now.minute + now.second / 60
        for day in self.days:
            passed = (minute - day * _DAY_MIN - self.begin_min) % _WEEK_MIN
            if passed < self.length_min:
                return self.length_min - passed
        return None

    def next_begin(self, now: datetime) -> datetime:
        """Return when it begins next, to the minute."""
        base = now.replace(second=0, microsecond=0)
        minute = base.weekday() * _DAY_MIN + base.hour * 60 + base.minute
        ahead = min((day * _DAY_MIN + self.begin_min - minute - 1) % _WEEK_MIN + 1 for day in self.days)
        return base + timedelta(minutes=ahead)


def any_holds(hours: Iterable[Hours], now: datetime) -> bool:
    """Say whether `now` lies within one of `hours`; none at all mean always."""
    listed = list(hours)
    return not listed or any(each.holds(now) for each in listed)


def next_begin(hours: Iterable[Hours], now: datetime) -> datetime:
    """Return when the first of `hours`, of which there is at least one, begins."""
    return min(each.next_begin(now) for each in hours)


def _days(text: str) -> frozenset[int]:
    if not text:
        return frozenset(range(7))
    found: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        start, stop = DAYS.index(first), DAYS.index(last[:3] or first)
        found.update((start + step) % 7 for step in range((stop - start) % 7 + 1))
    return frozenset(found)
