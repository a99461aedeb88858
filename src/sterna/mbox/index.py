"""Where the messages of an mbox file begin and end.

A message begins with a line ``From <sender> <date>``, which stands at the beginning of the file or behind an empty
line. What begins so in a body and has no date is text. Where a header has a Content-Length that leads exactly to the
next such line, it is believed, so that a quoted letter in a body ends nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from sterna.mbox.fields import Fields, from_line_date, is_from_line, read_fields

_LINE_BYTES: Final = 1 << 16
_MOST_HEADER_BYTES: Final = 1 << 20
"""Of a longer header only so much is looked at."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One message: offsets in the file of its header, its body and its end; `received` is of its ``From `` line."""

    header: int
    body: int
    end: int
    received: int | None
    fields: Fields


def index(stream: BinaryIO, *, any_from: bool = False) -> Iterator[Entry]:
    """Yield the messages of a file in their order; one that does not begin with ``From `` has none.

    Args:
        stream: at its beginning.
        any_from: each line that begins with ``From `` behind an empty one begins a message, whatever else is in it.
    """
    line = stream.readline(_LINE_BYTES)
    while line.startswith(b"From "):
        received = from_line_date(line)
        _to_line_end(stream, line)
        start = stream.tell()
        header = _header(stream)
        body = stream.tell()
        fields = read_fields(header)
        believed = _believed(stream, body, fields.content_length, any_from=any_from)
        end, line = believed or _searched(stream, body, any_from=any_from)
        yield Entry(start, body, max(end, body), received, fields)


def _to_line_end(stream: BinaryIO, line: bytes) -> None:
    while line and not line.endswith(b"\n"):
        line = stream.readline(_LINE_BYTES)


def _header(stream: BinaryIO) -> bytes:
    """Return a header with the empty line behind it, and leave the stream there."""
    lines: list[bytes] = []
    size = 0
    begins = True
    while line := stream.readline(_LINE_BYTES):
        if size < _MOST_HEADER_BYTES:
            lines.append(line)
            size += len(line)
        if begins and line in (b"\n", b"\r\n"):
            break
        begins = line.endswith(b"\n")
    return b"".join(lines)


def _believed(stream: BinaryIO, body: int, length: int | None, *, any_from: bool) -> tuple[int, bytes] | None:
    """Return the end that Content-Length tells and the line behind it; None, the stream at the body, if it lies."""
    if length is not None:
        stream.seek(body + length)
        if stream.tell() == body + length:
            line = stream.readline(_LINE_BYTES)
            blank = line in (b"\n", b"\r\n")
            line = stream.readline(_LINE_BYTES) if blank else line
            if line.startswith(b"From ") and (any_from or is_from_line(line)):
                return body + length, line
            if not line and _size(stream) >= body + length:
                return body + length, b""
    stream.seek(body)
    return None


def _size(stream: BinaryIO) -> int:
    return stream.seek(0, 2)


def _searched(stream: BinaryIO, body: int, *, any_from: bool) -> tuple[int, bytes]:
    """Return where the message ends, without the empty line that separates it, and the line behind it."""
    at = body
    blank_from = body  # a body may be empty: then the header's own last line is the empty one
    begins = True
    while line := stream.readline(_LINE_BYTES):
        if begins and blank_from >= 0 and line.startswith(b"From ") and (any_from or is_from_line(line)):
            return blank_from, line
        if begins:
            blank_from = at if line in (b"\n", b"\r\n") else -1
        begins = line.endswith(b"\n")
        at += len(line)
    return (blank_from if blank_from >= 0 else at), b""
