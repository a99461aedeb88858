from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.errors import FormatError
from sterna.imap.fragments import Fragments, Limits
from tests.unit.imap.streams import CUTS, IMAP_BYTES, WAYS, cut

Way = Callable[[bytes], Iterable[bytes]]

KNOWN: dict[str, tuple[bytes, list[tuple[bytes, ...]]]] = {
    "two lines": (b"* OK hi\r\n* 1 EXISTS\r\n", [(b"* OK hi\r\n",), (b"* 1 EXISTS\r\n",)]),
    "a literal": (
        b"* 1 FETCH (BODY[] {3}\r\na\r\n)\r\n",
        [(b"* 1 FETCH (BODY[] {3}\r\n", b"a\r\n", b")\r\n")],
    ),
    "a literal that looks like responses": (
        b"* 1 FETCH (BODY[] {18}\r\n* BYE\r\nT1 OK {9}\r\n)\r\n",
        [(b"* 1 FETCH (BODY[] {18}\r\n", b"* BYE\r\nT1 OK {9}\r\n", b")\r\n")],
    ),
    "an empty literal, then another": (
        b'* LIST () "/" {0}\r\n {1}\r\n\xff\r\n',
        [(b'* LIST () "/" {0}\r\n', b"", b" {1}\r\n", b"\xff", b"\r\n")],
    ),
    "a literal with a plus": (b"* X {2+}\r\nab\r\n", [(b"* X {2+}\r\n", b"ab", b"\r\n")]),
    "text that ends like a literal": (
        b"T1 NO no mailbox {5}\r\n* NO no {5}\r\n+ {5}\r\n* ok x {5}\r\n* 1 EXISTS\r\n",
        [
            (b"T1 NO no mailbox {5}\r\n",),
            (b"* NO no {5}\r\n",),
            (b"+ {5}\r\n",),
            (b"* ok x {5}\r\n",),
            (b"* 1 EXISTS\r\n",),
        ],
    ),
    "a lone CR and a lone LF": (b"* a\rb\nc\r\r\n", [(b"* a\rb\nc\r\r\n",)]),
    "nothing but a line end": (b"\r\n", [(b"\r\n",)]),
    "no literal without the brace at the end": (b"* X {5} \r\n* Y }\r\n", [(b"* X {5} \r\n",), (b"* Y }\r\n",)]),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize(("stream", "responses"), KNOWN.values(), ids=KNOWN)
def test_a_stream_is_cut_into_responses_however_it_was_split(
    stream: bytes, responses: list[tuple[bytes, ...]], way: Way
):
    fragments = Fragments()
    assert [response.parts for part in way(stream) for response in fragments.feed(part)] == responses
    assert fragments.is_between_responses


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize(("stream", "responses"), KNOWN.values(), ids=KNOWN)
def test_parts_of_long_lines_are_together_what_the_whole_would_have_been(
    stream: bytes, responses: list[tuple[bytes, ...]], way: Way, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("sterna.imap.fragments._PART_BYTES", 12)
    monkeypatch.setattr("sterna.imap.fragments._HELD_BACK", 8)
    fragments = Fragments()
    fragments.in_parts = True
    found: list[list[bytes]] = []
    for part in way(stream):
        for response in fragments.feed(part):
            if response.continues:
                found[-1][-1] += response.parts[0]
                found[-1] += response.parts[1:]
            else:
                found.append(list(response.parts))
    assert [tuple(parts) for parts in found] == responses
    assert fragments.is_between_responses


def outcome(parts: Iterable[bytes], limits: Limits) -> tuple[list[tuple[bytes, ...]], bool]:
    """What comes out, and whether it ended in an error."""
    fragments = Fragments(limits)
    found: list[tuple[bytes, ...]] = []
    try:
        for part in parts:
            for response in fragments.feed(part):
                found.append(response.parts)  # noqa: PERF401 what comes before an error counts
    except FormatError:
        return found, True
    return found, False


@given(stream=IMAP_BYTES, cuts=CUTS)
def test_any_bytes_give_the_same_in_any_split(stream: bytes, cuts: list[int]):
    limits = Limits(line_bytes=40, literal_bytes=50, literals=2)
    assert outcome(cut(stream, cuts), limits) == outcome([stream], limits)


LINES = st.binary(max_size=20).map(lambda raw: raw.replace(b"\r", b"").replace(b"\n", b"").replace(b"}", b""))


@given(st.lists(st.tuples(LINES, st.lists(st.tuples(st.binary(max_size=40), LINES), max_size=3)), max_size=5), CUTS)
def test_what_is_put_together_is_taken_apart(responses: list[tuple[bytes, list[tuple[bytes, bytes]]]], cuts: list[int]):
    stream = b""
    wanted: list[tuple[bytes, ...]] = []
    for first, rest in responses:
        parts = [b"* X" + first]
        for literal, line in rest:
            parts[-1] += b"{%d}\r\n" % len(literal)
            parts += [literal, line]
        parts[-1] += b"\r\n"
        wanted.append(tuple(parts))
        stream += b"".join(parts)
    assert outcome(cut(stream, cuts), Limits()) == (wanted, False)


TOO_MUCH = {
    "line": (b"* 12345678\r\n", "CRLF within 10 bytes"),
    "line without end": (b"* 123456789", "CRLF within 10 bytes"),
    "literal": (b"* {7}\r\n", "at most 6 bytes"),
    "literals": (b"* {0}\r\n{0}\r\n{0}\r\n", "at most 2 literals"),
}


@pytest.mark.parametrize(("stream", "expected"), TOO_MUCH.values(), ids=TOO_MUCH)
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_more_than_the_limit_is_an_error(stream: bytes, expected: str, way: Way):
    fragments = Fragments(Limits(line_bytes=10, literal_bytes=6, literals=2))
    with pytest.raises(FormatError, match=expected):
        [list(fragments.feed(part)) for part in way(stream)]


def test_what_came_before_an_error_is_delivered():
    assert outcome([b"* 1\r\n* 23456789\r\n"], Limits(line_bytes=8)) == ([(b"* 1\r\n",)], True)


def test_a_large_literal_is_held_once_while_it_comes():
    size = 48 << 20
    fragments = Fragments()
    list(fragments.feed(b"* 1 FETCH (BODY[] {%d}\r\n" % size))
    block = bytes(65536)
    tracemalloc.start()
    try:
        for _ in range(size // len(block)):
            list(fragments.feed(block))
        (response,) = fragments.feed(b")\r\n")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(response.parts[1]) == size
    assert peak < 1.4 * size
