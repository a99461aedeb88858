"""Large messages in files of their own while they pass."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Final

from sterna.errors import Scope, SternaError
from sterna.imap.content import Keep

CHUNK_BYTES: Final = 256 * 1024
"""How much of a spooled message is in memory at a time."""


class SpoolError(SternaError):
    """A large message cannot be kept while it passes: the disk is full, or the folder cannot be written."""

    scope: ClassVar[Scope] = Scope.RUN
    exit_code: ClassVar[int] = 74  # EX_IOERR

    def __init__(self, folder: Path, why: str) -> None:
        self.folder = folder
        self.why = why
        super().__init__(
            f"large messages cannot be kept in {folder} while they pass: {why}; nothing is lost. Free the disk and run "
            "the same command again"
        )


class SpoolFile:
    """A large message in a file without a name: it is gone when nobody holds it any more, also after a crash.

    It is filled by `write`, once, and then read any number of times. Its SHA-1 is taken while it is written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._descriptor = -1
        self._sha1 = hashlib.sha1(usedforsecurity=False)
        self._size_bytes = 0
        try:
            self._descriptor, path = tempfile.mkstemp(dir=folder)
            Path(path).unlink()
        except OSError as error:
            raise SpoolError(folder, str(error)) from error

    def __del__(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)

    def __len__(self) -> int:
        return self._size_bytes

    def write(self, data: bytes | memoryview) -> None:
        """Add bytes at the end.

        Raises:
            SpoolError: the disk is full.
        """
        left = memoryview(data)
        self._sha1.update(left)
        self._size_bytes += len(left)
        try:
            while left:
                left = left[os.write(self._descriptor, left) :]
        except OSError as error:
            raise SpoolError(self._folder, str(error)) from error

    def chunks(self) -> Iterator[bytes]:
        """Yield all bytes, at most `CHUNK_BYTES` at a time."""
        at = 0
        while at < self._size_bytes:
            chunk = os.pread(self._descriptor, CHUNK_BYTES, at)
            if not chunk:
                raise EOFError("a spooled message is shorter than what was written")
            yield chunk
            at += len(chunk)

    def sha1(self) -> bytes:
        """Return the SHA-1 of all bytes, 20 bytes."""
        return self._sha1.digest()


def in_folder(folder: Path) -> Keep:
    """Return what keeps large messages below `folder`, which is made when it is missing.

    Raises:
        SpoolError: it cannot be made.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SpoolError(folder, str(error)) from error
    return lambda _: SpoolFile(folder)
