"""DEFLATE in both directions of a conversation (RFC 4978)."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.imap.compress import BrokenStreamError, Deflate


def through(said: Iterable[bytes], split: int) -> list[bytes]:
    """What arrives of each thing said, when the stream comes in pieces of `split` bytes."""
    here, there = Deflate(), Deflate()
    arrived = []
    for each in said:
        stream = here.deflate(each)
        pieces = [stream[at : at + split] for at in range(0, len(stream), split)]
        arrived.append(b"".join(part for piece in pieces for part in there.inflate(piece)))
    return arrived


@given(st.lists(st.binary(max_size=2000), max_size=8), st.integers(1, 70))
def test_whatever_is_said_arrives_whole_before_the_next_is_said(said: list[bytes], split: int):
    assert through(said, split) == said


def test_a_few_bytes_that_stand_for_many_come_in_small_pieces():
    packed = zlib.compressobj(9, wbits=-15)
    stream = packed.compress(bytes(30_000_000)) + packed.flush(zlib.Z_SYNC_FLUSH)
    sizes = [len(piece) for piece in Deflate().inflate(stream)]
    assert sum(sizes) == 30_000_000
    assert max(sizes) <= 256 * 1024


@pytest.mark.parametrize("stream", [b"* OK in clear\r\n", zlib.compress(b"x", wbits=-15)], ids=["clear", "ended"])
def test_what_is_no_conversation_is_an_error(stream: bytes):
    with pytest.raises(BrokenStreamError):
        list(Deflate().inflate(stream))
