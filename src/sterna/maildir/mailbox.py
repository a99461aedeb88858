"""One mailbox of a Maildir as an IMAP server would show it. Files are only read; blocking."""

from __future__ import annotations

import os
import time
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sterna.errors import FormatError, Scope, SternaError
from sterna.imap.content import Content
from sterna.imap.lines import with_crlf
from sterna.imap.spool import SpoolFile
from sterna.maildir import filename
from sterna.maildir.keywords import parse_courier_keywords, parse_dovecot_keywords
from sterna.maildir.uidlist import UidList, parse_uid_list
from sterna.model.mailbox import Flags, MailboxState, MessageFacts
from sterna.state.file_uids import FileUids

LARGE_BYTES: Final = 4 << 20
"""Messages above this size are not held in memory."""

_CHUNK_BYTES: Final = 1 << 20
_LOOKS: Final = 5
"""How often a folder is read anew that changes while it is read."""


class MailFilesError(SternaError):
    """The files of a mailbox cannot be read, or not be understood."""

    scope = Scope.MAILBOX
    exit_code = 66

    def __init__(self, path: Path, why: str) -> None:
        self.path = path
        self.why = why
        super().__init__(f"{path}: {why}; nothing was changed on the target. Mend that and run copy again")


@dataclass(frozen=True, slots=True)
class _File:
    """One message: its folder (``cur`` or ``new``) and the name of its file there."""

    folder: str
    name: str


class MaildirMailbox:
    """One mailbox, as it was when it was opened; a file that was renamed since is found again.

    `unnumbered` are messages that the mailbox's server has given no UID yet, and that are therefore left out.
    """

    def __init__(self, path: Path, uids: FileUids, *, stopped: bool) -> None:
        """Look at a mailbox.

        Args:
            path: the folder with ``cur`` and ``new``.
            uids: gives UIDs where no server has.
            stopped: nothing writes to it any more: what its server has not numbered gets the next UIDs.

        Raises:
            MailFilesError: it cannot be read.
        """
        self._path = path
        self._store = uids
        self._files = self._look()
        self._keywords = parse_dovecot_keywords(self._read("dovecot-keywords") or b"")
        self._courier = parse_courier_keywords(self._read("courierimapkeywords/:list") or b"")
        self.unnumbered = 0
        listed = self._uid_list()
        if listed is None:
            self._keywords |= filename.PASSED
            keys = sorted(self._files, key=filename.order)
            numbering = uids.number(str(path), keys, int(time.time()))
            self._bases = {uid: base for base, uid in numbering.uids.items()}
            uidvalidity, uidnext = numbering.uidvalidity, numbering.uidnext
        else:
            self._bases, uidnext = self._listed(listed, stopped=stopped)
            uidvalidity = listed.uidvalidity
        self.uids = array("L", sorted(self._bases))
        self.state = MailboxState(uidvalidity, uidnext, len(self.uids))
        self._sizes: dict[str, int] | None = None

    def facts(self, first: int, last: int) -> list[MessageFacts]:
        """Return what is known of the messages with UIDs from `first` to `last`, without those that are gone by now."""
        found: list[MessageFacts] = []
        measured: list[tuple[str, int]] = []
        for uid in self.uids[bisect_left(self.uids, first) : bisect_right(self.uids, last)]:
            base = self._bases[uid]
            stat = self._stat(base)
            if stat is None:
                continue
            size = filename.served_bytes(base)
            if size is None:
                size = self._known_sizes().get(base)
            if size is None:
                size = sum(map(len, self._chunks(base)))
                measured.append((base, size))
            found.append(MessageFacts(uid, self._flags(base), int(stat.st_mtime), size))
        if measured:
            self._known_sizes().update(measured)
            self._store.keep_sizes(str(self._path), measured)
        return found

    def body(self, uid: int) -> Content | None:
        """Return a message as IMAP would serve it, each line ended with CRLF; None when it is gone by now.

        Raises:
            MailFilesError: it cannot be read.
        """
        base = self._bases[uid]
        stat = self._stat(base)
        if stat is None:
            return None
        if stat.st_size <= LARGE_BYTES:
            return b"".join(self._chunks(base))
        spool = SpoolFile(self._store.folder)
        for chunk in self._chunks(base):
            spool.write(chunk)
        return spool

    def _look(self) -> dict[str, _File]:
        """Return the files by their base.

        A file whose flags change gets another name meanwhile, and a folder that is being read may then show it under
        neither: only a folder that was not changed while it was read is believed to have no more than was seen.
        """
        seen: dict[str, _File] = {}
        for _ in range(_LOOKS):
            before = self._changed()
            now = {filename.split(file.name)[0]: file for file in self._names()}
            seen |= now
            if before == self._changed():
                return now
        return seen

    def _names(self) -> Iterator[_File]:
        # new before cur: a message that is seen for the first time moves that way.
        for folder in ("new", "cur"):
            try:
                with os.scandir(self._path / folder) as entries:
                    yield from (_File(folder, e.name) for e in entries if e.name[0] != "." and not e.is_dir())
            except FileNotFoundError:
                continue
            except OSError as error:
                raise MailFilesError(self._path / folder, error.strerror or "it cannot be read") from error

    def _changed(self) -> tuple[int, ...]:
        try:
            return tuple(
                (self._path / name).stat().st_mtime_ns for name in ("cur", "new") if (self._path / name).is_dir()
            )
        except OSError as error:
            raise MailFilesError(self._path, error.strerror or "it cannot be read") from error

    def _uid_list(self) -> UidList | None:
        for name in ("dovecot-uidlist", "courierimapuiddb"):
            data = self._read(name)
            if data is not None:
                try:
                    return parse_uid_list(data)
                except FormatError as error:
                    raise MailFilesError(self._path / name, f"it cannot be understood: {error}") from error
        return None

    def _listed(self, listed: UidList, *, stopped: bool) -> tuple[dict[int, str], int]:
        bases = {uid: base for base, uid in listed.uids.items() if base in self._files}
        uidnext = listed.uidnext
        rest = sorted(self._files.keys() - listed.uids.keys(), key=filename.order)
        if not stopped:
            self.unnumbered = len(rest)
            return bases, uidnext
        # As a server would have done when the mailbox was opened next.
        for base in rest:
            bases[uidnext] = base
            uidnext += 1
        return bases, uidnext

    def _flags(self, base: str) -> Flags:
        file = self._files[base]
        return filename.flags_of(filename.split(file.name)[1], self._keywords) | self._courier.get(base, frozenset())

    def _known_sizes(self) -> dict[str, int]:
        if self._sizes is None:
            self._sizes = self._store.sizes(str(self._path))
        return self._sizes

    def _stat(self, base: str) -> os.stat_result | None:
        for again in (False, True):
            file = self._files.get(base)
            if file is None:
                return None
            try:
                return (self._path / file.folder / file.name).stat()
            except FileNotFoundError:
                if not again:
                    self._files = self._look()
            except OSError as error:
                raise MailFilesError(self._path / file.folder / file.name, error.strerror or "unreadable") from error
        return None

    def _chunks(self, base: str) -> Iterator[bytes]:
        """Yield a message with CRLF line ends; nothing more when its file is gone."""
        file = self._files[base]
        path = self._path / file.folder / file.name
        try:
            with path.open("rb") as stream:
                yield from with_crlf(iter(lambda: stream.read(_CHUNK_BYTES), b""))
        except OSError as error:
            raise MailFilesError(path, error.strerror or "it cannot be read") from error

    def _read(self, name: str) -> bytes | None:
        try:
            return (self._path / name).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise MailFilesError(self._path / name, error.strerror or "it cannot be read") from error
