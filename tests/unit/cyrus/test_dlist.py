"""Cyrus's DList notation: known answers, round trips, and nothing but a value or a format error for any bytes."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.cyrus.dlist import atom, parse, pieces
from sterna.errors import FormatError
from sterna.imap.content import whole
from sterna.imap.engine import Literal

KNOWN = {
    "atom": (b"abc\r\n", b"abc"),
    "quoted with blank": (b'"a b"\r\n', b"a b"),
    "quoted with escape": (b'"a\\"b"\r\n', b'a"b'),
    "nil": (b"NIL\r\n", None),
    "empty list": (b"()\r\n", []),
    "list": (b"(a (b c) NIL)\r\n", [b"a", [b"b", b"c"], None]),
    "key/value": (b"%(UID 17 FLAGS (\\Seen $Label1))\r\n", {b"UID": b"17", b"FLAGS": [b"\\Seen", b"$Label1"]}),
    "domain in a name": (b"lab.example!user.rene^pfeiffer\r\n", b"lab.example!user.rene^pfeiffer"),
}


@pytest.mark.parametrize(("wire", "value"), KNOWN.values(), ids=KNOWN)
def test_known_answers_are_read(wire, value):
    assert parse((wire,)) == value


def test_a_literal_is_one_atom_and_never_looked_into():
    assert parse((b"(a {5}\r\n", b") NIL", b" b)\r\n")) == [b"a", b") NIL", b"b"]


BROKEN = {
    "open list": b"(a b\r\n",
    "closed too often": b"a)\r\n",
    "key without value": b"%(UID)\r\n",
    "nested too deep": b"(" * 40 + b")" * 40 + b"\r\n",
    "nothing": b"\r\n",
    "open quote": b'"abc\r\n',
    "literal that does not follow": b"{5}\r\n",
}


@pytest.mark.parametrize("wire", BROKEN.values(), ids=BROKEN)
def test_broken_values_are_format_errors(wire):
    with pytest.raises(FormatError):
        parse((wire,))


HARMFUL = {
    "quote": b'a"b',
    "backslash and blank": b"a\\ b",
    "per cent": b"a%b",
    "line end": b"a\r\nb",
    "8 bit": b"\xe4",
}


@pytest.mark.parametrize("value", HARMFUL.values(), ids=HARMFUL)
def test_what_cyrus_takes_only_as_a_literal_is_written_as_one(value):
    assert atom(value) == Literal(value, synchronizing=False)


def test_an_atom_that_reads_nil_is_not_written_as_the_nil_value():
    assert atom(b"nil") == b'"nil"'


VALUES = st.recursive(
    st.none() | st.binary(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.from_regex(rb"\A[A-Z_]{1,8}\Z").filter(lambda k: k != b"NIL"), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(VALUES)
def test_what_is_written_is_read_back(value):
    parts, text = [], b""
    for piece in pieces(value):
        if isinstance(piece, Literal):
            parts += [text + b"{%d}\r\n" % len(piece.data), whole(piece.data)]
            text = b""
        else:
            text += piece
    assert parse((*parts, text + b"\r\n")) == value


@given(st.binary(max_size=60))
def test_any_bytes_are_a_value_or_a_format_error(data):
    with contextlib.suppress(FormatError):
        parse((data,))
