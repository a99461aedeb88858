r"""Cyrus's DList notation, in which its replication commands speak (docsrc/developer/replication-protocol of Cyrus).

Three shapes: an atom (here always `bytes`, or None for ``NIL``), a list ``(a b c)`` and a key/value list ``%(KEY value
KEY value)``. Values arrive cut into lines and literals by `sterna.imap`; a literal is one atom, never looked into.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from sterna.errors import FormatError
from sterna.imap.engine import Literal, Piece

DList = bytes | None | list["DList"] | dict[bytes, "DList"]
"""One value. Key/value lists keep the order they came in; a key that stands twice keeps its last value."""

MAX_DEPTH: Final = 16
"""Deepest nesting accepted; the server's own replies nest six deep."""

_SAFE_ATOM: Final = re.compile(rb"[A-Za-z0-9\\$!&+,./:<=>?@^_`|~;'#-]+")
_QUOTABLE: Final = re.compile(rb"[\t\x20-\x7e]*")
_TOKEN: Final = re.compile(rb'%\(|[()]|"((?:[^"\\\r\n]|\\["\\])*)"|\{\d+\+?\}\r\n\Z|([^\s()"{%][^\s()"{]*)')
_BLANK: Final = re.compile(rb"[ \t]*")


def atom(value: bytes) -> Piece:
    r"""Write one atom: bare when it is harmless, quoted when it has blanks or brackets, else a literal ``{n+}``.

    Cyrus takes a literal for anything, and takes nothing else for ``" \ %``, line ends and 8-bit bytes.
    """
    if _SAFE_ATOM.fullmatch(value) and value.upper() != b"NIL":
        return value
    if _QUOTABLE.fullmatch(value) and not any(c in value for c in b'"\\%'):
        return b'"%b"' % value
    return Literal(value, synchronizing=False)


def pieces(value: DList) -> list[Piece]:
    """Write any value, as pieces of a command; the counterpart of `parse`."""
    match value:
        case None:
            return [b"NIL"]
        case bytes():
            return [atom(value)]
        case list():
            return [b"(", *_joined(map(pieces, value)), b")"]
        case dict():
            return keyed(value)


def keyed(pairs: Mapping[bytes, DList]) -> list[Piece]:
    """Write a key/value list ``%(KEY value …)``."""
    return [b"%(", *_joined([key, b" ", *pieces(value)] for key, value in pairs.items()), b")"]


def _joined(items: Iterable[list[Piece]]) -> Iterable[Piece]:
    for number, item in enumerate(items):
        if number:
            yield b" "
        yield from item


def parse(parts: Sequence[bytes], offset: int = 0) -> DList:
    """Read one value from a response cut into lines and literals, alternating, from `offset` of the first part on.

    Raises:
        FormatError: not a DList value, nested too deep, or something follows it.
    """
    reader = _Reader(parts, offset)
    value = reader.value(0)
    reader.end()
    return value


class _Reader:
    """Walks the parts of one response."""

    def __init__(self, parts: Sequence[bytes], offset: int) -> None:
        self._parts = parts
        self._index = 0
        self._at = offset

    def value(self, depth: int) -> DList:
        token, text = self._token()
        if token == b"(":
            return list(self._items(depth + 1))
        if token == b"%(":
            return self._pairs(depth + 1)
        if text is None:
            raise self._error("a DList value")
        return None if token == b"NIL" else text

    def end(self) -> None:
        if self._parts[self._index][self._at :].strip(b" \r\n"):
            raise self._error("end of the response")

    def _items(self, depth: int) -> Iterable[DList]:
        self._check(depth)
        while not self._closes():
            yield self.value(depth)

    def _pairs(self, depth: int) -> dict[bytes, DList]:
        self._check(depth)
        pairs: dict[bytes, DList] = {}
        while not self._closes():
            key, text = self._token()
            if text is None:
                raise self._error("a key")
            pairs[key] = self.value(depth)
        return pairs

    def _check(self, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise self._error(f"at most {MAX_DEPTH} levels of brackets")

    def _closes(self) -> bool:
        line = self._parts[self._index]
        blank = _BLANK.match(line, self._at)
        start = blank.end() if blank else self._at
        if line[start : start + 1] == b")":
            self._at = start + 1
            return True
        if line[start:].strip() == b"":
            raise self._error('")"')
        return False

    def _token(self) -> tuple[bytes, bytes | None]:
        """Return the next token and, when it is an atom, its value."""
        line = self._parts[self._index]
        blank = _BLANK.match(line, self._at)
        start = blank.end() if blank else self._at
        found = _TOKEN.match(line, start)
        if found is None:
            raise self._error("an atom, a quoted string, a literal or a bracket")
        self._at = found.end()
        token = found[0]
        if found[2] is not None:
            return token, token
        if found[1] is not None:
            return b'"', re.sub(rb"\\(.)", rb"\1", found[1]) if b"\\" in found[1] else found[1]
        if token.startswith(b"{"):
            return token, self._literal()
        return token, None

    def _literal(self) -> bytes:
        if self._index + 2 >= len(self._parts):
            raise self._error("the bytes of the literal")
        literal = self._parts[self._index + 1]
        self._index += 2
        self._at = 0
        return literal

    def _error(self, what: str) -> FormatError:
        return FormatError(what, data=self._parts[self._index], offset=self._at)
