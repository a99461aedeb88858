r"""Read CommuniGate's text data format: settings files, and the arguments and replies of its CLI.

The grammar is that of the manual's page "Data Formats", as wide as files in the field are (every deviation has its
name in `Quirk`)::

    object  = ws ( dict | array | block | hash | xml | string ) ws
    dict    = "{" { string ws "=" object ";" } ws "}"
    array   = "(" [ object { "," object } ] ws ")"
    block   = "[" base64 "]" { ws "[" base64 "]" }
    hash    = "#NULL#" | "#T" time | "#I[" address "]" [ ":" port ] | "#(" text ")" | "#" number
    string  = quoted { ws quoted } | atom

An escape like ``\195`` is one byte of a character, and a character may be split between two adjacent strings. So the
text is read as one character a byte, and becomes Unicode when a string is whole. Text is cut by regular expressions
that never go back, so the time is linear; the usual pair and element take one of `sterna.communigate.lanes` each.
"""

from __future__ import annotations

import binascii
import re

from sterna.communigate import lanes
from sterna.communigate.hash_object import HashReader
from sterna.communigate.syntax import SEEN, DataFormatError, Form, Quirk
from sterna.communigate.values import Value, XmlObject
from sterna.communigate.xml_object import xml_end

MAX_DEPTH = 64
"""How deep arrays and dictionaries may be nested. The deepest known, server-wide defaults, has six levels."""

_LINE_END = re.compile(r"[^\n]*+").match
# Repeated a bounded number of times: the interpreter remembers each repetition of a group until the match is over.
_BODY = re.compile(r"(?:[^\"\\]++|\\.){0,1000}", re.DOTALL).match
_ESCAPE = re.compile(r"\\([0-9]{3}|.)", re.DOTALL)
_ATOM = re.compile(rf"{lanes.ATOM_CHARACTER}++").match
_NARROW = re.compile(lanes.NARROW).fullmatch
_BLOCK = re.compile(r"\[([A-Za-z0-9+/=\s]*+)\]", re.ASCII).match
_CONTROL = re.compile(r"[\x00-\x1f\x7f]").search
_ESCAPED = {'"': '"', "\\": "\\", "r": "\r", "n": "\n", "t": "\t", "e": "\n"}
_NONE = Quirk(0)
_NEW_KEY = "a key that this dictionary does not have yet"


def read(data: bytes, *, form: Form = Form.LINE, quirks: Quirk = SEEN) -> Value:
    """Return the one object that `data` says.

    Raises:
        DataFormatError: it says none, or something is behind it, or it uses a deviation that `quirks` does not allow.
    """
    return Reader(data, form=form, quirks=quirks).read()


