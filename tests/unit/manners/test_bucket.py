"""A rate that is kept on average."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sterna.migration.manners.bucket import BURST_S, Bucket


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@given(st.lists(st.floats(0.1, 50)), st.floats(1, 1000))
def test_over_any_time_no_more_is_spent_than_the_rate_and_one_burst_and_what_was_spent_last(
    amounts: list[float], per_s: float
) -> None:
    clock = Clock()
    bucket = Bucket(per_s, clock)
    spent = 0.0
    for amount in amounts:
        clock.now += bucket.spend(amount)
        assert spent <= (clock.now - 1000 + BURST_S) * per_s + 1e-6
        spent += amount


def test_what_is_larger_than_a_second_goes_through_and_is_waited_for_afterwards() -> None:
    clock = Clock()
    bucket = Bucket(10, clock)
    clock.now += 5
    assert bucket.spend(100) == 0
    assert bucket.spend(1) == 9.0


def test_without_a_rate_nothing_waits_and_a_new_rate_holds_at_once() -> None:
    clock = Clock()
    bucket = Bucket(None, clock)
    assert bucket.spend(1e9) == 0
    bucket.limit(1)
    bucket.spend(1000)
    bucket.limit(100)
    assert bucket.spend(1) <= BURST_S
