"""Large messages in files of their own while they pass."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

CHUNK_BYTES: Final = 256 * 1024
"""How much of a spooled message is in memory at a time."""


class SpoolFile:
    """A large message in a file without a name: it is gone when nobody holds it any more, also after a crash.

    It is filled by `write`, once, and then read any number of times. Its SHA-1 is taken while it is written.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115  its holder keeps it open
        self._sha1 = hashlib.sha1(usedforsecurity=False)
        self._size_bytes = 0

    def __len__(self) -> int:
        return self._size_bytes

    def write(self, data: bytes | memoryview) -> None:
        """Add bytes at the end.

        Raises:
            OSError: the disk is full.
        """
        left = memoryview(data)
        self._sha1.update(left)
        self._size_bytes += len(left)
        while left:
            left = left[self._file.write(left) :]

    def chunks(self) -> Iterator[bytes]:
        """Yield all bytes, at most `CHUNK_BYTES` at a time."""
        at = 0
        while at < self._size_bytes:
            chunk = os.pread(self._file.fileno(), CHUNK_BYTES, at)
            if not chunk:
                raise EOFError("a spooled message is shorter than what was written")
            yield chunk
            at += len(chunk)

    def sha1(self) -> bytes:
        """Return the SHA-1 of all bytes, 20 bytes."""
        return self._sha1.digest()

    def close(self) -> None:
        """Give the disk space back."""
        self._file.close()
