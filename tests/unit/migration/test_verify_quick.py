"""The quick comparison: equal only when every mark says so, and what is not known is not called equal."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sterna.cyrus.mailbox_state import MailboxHeader
from sterna.migration.verify.box import Box
from sterna.migration.verify.quick import compare_quickly
from sterna.migration.verify.sample import draw
from sterna.model.copied import Fingerprint
from sterna.model.mailbox import INBOX, MailboxState
from sterna.state.digests import Moved, WithoutUid
from sterna.state.journal import JournalMailbox

SOURCE = MailboxState(1234, 11, 4)
HEADER = MailboxHeader(b"x!user.anna", b"u", b"default", 1234, 10, 77, 99, 12345678, {})
KNOWN = JournalMailbox(1, INBOX, INBOX, 1234, "u", Fingerprint(10, 77, 99))
MOVED = Moved(1, "anna@x", INBOX, 4, 0)


def box(header: MailboxHeader | None = HEADER, known: JournalMailbox | None = KNOWN) -> Box:
    return Box(INBOX, b"INBOX", INBOX, header, known, {})


def test_what_is_not_selected_is_no_difference_and_is_counted():
    found = compare_quickly(replace(SOURCE, messages=9, uidnext=30), box(), MOVED, whole=False)
    assert (found.unequal, found.source, found.target, found.left_out) == ((), 4, 4, 5)


def test_messages_with_other_uids_are_not_called_equal_without_a_look():
    placed = replace(box(), without_uids=(WithoutUid(3, 40, b"a" * 20),))
    assert "other UIDs" in compare_quickly(SOURCE, placed, MOVED).unequal[0].what


def test_equal_marks_and_equal_counts_are_equal():
    found = compare_quickly(SOURCE, box(), MOVED)
    assert found.unequal == ()
    assert (found.source, found.target) == (4, 4)


UNEQUAL = {
    "changed on the target": (SOURCE, replace(HEADER, sync_crc=98), KNOWN, MOVED, "changed on the target"),
    "an unknown outcome": (SOURCE, HEADER, replace(KNOWN, fingerprint=None), MOVED, "not known"),
    "an unsettled message": (SOURCE, HEADER, KNOWN, replace(MOVED, unsettled=1), "not known"),
    "new mail": (replace(SOURCE, messages=6), HEADER, KNOWN, MOVED, "2 messages are on the source"),
    "less mail": (replace(SOURCE, messages=1), HEADER, KNOWN, MOVED, "3 messages are on the target"),
    "another UIDNEXT": (replace(SOURCE, uidnext=12), HEADER, KNOWN, MOVED, "UIDNEXT is 11, not 12"),
    "another UIDVALIDITY": (replace(SOURCE, uidvalidity=9), HEADER, KNOWN, MOVED, "UIDVALIDITY"),
    "never moved": (SOURCE, HEADER, None, None, "no pass"),
    "missing": (SOURCE, None, KNOWN, MOVED, "missing on the target"),
    "gone meanwhile": (None, HEADER, KNOWN, MOVED, "had it no more"),
}


@pytest.mark.parametrize(("source", "header", "known", "moved", "said"), UNEQUAL.values(), ids=UNEQUAL)
def test_what_differs_or_is_not_known_is_named(source, header, known, moved, said):
    found = compare_quickly(source, box(header, known), moved)
    assert any(said in row.what for row in found.unequal)


def test_what_could_not_be_moved_is_missing_and_named_once():
    found = compare_quickly(replace(SOURCE, messages=5), replace(box(), skipped={3: ("it is empty", "nothing")}), MOVED)
    assert [(row.uid, row.what) for row in found.unequal] == [(3, "it is empty")]


def test_a_sample_is_the_same_for_the_same_number_and_within_what_there_is():
    moved = [Moved(7, "a@x", INBOX, 3, 0), Moved(8, "a@x", ("B",), 0, 0), Moved(9, "b@x", INBOX, 5, 0)]
    assert draw(moved, 100, 1) == {7: [0, 1, 2], 9: [0, 1, 2, 3, 4]}
    assert draw(moved, 4, 42) == draw(moved, 4, 42)
    assert any(draw(moved, 4, 42) != draw(moved, 4, seed) for seed in range(10))
    assert sum(map(len, draw(moved, 4, 42).values())) == 4
    assert draw([], 4, 42) == {}
