from __future__ import annotations

import pytest
from hypothesis import given

from sterna.errors import FormatError
from sterna.imap.codes import Status
from sterna.imap.content import whole
from sterna.imap.engine import (
    Completed,
    Engine,
    Event,
    Goodbye,
    Greeting,
    Literal,
    Piece,
    ServerProtocolError,
    Ticket,
    Untagged,
)
from sterna.imap.fragments import Limits, Response
from tests.unit.imap.streams import CUTS, IMAP_BYTES, WAYS, cut

HELLO = b"* OK [CAPABILITY IMAP4rev1] ready\r\n"


def greeted() -> Engine:
    engine = Engine()
    list(engine.receive(HELLO))
    return engine


def sent(engine: Engine) -> bytes:
    return b"".join(map(whole, engine.bytes_to_send()))


def ok(number: int, text: bytes = b"done") -> Completed:
    return Completed(Ticket(b"T%d" % number), Status.OK, None, text)


def no(number: int, text: bytes = b"no") -> Completed:
    return Completed(Ticket(b"T%d" % number), Status.NO, None, text)


GREETINGS = {
    "ok": (HELLO, Greeting(b"OK", b"CAPABILITY IMAP4rev1", b"ready")),
    "already logged in": (b"* PREAUTH welcome\r\n", Greeting(b"PREAUTH", None, b"welcome")),
    "go away": (b"* BYE [UNAVAILABLE] too busy\r\n", Greeting(b"BYE", b"UNAVAILABLE", b"too busy")),
    "lower case": (b"* ok hi\r\n", Greeting(b"OK", None, b"hi")),
}


@pytest.mark.parametrize(("line", "greeting"), GREETINGS.values(), ids=GREETINGS)
def test_the_first_response_is_the_greeting(line: bytes, greeting: Greeting):
    assert list(Engine().receive(line)) == [greeting]


@pytest.mark.parametrize(
    "line", [b"+OK POP3\r\n", b"220 smtp\r\n", b"* 1 EXISTS\r\n", b"T1 OK x\r\n", b"\r\n", b"* NO\r\n"]
)
def test_what_is_no_greeting_is_no_imap_server(line: bytes):
    with pytest.raises(ServerProtocolError, match="no greeting") as caught:
        list(Engine().receive(line))
    assert caught.value.exit_code == 76


def test_commands_are_pipelined_and_answered_in_any_order():
    engine = greeted()
    first, second = engine.submit(b"NOOP"), engine.submit(b"STATUS a (MESSAGES)")
    assert sent(engine) == b"T1 NOOP\r\nT2 STATUS a (MESSAGES)\r\n"
    events = list(engine.receive(b"T2 OK done\r\n* 3 EXISTS\r\nT1 NO no\r\n"))
    assert events == [ok(2), Untagged(Response((b"* 3 EXISTS\r\n",))), no(1)]
    assert (first, second) == (Ticket(b"T1"), Ticket(b"T2"))


@pytest.mark.parametrize("way", WAYS)
def test_a_synchronizing_literal_waits_and_holds_back_what_is_behind_it(way: str):
    engine = greeted()
    engine.submit(b"APPEND INBOX ", Literal(b"ab\r\n"), b" ", Literal(b"c"))
    engine.submit(b"NOOP")
    assert sent(engine) == b"T1 APPEND INBOX {4}\r\n"
    assert sent(engine) == b""
    for part in WAYS[way](b"+ go on\r\n"):
        assert list(engine.receive(part)) == []
    assert sent(engine) == b"ab\r\n {1}\r\n"
    list(engine.receive(b"+ \r\n"))
    assert sent(engine) == b"c\r\nT2 NOOP\r\n"
    assert engine.unsent_bytes == 0
    assert list(engine.receive(b"T1 OK done\r\nT2 OK done\r\n")) == [ok(1), ok(2)]


def test_a_non_synchronizing_literal_goes_out_at_once_without_a_copy():
    engine = greeted()
    data = b"x" * 1000
    engine.submit(b"APPEND INBOX ", Literal(data, synchronizing=False))
    out = engine.bytes_to_send()
    assert b"".join(map(whole, out)) == b"T1 APPEND INBOX {1000+}\r\n" + data + b"\r\n"
    assert any(piece is data for piece in out)


def test_a_literal_may_be_announced_in_another_form():
    engine = greeted()
    engine.submit(
        b"SYNCAPPLY MESSAGE (", Literal(b"mail", synchronizing=False, announcement=b"%{default 00ff 4}"), b")"
    )
    assert sent(engine) == b"T1 SYNCAPPLY MESSAGE (%{default 00ff 4}\r\nmail)\r\n"


def test_a_line_of_sasl_is_a_literal_announced_by_nothing():
    engine = greeted()
    engine.submit(b"AUTHENTICATE PLAIN", Literal(b"AGEAYg==", announcement=b""))
    assert sent(engine) == b"T1 AUTHENTICATE PLAIN\r\n"
    list(engine.receive(b"+ \r\n"))
    assert sent(engine) == b"AGEAYg==\r\n"


