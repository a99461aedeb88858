r"""Read CommuniGate's text data format: settings files, and the arguments and replies of its CLI.

The grammar is that of the manual's page "Data Formats", as wide as files in the field are (every deviation has its
name in `Quirk`)::

    object  = ws ( dict | array | block | hash | xml | string ) ws
    dict    = "{" { string ws "=" object ";" } ws "}"
    array   = "(" [ object { "," object } ] ws ")"
    block   = "[" base64 "]" { ws "[" base64 "]" }
    hash    = "#NULL#" | "#T" time | "#I[" address "]" [ ":" port ] | "#(" text ")" | "#" number
    string  = quoted { ws quoted } | atom

Everything is read as bytes, because an escape like ``\195`` is one byte of a character, and a character may be split
between two adjacent strings. Text is cut by regular expressions that never go back, so the time is linear.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable

from sterna.communigate.hash_object import HashReader
from sterna.communigate.syntax import SEEN, DataFormatError, Form, Quirk
from sterna.communigate.values import Value, XmlObject
from sterna.communigate.xml_object import xml_end

MAX_DEPTH = 64
"""How deep arrays and dictionaries may be nested. The deepest known, server-wide defaults, has six levels."""

# Single characters are repeated possessively, groups never: the Python of Debian 12 (3.11.2) matches possessive groups
# wrongly (python/cpython#106052). The alternatives begin differently, so there is next to nothing to go back to.
_SPACE = {
    Form.LINE: re.compile(rb" *+"),
    Form.FILE: re.compile(rb"(?:[ \t\r\n]++|//[^\n]*+|/\*(?:[^*]++|\*(?!/))*\*/)*"),
}
_QUOTED = re.compile(rb"\"((?:[^\"\\]++|\\.)*)\"", re.DOTALL)
_ESCAPE = re.compile(rb"\\([0-9]{3}|.)", re.DOTALL)
_ATOM = re.compile(rb"[^\x00-\x20{}()\[\]=\";,]++")
_NARROW_ATOM = re.compile(rb"[A-Za-z0-9]++")
_BLOCK = re.compile(rb"\[([A-Za-z0-9+/=\s]*+)\]")
_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")
_ESCAPED = {b'"': b'"', b"\\": b"\\", b"r": b"\r", b"n": b"\n", b"t": b"\t", b"e": b"\n"}


def read(data: bytes, *, form: Form = Form.LINE, quirks: Quirk = SEEN) -> Value:
    """Return the one object that `data` says.

    Raises:
        DataFormatError: it says none, or something is behind it, or it uses a deviation that `quirks` does not allow.
    """
    return Reader(data, form=form, quirks=quirks).read()


class Reader:
    """One text. `met` tells which deviations it had."""

    def __init__(self, data: bytes, *, form: Form = Form.LINE, quirks: Quirk = SEEN) -> None:
        self.met = Quirk(0)
        self._data = data
        self._at = 0
        self._quirks = quirks
        self._form = form
        self._space = _SPACE[form]
        self._depth = 0
        self._hash = HashReader(self._expect, self._tolerate)
        self._readers: dict[bytes, Callable[[], Value]] = {
            b"{": self._dictionary,
            b"(": self._array,
            b"[": self._datablock,
            b"#": self._hash_object,
            b"<": self._xml,
        }

    def read(self) -> Value:
        """Return the object that the whole text is."""
        self._skip_space()
        if self._form is Form.FILE and self._is_dictionary_without_braces():
            return self._pairs(b"")
        value = self._object()
        self._skip_space()
        if self._at < len(self._data):
            raise self._expect("nothing more after the object")
        return value

    def _is_dictionary_without_braces(self) -> bool:
        start, met = self._at, self.met
        if start < len(self._data):
            if self._peek() in b"{([<#":
                return False
            self._string()
            self._skip_space()
            if self._peek() != b"=":
                self._at, self.met = start, met
                return False
            self._at = start
        self._tolerate(Quirk.MISSING_BRACES, "'{'")
        return True

    def _object(self) -> Value:
        self._skip_space()
        if self._depth > MAX_DEPTH:
            raise self._expect(f"at most {MAX_DEPTH} levels of nesting")
        self._depth += 1
        value = self._readers.get(self._peek(), self._string)()
        self._depth -= 1
        return value

    def _dictionary(self) -> dict[str, Value]:
        self._at += 1
        return self._pairs(b"}")

    def _pairs(self, closing: bytes) -> dict[str, Value]:
        pairs: dict[str, Value] = {}
        while True:
            self._skip_space()
            if self._peek() == closing:
                self._at += len(closing)
                return pairs
            if self._at == len(self._data):
                raise self._expect(f"a key or '{closing.decode()}'")
            start = self._at
            key = self._string()
            if key in pairs:
                self._tolerate(Quirk.DUPLICATE_KEY, "a key that this dictionary does not have yet", start)
            self._mark(b"=", "'=' after the key")
            pairs[key] = self._object()
            self._skip_space()
            if self._peek() == closing and Quirk.MISSING_SEMICOLON in self._quirks:
                self.met |= Quirk.MISSING_SEMICOLON
            else:
                self._mark(b";", "';' after the value")

    def _array(self) -> tuple[Value, ...]:
        self._at += 1
        self._skip_space()
        elements: list[Value] = []
        if self._peek() != b")":
            elements.append(self._object())
            self._skip_space()
            while self._peek() == b",":
                self._at += 1
                elements.append(self._object())
                self._skip_space()
        self._mark(b")", "',' or ')'")
        return tuple(elements)

    def _datablock(self) -> bytes:
        block = bytearray()
        while self._peek() == b"[":
            found = _BLOCK.match(self._data, self._at)
            if found is None:
                raise self._expect("a datablock, base64 between '[' and ']'")
            block += self._base64(b"".join(found[1].split()))
            self._at = found.end()
            self._skip_space()
        return bytes(block)

    def _base64(self, text: bytes) -> bytes:
        if missing := -len(text) % 4:
            self._tolerate(Quirk.UNPADDED_BASE64, "base64 in groups of four characters")
            text += b"=" * missing
        try:
            return binascii.a2b_base64(text, strict_mode=True)
        except binascii.Error:
            raise self._expect("a datablock of sound base64") from None

    def _hash_object(self) -> Value:
        value, self._at = self._hash.read(self._data, self._at)
        return value

    def _xml(self) -> XmlObject:
        start, self._at = self._at, xml_end(self._data, self._at)
        return XmlObject(self._text(self._data[start : self._at], start))

    def _string(self) -> str:
        start = self._at
        if self._peek() != b'"':
            return self._atom()
        parts: list[bytes] = []
        while self._peek() == b'"':
            parts.append(self._quoted())
            self._skip_space()
        return self._text(b"".join(parts), start)

    def _quoted(self) -> bytes:
        found = _QUOTED.match(self._data, self._at)
        if found is None:
            raise self._expect("a string that its second '\"' ends")
        body = found[1]
        if control := _CONTROL.search(body):
            self._tolerate(
                Quirk.CONTROL_IN_STRING, "an escape for a control character", found.start(1) + control.start()
            )
        self._at = found.end()
        return _ESCAPE.sub(lambda escape: self._unescaped(escape, found.start(1)), body) if b"\\" in body else body

    def _unescaped(self, escape: re.Match[bytes], base: int) -> bytes:
        name = escape[1]
        if len(name) == 3 and int(name) < 256:
            return bytes((int(name),))
        if name not in _ESCAPED:
            self._tolerate(
                Quirk.UNKNOWN_ESCAPE, 'one of the escapes \\" \\\\ \\r \\n \\t \\e \\nnn', base + escape.start()
            )
            return escape[0]
        return _ESCAPED[name]

    def _atom(self) -> str:
        found = _ATOM.match(self._data, self._at)
        if found is None:
            raise self._expect("a string" if self._at < len(self._data) else "an object")
        if not _NARROW_ATOM.fullmatch(found[0]):
            self._tolerate(Quirk.WIDE_ATOM, "only letters and digits in a string without quotes")
        self._at = found.end()
        return self._text(found[0], found.start())

    def _text(self, raw: bytes, start: int) -> str:
        try:
            return raw.decode()
        except UnicodeDecodeError:
            self._tolerate(Quirk.NOT_UTF8, "text in UTF-8", start)
            return raw.decode(errors="surrogateescape")

    def _skip_space(self) -> None:
        found = self._space.match(self._data, self._at)
        if found is None or found.end() == self._at:
            passed = b""
        else:
            passed, self._at = found[0], found.end()
        if self._form is Form.FILE:
            if b"/" in passed:
                self._tolerate(Quirk.COMMENT, "no comment")
            if self._data.startswith(b"/*", self._at):
                # Were it an atom, each later comment sign would be searched to the end of the file again.
                raise self._expect("a comment that '*/' ends")

    def _peek(self) -> bytes:
        return self._data[self._at : self._at + 1]

    def _mark(self, mark: bytes, what: str) -> None:
        self._skip_space()
        if self._peek() != mark:
            raise self._expect(what)
        self._at += 1

    def _tolerate(self, quirk: Quirk, what: str, offset: int | None = None) -> None:
        if quirk not in self._quirks:
            raise self._expect(what, offset)
        self.met |= quirk

    def _expect(self, what: str, offset: int | None = None) -> DataFormatError:
        return DataFormatError(what, data=self._data, offset=self._at if offset is None else offset)
