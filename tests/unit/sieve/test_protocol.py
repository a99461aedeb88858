"""ManageSieve's responses, whole and in pieces."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.errors import FormatError
from sterna.sieve.protocol import Response, ResponseReader, Status, literal, string

STREAM = (
    b'"IMPLEMENTATION" "x \\"y\\" \\\\"\r\n"STARTTLS"\r\nOK\r\n'
    b"{5}\r\nab\r\nc\r\nOK (WARNINGS) {3+}\r\na\r\n\r\n"
    b'NO (QUOTA/MAXSCRIPTS) "too many"\r\n'
    b'"one" ACTIVE\r\n"OK"\r\nBYE "gone"\r\n'
)
RESPONSES = [
    Response(Status.OK, "", "", ((b"IMPLEMENTATION", b'x "y" \\'), (b"STARTTLS",))),
    Response(Status.OK, "WARNINGS", "a\r\n", ((b"ab\r\nc",),)),
    Response(Status.NO, "QUOTA/MAXSCRIPTS", "too many", ()),
    Response(Status.BYE, "", "gone", ((b"one", b"ACTIVE"), (b"OK",))),
]


def told(responses: list[Response]) -> list[tuple[object, ...]]:
    return [(each.status, each.code, each.text, each.rows) for each in responses]


@given(st.lists(st.integers(1, 20), max_size=60))
def test_responses_are_the_same_in_whatever_pieces_they_come(sizes):
    reader, found, at = ResponseReader(), [], 0
    for size in (*sizes, len(STREAM)):
        found += reader.receive(STREAM[at : at + size])
        at += size
    assert told(found) == told(RESPONSES)
    assert not reader.pending


@given(st.binary(max_size=200))
def test_any_bytes_are_responses_or_a_format_error(data):
    try:
        ResponseReader().receive(data + b"\r\n")
    except FormatError:
        return


@given(st.binary(max_size=200))
def test_every_string_is_read_back(text):
    for written in (string(text), literal(text)):
        [response] = ResponseReader().receive(written + b"\r\nOK\r\n")
        assert response.rows == ((text,),)


def test_names_that_a_server_did_not_escape_are_read_from_its_list():
    [response] = ResponseReader().receive(b'"a b"\r\n"two "words""\r\n"q"x" ACTIVE\r\n{3}\r\nlit ACTIVE\r\nOK\r\n')
    assert response.scripts() == [(b"a b", False), (b'two "words"', False), (b'q"x', True), (b"lit", True)]


@pytest.mark.parametrize("data", [b"{99999999}\r\n", b"x" * 70_000])
def test_what_never_ends_is_refused(data):
    with pytest.raises(FormatError):
        ResponseReader().receive(data)
