"""Cut the CLI's bytes into replies, before anyone looks into the objects they carry.

A reply is a line of three digits and a text. Its object comes in one of two ways:

* after ``201``, on the same line, once the client has said ``INLINE``;
* after a line ``200 data follow``, on the lines after it, up to the bracket that closes its first one; a string is one
  line. There is no mark after it, so brackets are followed here, strings and XML elements left out of account.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar, Final

from sterna.communigate.dataformat import read
from sterna.communigate.syntax import Form
from sterna.communigate.values import Value
from sterna.errors import Retry, Scope, SternaError

MAX_REPLY_BYTES: Final = 64 * 1024 * 1024
"""Longest reply accepted. 10,000 accounts of LISTDOMAINOBJECTS, the advised limit, are less than 1 MiB."""

_HEAD: Final = re.compile(rb"([0-9]{3})(?: (.*))?", re.DOTALL)
_DATA_FOLLOW: Final = re.compile(rb"data follow", re.IGNORECASE)
_TAG = rb"<[/?!]?[A-Za-z](?:[^<>\"']++|\"[^\"]*+\"|'[^']*+')*>"
_TOKEN: Final = re.compile(rb"\"(?:[^\"\\]++|\\.)*\"?|[{(\[\])}]|" + _TAG, re.DOTALL)
_TOKEN_IN_ELEMENT: Final = re.compile(_TAG)


class CliProtocolError(SternaError):
    """The server said something that its CLI does not say here; the connection cannot be trusted any more."""

    scope: ClassVar[Scope] = Scope.SERVER
    retry: ClassVar[Retry] = Retry.LATER
    exit_code: ClassVar[int] = 76  # EX_PROTOCOL

    def __init__(self, what: str, todo: str = "run the command again, and see the server's log if it stays") -> None:
        super().__init__(f"source CLI: {what}; {todo}")


class ReplyTooLongError(CliProtocolError):
    """A reply is longer than `limit_bytes`; the rest of it was not read."""

    scope: ClassVar[Scope] = Scope.ACCOUNT
    retry: ClassVar[Retry] = Retry.NEVER

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        super().__init__(f"a reply is longer than {limit_bytes} bytes", "the rest was not read, nothing was changed")


@dataclass(frozen=True, slots=True)
class Reply:
    """One whole reply; `data` is its object in the text format, None when it has none."""

    code: int
    text: str
    data: bytes | None = None
    over_lines: bool = False

    def value(self) -> Value:
        """Return the object, None when there is none.

        Raises:
            DataFormatError: it does not follow the text format.
        """
        if self.data is None:
            return None
        return read(self.data, form=Form.FILE if self.over_lines else Form.LINE)

    @property
    def good(self) -> bool:
        """Whether the command was carried out."""
        return 200 <= self.code < 300


class ReplyReader:
    """Collects bytes and gives back whole replies. How the bytes were split does not matter."""

    def __init__(self, *, limit_bytes: int = MAX_REPLY_BYTES) -> None:
        self._limit_bytes = limit_bytes
        self._buffer = bytearray()
        self._searched = 0  # no line end before this offset
        self._head: Reply | None = None  # its object is still to come
        self._object = _ObjectLines()

    @property
    def in_reply(self) -> bool:
        """Whether a reply has begun and is not whole."""
        return bool(self._buffer) or self._head is not None

    def feed(self, data: bytes) -> list[Reply]:
        """Add `data` and return the replies it completed, oldest first.

        Raises:
            CliProtocolError: a line is no reply, or one is too long. The object must not be used again.
        """
        self._buffer += data
        done: list[Reply] = []
        while (line := self._line()) is not None:
            if self._head is None:
                reply = _head(line)
                if reply.code == 200 and _DATA_FOLLOW.match(reply.text.encode()):
                    self._head = reply
                else:
                    done.append(reply)
            elif self._object.add(line):
                done.append(Reply(self._head.code, self._head.text, self._object.whole(), over_lines=True))
                self._head, self._object = None, _ObjectLines()
            if self._object.size_bytes > self._limit_bytes:
                raise ReplyTooLongError(self._limit_bytes)
        return done

    def _line(self) -> bytes | None:
        end = self._buffer.find(b"\n", self._searched)
        if max(end, len(self._buffer) if end < 0 else 0) > self._limit_bytes:
            raise ReplyTooLongError(self._limit_bytes)
        if end < 0:
            self._searched = len(self._buffer)
            return None
        line = bytes(self._buffer[:end]).removesuffix(b"\r")
        del self._buffer[: end + 1]
        self._searched = 0
        return line


def _head(line: bytes) -> Reply:
    found = _HEAD.fullmatch(line)
    if found is None:
        shown = line[:40].decode("ascii", errors="replace")
        raise CliProtocolError(f"the server sent {shown!r} where a reply begins with three digits")
    text = found[2] or b""
    code = int(found[1])
    if code == 201:
        return Reply(code, "", text)
    return Reply(code, text.decode(errors="replace"))


class _ObjectLines:
    """Follows the brackets of one object through its lines."""

    def __init__(self) -> None:
        self._lines: list[bytes] = []
        self._brackets = 0
        self._elements = 0
        self.size_bytes = 0

    def add(self, line: bytes) -> bool:
        """Add a line; return whether the object ends with it."""
        self._lines.append(line)
        self.size_bytes += len(line) + 1
        at = 0
        while token := (_TOKEN_IN_ELEMENT if self._elements else _TOKEN).search(line, at):
            self._follow(token[0])
            at = token.end()
        return self._brackets <= 0 and self._elements <= 0 and bool(line.strip())

    def whole(self) -> bytes:
        """Return the object, line by line."""
        return b"\n".join(self._lines)

    def _follow(self, token: bytes) -> None:
        if token in (b"{", b"(", b"["):
            self._brackets += 1
        elif token in (b"}", b")", b"]"):
            self._brackets -= 1
        elif token.startswith(b"</"):
            self._elements -= 1
        elif token.startswith(b"<") and token[1:2].isalpha() and not token.endswith(b"/>"):
            self._elements += 1
