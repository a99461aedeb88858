"""Bring messages into Cyrus's staging as files, when Sterna runs on the mail store itself.

By IMAP, Cyrus makes every message durable by an fsync of its own, and those are most of what a full pass of small mail
costs. Here the files are written beside Cyrus's staging, on its partition, and one syncfs(2) makes all of a batch
durable. All else stays as it is: the records go by the replication commands, for which Cyrus reads each file, takes its
SHA-1, compares it with the record's, and links the file into the mailbox; what is not what it should be is refused.

How the files come to be in Cyrus's staging. It is a folder ``sync./<process id>`` of the partition, with a file named
by digest for each message that the client has uploaded; its content is looked at only when a record names it. So:

1. The batch is written into a folder of ours, ``sync./sterna-staging-…``, and made durable.
2. For a moment, ``sync./<process id>`` is a symbolic link to a folder in memory. Of each message one byte is uploaded:
   Cyrus now knows the digests, and has made a byte in memory durable, which costs nothing.
3. ``sync./<process id>`` becomes a symbolic link to the folder of step 1.

Before a record can name a message, all its bytes are on the disk. After a power cut the partition holds what the index
names, as after an upload; what else is left are folders in ``sync.``, which the next pass removes.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import hashlib
import os
import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from sterna.errors import Scope, SternaError
from sterna.imap.codes import Status
from sterna.imap.connection import Connection
from sterna.imap.content import Content
from sterna.imap.engine import Literal, Piece

FEWEST: Final = 16
"""A batch of fewer messages is uploaded as ever: for them the detour costs more than their fsyncs."""

MEMORY: Final = Path("/dev/shm")  # noqa: S108  a folder of our own is made below it
"""A file system in memory (Linux always has it here), where making durable costs nothing."""

_OURS: Final = "sterna-staging-"
_libc: Final = ctypes.CDLL(None, use_errno=True)


class OnHostError(SternaError):
    """Messages cannot be brought as files: this is not the mail store, or not its partition."""

    scope = Scope.SERVER
    exit_code = 78

    def __init__(self, spool: Path, why: str) -> None:
        self.spool = spool
        self.why = why
        super().__init__(
            f"target.imap.spool ({spool}) cannot be used: {why}; no mailbox was touched. Run Sterna as root on the "
            "mail store with the partition's own folder, or leave spool out to bring all mail by IMAP"
        )


class StagingFolder:
    """Cyrus's staging for one connection, seen from the host; not to be shared by two tasks."""

    def __init__(self, connection: Connection, partition: bytes, spool: Path) -> None:
        self._connection = connection
        self._partition = partition
        self._spool = spool
        self._place: Path | None = None
        """``sync./<process id>`` of the process that serves the connection."""
        token = f"{_OURS}{_boot()}-{os.getpid()}-{secrets.token_hex(8)}"
        self._files = spool / "sync." / token
        self._stubs = MEMORY / token
        self._owner = (0, 0)

    async def probe(self) -> None:
        """Find the staging of this connection, and prove that Cyrus follows us.

        Raises:
            OnHostError: it cannot be found, or Cyrus does not see what we see.
        """
        try:
            await self._probe()
        except OSError as error:
            raise OnHostError(self._spool, f"{error.strerror}: {error.filename}") from error

    async def _probe(self) -> None:
        # The marks are the digests of nothing that could be mail, so that they are found nowhere but where we put them.
        first, second = (hashlib.sha1(secrets.token_bytes(20), usedforsecurity=False).digest() for _ in range(2))
        await self._upload([first])
        found = list(self._spool.glob(f"sync./[0-9]*/{first.hex()}"))
        if len(found) != 1:
            await self._forget()
            raise OnHostError(self._spool, "what is uploaded to the target does not show up below it")
        place = self._place = found[0].parent
        stat = found[0].stat()
        self._owner = (stat.st_uid, stat.st_gid)
        await self._forget()
        if place.is_symlink():  # of a pass that was killed, whose connection the same process has served
            place.unlink()
        _sweep(place.parent)
        self._make(self._stubs)
        try:
            self._point(self._stubs)
            taken = await self._upload([second])
            seen = (self._stubs / second.hex()).exists()
            await self._forget()
        finally:
            self.leave()
        if not (taken and seen):
            raise OnHostError(self._spool, f"the target does not see the folders that are made here in {MEMORY}")

    async def bring(self, partition: bytes, messages: Sequence[tuple[bytes, Content]]) -> bool:
        """Stage messages, as (GUID, content), whose digests are known to be right; False when they have to be uploaded.

        Raises:
            ConnectionLostError: as for any command; call `leave`.
        """
        if len(messages) < FEWEST or self._place is None or partition != self._partition:
            return False
        try:
            self._make(self._stubs)
            self._begin()
            await asyncio.to_thread(self._write, messages)
            self._point(self._stubs)
            taken = await self._upload([guid for guid, _ in messages])
            self._point(self._files)
            self._empty(self._stubs)
        except OSError:
            # A full disk, for instance: Cyrus may say it itself, in words that are understood.
            with contextlib.suppress(OSError):
                self._point(self._files)
            return False
        return taken

    def leave(self) -> None:
        """Remove what is ours; the connection's staging is forgotten, or its connection lost."""
        place = self._place
        if place is not None and place.is_symlink():
            place.unlink(missing_ok=True)
        for folder in (self._stubs, self._files):
            shutil.rmtree(folder, ignore_errors=True)

    def _begin(self) -> None:
        """Make the folder of files; what was uploaded before in this connection moves into it."""
        if self._files.exists() or self._place is None:
            return
        if self._place.is_dir() and not self._place.is_symlink():
            self._place.rename(self._files)
        else:
            self._make(self._files)

    def _write(self, messages: Sequence[tuple[bytes, Content]]) -> None:
        """Write files and make them durable, all at once.

        Raises:
            OSError: also when the disk told of an error only later: syncfs reports what happened since it was opened.
        """
        folder = os.open(self._files, os.O_RDONLY | os.O_DIRECTORY)
        try:
            for guid, content in messages:
                # Never into a file that is there: it may be part of a mailbox already, under another name.
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(guid.hex(), dir_fd=folder)
                file = os.open(guid.hex(), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=folder)
                try:
                    for chunk in (content,) if isinstance(content, bytes) else content.chunks():
                        left = memoryview(chunk)
                        while left:
                            left = left[os.write(file, left) :]
                    os.fchown(file, *self._owner)
                finally:
                    os.close(file)
            if _libc.syncfs(folder) != 0:
                number = ctypes.get_errno()
                raise OSError(number, os.strerror(number), str(self._files))
        finally:
            os.close(folder)

    async def _upload(self, guids: Sequence[bytes]) -> bool:
        """Upload one byte for each digest."""
        pieces: list[Piece] = []
        for guid in guids:
            mark = b"%%{%b %b 1}" % (self._partition, guid.hex().encode("ascii"))
            blank = b" " if pieces else b"SYNCAPPLY MESSAGE ("
            pieces += (blank, Literal(b"-", synchronizing=False, announcement=mark))
        answer = await self._connection.command(*pieces, b")")
        return answer.status is Status.OK

    async def _forget(self) -> None:
        await self._connection.run(b"SYNCRESTART")

    def _make(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, exist_ok=True)
        os.chown(folder, *self._owner)

    def _point(self, folder: Path) -> None:
        """Let Cyrus's staging be `folder`, from one instant to the next."""
        if self._place is None:
            raise ValueError("probe comes first")
        new = self._files.with_name(f"{self._files.name}-link")
        new.unlink(missing_ok=True)
        new.symlink_to(folder)
        new.replace(self._place)

    @staticmethod
    def _empty(folder: Path) -> None:
        for path in folder.iterdir():
            path.unlink()


def _boot() -> str:
    """Return what tells this run of the machine from earlier ones."""
    return Path("/proc/sys/kernel/random/boot_id").read_text("ascii")[:8]


def _sweep(staging: Path) -> None:
    """Remove what passes have left that were killed: folders of processes that are gone, and links to nowhere."""
    for folder in (staging, MEMORY):
        for path in folder.glob(f"{_OURS}*"):
            boot, _, rest = path.name.removeprefix(_OURS).partition("-")
            if boot == _boot() and Path("/proc", rest.partition("-")[0]).exists():
                continue
            if path.is_symlink():
                path.unlink(missing_ok=True)
            else:
                shutil.rmtree(path, ignore_errors=True)
    for path in staging.iterdir():
        if path.is_symlink() and not path.exists():
            path.unlink(missing_ok=True)
