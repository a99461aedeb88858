"""Files below a folder that a CommuniGate server may be using meanwhile, opened so that no link leads elsewhere.

A tree is asked by paths of components below its base. `DiskFiles` here is a folder; `sterna.communigate.tree.archive`
has the same for a tar archive.
"""

from __future__ import annotations

import enum
import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final, Protocol

from sterna.errors import Scope, SternaError

MAX_FILE_BYTES: Final = 256 * 1024 * 1024
"""The largest file that is read as a whole. Settings have kilobytes; a list of seen messages may have megabytes."""

MAX_DEPTH: Final = 64
"""How deep folders are looked into."""

TreePath = tuple[str, ...]
"""Components below the base; bytes that are not UTF-8 are lone surrogates."""


class TreeUnusableError(SternaError):
    """What should be a CommuniGate base directory, or an archive of one, cannot be read at all."""

    scope: ClassVar[Scope] = Scope.SERVER
    exit_code: ClassVar[int] = 66  # EX_NOINPUT

    def __init__(self, path: Path, why: str, todo: str = "correct source.tree in the site file") -> None:
        self.path = path
        self.why = why
        super().__init__(f"source.tree ({path}): {why}; nothing was read. {todo[0].upper()}{todo[1:]}.")


class TreeFileError(SternaError):
    """One file or folder of the tree cannot be read; the rest can.

    Fields:
        missing: there is no such file, which may be no harm.
    """

    scope: ClassVar[Scope] = Scope.ACCOUNT
    exit_code: ClassVar[int] = 66  # EX_NOINPUT

    def __init__(self, path: TreePath, why: str, *, missing: bool = False) -> None:
        self.path = path
        self.missing = missing
        super().__init__(f"{shown(path)}: {why}")


class Kind(enum.Enum):
    """What a name in a folder is. A link is not followed: it may lead out of the tree."""

    FILE = "file"
    FOLDER = "folder"
    LINK = "link"
    OTHER = "other"


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """One name in a folder; `size_bytes` is that of a file."""

    name: str
    kind: Kind
    size_bytes: int = 0


class Files(Protocol):
    """A tree of files. It blocks; asynchronous callers use it from a thread."""

    def entries(self, path: TreePath) -> tuple[Entry, ...]:
        """Return what is in a folder, by name.

        Raises:
            TreeFileError: there is no such folder, or it cannot be read.
        """

    def read(self, path: TreePath) -> bytes:
        """Return a file's bytes.

        Raises:
            TreeFileError: there is no such file, it cannot be read, or it is too long.
        """

    def size(self, path: TreePath) -> int:
        """Return how many bytes the files of a folder have, those of folders in it too.

        Raises:
            TreeFileError: it cannot be read.
        """

    def damage(self) -> tuple[str, ...]:
        """Return what is wrong with the tree as a whole, in sentences without a full stop."""

    def close(self) -> None:
        """Let go of it."""


def shown(path: TreePath) -> str:
    """Return a path as a person reads it; what cannot be printed is escaped."""
    text = "/".join(path).encode(errors="surrogateescape").decode(errors="backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text) or "."


class DiskFiles:
    """A folder on disk. Every component is opened below its parent, so no link on the way is followed."""

    def __init__(self, base: Path) -> None:
        try:
            self._base = os.open(base, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise TreeUnusableError(base, f"the folder cannot be opened: {error.strerror}") from error

    def entries(self, path: TreePath) -> tuple[Entry, ...]:
        """Return what is in a folder, by name."""
        with self._opened(path, os.O_DIRECTORY) as folder, os.scandir(folder) as found:
            return tuple(sorted(_entry(each) for each in found))

    def read(self, path: TreePath) -> bytes:
        """Return a file's bytes."""
        # A named pipe would let the opener wait for ever, were it not for O_NONBLOCK.
        with self._opened(path, os.O_NONBLOCK) as file:
            state = os.fstat(file)
            if not stat.S_ISREG(state.st_mode):
                raise TreeFileError(path, "it is no file")
            with os.fdopen(os.dup(file), "rb") as stream:
                data = stream.read(MAX_FILE_BYTES + 1)
        if len(data) > MAX_FILE_BYTES:
            raise TreeFileError(path, f"it is longer than {MAX_FILE_BYTES} bytes")
        return data

    def size(self, path: TreePath) -> int:
        """Return how many bytes the files of a folder have."""
        if len(path) > MAX_DEPTH:
            raise TreeFileError(path, f"it is more than {MAX_DEPTH} folders deep")
        total = 0
        for entry in self.entries(path):
            total += self.size((*path, entry.name)) if entry.kind is Kind.FOLDER else entry.size_bytes
        return total

    def damage(self) -> tuple[str, ...]:
        """Return nothing: a folder has no outside that could be damaged."""
        return ()

    def close(self) -> None:
        """Close the folder."""
        os.close(self._base)

    @contextmanager
    def _opened(self, path: TreePath, flags: int) -> Iterator[int]:
        """Open a path component by component; `flags` are for the last one."""
        here = os.dup(self._base)
        try:
            for number, name in enumerate(path, 1):
                last = flags if number == len(path) else os.O_DIRECTORY
                below = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | last, dir_fd=here)
                os.close(here)
                here = below
            yield here
        except OSError as error:
            raise _file_error(path, error) from error
        finally:
            os.close(here)


def _entry(found: os.DirEntry[str]) -> Entry:
    if found.is_symlink():
        return Entry(found.name, Kind.LINK)
    if found.is_dir(follow_symlinks=False):
        return Entry(found.name, Kind.FOLDER)
    if not found.is_file(follow_symlinks=False):
        return Entry(found.name, Kind.OTHER)
    try:
        return Entry(found.name, Kind.FILE, found.stat(follow_symlinks=False).st_size)
    except FileNotFoundError:  # gone meanwhile, on a server that runs
        return Entry(found.name, Kind.OTHER)


def _file_error(path: TreePath, error: OSError) -> TreeFileError:
    if error.errno == errno.ELOOP:
        return TreeFileError(path, "it is a symbolic link, which is not followed")
    return TreeFileError(path, error.strerror or "it cannot be read", missing=error.errno == errno.ENOENT)