class Reader:
    """One text. `met` tells which deviations it had."""

    def __init__(self, data: bytes, *, form: Form = Form.LINE, quirks: Quirk = SEEN) -> None:
        self.met = _NONE
        self._data = data
        self._chars = data.decode("latin-1")
        self._at = 0
        self._quirks = quirks
        self._in_file = form is Form.FILE
        self._lanes = lanes.FILE if self._in_file else lanes.LINE
        self._wide_allowed = False  # until the first one was looked at
        self._depth = 0

    def read(self) -> Value:
        """Return the object that the whole text is."""
        self._skip_space()
        if self._in_file and self._is_dictionary_without_braces():
            return self._pairs("")
        value = self._object()
        self._skip_space()
        if self._at < len(self._chars):
            raise self._expect("nothing more after the object")
        return value

    def _is_dictionary_without_braces(self) -> bool:
        start, met = self._at, self.met
        if start < len(self._chars):
            if self._peek() in "{([<#":
                return False
            self._string()
            self._skip_space()
            if self._peek() != "=":
                self._at, self.met = start, met
                return False
            self._at = start
        self._tolerate(Quirk.MISSING_BRACES, "'{'")
        return True

    def _object(self) -> Value:
        self._skip_space()
        if self._depth > MAX_DEPTH:
            raise self._expect(f"at most {MAX_DEPTH} levels of nesting")
        value: Value
        match self._peek():
            case ("(" | "{") as bracket:
                self._at += 1
                value = self._within(bracket)
            case "[":
                value = self._datablock()
            case "#":
                value, self._at = HashReader(self._expect, self._tolerate).read(self._data, self._at)
            case "<":
                value = self._xml()
            case _:
                value = self._string()
        return value

    def _within(self, bracket: str) -> Value:
        self._depth += 1
        value = self._array() if bracket == "(" else self._pairs("}")
        self._depth -= 1
        return value

    def _pairs(self, closing: str) -> dict[str, Value]:
        pairs: dict[str, Value] = {}
        while True:
            self._usual_pairs(pairs)
            self._skip_space()
            if self._peek() == closing:
                self._at += len(closing)
                return pairs
            if self._at == len(self._chars):
                raise self._expect(f"a key or '{closing}'")
            start = self._at
            key = self._string()
            if key in pairs:
                self._tolerate(Quirk.DUPLICATE_KEY, _NEW_KEY, start)
            self._mark("=", "'=' after the key")
            pairs[key] = self._object()
            self._skip_space()
            if self._peek() == closing and Quirk.MISSING_SEMICOLON in self._quirks:
                self.met |= Quirk.MISSING_SEMICOLON
            else:
                self._mark(";", "';' after the value")

    def _usual_pairs(self, pairs: dict[str, Value]) -> None:
        """Read plain pairs; the first one that is not is left for a careful look."""
        if self._depth > MAX_DEPTH:
            return
        chars, pair, at = self._chars, self._lanes.pair, self._at
        while (found := pair(chars, at)) is not None:
            key, narrow_key, quoted, narrow, _, bracket = found.groups()
            if key is None:
                key = narrow_key
            elif not key.isascii():
                key = self._text(key, found.start(1) - 1)
            if key in pairs:
                self._tolerate(Quirk.DUPLICATE_KEY, _NEW_KEY, _after(self._lanes.blanks, chars, at))
            at = found.end()
            if narrow is not None:
                pairs[key] = narrow
            elif quoted is not None and quoted.isascii():
                pairs[key] = quoted
            elif bracket is None:
                pairs[key] = self._unusual(found, 3)
            else:
                self._at = at
                pairs[key] = self._within(bracket)
                self._mark(";", "';' after the value")
                at = self._at
        self._at = at

    def _array(self) -> tuple[Value, ...]:
        stack: list[list[Value]] = [[]]
        """This array, and those in it whose ends have not come yet."""
        while (whole := self._usual_elements(stack)) is None:
            if not self._chars.startswith("{", self._at):
                self._skip_space()
            if not (self._peek() == ")" and not stack[-1]):
                self._depth += len(stack) - 1
                stack[-1].append(self._object())
                self._depth -= len(stack) - 1
            if (whole := self._ended(stack)) is not None:
                break
        return whole

    def _ended(self, stack: list[list[Value]]) -> tuple[Value, ...] | None:
        """Read what stands behind an element, return the array when it is whole."""
        while not self._chars.startswith(",", self._at):
            self._skip_space()
            if self._peek() != ")":
                self._mark(",", "',' or ')'")
                return None
            if whole := self._closed(stack, 1):
                return whole[0]
        self._at += 1
        return None

    def _closed(self, stack: list[list[Value]], brackets: int) -> tuple[tuple[Value, ...]] | None:
        """Read so many closing brackets, return the array (as the only element of one) when it is whole."""
        for _ in range(brackets):
            self._at += 1
            ended = tuple(stack.pop())
            if not stack:
                return (ended,)
            stack[-1].append(ended)
        return None

    def _usual_elements(self, stack: list[list[Value]]) -> tuple[Value, ...] | None:
        """Read plain elements, return the array when it is whole; else the next element is left for a careful look."""
        chars, element, at = self._chars, self._lanes.element, self._at
        room = MAX_DEPTH + 1 - self._depth
        here = stack[-1]
        while len(stack) <= room and (found := element(chars, at)) is not None:
            opening, quoted, narrow, _, closing, comma = found.groups()
            if opening:
                if len(stack) + len(opening) > room:
                    break
                stack += [[] for _ in opening]
                here = stack[-1]
            if narrow is not None:
                here.append(narrow)
            elif quoted is not None and quoted.isascii():
                here.append(quoted)
            else:
                here.append(self._unusual(found, 2))
            if closing:
                self._at = found.start(5)
                if whole := self._closed(stack, len(closing)):
                    return whole[0]
                here = stack[-1]
            at = found.end()
            if not comma:
                self._at = at
                if (outermost := self._ended(stack)) is not None:
                    return outermost
                here, at = stack[-1], self._at
        self._at = at
        return None

    def _unusual(self, found: re.Match[str], group: int) -> Value:
        """Return a value that is not plain ASCII; `group` is the first one of its three."""
        quoted, _, other = found.group(group, group + 1, group + 2)
        if quoted is not None:
            return self._text(quoted, found.start(group) - 1)
        return int(other[1:]) if other.startswith("#") else self._wide(other, found.start(group + 2))

    def _datablock(self) -> bytes:
        block = bytearray()
        while self._peek() == "[":
            found = _BLOCK(self._chars, self._at)
            if found is None:
                raise self._expect("a datablock, base64 between '[' and ']'")
            block += self._base64("".join(found[1].split()))
            self._at = found.end()
            self._skip_space()
        return bytes(block)

    def _base64(self, text: str) -> bytes:
        if missing := -len(text) % 4:
            self._tolerate(Quirk.UNPADDED_BASE64, "base64 in groups of four characters")
            text += "=" * missing
        try:
            return binascii.a2b_base64(text, strict_mode=True)
        except binascii.Error:
            raise self._expect("a datablock of sound base64") from None

    def _xml(self) -> XmlObject:
        start, self._at = self._at, xml_end(self._data, self._at)
        return XmlObject(self._text(self._chars[start : self._at], start))

    def _string(self) -> str:
        start = self._at
        if self._peek() != '"':
            return self._atom()
        parts: list[str] = []
        while self._peek() == '"':
            parts.append(self._quoted())
            self._skip_space()
        return self._text("".join(parts), start)

    def _quoted(self) -> str:
        start = at = self._at + 1
        while (end := _after(_BODY, self._chars, at)) > at:
            at = end
        if not self._chars.startswith('"', at):
            raise self._expect("a string that its second '\"' ends")
        body = self._chars[start:at]
        if control := _CONTROL(body):
            self._tolerate(Quirk.CONTROL_IN_STRING, "an escape for a control character", start + control.start())
        self._at = at + 1
        return _ESCAPE.sub(lambda escape: self._unescaped(escape, start), body) if "\\" in body else body

    def _unescaped(self, escape: re.Match[str], base: int) -> str:
        name = escape[1]
        if name in _ESCAPED:
            return _ESCAPED[name]
        if len(name) == 3 and int(name) < 256:
            return chr(int(name))
        self._tolerate(Quirk.UNKNOWN_ESCAPE, 'one of the escapes \\" \\\\ \\r \\n \\t \\e \\nnn', base + escape.start())
        return escape[0]

    def _atom(self) -> str:
        found = _ATOM(self._chars, self._at)
        if found is None:
            raise self._expect("a string" if self._at < len(self._chars) else "an object")
        self._at = found.end()
        return found[0] if _NARROW(found[0]) else self._wide(found[0], found.start())

    def _wide(self, raw: str, start: int) -> str:
        if not self._wide_allowed:
            self._tolerate(Quirk.WIDE_ATOM, "only letters and digits in a string without quotes", start)
            self._wide_allowed = True
        return self._text(raw, start)

    def _text(self, raw: str, start: int) -> str:
        """Return the string that these bytes are; most are ASCII and stay what they are."""
        if raw.isascii():
            return raw
        octets = raw.encode("latin-1")
        try:
            return octets.decode()
        except UnicodeDecodeError:
            self._tolerate(Quirk.NOT_UTF8, "text in UTF-8", start)
            return octets.decode(errors="surrogateescape")

    def _skip_space(self) -> None:
        chars, blanks = self._chars, self._lanes.blanks
        self._at = _after(blanks, chars, self._at)
        while self._in_file and chars.startswith("/", self._at):
            if chars.startswith("//", self._at):
                end = _after(_LINE_END, chars, self._at)
            elif chars.startswith("/*", self._at):
                end = chars.find("*/", self._at + 2) + 2
                if end < 2:
                    # Were it an atom, each later comment sign would be searched to the end of the file again.
                    raise self._expect("a comment that '*/' ends")
            else:
                return
            self._tolerate(Quirk.COMMENT, "no comment")
            self._at = _after(blanks, chars, end)

    def _peek(self) -> str:
        return self._chars[self._at : self._at + 1]

    def _mark(self, mark: str, what: str) -> None:
        if not self._chars.startswith(mark, self._at):
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


def _after(match: lanes.Match, chars: str, at: int) -> int:
    """Return the offset after what `match` finds at `at`; it is a pattern that may match nothing."""
    found = match(chars, at)
    return at if found is None else found.end()
