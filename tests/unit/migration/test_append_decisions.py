"""What is decided where the target has UIDs of its own: actions, recognition, names."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.imap.responses import Namespace
from sterna.migration.copy.append.decide import Bring, Expunge, Forget, Missed, SetFlags, decide
from sterna.migration.copy.append.marks import has_8bit_header, is_odd, marks_of
from sterna.migration.copy.append.names import target_names, wire
from sterna.migration.copy.append.settle import Candidate, arrived
from sterna.model.mailbox import INBOX, MessageFacts
from sterna.model.placed import Placed, Stage

NONE: frozenset[str] = frozenset()
SEEN = frozenset({"\\Seen"})
DATE = 1_262_304_000


def fact(flags: frozenset[str] = NONE) -> MessageFacts:
    return MessageFacts(5, flags, DATE, 3)


def row(uid: int = 5, target: int | None = 50, data: bytes = b"abc", *, floor: int = 1, found: bool = False) -> Placed:
    marks = marks_of(data)
    stage = Stage.BEGUN if target is None else Stage.PROVED
    return Placed(uid, target, marks.guid, marks.likeness, marks.message_id, len(data), DATE, floor, stage, found)


ROWS = {
    "new": (fact(), None, {}, [Bring(5)], [Bring(5)]),
    "sent and not arrived": (fact(), row(target=None), {}, [Bring(5)], [Bring(5)]),
    "there": (fact(), row(), {50: NONE}, [], []),
    "flags differ": (fact(SEEN), row(), {50: NONE}, [SetFlags(5, 50, SEEN)], []),
    "flags differ in case only": (fact(frozenset({"Eins"})), row(), {50: frozenset({"eins"})}, [], []),
    "expunged on the target": (fact(), row(), {}, [Missed(5)], []),
    "gone from the source": (None, row(), {50: NONE}, [Expunge(5, 50)], []),
    "gone, and it was there before us": (None, row(found=True), {50: NONE}, [Forget(5)], []),
    "gone, never arrived": (None, row(target=None), {}, [Forget(5)], [Forget(5)]),
    "gone on both": (None, row(), {}, [Forget(5)], []),
}


@pytest.mark.parametrize(("source", "known", "target", "before", "after"), ROWS.values(), ids=ROWS)
def test_each_state_has_one_action_and_after_a_cutover_none_that_changes_anything(source, known, target, before, after):
    facts = {} if source is None else {5: source}
    journal = {} if known is None else {5: known}
    assert decide(facts, journal, target) == before
    assert decide(facts, journal, target, cut_over=True) == after


BODY = b"Message-ID: <1@x>\r\nSubject: \xe4\r\n\r\nbody\r\n"


def candidate(data: bytes, date: int = DATE) -> Candidate:
    return Candidate(date, marks_of(data))


FOUND = {
    "the same bytes": ({9: candidate(BODY)}, {5: 9}),
    "a header with X": ({9: candidate(BODY.replace(b"\xe4", b"X"))}, {5: 9}),
    "other line ends": ({9: candidate(BODY.replace(b"\r\n", b"\n"))}, {5: 9}),
    "a header was added": ({9: candidate(b"Received: here\r\n" + BODY)}, {5: 9}),
    "the same name, another date": ({9: candidate(b"Received: here\r\n" + BODY, DATE + 1)}, {}),
    "it was there before": ({3: candidate(BODY)}, {}),
    "something else": ({9: candidate(b"Message-ID: <2@x>\r\n\r\n")}, {}),
    "the best of two": ({8: candidate(BODY.replace(b"\xe4", b"X")), 9: candidate(BODY)}, {5: 9}),
}


@pytest.mark.parametrize(("there", "wanted"), FOUND.values(), ids=FOUND)
def test_what_arrived_is_recognised(there, wanted):
    assert arrived([row(target=None, data=BODY, floor=4)], there) == wanted


def test_one_message_there_stands_for_one_of_two_equal_ones():
    rows = [row(5, None, b"equal"), row(6, None, b"equal")]
    assert arrived(rows, {9: candidate(b"equal")}) == {5: 9}
    assert arrived(rows, {9: candidate(b"equal"), 8: candidate(b"equal")}) == {5: 8, 6: 9}


def test_a_message_without_a_name_is_not_taken_for_another_without():
    assert arrived([row(target=None, data=b"one")], {9: candidate(b"two")}) == {}


class Pieces:
    """A message that comes in pieces, as from a file."""

    def __init__(self, data: bytes, size: int) -> None:
        self._data, self._size = data, size

    def __len__(self) -> int:
        return len(self._data)

    def write(self, data: bytes | memoryview) -> None:
        raise TypeError

    def chunks(self):
        return (self._data[at : at + self._size] for at in range(0, len(self._data), self._size))

    def sha1(self) -> bytes:
        return hashlib.sha1(self._data).digest()


@given(st.binary(max_size=200), st.integers(1, 5))
def test_a_message_in_a_file_has_the_same_marks_as_in_memory(data, size):
    spooled = Pieces(data, size)
    assert marks_of(spooled).likeness == marks_of(data).likeness
    assert marks_of(data).guid == hashlib.sha1(data).digest()
    assert is_odd(spooled) == is_odd(data)


@given(st.binary(max_size=200))
def test_a_message_is_odd_when_it_has_nul_or_a_lone_line_end(data):
    rest = data.replace(b"\r\n", b"")
    assert is_odd(data) == (b"\0" in data or b"\r" in rest or b"\n" in rest)


def test_only_the_header_counts_as_header():
    assert has_8bit_header(b"Subject: \xe4\r\n\r\n")
    assert not has_8bit_header(b"Subject: a\r\n\r\n\xe4")


SPACES = {"Dovecot": Namespace(b"", b"/"), "Courier": Namespace(b"INBOX.", b".")}
MAILBOXES = [INBOX, ("Sent",), ("v1.2",), ("v1_2",), ("a/b",), ("a_b", "c"), ("inbox",), ("50 %",), ("Ähm", "x*")]


@pytest.mark.parametrize("space", SPACES.values(), ids=SPACES)
def test_names_fit_the_server_and_none_takes_the_place_of_another(space):
    names = target_names(MAILBOXES, space, {})
    assert len({wire(name, space) for name in names.values()}) == len(MAILBOXES)
    assert wire(names[INBOX], space) == b"INBOX"
    for name in names.values():
        for part in name:
            assert space.delimiter is not None
            assert space.delimiter.decode() not in part
            assert not set("%*") & set(part)
    assert names["v1_2",] == ("v1_2",), "a name that fits is not pushed aside"
    again = target_names(reversed(MAILBOXES), space, {})
    assert again == names
    assert target_names([*MAILBOXES, ("v1 2",)], space, names) | names == target_names(
        [*MAILBOXES, ("v1 2",)], space, names
    )


def test_courier_has_its_mailboxes_below_inbox():
    assert wire(("Sent",), SPACES["Courier"]) == b"INBOX.Sent"
    assert wire(("Ähm", "x"), SPACES["Dovecot"]) == b"&AMQ-hm/x"


def test_a_row_is_a_value():
    assert replace(row(), target_uid=51).target_uid == 51
