"""A tar archive of a CommuniGate base directory, read where it is: nothing is unpacked to disk.

The archive is gone through once. Of mail only names and sizes are kept, of settings where they stand; in a compressed
archive, which cannot be entered in the middle, the settings themselves, compressed one by one.
"""

from __future__ import annotations

import lzma
import tarfile
import zlib
from pathlib import Path
from typing import IO, Final

from sterna.communigate.tree.files import (
    MAX_DEPTH,
    MAX_FILE_BYTES,
    Entry,
    Kind,
    TreeFileError,
    TreePath,
    TreeUnusableError,
    shown,
)

_READ: Final = (".settings", ".info")
"""Extensions of files whose content is wanted later."""

_SEEN_FOLDERS: Final = frozenset({"account.rpopids", "rpopids"})
"""Folders whose files are."""

MESSAGE_FOLDERS: Final = (".mdir", ".mslc")
"""Extensions of mailboxes that are folders with a file for each message or slice."""


_FOLDER, _LINK, _OTHER = -1, -2, -3
"""In place of a file's size."""

_KINDS = {_FOLDER: Kind.FOLDER, _LINK: Kind.LINK, _OTHER: Kind.OTHER}

_UNREADABLE = (tarfile.TarError, EOFError, zlib.error, lzma.LZMAError, OSError)
"""What a damaged archive raises."""


