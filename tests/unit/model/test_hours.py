"""Hours of the week."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.model.hours import Hours, any_holds, next_begin

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)


def at(days: int, time: str) -> datetime:
    return MONDAY + timedelta(days=days, hours=int(time[:2]), minutes=int(time[3:]))


ROWS = {
    "the minute it begins": ("22:00-06:00", at(0, "22:00"), True),
    "the next morning": ("22:00-06:00", at(1, "05:59"), True),
    "the minute it ends": ("22:00-06:00", at(1, "06:00"), False),
    "Sunday's night goes on into Monday": ("Sun 22:00-06:00", at(7, "03:00"), True),
    "Monday's night does not begin on Sunday": ("Mon 22:00-06:00", at(6, "23:00"), False),
    "a night belongs to the day on which it begins": ("Mon-Fri 22:00-06:00", at(5, "05:00"), True),
    "Saturday's evening is no weekday's": ("Mon-Fri 22:00-06:00", at(5, "23:00"), False),
    "days around the end of the week": ("Sat-Mon 08:00-09:00", at(0, "08:30"), True),
    "days one by one": ("Sat,Sun 00:00-24:00", at(6, "23:59"), True),
    "equal begin and end are a whole day": ("08:00-08:00", at(3, "07:59"), True),
}


@pytest.mark.parametrize(("text", "now", "holds"), ROWS.values(), ids=ROWS)
def test_hours_hold(text: str, now: datetime, holds: bool) -> None:
    assert Hours.parse(text).holds(now) is holds


@pytest.mark.parametrize("text", ["", "22-06", "25:00-06:00", "22:00-06:60", "Mo 22:00-06:00", "Mon,22:00-06:00"])
def test_what_is_written_in_another_way_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="should be hours such as"):
        Hours.parse(text)


def test_no_hours_mean_always() -> None:
    assert any_holds([], MONDAY)


@given(st.integers(0, 7 * 24 * 60 - 1), st.sampled_from(["22:00-06:00", "Sat,Sun 08:00-09:30", "Wed 00:00-24:00"]))
def test_they_hold_when_they_next_begin_and_not_a_minute_before_unless_they_already_did(minute: int, text: str) -> None:
    hours, now = Hours.parse(text), MONDAY + timedelta(minutes=minute)
    begin = next_begin([hours], now)
    assert begin > now
    assert hours.holds(begin)
    if not hours.holds(now):
        assert not hours.holds(begin - timedelta(minutes=1))
