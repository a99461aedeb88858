"""DEFLATE between us and a server (RFC 4978): bytes in, bytes out; no input or output of its own."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Final

_RAW: Final = -zlib.MAX_WBITS
"""A bare stream without header and checksum, as RFC 4978 section 3 has it."""

_CHUNK: Final = 256 * 1024
"""Largest piece that is handed on at once: a few bytes may stand for a thousand times as many."""


class BrokenStreamError(ValueError):
    """What came is no DEFLATE, or its end, which no conversation has."""


class Deflate:
    """Both directions of one connection."""

    def __init__(self) -> None:
        self._out = zlib.compressobj(wbits=_RAW)
        self._in = zlib.decompressobj(wbits=_RAW)

    def deflate(self, data: bytes) -> bytes:
        """Return what stands for `data`, whole: the server need not wait for more to read all of it."""
        return self._out.compress(data) + self._out.flush(zlib.Z_SYNC_FLUSH)

    def inflate(self, data: bytes) -> Iterator[bytes]:
        """Yield what `data` stands for, in pieces of bounded size.

        Raises:
            BrokenStreamError: it cannot be read.
        """
        while True:
            try:
                piece = self._in.decompress(data, _CHUNK)
            except zlib.error as error:
                raise BrokenStreamError(str(error)) from error
            if self._in.eof:
                raise BrokenStreamError("the stream ends")
            data = self._in.unconsumed_tail
            if piece:
                yield piece
            if not data and len(piece) < _CHUNK:
                return
