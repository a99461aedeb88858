"""The measurement of comparisons: it compares what it says, and finds it equal."""

from __future__ import annotations

from bench.verify import measured


def test_a_small_mailbox_is_compared_and_found_equal():
    lines = list(measured(2500, runs=1))
    assert len(lines) == 3
    assert all("2,500 messages" in line for line in lines)
