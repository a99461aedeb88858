"""One mbox file as an IMAP server would show it. The file is only read; blocking."""

from __future__ import annotations

import hashlib
import os
import time
from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final

from sterna.errors import Retry, Scope, SternaError
from sterna.imap.content import Content
from sterna.imap.lines import with_crlf
from sterna.imap.spool import SpoolFile
from sterna.mbox.fields import without_hidden
from sterna.mbox.index import Entry, index
from sterna.model.mailbox import MailboxState, MessageFacts
from sterna.state.file_uids import FileUids

LARGE_BYTES: Final = 4 << 20
"""Messages above this size are not held in memory."""

_CHUNK_BYTES: Final = 1 << 20
_SEEN_BEFORE: Final = 2**32


class MboxError(SternaError):
    """A file cannot be read, or is no mbox."""

    scope = Scope.MAILBOX
    exit_code = 66

    def __init__(self, path: Path, why: str) -> None:
        self.path = path
        self.why = why
        super().__init__(f"{path}: {why}; nothing was changed on the target. Mend that and run copy again")


class MboxChangedError(MboxError):
    """Somebody wrote to the file while it was read: what stands where is not known any more."""

    retry = Retry.NOW
    exit_code = 75

    def __init__(self, path: Path) -> None:
        super().__init__(path, "it was changed while it was read")


class MboxMailbox:
    """One mailbox, as it was when it was opened.

    `unnumbered` are messages that the mailbox's server has given no UID yet, and that are therefore left out.
    """

    def __init__(self, path: Path, uids: FileUids, *, stopped: bool, any_from: bool) -> None:
        """Read the file once.

        Args:
            path: the file; an empty one is an empty mailbox.
            uids: gives UIDs where no server has.
            stopped: nothing writes to it any more: what its server has not numbered gets the next UIDs.
            any_from: see `index`.

        Raises:
            MboxError: it cannot be read, or is no mbox.
        """
        self._path = path
        self._store = uids
        self._signature: tuple[int, ...] = ()
        self.unnumbered = 0
        try:
            with path.open("rb") as stream:
                self._signature = _signature(stream.fileno())
                if stream.peek(1) and not stream.peek(5).startswith(b"From "):
                    raise MboxError(path, "it is no mbox: it does not begin with From")
                entries = list(index(stream, any_from=any_from))
        except OSError as error:
            raise MboxError(path, error.strerror or "it cannot be read") from error
        base = next((entry.fields.base for entry in entries if entry.fields.base), None)
        self._modified = self._signature[1] // 10**9
        messages = [entry for entry in entries if not entry.fields.internal]
        if base is not None and base[0] and _ascending(messages):
            self._entries, uidnext = self._numbered(messages, base[1], stopped=stopped)
            uidvalidity = base[0]
        else:
            keys = self._keys(messages)
            numbering = uids.number(str(path), keys, int(time.time()))
            self._entries = {numbering.uids[key]: entry for key, entry in zip(keys, messages, strict=True)}
            uidvalidity, uidnext = numbering.uidvalidity, numbering.uidnext
        self.uids = array("L", sorted(self._entries))
        self.state = MailboxState(uidvalidity, uidnext, len(self.uids))

    @property
    def is_current(self) -> bool:
        """Whether the file is still the one that was read."""
        try:
            stat = self._path.stat()
        except OSError:
            return False
        return (stat.st_size, stat.st_mtime_ns, stat.st_ino) == self._signature

    def facts(self, first: int, last: int) -> list[MessageFacts]:
        """Return what is known of the messages with UIDs from `first` to `last`."""
        found: list[MessageFacts] = []
        for uid in self.uids[bisect_left(self.uids, first) : bisect_right(self.uids, last)]:
            entry = self._entries[uid]
            date = next(d for d in (entry.received, entry.fields.date, self._modified) if d is not None)
            found.append(MessageFacts(uid, entry.fields.flags, date, sum(map(len, self._chunks(entry)))))
        self._check()
        return found

    def body(self, uid: int) -> Content | None:
        """Return a message as IMAP would serve it: without the fields of servers, each line ended with CRLF.

        Raises:
            MboxChangedError: the file is not the one that was read when it was opened.
        """
        entry = self._entries[uid]
        if entry.end - entry.header <= LARGE_BYTES:
            content: Content = b"".join(self._chunks(entry))
        else:
            content = SpoolFile(self._store.folder)
            for chunk in self._chunks(entry):
                content.write(chunk)
        self._check()
        return content

    def _numbered(self, messages: Sequence[Entry], highest: int, *, stopped: bool) -> tuple[dict[int, Entry], int]:
        numbered = {entry.fields.uid: entry for entry in messages if entry.fields.uid is not None}
        rest = [entry for entry in messages if entry.fields.uid is None]
        uidnext = max(highest, max(numbered, default=0)) + 1
        if not stopped:
            self.unnumbered = len(rest)
            return numbered, uidnext
        # As a server would have done when the mailbox was opened next.
        for entry in rest:
            numbered[uidnext] = entry
            uidnext += 1
        return numbered, uidnext

    def _keys(self, messages: Sequence[Entry]) -> list[str]:
        """Return what names each message: the digest of its bytes, and for equal ones which of them it is."""
        seen: Counter[str] = Counter()
        keys: list[str] = []
        for entry in messages:
            sha1 = hashlib.sha1(usedforsecurity=False)
            for chunk in self._chunks(entry):
                sha1.update(chunk)
            digest = sha1.hexdigest()
            seen[digest] += 1
            keys.append(f"{digest}.{seen[digest]}")
        self._check()
        return keys

    def _chunks(self, entry: Entry) -> Iterator[bytes]:
        try:
            with self._path.open("rb", buffering=0) as stream:
                header = os.pread(stream.fileno(), entry.body - entry.header, entry.header)
                yield from with_crlf(_pieces(stream.fileno(), without_hidden(header), entry))
        except OSError as error:
            raise MboxError(self._path, error.strerror or "it cannot be read") from error

    def _check(self) -> None:
        if not self.is_current:
            raise MboxChangedError(self._path)


def _pieces(file: int, header: bytes, entry: Entry) -> Iterator[bytes]:
    yield header
    at = entry.body
    while at < entry.end and (piece := os.pread(file, min(_CHUNK_BYTES, entry.end - at), at)):
        yield piece
        at += len(piece)


def _ascending(messages: Sequence[Entry]) -> bool:
    uids = [entry.fields.uid for entry in messages if entry.fields.uid is not None]
    return all(0 < one < other < _SEEN_BEFORE for one, other in pairwise(uids))


def _signature(file: int) -> tuple[int, ...]:
    stat = os.fstat(file)
    return stat.st_size, stat.st_mtime_ns, stat.st_ino
