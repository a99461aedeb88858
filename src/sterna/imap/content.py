"""The bytes of one message: in memory, or kept elsewhere when they are many."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Protocol


class Kept(Protocol):
    """A large message that is not in memory (`sterna.imap.spool.SpoolFile`).

    It is filled by `write`, once, and then read any number of times.
    """

    def __len__(self) -> int:
        """Return its size in bytes."""
        ...

    def write(self, data: bytes | memoryview) -> None:
        """Add bytes at the end."""
        ...

    def chunks(self) -> Iterator[bytes]:
        """Yield all bytes, some at a time."""
        ...

    def sha1(self) -> bytes:
        """Return the SHA-1 of all bytes, 20 bytes."""
        ...


Content = bytes | Kept
"""One message. Both have a length in bytes."""

Keep = Callable[[int], Kept]
"""Makes room for a message of so many bytes."""


def digest(content: Content) -> bytes:
    """Return the SHA-1 of a message, 20 bytes."""
    if isinstance(content, bytes):
        return hashlib.sha1(content, usedforsecurity=False).digest()
    return content.sha1()


def whole(content: Content) -> bytes:
    """Return all bytes of a message in memory; only for those known to be small."""
    return content if isinstance(content, bytes) else b"".join(content.chunks())
