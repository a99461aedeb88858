"""One pass at a time over one site: a lock that the kernel takes back when its holder dies."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sterna.errors import Scope, SternaError


class SiteBusyError(SternaError):
    """Another process works on the same site. `holder` is its process number as it wrote it down."""

    scope = Scope.RUN
    exit_code = 75  # EX_TEMPFAIL

    def __init__(self, path: Path, holder: str) -> None:
        self.path = path
        self.holder = holder
        super().__init__(
            f"process {holder or 'unknown'} is already working on this site ({path}); "
            "wait for it, or end it and run again"
        )


@contextmanager
def locked(path: Path) -> Iterator[int]:
    """Hold the lock at `path` while the block runs; yields its descriptor: whoever inherits that holds the lock, too.

    Raises:
        SiteBusyError: somebody else holds it.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise SiteBusyError(path, file.read(20).strip()) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield file.fileno()
