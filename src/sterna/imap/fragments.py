"""Cut a stream of IMAP bytes into whole responses, before anyone looks at their grammar.

Finding the end of a response needs only two facts (RFC 9051 section 4.3): a line ends in CRLF, and a line that
ends in ``{n}`` is followed by exactly n octets and then more of the same response. Doing that first means a
malformed response can be thrown away whole: its literal can never be read as a response of its own.

The work is linear in the bytes: each octet of a literal is copied once, however the stream was split.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from sterna.errors import FormatError
from sterna.imap.content import Keep, Kept
from sterna.imap.quirks import Quirk

_LITERAL: Final = re.compile(rb"\{([0-9]{1,19})(\+?)\}\r\n\Z")

_FREE_TEXT: Final = re.compile(rb"\* (?:OK|NO|BAD|BYE|PREAUTH)(?: |\r\n)|[^*]", re.IGNORECASE)
"""Responses that end in text for people, which may end in ``{5}`` (the name of a mailbox, say) and mean nothing by it.

Status responses, tagged or not, and ``+`` hold no literal by their grammar (RFC 9051 section 9, resp-text).
"""


_PART_BYTES: Final = 64 * 1024
"""How much of an untagged line is handed on at a time where somebody takes it in parts."""
_HELD_BACK: Final = 64
"""How much of its end is kept then, in bytes: more than the announcement of a literal."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of one response is held in memory before the server is taken to have gone mad.

    Fields:
        line_bytes: longest line; SEARCH puts all UIDs of a mailbox into one, 2,000,000 of them take 16 MB.
        literal_bytes: largest literal; a message of 500 MB is a case to design for.
        literals: most literals in one response; FETCH of a whole message has one.
        memory_bytes: literals beyond it are kept elsewhere, where somebody offers to.
    """

    line_bytes: int = 64 << 20
    literal_bytes: int = 1 << 30
    literals: int = 10_000
    memory_bytes: int = 1 << 20


@dataclass(frozen=True, slots=True)
class Response:
    """One whole response: its lines (CRLF included) and its literals in turn, beginning and ending with a line.

    `kept` are the literals that are not in memory, by their place in `parts`, where nothing stands for them. Where it
    was asked for in parts, the first of `parts` goes on with the last of the response before if it `continues` that.
    """

    parts: tuple[bytes, ...]
    kept: Mapping[int, Kept] = field(default_factory=dict)
    continues: bool = False


class Fragments:
    """Collects bytes and gives back whole responses.

    What comes out does not depend on how the bytes were split between calls of `feed`, but for where parts end.

    Attributes:
        in_parts: whether untagged responses with a long line are given back in parts, as they come.
    """

    def __init__(self, limits: Limits | None = None, quirks: Quirk = Quirk.KNOWN, keep: Keep | None = None) -> None:
        self._limits = limits or Limits()
        self._keep = keep
        self._kept: dict[int, Kept] = {}
        self._quirks = quirks
        self._parts: list[bytes] = []
        self._line: list[bytes] = []  # the beginning of a line whose end has not come yet
        self._line_bytes = 0
        self._literal = io.BytesIO()  # its buffer becomes the literal without another copy
        self._owed = 0  # octets of the literal that have not come yet
        self._continues = False
        self.in_parts = False

    @property
    def is_between_responses(self) -> bool:
        """Whether no part of an unfinished response is held."""
        return not (self._parts or self._line or self._owed or self._continues)

    def feed(self, data: bytes) -> Iterator[Response]:
        """Add `data` and yield the responses it completes, oldest first. The iterator has to be exhausted.

        Raises:
            FormatError: a limit is exceeded. The object must not be used again.
        """
        at = 0
        while at < len(data):
            if self._owed:
                at = self._fill_literal(data, at)
                continue
            end = self._line_end(data, at)
            line = self._whole_line(data[at:end] if end else data[at:], ended=end > 0)
            if line is None:
                if self._has_part():
                    yield self._part()
                return
            at = end
            self._parts.append(line)
            # Only a line that ends in "}" can announce a literal; asking that first keeps the common case quick.
            if not line.endswith(b"}\r\n") or not self._announces(line):
                yield self._response(more=False)

    def _response(self, *, more: bool) -> Response:
        response = Response(tuple(self._parts), self._kept, self._continues)
        self._continues = more
        self._parts.clear()
        if self._kept:
            self._kept = {}
        return response

    def _has_part(self) -> bool:
        """Whether what is held of an unfinished line is to be handed on."""
        if not self.in_parts or self._line_bytes < _PART_BYTES:
            return False
        # Text for people stays whole: only so it is known not to announce a literal.
        return self._continues or _FREE_TEXT.match(b"".join(self._parts or self._line)) is None

    def _part(self) -> Response:
        held = b"".join(self._line)
        self._parts.append(held[:-_HELD_BACK])
        self._line[:] = [held[-_HELD_BACK:]]
        self._line_bytes = _HELD_BACK
        return self._response(more=True)

    def _line_end(self, data: bytes, at: int) -> int:
        """Return where the line that goes on at `at` ends, 0 when its end has not come."""
        if self._line and self._line[-1].endswith(b"\r") and data[at] == 0x0A:
            return at + 1
        found = data.find(b"\r\n", at)
        return found + 2 if found >= 0 else 0

    def _whole_line(self, piece: bytes, *, ended: bool) -> bytes | None:
        self._line_bytes += len(piece)
        if self._line_bytes > self._limits.line_bytes:
            raise FormatError(f"CRLF within {self._limits.line_bytes} bytes", data=piece, offset=0)
        if not ended:
            self._line.append(piece)
            return None
        self._line_bytes = 0
        if not self._line:
            return piece
        self._line.append(piece)
        line = b"".join(self._line)
        self._line.clear()
        return line

    def _announces(self, line: bytes) -> bool:
        """Whether `line` announces a literal; if so, from now on it is owed."""
        if len(self._parts) == 1 and not self._continues and _FREE_TEXT.match(line):
            return False
        announced = _LITERAL.search(line, max(0, len(line) - 32))
        if announced is None:
            return False
        if announced[2] and Quirk.PLUS_IN_ANSWER not in self._quirks:
            raise FormatError("a literal without '+'", data=line, offset=announced.start())
        size = int(announced[1])
        if size > self._limits.literal_bytes:
            raise FormatError(
                f"a literal of at most {self._limits.literal_bytes} bytes", data=line, offset=announced.start()
            )
        if len(self._parts) // 2 >= self._limits.literals:
            raise FormatError(f"at most {self._limits.literals} literals", data=line, offset=announced.start())
        self._owed = size
        if not size:
            self._parts.append(b"")
        elif self._keep is not None and size > self._limits.memory_bytes:
            self._kept[len(self._parts)] = self._keep(size)
        return True

    def _fill_literal(self, data: bytes, at: int) -> int:
        """Move octets of the literal out of `data`; return where the rest begins."""
        end = min(len(data), at + self._owed)
        whole = end - at == self._owed
        self._owed -= end - at
        kept = self._kept.get(len(self._parts)) if self._kept else None
        if kept is not None:
            kept.write(memoryview(data)[at:end])
            if whole:
                self._parts.append(b"")
            return end
        if whole and not self._literal.tell():
            self._parts.append(data[at:end])
            return end
        self._literal.write(memoryview(data)[at:end])
        if whole:
            self._parts.append(self._literal.getvalue())
            self._literal = io.BytesIO()
        return end
