"""What a message is recognised by when its UID says nothing. Pure.

A server may change what it stores: line ends, NUL, bytes above 127. Such a copy must be recognised all the same, or it
would be brought twice; so besides the digest there are two weaker marks.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sterna.imap.content import Content, digest

_HEADER_BYTES: Final = 64 * 1024
"""How much of a message is looked at for its Message-ID."""

_MESSAGE_ID: Final = re.compile(rb"(?:^|\n)message-id:[ \t]*(?:\r?\n[ \t]+)?([^\s]{1,500})", re.IGNORECASE)
_END_OF_HEADER: Final = re.compile(rb"\r?\n\r?\n")
_FOLD: Final = bytes(ord("X") if octet > 0x7F else octet for octet in range(256))
_DROPPED: Final = b"\r\n\0"


@dataclass(frozen=True, slots=True)
class Marks:
    """A message's marks.

    Fields:
        guid: SHA-1 of its bytes, 20 bytes.
        likeness: SHA-1 of its bytes without line ends and NUL, every byte above 127 taken for ``X``.
        message_id: as in its header, empty when there is none.
    """

    guid: bytes
    likeness: bytes
    message_id: bytes


def marks_of(content: Content) -> Marks:
    """Return the marks of a message; it need not fit into memory."""
    likeness = hashlib.sha1(usedforsecurity=False)
    for chunk in _chunks(content):
        likeness.update(chunk.translate(_FOLD, _DROPPED))
    found = _MESSAGE_ID.search(header(content))
    return Marks(digest(content), likeness.digest(), found[1] if found else b"")


def header(content: Content) -> bytes:
    """Return the header of a message, or as much of it as is looked at."""
    first = next(_chunks(content), b"")[:_HEADER_BYTES]
    end = _END_OF_HEADER.search(first)
    return first[: end.start()] if end else first


def has_8bit_header(content: Content) -> bool:
    """Say whether the header has bytes above 127, which some servers replace."""
    return not header(content).isascii()


def is_odd(content: Content) -> bool:
    """Say whether a server may well refuse it: NUL, or line ends other than CRLF. Such a message travels alone."""
    pairs = returns = feeds = 0
    last = b""
    for chunk in _chunks(content):
        if b"\0" in chunk:
            return True
        pairs += chunk.count(b"\r\n") + (last == b"\r" and chunk[:1] == b"\n")
        returns += chunk.count(b"\r")
        feeds += chunk.count(b"\n")
        last = chunk[-1:]
    return not pairs == returns == feeds


def holds_nul(content: Content) -> bool:
    """Say whether a message has NUL in it, which only BINARY can carry."""
    return any(b"\0" in chunk for chunk in _chunks(content))


def _chunks(content: Content) -> Iterator[bytes]:
    return iter((content,)) if isinstance(content, bytes) else content.chunks()
