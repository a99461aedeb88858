"""Reading one whole response from left to right: atoms, strings, numbers, lists (RFC 9051 section 4).

A `Scanner` never looks beyond its response and never goes back. What it cannot read is a `FormatError` with the place.
There is no recursion over what a server sent: nesting is counted and limited.
"""

from __future__ import annotations

import re
from typing import Final, NoReturn

from sterna.errors import FormatError
from sterna.imap.content import Content
from sterna.imap.fragments import Response
from sterna.imap.quirks import Quirk

MAX_DEPTH: Final = 100
"""Deepest nesting of lists that is skipped over; BODYSTRUCTURE nests as deep as the MIME parts of a message."""

_ATOM: Final = re.compile(rb'[^\x00-\x20\x7f-\xff(){%*"\\\]]+')
_ASTRING: Final = re.compile(rb'[^\x00-\x20\x7f-\xff(){%*"\\]+')
_QUOTED: Final = re.compile(rb'"([^"\\\x00\r\n]*(?:\\["\\][^"\\\x00\r\n]*)*)"')
_ESCAPED: Final = re.compile(rb'\\(["\\])')
_ANNOUNCED: Final = re.compile(rb"\{[0-9]+\+?\}\r\n\Z")
_NUMBER: Final = re.compile(rb"[0-9]{1,19}")
_ODD_ATOM: Final = re.compile(rb'[^\x00-\x20\x7f(){"]+')
_SECTION: Final = re.compile(rb'[^\]"{\r\n]*')


class Scanner:
    """A place in one response. Every method reads what stands there and moves behind it."""

    __slots__ = ("_at", "_kept", "_line", "_part", "_parts", "quirks")

    def __init__(self, response: Response, quirks: Quirk = Quirk.KNOWN) -> None:
        self._parts = response.parts
        self._kept = response.kept
        self._part = 0
        self._line = response.parts[0]
        self._at = 0
        self.quirks = quirks

    def fail(self, what: str) -> NoReturn:
        """Raise the error that `what` was expected here."""
        raise FormatError(what, data=self._line, offset=self._at)

    def next_is(self, text: bytes) -> bool:
        """Whether `text` stands here; nothing is read."""
        return self._line.startswith(text, self._at)

    def skip(self, text: bytes) -> bool:
        """Read `text` if it stands here, and say whether it did."""
        if not self._line.startswith(text, self._at):
            return False
        self._at += len(text)
        return True

    def expect(self, text: bytes) -> None:
        """Read `text`, which has to stand here."""
        if not self.skip(text):
            self.fail(repr(text.decode("ascii")))

    def word(self) -> bytes:
        """Read an atom and return it in upper case: names of responses and items know no case."""
        return self.take(_ATOM, "atom")[0].upper()

    def take(self, pattern: re.Pattern[bytes], what: str) -> re.Match[bytes]:
        """Read what `pattern` matches here."""
        found = pattern.match(self._line, self._at)
        if found is None:
            self.fail(what)
        self._at = found.end()
        return found

    def number(self, most: int = (1 << 63) - 1, least: int = 0) -> int:
        """Read a number of at least `least` and at most `most`."""
        at = self._at
        value = int(self.take(_NUMBER, "number")[0])
        if not least <= value <= most:
            self._at = at
            self.fail(f"number from {least} to {most}")
        return value

    def uid(self) -> int:
        """Read a UID, a sequence number or a UIDVALIDITY: 32 bits, not zero (RFC 9051 section 9, nz-number)."""
        return self.number((1 << 32) - 1, 1)

    def astring(self) -> bytes:
        """Read an atom or a string, such as the name of a mailbox."""
        return self.string() if self.next_is(b'"') or self.next_is(b"{") else self.take(_ASTRING, "astring")[0]

    def string(self) -> bytes:
        """Read a quoted string or a literal."""
        if self.next_is(b'"'):
            inner = self.take(_QUOTED, "quoted string")[1]
            return _ESCAPED.sub(rb"\1", inner) if b"\\" in inner else inner
        if _ANNOUNCED.match(self._line, self._at) is None or self._part + 2 >= len(self._parts):
            self.fail("string")
        if self._part + 1 in self._kept:
            self.fail("a literal that fits into memory")
        return self._literal()

    def content(self) -> Content | None:
        """Read a message: a string, a literal wherever it is kept, or NIL as None."""
        if self.next_is(b"~{"):  # Cyrus writes BODY[] so when it has a NUL (literal8, RFC 9051 section 4.3.2)
            self.expect(b"~")
        kept = self._kept.get(self._part + 1)
        if kept is None or _ANNOUNCED.match(self._line, self._at) is None:
            return self.nstring()
        self._literal()
        return kept

    def _literal(self) -> bytes:
        octets = self._parts[self._part + 1]
        self._part += 2
        self._line = self._parts[self._part]
        self._at = 0
        return octets

    def nstring(self) -> bytes | None:
        """Read a string, or NIL as None."""
        if self.next_is(b'"') or self.next_is(b"{"):
            return self.string()
        self.nil()
        return None

    def nil(self) -> None:
        """Read NIL."""
        if self._line[self._at : self._at + 3].upper() != b"NIL":
            self.fail("string or NIL")
        self._at += 3

    def section(self) -> None:
        """Read past the rest of ``[HEADER.FIELDS ("X")]``, its ``[`` already read, and past ``<0>`` after it."""
        while not self.skip(b"]"):
            self.take(_SECTION, "section")
            if self.next_is(b'"') or self.next_is(b"{"):
                self.string()
            elif not self.next_is(b"]"):
                self.fail("']'")
        if self.skip(b"<"):
            self.number()
            self.expect(b">")

    def value(self) -> None:
        """Read past one value of any kind: a number, an atom, a string, NIL, or a list of values."""
        depth = 0
        while True:
            if self.skip(b"("):
                depth += 1
                if depth > MAX_DEPTH:
                    self.fail(f"at most {MAX_DEPTH} lists inside each other")
            elif depth and self.skip(b")"):
                depth -= 1
            elif self.next_is(b'"') or self.next_is(b"{"):
                self.string()
            elif self.next_is(b"~{"):  # literal8, RFC 9051 section 4.3.2
                self.expect(b"~")
                self.string()
            else:
                self.take(_ODD_ATOM, "value")
            if not depth:
                return
            while self.skip(b" "):
                pass

    def spaces(self) -> None:
        """Read past spaces that the grammar does not have here, where that quirk is known."""
        if Quirk.SPARE_SPACE in self.quirks:
            while self.skip(b" "):
                pass

    def end(self) -> None:
        """Read the end of the response."""
        self.spaces()
        self.expect(b"\r\n")
        if self._part + 1 != len(self._parts) or self._at != len(self._line):
            self.fail("end of the response")
