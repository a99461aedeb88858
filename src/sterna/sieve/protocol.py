"""ManageSieve (RFC 5804) without sockets: bytes in, responses out; commands as bytes."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

from sterna.errors import FormatError

MAX_LINE_BYTES = 64 * 1024
"""No line of a response is longer, strings of more length come as literals."""

MAX_LITERAL_BYTES = 16 * 1024 * 1024
"""No script is longer."""

_LITERAL_AT_END = re.compile(rb"\{([0-9]{1,10})\+?\}\r\n\Z")
_TOKEN = re.compile(rb'"((?:[^"\\\r\n\0]|\\.)*)"|\(([^()]*)\)|([^\s"()]+)')
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
_PLAIN = re.compile(rb"[\x20-\x7e]{0,900}")
"""What goes into a quoted string: Cyrus 3.6 takes no UTF-8 there, though RFC 5804 section 4 allows it."""

_UNESCAPED = re.compile(rb'"(.*)"(?: ([A-Za-z]+))?\r\n')
"""A row of LISTSCRIPTS as Cyrus 3.6 writes it: the name between quotes, without any escapes."""


class Status(enum.Enum):
    """How a command ended."""

    OK = b"OK"
    NO = b"NO"
    BYE = b"BYE"


@dataclass(frozen=True, slots=True)
class Response:
    """Everything up to and including one line with a status.

    Fields:
        status: of the command.
        code: what stands in parentheses, as ``QUOTA/MAXSCRIPTS``; empty when nothing does.
        text: for people.
        rows: the lines before; strings and words of each.
        lines: the same as they came.
    """

    status: Status
    code: str
    text: str
    rows: tuple[tuple[bytes, ...], ...]
    lines: tuple[bytes, ...] = ()

    def scripts(self) -> list[tuple[bytes, bool]]:
        """Return the rows of LISTSCRIPTS: name, and whether it is the active one."""
        rows: list[tuple[bytes, bool]] = []
        for line, tokens in zip(self.lines, self.rows, strict=True):
            found = _UNESCAPED.fullmatch(line)
            if found is not None and b'"' in found[1].replace(b'\\"', b""):
                tokens = tuple(part for part in found.groups() if part is not None)  # noqa: PLW2901  # read anew
            rows.append((tokens[0], len(tokens) > 1 and tokens[1].upper() == b"ACTIVE"))
        return rows


class ResponseReader:
    """Puts responses together from bytes that come in any pieces."""

    def __init__(self) -> None:
        self._buffer = b""
        self._rows: list[tuple[bytes, ...]] = []
        self._lines: list[bytes] = []

    @property
    def pending(self) -> bool:
        """Whether part of a response has come that is not complete."""
        return bool(self._buffer or self._rows)

    def receive(self, data: bytes) -> list[Response]:
        """Return the responses that `data` completes.

        Raises:
            FormatError: this is no ManageSieve, or longer than any response may be.
        """
        self._buffer += data
        responses: list[Response] = []
        while (end := self._line_end()) is not None:
            line, self._buffer = self._buffer[:end], self._buffer[end:]
            tokens = _row(line)
            if not tokens:
                raise FormatError("a response", data=line, offset=0)
            word = tokens[0].upper()
            if line[:1] != b'"' and word in {status.value for status in Status}:
                responses.append(self._finished(Status(word), line, tokens[1:]))
            else:
                self._rows.append(tuple(tokens))
                self._lines.append(line)
        return responses

    def _finished(self, status: Status, line: bytes, tokens: list[bytes]) -> Response:
        coded = line[len(status.value) :].lstrip().startswith(b"(") and bool(tokens)
        code = tokens.pop(0).decode("utf-8", "replace") if coded else ""
        text = b" ".join(tokens).decode("utf-8", "replace")
        rows, self._rows = tuple(self._rows), []
        lines, self._lines = tuple(self._lines), []
        return Response(status, code, text, rows, lines)

    def _line_end(self) -> int | None:
        """Return where the first line in the buffer ends, with the literals in it; None while it is not all there."""
        start = 0
        while True:
            end = self._buffer.find(b"\r\n", start)
            if end < 0:
                if len(self._buffer) - start > MAX_LINE_BYTES:
                    raise FormatError("the end of a line", data=self._buffer, offset=start)
                return None
            literal = _LITERAL_AT_END.search(self._buffer, start, end + 2)
            if literal is None:
                return end + 2
            size = int(literal[1])
            if size > MAX_LITERAL_BYTES:
                raise FormatError("a literal of a script's length", data=self._buffer, offset=literal.start())
            start = end + 2 + size
            if len(self._buffer) < start:
                return None


def string(text: bytes) -> bytes:
    """Return a string for a command: quoted where it can be, otherwise as a literal that needs no waiting."""
    if _PLAIN.fullmatch(text):
        return b'"' + text.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'
    return literal(text)


def literal(text: bytes) -> bytes:
    """Return a literal; a client's never wait for the server (RFC 5804 section 4)."""
    return b"{%d+}\r\n%b" % (len(text), text)


def _row(line: bytes) -> list[bytes]:
    """Return the strings and words of one line, even of one that Cyrus has quoted badly."""
    try:
        return _tokens(line)
    except FormatError:
        found = _UNESCAPED.fullmatch(line)
        if found is None:
            raise
        return [part for part in found.groups() if part is not None]


def _tokens(line: bytes) -> list[bytes]:
    """Return the strings and words of one line; a literal in it is one string."""
    tokens: list[bytes] = []
    place = 0
    while place < len(line):
        if line[place : place + 1].isspace():
            place += 1
            continue
        opened = re.compile(rb"\{([0-9]{1,10})\+?\}\r\n").match(line, place)
        if opened is not None:
            end = opened.end() + int(opened[1])
            tokens.append(line[opened.end() : end])
            place = end
            continue
        found = _TOKEN.match(line, place)
        if found is None:
            raise FormatError("a string or a word", data=line, offset=place)
        inside = found[1]
        tokens.append(_ESCAPED.sub(rb"\1", inside) if inside is not None else found[2] or found[3] or b"")
        place = found.end()
    return tokens
