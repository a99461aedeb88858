"""Messages that cannot be moved: whose fault it is, and where their bytes are kept meanwhile.

A refusal says little: a full disk refuses the large message and takes the small one behind it, and says so in words
that differ from version to version. So the target is asked with other bytes of the same size. When it takes those, it
is the message; the message is kept beside and the mailbox goes on. When it refuses those too, it is the target, and
everything waits: a message that is passed over can never have its UID again.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, Protocol

from sterna.cyrus.replication import ReplicationRefusedError
from sterna.errors import Retry, Scope, SternaError
from sterna.imap.content import Content

FOLDER: Final = "quarantine"
"""Folder below the site's state folder with the bytes of messages that the target does not take."""

_LINE: Final = b"Sterna asks whether there is room.".ljust(70, b".") + b"\r\n"
_CHUNK: Final = _LINE * 3600


class TargetUnableError(SternaError):
    """The target takes no message of some size at all; nothing was passed over."""

    scope = Scope.ACCOUNT
    retry = Retry.LATER
    exit_code = 74

    def __init__(self, size_bytes: int, answer: str) -> None:
        self.size_bytes = size_bytes
        self.answer = answer
        super().__init__(
            f"the target refuses every message of {size_bytes} bytes: {answer}. Nothing was passed over: see whether "
            "its disk is full or cannot be written, then run copy again"
        )


class SourceWithholdsError(SternaError):
    """The source lists many messages and does not give their bytes; nothing was passed over."""

    scope = Scope.MAILBOX
    exit_code = 74

    def __init__(self, uids: int, first: int) -> None:
        self.uids = uids
        self.first = first
        super().__init__(
            f"the source lists {uids} messages from UID {first} on and does not give their bytes; nothing was passed "
            "over. See the source's log (a store that is not mounted, a damaged index), then run copy again"
        )


class TooManyRefusedError(SternaError):
    """The target refuses more messages of one mailbox than can be chance."""

    scope = Scope.MAILBOX
    exit_code = 74

    def __init__(self, number: int, answer: str) -> None:
        self.number = number
        self.answer = answer
        super().__init__(
            f"the target refuses {number} messages one after the other, the last with {answer!r}; the rest of the "
            "mailbox waits. See the target's log, then run copy again"
        )


class Probe:
    """Mail of a given size that means nothing, and is staged only to see whether the target takes it."""

    def __init__(self, size_bytes: int) -> None:
        self._size_bytes = size_bytes
        head = b"Subject: room? %b\r\n\r\n" % secrets.token_hex(16).encode("ascii")
        self._head = head[:size_bytes] if size_bytes > len(head) else secrets.token_bytes(size_bytes)
        sha1 = hashlib.sha1(usedforsecurity=False)
        for chunk in self.chunks():
            sha1.update(chunk)
        self._digest = sha1.digest()

    def __len__(self) -> int:
        return self._size_bytes

    def write(self, data: bytes | memoryview) -> None:
        """Nothing is added to it."""
        raise TypeError(f"a probe is made whole; {len(data)} bytes more are none of it")

    def chunks(self) -> Iterator[bytes]:
        """Yield its bytes."""
        left = self._size_bytes - len(self._head)
        yield self._head
        while left > 0:
            chunk = _CHUNK[:left]
            yield chunk
            left -= len(chunk)

    def sha1(self) -> bytes:
        """Return its SHA-1."""
        return self._digest


class StagingPort(Protocol):
    """What takes messages for the target, to be made part of a mailbox later."""

    async def stage(self, partition: bytes, messages: Sequence[tuple[bytes, Content]]) -> None:
        """Bring messages to the staging."""
        ...


async def blame(target: StagingPort, partition: bytes, size_bytes: int, answer: str) -> None:
    """Return when it must be the message that was refused with `answer`.

    Raises:
        TargetUnableError: it is the target, which takes nothing of this size.
    """
    probe = Probe(size_bytes)
    try:
        await target.stage(partition, [(probe.sha1(), probe)])
    except ReplicationRefusedError as error:
        raise TargetUnableError(size_bytes, error.answer or answer) from error


class QuarantineError(SternaError):
    """The bytes of a message that the target does not take cannot be kept."""

    scope = Scope.RUN
    exit_code = 74

    def __init__(self, folder: Path, why: str) -> None:
        self.folder = folder
        super().__init__(
            f"a message that the target refuses cannot be kept in {folder}: {why}; it is still on the source and was "
            "not passed over. Free the disk and run copy again"
        )


class Quarantine:
    """Keeps bytes by their digest below one folder; the same message is kept once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def folder(self) -> Path:
        """Where they are."""
        return self._folder

    def keep(self, guid: bytes, content: Content) -> Path:
        """Write a message durably and return its file, which only its owner may read.

        Raises:
            QuarantineError: it cannot be written.
        """
        path = self._folder / f"{guid.hex()}.eml"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if path.exists() and path.stat().st_size == len(content):
                return path
            # Two processes may keep the same message at the same time.
            new = path.with_suffix(f".{os.getpid()}.new")
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                for chunk in (content,) if isinstance(content, bytes) else content.chunks():
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            new.replace(path)
        except OSError as error:
            raise QuarantineError(self._folder, str(error)) from error
        return path
