"""Find where an XML element ends inside a text of CommuniGate's format. It is cut out, not understood."""

from __future__ import annotations

import re

from sterna.communigate.syntax import DataFormatError

_BEGIN = re.compile(rb"<(/?)([A-Za-z_:\x80-\xff][^\s<>/\"'=]*+)")
# Repeated a bounded number of times: the interpreter remembers each repetition of a group until the match is over.
_WITHIN = re.compile(rb"(?:[^<>\"'/]++|\"[^\"]*+\"|'[^']*+'|/(?!>)){0,1000}")
_END = re.compile(rb"(/?)>")

_SKIPPED = ((b"<!--", b"-->"), (b"<![CDATA[", b"]]>"), (b"<?", b"?>"))
"""What begins like a tag and is none, and how it ends."""


def xml_end(data: bytes, start: int) -> int:
    """Return the offset after the XML element whose ``<`` is at `start`.

    Raises:
        DataFormatError: a tag is not closed, or the element has no end.
    """
    depth = 0
    outermost = b""
    at = start
    while True:
        for opening, closing in _SKIPPED:
            if data.startswith(opening, at):
                at = _after(data, closing, at + len(opening))
                break
        else:
            closes, name, empty, end = _tag(data, at)
            outermost = outermost or name
            depth += -1 if closes else not empty
            if depth < 0 or (closes and depth == 0 and name != outermost):
                raise DataFormatError(
                    f"the end of the XML element {outermost.decode('latin-1')!a}", data=data, offset=at
                )
            at = end
            if depth == 0:
                return at
        at = _next_tag(data, at)


def _tag(data: bytes, start: int) -> tuple[bool, bytes, bool, int]:
    """Return whether a tag closes an element, its name, whether it is an empty element, and the offset after it."""
    begin = _BEGIN.match(data, start)
    if begin is None:
        raise DataFormatError("an XML tag", data=data, offset=start)
    at = begin.end()
    while (within := _WITHIN.match(data, at)) is not None and within.end() > at:
        at = within.end()
    end = _END.match(data, at)
    if end is None:
        raise DataFormatError("an XML tag", data=data, offset=start)
    return bool(begin[1]), begin[2], bool(end[1]), end.end()


def _next_tag(data: bytes, at: int) -> int:
    found = data.find(b"<", at)
    if found < 0:
        raise DataFormatError("the end of an XML element", data=data, offset=len(data))
    return found


def _after(data: bytes, closing: bytes, at: int) -> int:
    found = data.find(closing, at)
    if found < 0:
        raise DataFormatError(f"{closing.decode()} that ends this part of an XML element", data=data, offset=len(data))
    return found + len(closing)
