"""Which UIDs a delta pass looks at, and how the message is found that makes a target hang up."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sterna.migration.copy.suspects import MOST_TIMES, Suspects
from sterna.migration.copy.touched import all_of, not_common
from sterna.migration.copy.windows import windows

UIDS = st.sets(st.integers(1, 60)).map(sorted)


@given(UIDS, UIDS, UIDS)
def test_sequences_are_joined_as_sets_are(one, two, three):
    assert all_of(one, two, three).tolist() == sorted({*one, *two, *three})


@given(UIDS, UIDS)
def test_what_is_in_one_sequence_only_is_found_as_in_sets(one, two):
    assert not_common(one, two).tolist() == sorted(set(one) ^ set(two))


@given(UIDS, st.integers(1, 7))
def test_windows_hold_everything_once_and_in_order(uids, size):
    cut = list(windows(uids, size))
    assert [uid for window in cut for uid in window] == uids
    assert all(0 < len(window) <= size for window in cut)


@given(UIDS.filter(bool), st.data())
def test_the_harmful_message_is_found_and_no_other(uids, data):
    harmful = set(data.draw(st.lists(st.sampled_from(uids), min_size=1, max_size=2)))
    suspects = Suspects()
    sent: set[int] = set()
    for _ in range(MOST_TIMES):
        rest = [uid for uid in uids if uid not in sent and uid not in suspects.harmful]
        if not rest:
            break
        some = rest[: suspects.most or len(rest)]
        if harmful.isdisjoint(some):
            sent.update(some)
        else:
            assert suspects.narrow(some)
    assert suspects.harmful == harmful
    assert sent == set(uids) - harmful


def test_a_target_that_hangs_up_all_the_time_is_not_tried_for_ever():
    suspects = Suspects()
    assert sum(suspects.narrow([1, 2]) for _ in range(200)) == MOST_TIMES
    assert not suspects.narrow([])
