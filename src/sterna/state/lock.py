"""One pass at a time over one site: a lock that the kernel takes back when its holder dies."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

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


class StateFolderError(SternaError):
    """The state folder cannot be used: it cannot be made or written, or its disk is full."""

    scope = Scope.RUN
    exit_code = 74  # EX_IOERR

    def __init__(self, folder: Path, why: str) -> None:
        self.folder = folder
        self.why = why
        super().__init__(
            f"the state folder {folder} cannot be used: {why}; nothing was done. Free its disk or mend its rights, or "
            "set state_dir in the site file to another folder"
        )


@contextmanager
def locked(path: Path) -> Iterator[int]:
    """Hold the lock at `path` while the block runs; yields its descriptor: whoever inherits that holds the lock, too.

    Raises:
        SiteBusyError: somebody else holds it.
        StateFolderError: there can be no lock.
    """
    with _opened(path) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise SiteBusyError(path, (file.read(20).split() or [""])[0]) from None
        # Written over the last holder's number and cut then: whoever reads meanwhile always finds a number. On a full
        # disk there is none; the lock holds all the same.
        said = f"{os.getpid()}\n".encode("ascii")
        with suppress(OSError):
            os.pwrite(file.fileno(), said, 0)
            os.ftruncate(file.fileno(), len(said))
        yield file.fileno()


def _opened(path: Path) -> IO[str]:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StateFolderError(path.parent, error.strerror or str(error)) from error
    return os.fdopen(descriptor, "r", encoding="ascii")