class ArchiveFiles:
    """A tar archive, also one compressed by gzip, bzip2 or xz."""

    def __init__(self, path: Path) -> None:
        self._folders: dict[TreePath, dict[str, int]] = {(): {}}
        self._offsets: dict[TreePath, int] = {}
        self._contents: dict[TreePath, bytes] = {}
        self._sizes: dict[TreePath, int] = {}
        self._damage: list[str] = []
        self._ignored: dict[str, tuple[str, int]] = {}
        try:
            self._file = path.open("rb")
        except OSError as error:
            raise TreeUnusableError(path, f"the archive cannot be opened: {error.strerror}") from error
        try:
            self._scan(path)
        except TreeUnusableError:
            self._file.close()
            raise

    def entries(self, path: TreePath) -> tuple[Entry, ...]:
        """Return what is in a folder, by name."""
        if path not in self._folders:
            raise TreeFileError(path, "it is no folder of the archive", missing=True)
        return tuple(
            Entry(name, _KINDS.get(size, Kind.FILE), max(size, 0)) for name, size in sorted(self._folders[path].items())
        )

    def read(self, path: TreePath) -> bytes:
        """Return a file's bytes."""
        size = self._folders.get(path[:-1], {}).get(path[-1] if path else "", _OTHER)
        if path in self._contents:
            return zlib.decompress(self._contents[path])
        if path not in self._offsets:
            raise TreeFileError(path, "it is no file of the archive that can be read", missing=size == _OTHER)
        self._file.seek(self._offsets[path])
        data = self._file.read(size)
        if len(data) < size:
            raise TreeFileError(path, "the archive ends in the middle of it")
        return data

    def size(self, path: TreePath) -> int:
        """Return how many bytes the files of a folder have."""
        return self._sizes.get(path, 0)

    def damage(self) -> tuple[str, ...]:
        """Return what is wrong with the archive, and what in it was not looked at."""
        ignored = (
            f"{times} of its members {'is' if times == 1 else 'are'} not read: {why}; the first one is {first}"
            for why, (first, times) in sorted(self._ignored.items())
        )
        return (*self._damage, *ignored)

    def close(self) -> None:
        """Close the archive."""
        self._file.close()

    def _scan(self, path: Path) -> None:
        plain = _is_plain(self._file)
        try:
            with tarfile.open(fileobj=self._file, mode="r:" if plain else "r:*") as tar:
                while (member := self._next(tar)) is not None:
                    self._add(tar, member, plain=plain)
                if not self._damage:
                    self._end(tar)
        except _UNREADABLE as error:
            raise TreeUnusableError(path, f"it is neither a folder nor a tar archive ({error})") from error

    def _next(self, tar: tarfile.TarFile) -> tarfile.TarInfo | None:
        try:
            member = tar.next()
        except _UNREADABLE as error:
            if tar.offset == 0:
                raise
            self._cut(tar.offset, str(error))
            return None
        tar.members = []  # type: ignore[attr-defined]  # it would remember every message of every mailbox
        return member

    def _end(self, tar: tarfile.TarFile) -> None:
        """Look whether the archive ends as one does, with a block of zeros: tarfile takes any nonsense for the end."""
        assert tar.fileobj is not None  # noqa: S101  a tar file that is open has one
        try:
            tar.fileobj.seek(tar.offset)
            block = tar.fileobj.read(tarfile.BLOCKSIZE)
        except _UNREADABLE as error:
            self._cut(tar.offset, str(error))
            return
        if block != bytes(tarfile.BLOCKSIZE):
            self._cut(tar.offset, "there is neither a member nor the end")

    def _cut(self, offset: int, why: str) -> None:
        self._damage.append(f"the archive is cut or damaged after {offset} bytes, and what follows is not read: {why}")

    def _add(self, tar: tarfile.TarFile, member: tarfile.TarInfo, *, plain: bool) -> None:
        path = tuple(part for part in member.name.split("/") if part not in ("", "."))
        if ".." in path or len(path) > MAX_DEPTH:
            self._ignore("its name leads out of the tree, or is too deep", member.name)
            return
        for number, name in enumerate(path, 1):
            if name.endswith(MESSAGE_FOLDERS) and number < len(path):
                folder = path[:number]
                self._sizes[folder] = self._sizes.get(folder, 0) + (member.size if member.isreg() else 0)
                self._place(folder, _FOLDER)
                return
        if not path:
            return
        self._place(path, _kind(member))
        if member.isdir() or not _is_wanted(path):
            return
        if not member.isreg() or member.issparse():
            self._ignore("it is a link or no ordinary file", member.name)
        elif member.size > MAX_FILE_BYTES:
            self._ignore(f"it is longer than {MAX_FILE_BYTES} bytes", member.name)
        elif plain:
            self._offsets[path] = member.offset_data
        else:
            self._keep(tar, member, path)

    def _keep(self, tar: tarfile.TarFile, member: tarfile.TarInfo, path: TreePath) -> None:
        try:
            file = tar.extractfile(member)
            data = b"" if file is None else file.read()
        except _UNREADABLE as error:
            self._ignore(f"it cannot be read: {error}", member.name)
            return
        if len(data) == member.size:
            self._contents[path] = zlib.compress(data, 1)

    def _place(self, path: TreePath, size: int) -> None:
        for number in range(1, len(path)):
            parent, name = path[: number - 1], path[number - 1]
            if path[:number] not in self._folders:
                self._folders[path[:number]] = {}
                self._folders[parent][name] = _FOLDER
        self._folders[path[:-1]][path[-1]] = size
        if size == _FOLDER:
            self._folders.setdefault(path, {})

    def _ignore(self, why: str, name: str) -> None:
        first, times = self._ignored.get(why, (shown((name,)), 0))
        self._ignored[why] = (first, times + 1)


def _is_wanted(path: TreePath) -> bool:
    """Return whether a file's content is read, and not only its name and size."""
    return path[-1].endswith(_READ) or (len(path) > 1 and path[-2] in _SEEN_FOLDERS)


def _is_plain(file: IO[bytes]) -> bool:
    """Return whether an archive is not compressed: then its header has the mark of one (POSIX ustar)."""
    head = file.read(tarfile.BLOCKSIZE)
    file.seek(0)
    return head[257:262] == b"ustar"


def _kind(member: tarfile.TarInfo) -> int:
    if member.isdir():
        return _FOLDER
    if member.issym() or member.islnk():
        return _LINK
    return member.size if member.isreg() else _OTHER
