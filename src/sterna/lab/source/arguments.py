"""Takes a CLI command line apart: words and objects of the text format, divided by blanks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sterna.communigate.dataformat import read
from sterna.communigate.syntax import DataFormatError
from sterna.communigate.values import Value, as_text

_PIECE = re.compile(rb"\"(?:[^\"\\]|\\.)*\"?|[{(\[]|[\])}]|[ ]+|[^\"{}()\[\] ]+")


class Refused(Exception):  # noqa: N818  a reply of the protocol, not an error of ours
    """The command is answered with this code and text."""

    def __init__(self, code: int, text: str) -> None:
        self.code = code
        self.text = text
        super().__init__(f"{code} {text}")


def split(line: bytes) -> Iterator[bytes]:
    """Yield the pieces of `line` that blanks divide, blanks in strings and inside brackets left alone."""
    piece = bytearray()
    depth = 0
    for found in _PIECE.finditer(line):
        token = found[0]
        if token.startswith(b" ") and depth == 0:
            if piece:
                yield bytes(piece)
            piece.clear()
            continue
        depth += (token in b"{([") - (token in b"])}") if len(token) == 1 else 0
        piece += token
    if piece:
        yield bytes(piece)


class Arguments:
    """The arguments of one command, taken one after the other."""

    def __init__(self, pieces: list[bytes]) -> None:
        self._left = pieces

    def __bool__(self) -> bool:
        return bool(self._left)

    def value(self) -> Value:
        """Take an object.

        Raises:
            Refused: there is none, or it is not in the text format.
        """
        if not self._left:
            raise Refused(501, "a parameter is missing")
        try:
            return read(self._left.pop(0))
        except DataFormatError as error:
            raise Refused(501, f"incorrect parameter format: {error}") from error

    def text(self) -> str:
        """Take a string.

        Raises:
            Refused: there is none, or something else.
        """
        text = as_text(self.value())
        if text is None:
            raise Refused(501, "a string is expected")
        return text

    def has(self, keyword: str) -> bool:
        """Take `keyword` if it comes next; upper and lower case are one."""
        if self._left and self._left[0].upper() == keyword.encode():
            self._left.pop(0)
            return True
        return False

    def after(self, keyword: str) -> str | None:
        """Take ``keyword string`` if it comes next, and return the string."""
        return self.text() if self.has(keyword) else None

    def expect(self, keyword: str) -> None:
        """Take `keyword`.

        Raises:
            Refused: something else comes.
        """
        if not self.has(keyword):
            raise Refused(501, f"{keyword} is expected")

    def end(self) -> None:
        """Refuse anything that is left.

        Raises:
            Refused: something is left.
        """
        if self._left:
            raise Refused(501, "extra parameters")
