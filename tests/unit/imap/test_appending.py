"""APPEND in each form that a server may offer, and what it says to it."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.imap.answers import Answer
from sterna.imap.appending import LATEST_DATE, Outgoing, append, append_uids, date_time, flag_list, selected, size_limit
from sterna.imap.codes import Status
from sterna.imap.content import whole
from sterna.imap.dates import internal_date
from sterna.imap.engine import Engine, Literal
from sterna.imap.fragments import Fragments

DATE = 1_262_304_000
ONE = Outgoing(b"Subject: a\r\n\r\n", frozenset({"\\Seen", "Wichtig"}), DATE)
LARGE = Outgoing(b"x" * 5000, frozenset(), DATE)


def sent(*messages: Outgoing, offers: tuple[bytes, ...] = (), binary: bool = False) -> bytes:
    """What goes on the wire when the server says + to whatever waits."""
    engine = Engine()
    list(engine.receive(b"* OK hello\r\n"))
    engine.submit(*append(b"INBOX", messages, frozenset(offers), binary=binary))
    out = b"".join(map(whole, engine.bytes_to_send()))
    waited = 0
    while not out.endswith(b"\r\n") or out.rpartition(b"\r\n")[0].endswith((b"}",)) or engine.unsent_bytes:
        list(engine.receive(b"+ go on\r\n"))
        waited += 1
        out += b"".join(map(whole, engine.bytes_to_send()))
        assert waited < 10
    return out.partition(b" ")[2]


FORMS = {
    "nothing offered": ((), False, b"{14}\r\n"),
    "LITERAL+": ((b"LITERAL+",), False, b"{14+}\r\n"),
    "LITERAL-": ((b"LITERAL-",), False, b"{14+}\r\n"),
    "BINARY": ((b"BINARY", b"LITERAL+"), True, b"~{14+}\r\n"),
    "BINARY alone": ((b"BINARY",), True, b"~{14}\r\n"),
}


@pytest.mark.parametrize(("offers", "binary", "mark"), FORMS.values(), ids=FORMS)
def test_a_message_is_announced_as_the_server_can_take_it(offers, binary, mark):
    line = b'APPEND INBOX (Wichtig \\Seen) " 1-Jan-2010 00:00:00 +0000" ' + mark
    assert sent(ONE, offers=offers, binary=binary) == line + ONE.content + b"\r\n"


def test_several_messages_share_one_command():
    assert sent(ONE, LARGE, offers=(b"LITERAL+",)).count(b"APPEND") == 1


def test_a_large_message_waits_for_a_server_that_offers_literal_minus():
    pieces = append(b"INBOX", [ONE, LARGE], frozenset({b"LITERAL-"}))
    assert [piece.synchronizing for piece in pieces if isinstance(piece, Literal)] == [False, True]


def test_no_message_and_an_empty_one_are_no_command():
    with pytest.raises(ValueError, match="empty"):
        append(b"INBOX", [], frozenset())
    with pytest.raises(ValueError, match="empty"):
        append(b"INBOX", [Outgoing(b"", frozenset(), 0)], frozenset())


@pytest.mark.parametrize("flag", ["a b", "x)", "(", "", "\\", "a\r\nT2 LOGOUT", 'q"', "\xe4"])
def test_nothing_that_is_no_flag_can_be_sent_as_one(flag):
    with pytest.raises(ValueError, match="flag"):
        flag_list(frozenset({flag}))


@given(st.integers(0, LATEST_DATE))
def test_a_date_is_read_back_as_it_was(seconds):
    assert internal_date(date_time(seconds)) == seconds


@given(st.integers(-(2**40), 2**50))
def test_any_number_becomes_a_date(seconds):
    assert re.fullmatch(rb"[ 0-9]\d-[A-Z][a-z]{2}-\d{4} \d\d:\d\d:\d\d \+0000", date_time(seconds))


def test_dates_are_those_of_the_calendar():
    assert date_time(int(datetime(2024, 2, 29, 23, 59, 58, tzinfo=UTC).timestamp())) == b"29-Feb-2024 23:59:58 +0000"


ANSWERS = {
    "one": (b"APPENDUID 7 12", 1, (7, (12,))),
    "a run": (b"appenduid 7 12:14", 3, (7, (12, 13, 14))),
    "parts": (b"APPENDUID 7 12,20:21", 3, (7, (12, 20, 21))),
    "too few": (b"APPENDUID 7 12", 2, None),
    "too many": (b"APPENDUID 7 1:4294967295", 3, None),
    "backwards": (b"APPENDUID 7 14:12", 3, None),
    "nonsense": (b"APPENDUID 7 ,", 1, None),
    "zero": (b"APPENDUID 7 0", 1, None),
    "another code": (b"UIDNEXT 5", 1, None),
    "none": (None, 1, None),
}


@pytest.mark.parametrize(("code", "count", "uids"), ANSWERS.values(), ids=ANSWERS)
def test_new_uids_are_taken_only_when_there_is_one_for_each_message(code, count, uids):
    assert append_uids(Answer(Status.OK, code, b"done"), count) == uids


@given(st.binary(max_size=30), st.integers(1, 5))
def test_any_code_gives_uids_or_nothing(code, count):
    found = append_uids(Answer(Status.OK, code, b""), count)
    assert found is None or len(found[1]) == count


def selecting(*lines: bytes, code: bytes | None = b"READ-WRITE"):
    untagged = tuple(Fragments().feed(b"".join(line + b"\r\n" for line in lines)))
    return selected(Answer(Status.OK, code, b"", untagged))


def test_select_says_what_the_mailbox_keeps():
    said = selecting(
        b"* 3 EXISTS",
        b"* OK [UIDVALIDITY 77] ok",
        b"* OK [UIDNEXT 9] ok",
        b"* OK [PERMANENTFLAGS (\\Seen \\Flagged Alt \\*)] ok",
    )
    assert said is not None
    assert (said.uidvalidity, said.uidnext, said.messages, said.read_only) == (77, 9, 3, False)
    assert said.keeps("\\Seen")
    assert said.keeps("neu")
    assert not said.keeps("\\Draft")


def test_a_mailbox_without_new_keywords_keeps_only_those_it_names():
    said = selecting(b"* 0 EXISTS", b"* OK [UIDVALIDITY 1] ", b"* OK [PERMANENTFLAGS (\\Seen alt)] ")
    assert said is not None
    assert said.keeps("ALT")
    assert not said.keeps("neu")
    assert said.uidnext == 0


def test_a_mailbox_that_may_not_be_written_or_forgets_uids_says_so():
    lines = (b"* 0 EXISTS", b"* OK [UIDVALIDITY 1] ok")
    read_only = selecting(*lines, code=b"READ-ONLY")
    forgetful = selecting(*lines, b"* NO [UIDNOTSTICKY] new each time")
    assert read_only is not None
    assert read_only.read_only
    assert forgetful is not None
    assert not forgetful.sticky
    assert selecting(b"* 0 EXISTS") is None


def test_the_servers_limit_is_known_before_a_message_is_sent():
    assert size_limit({b"APPENDLIMIT=5000", b"IDLE"}) == 5000
    assert size_limit({b"APPENDLIMIT"}) is None
