"""UIDs for messages in files whose server kept none: given once, ascending, and the same in every pass."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Self

from sterna.state.journal import JournalError

WAIT_S = 30.0
"""How long to wait while another process writes."""


@dataclass(frozen=True, slots=True)
class Numbering:
    """The UIDs of one mailbox, by what names each message."""

    uidvalidity: int
    uidnext: int
    uids: Mapping[str, int]


class FileUids:
    """UIDs and sizes of messages in files, by the mailbox's path. Each method is one short transaction."""

    def __init__(self, path: Path, db: sqlite3.Connection) -> None:
        self._path = path
        self._db = db

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open or create the file at `path`.

        Raises:
            JournalError: it cannot be used.
        """
        with _translated(path):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=WAIT_S)
            db.execute("PRAGMA journal_mode=WAL")
            # FULL: a UID that was given and then forgotten in a power cut would be given to another message.
            db.execute("PRAGMA synchronous=FULL")
            db.executescript((resources.files("sterna.state") / "file_uids.sql").read_text("utf-8"))
        return cls(path, db)

    @property
    def folder(self) -> Path:
        """Where the file is."""
        return self._path.parent

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def number(self, place: str, keys: Sequence[str], now: int) -> Numbering:
        """Return the UID of each of `keys`; those that are new get the next ones in their order.

        Args:
            place: the mailbox.
            keys: what names each message for ever, each once.
            now: Unix time in seconds, the UIDVALIDITY of a mailbox seen for the first time.

        Raises:
            JournalError: the file cannot be read or written.
        """
        path = os.fsencode(place)
        with self._transaction() as db:
            db.execute("INSERT OR IGNORE INTO place (path, uidvalidity, uidnext) VALUES (?, ?, 1)", (path, now))
            row = db.execute("SELECT id, uidvalidity, uidnext FROM place WHERE path = ?", (path,)).fetchone()
            identity, uidvalidity, uidnext = row
            rows = db.execute("SELECT key, uid FROM file_uid WHERE place = ?", (identity,)).fetchall()
            known = {os.fsdecode(key): uid for key, uid in rows}
            new = [key for key in keys if key not in known]
            given = {key: uidnext + number for number, key in enumerate(new)}
            # A message that is gone keeps its row: should it come back, it is the same message.
            db.executemany(
                "INSERT INTO file_uid (place, key, uid) VALUES (?, ?, ?)",
                ((identity, os.fsencode(key), uid) for key, uid in given.items()),
            )
            db.execute("UPDATE place SET uidnext = ? WHERE id = ?", (uidnext + len(new), identity))
        both = known | given
        return Numbering(uidvalidity, uidnext + len(new), {key: both[key] for key in keys})

    def sizes(self, place: str) -> dict[str, int]:
        """Return the sizes that are known of a mailbox's messages, in bytes.

        Raises:
            JournalError: the file cannot be read.
        """
        with _translated(self._path):
            rows = self._db.execute("SELECT key, size_bytes FROM file_size WHERE path = ?", (os.fsencode(place),))
            return {os.fsdecode(key): size for key, size in rows.fetchall()}

    def keep_sizes(self, place: str, sizes: Iterable[tuple[str, int]]) -> None:
        """Remember sizes that took reading.

        Raises:
            JournalError: the file cannot be written.
        """
        with self._transaction() as db:
            path = os.fsencode(place)
            rows = ((path, os.fsencode(key), size) for key, size in sizes)
            db.executemany("INSERT OR REPLACE INTO file_size VALUES (?, ?, ?)", rows)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with _translated(self._path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise JournalError(path, str(error)) from error
