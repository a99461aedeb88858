"""What a pass says it has done, when it had to begin an account anew."""

from __future__ import annotations

from sterna.migration.copy.events import Counts


def test_what_a_broken_off_attempt_did_is_counted_once():
    broken_off = Counts(copied=90, updated=3, expunged=2, unchanged=40, skipped=1, bytes=900)
    last = Counts(copied=10, unchanged=133, skipped=1, bytes=100)
    assert last.after(broken_off) == Counts(copied=100, updated=3, expunged=2, unchanged=40, skipped=1, bytes=1000)


def test_an_attempt_that_did_nothing_changes_nothing():
    last = Counts(copied=10, unchanged=133, skipped=1, bytes=100, left_out=4)
    assert last.after(Counts()) == last