@pytest.mark.parametrize("status", [b"NO", b"BAD"])
@pytest.mark.parametrize("literals", [1, 2])
def test_a_refused_literal_is_dropped_and_the_queue_goes_on(status: bytes, literals: int):
    engine = greeted()
    engine.submit(b"APPEND INBOX ", *[Literal(b"payload")] * literals)
    engine.submit(b"NOOP")
    engine.submit(b"APPEND INBOX ", Literal(b"second"))
    assert sent(engine) == b"T1 APPEND INBOX {7}\r\n"
    (refused,) = engine.receive(b"T1 " + status + b" over quota\r\n")
    assert isinstance(refused, Completed)
    assert refused.status is Status(status)
    assert sent(engine) == b"T2 NOOP\r\nT3 APPEND INBOX {6}\r\n"
    list(engine.receive(b"T2 OK\r\n+ go\r\n"))
    assert sent(engine) == b"second\r\n"
    assert engine.unsent_bytes == 0


def test_a_second_literal_that_is_refused_is_dropped_too():
    engine = greeted()
    engine.submit(b"LOGIN ", Literal(b"user"), b" ", Literal(b"secret"))
    sent(engine)
    list(engine.receive(b"+ \r\n"))
    assert sent(engine) == b"user {6}\r\n"
    assert list(engine.receive(b"T1 NO no\r\n")) == [no(1)]
    assert sent(engine) == b""
    assert engine.unsent_bytes == 0


def test_bye_is_an_event_of_its_own_and_the_answer_to_logout_may_follow():
    engine = greeted()
    engine.submit(b"LOGOUT")
    sent(engine)
    events = list(engine.receive(b"* BYE [ALERT] see you\r\nT1 OK done\r\n"))
    assert events == [Goodbye(b"ALERT", b"see you"), ok(1)]


def test_the_code_is_told_from_the_text():
    engine = greeted()
    engine.submit(b"x")
    sent(engine)
    (event,) = engine.receive(b'T1 OK [X "a]b" c] text [not code]\r\n')
    assert event == Completed(Ticket(b"T1"), Status.OK, b'X "a]b" c', b"text [not code]")


@pytest.mark.parametrize("piece", [b"a\r\nT9 DELETE INBOX", b"a\n", b"a\0", Literal(b"", announcement=b"{0}\r\n")])
def test_a_line_end_outside_a_literal_is_refused(piece: Piece):
    engine = greeted()
    with pytest.raises(ValueError, match="only a Literal"):
        engine.submit(b"EXAMINE ", piece)
    assert sent(engine) == b""
    assert engine.submit(b"NOOP") == Ticket(b"T1")


WRONG = {
    "unknown tag": b"T7 OK x\r\n",
    "tag answered twice": b"T1 OK x\r\nT1 OK x\r\n",
    "unknown status": b"T1 MAYBE x\r\n",
    "no tag": b"\r\n",
    "a star alone": b"*\r\n",
    "plus that nobody waits for": b"+ go\r\n",
    "no continuation": b"+go\r\n",
    "a command not yet sent": b"T2 OK x\r\n",
}


@pytest.mark.parametrize("line", WRONG.values(), ids=WRONG)
def test_what_nothing_of_ours_asked_for_ends_the_conversation(line: bytes):
    engine = greeted()
    engine.submit(b"NOOP")
    sent(engine)
    engine.submit(b"NOOP")
    with pytest.raises(ServerProtocolError):
        list(engine.receive(line))
    for again in (lambda: list(engine.receive(b"T1 OK\r\n")), engine.bytes_to_send, lambda: engine.submit(b"NOOP")):
        with pytest.raises(ServerProtocolError):
            again()


def test_bytes_that_cannot_be_cut_end_the_conversation():
    engine = Engine(Limits(line_bytes=20))
    with pytest.raises(ServerProtocolError, match="CRLF within 20 bytes") as caught:
        list(engine.receive(b"* OK hi\r\n* 345678901234567890123"))
    assert isinstance(caught.value.__cause__, FormatError)


@pytest.mark.parametrize("answer", [b"T1 OK done\r\n", b"+ go\r\nT1 NO no\r\n"])
def test_an_answer_to_half_a_command_ends_the_conversation(answer: bytes):
    engine = greeted()
    engine.submit(b"APPEND INBOX ", Literal(b"abc"))
    sent(engine)
    with pytest.raises(ServerProtocolError, match="before it was sent whole"):
        list(engine.receive(answer))


def test_what_came_before_the_error_is_delivered():
    engine = greeted()
    engine.submit(b"NOOP")
    sent(engine)
    seen: list[Event] = []

    def take() -> None:
        for event in engine.receive(b"T1 OK done\r\nT1 OK done\r\n"):
            seen.append(event)  # noqa: PERF402 the loop is the point: it ends in an error

    with pytest.raises(ServerProtocolError):
        take()
    assert seen == [ok(1)]


def test_neither_octets_of_a_literal_nor_a_password_show_in_its_repr():
    assert "secret" not in repr(Literal(b"secret"))


def run(parts: list[bytes]) -> tuple[list[Event], bytes, bool]:
    engine = greeted()
    engine.submit(b"LOGIN ", Literal(b"abc"), b" x")
    engine.submit(b"NOOP")
    out, events = sent(engine), []
    try:
        for part in parts:
            for event in engine.receive(part):
                events.append(event)  # noqa: PERF402 what comes before an error counts
            out += sent(engine)
    except ServerProtocolError:
        return events, b"", True
    return events, out, False


@given(IMAP_BYTES, CUTS)
def test_any_bytes_mean_the_same_in_any_split(stream: bytes, cuts: list[int]):
    whole, split = run([stream]), run(list(cut(stream, cuts)))
    # "+" and a refusal in one read are an error; in two reads they need not be, as our octets go out between them.
    if whole[2] == split[2]:
        assert whole == split
    else:
        assert whole[0] == split[0][: len(whole[0])]
