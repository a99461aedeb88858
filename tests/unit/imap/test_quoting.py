from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.imap.content import whole
from sterna.imap.engine import Engine, Literal, Piece
from sterna.imap.fragments import Fragments
from sterna.imap.quoting import astring, literal, sequence_set, string
from sterna.imap.responses import parse_list

PLUS = frozenset({b"LITERAL+"})
MINUS = frozenset({b"LITERAL-"})

ARGUMENTS: dict[str, tuple[bytes, Piece]] = {
    "atom": (b"INBOX", b"INBOX"),
    "another user's": (b"~anna@lab.example/Sent", b"~anna@lab.example/Sent"),
    "bracket": (b"a]b", b"a]b"),
    "empty": (b"", b'""'),
    "NIL": (b"nil", b'"nil"'),
    "space": (b"Sent Items", b'"Sent Items"'),
    "percent": (b"100%", b'"100%"'),
    "quote and backslash": (b'a"b\\', b'"a\\"b\\\\"'),
    "parenthesis": (b"a(b)", b'"a(b)"'),
    "line end": (b"a\r\nT9 DELETE x", Literal(b"a\r\nT9 DELETE x")),
    "eight bits": (b"\xe4", Literal(b"\xe4")),
    "long": (b"x" * 1001, Literal(b"x" * 1001)),
}


@pytest.mark.parametrize(("value", "piece"), ARGUMENTS.values(), ids=ARGUMENTS)
def test_an_argument_is_written_in_the_plainest_form_that_holds_it(value: bytes, piece: Piece):
    assert astring(value) == piece


def test_a_string_is_never_an_atom():
    assert string(b"INBOX") == b'"INBOX"'
    assert string(b"*") == b'"*"'


def test_a_literal_waits_unless_the_server_offers_otherwise():
    assert literal(b"x").synchronizing
    assert not literal(b"x", PLUS).synchronizing
    assert not literal(b"x" * 4096, MINUS).synchronizing
    assert literal(b"x" * 4097, MINUS).synchronizing


@given(st.binary(max_size=40).map(lambda raw: raw.replace(b"\0", b"")), st.sampled_from([astring, string]))
def test_what_is_written_as_an_argument_is_read_back_as_one_name(value: bytes, write: object):
    assert callable(write)
    engine = Engine()
    list(engine.receive(b"* OK\r\n"))
    engine.submit(b'LIST () "/" ', write(value, PLUS))
    sent = b"".join(map(whole, engine.bytes_to_send()))
    responses = list(Fragments().feed(b"* " + sent.removeprefix(b"T1 ")))
    assert [parse_list(response).name for response in responses] == [value]


SETS = {b"5": [5], b"1:3,5": [1, 2, 3, 5], b"1,3,5:6": [1, 3, 5, 6], b"4294967294:4294967295": [4294967294, 4294967295]}


@pytest.mark.parametrize(("text", "uids"), SETS.items())
def test_a_set_joins_runs(text: bytes, uids: list[int]):
    assert sequence_set(uids) == text


@pytest.mark.parametrize("uids", [[], [0], [2, 1], [1, 1], [1 << 32], [-1]])
def test_what_is_no_set_of_uids_is_refused(uids: list[int]):
    with pytest.raises(ValueError, match="UID"):
        sequence_set(uids)


@given(st.sets(st.integers(1, 60), min_size=1))
def test_a_set_holds_what_was_put_in(uids: set[int]):
    found: list[int] = []
    for part in sequence_set(sorted(uids)).split(b","):
        first, _, last = part.partition(b":")
        found += range(int(first), int(last or first) + 1)
    assert found == sorted(uids)
