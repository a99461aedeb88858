"""What the passes have done, in SQLite, so that a killed run can be continued.

Rows of new messages are committed before the target is told to hold them (``stored = 0``) and confirmed after its
answer; so a row that is not ``stored`` means "outcome unknown", and the target is asked. One thread uses the file.
"""

from __future__ import annotations

import functools
import json
import sqlite3
from array import array
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Final, Self

from sterna.errors import Scope, SternaError
from sterna.model.copied import CopiedMessage, Fingerprint
from sterna.model.mailbox import Flags, MailboxName

SCHEMA_VERSION: Final = 2


_SECOND: Final = """
BEGIN;
ALTER TABLE mailbox ADD COLUMN mark TEXT NOT NULL DEFAULT '';
ALTER TABLE skipped ADD COLUMN answer TEXT NOT NULL DEFAULT '';
ALTER TABLE skipped ADD COLUMN kept TEXT NOT NULL DEFAULT '';
ALTER TABLE skipped ADD COLUMN since INTEGER NOT NULL DEFAULT 0;
COMMIT;
"""
"""What a journal of the first form lacks."""


class JournalError(SternaError):
    """The journal cannot be read or written: full disk, wrong permissions, not a journal."""

    scope = Scope.RUN
    exit_code = 74  # EX_IOERR

    def __init__(self, path: Path, why: str) -> None:
        self.path = path
        self.why = why
        super().__init__(
            f"the journal {path} cannot be used: {why}; no mail is lost, free the disk or mend the file and run again "
            "(a journal that is moved away is rebuilt by comparing both sides)"
        )


@dataclass(frozen=True, slots=True)
class JournalMailbox:
    """One mailbox of an account.

    Fields:
        fingerprint: the target's marks after our last write; None while the outcome of a write is unknown.
        mark: the source's mark (`sterna.imap.marks`) at the last pass that found nothing to complain of; or empty.
    """

    id: int
    source: MailboxName
    target: MailboxName
    uidvalidity: int
    uniqueid: str
    fingerprint: Fingerprint | None
    mark: str = ""


@dataclass(frozen=True, slots=True)
class SkippedMessage:
    """A message that could not be moved.

    Fields:
        answer: what the server said to it, where it was that; or empty.
        kept: the file in which its bytes are kept; empty when they were not to be had, or need not be kept.
        since: when it was met first, Unix seconds; 0 when that is not known.
    """

    account: str
    source: MailboxName
    uid: int
    reason: str
    todo: str
    answer: str = ""
    kept: str = ""
    since: int = 0


class Journal:
    """The journal of one site."""

    def __init__(self, path: Path, db: sqlite3.Connection) -> None:
        self._path = path
        self._db = db

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open or create the journal at `path`.

        Raises:
            JournalError: it cannot be opened, or was written by a newer Sterna.
        """
        with _translated(path):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.touch(mode=0o600)  # SQLite gives the files beside it the same rights
            db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            db.execute("PRAGMA journal_mode=WAL")
            # NORMAL may lose the last commits in a power cut, never consistency; the target is asked in any case.
            db.execute("PRAGMA synchronous=NORMAL")
            db.execute("PRAGMA foreign_keys=ON")
            db.execute("PRAGMA busy_timeout=60000")
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if version > SCHEMA_VERSION:
                raise JournalError(path, f"it was written by a newer Sterna (schema {version})")
            for file in sorted(resources.files("sterna.state").iterdir(), key=lambda each: each.name):
                if file.name == "schema.sql" or (file.name.startswith("journal_") and file.name.endswith(".sql")):
                    db.executescript(file.read_text("utf-8"))
            if 0 < version < SCHEMA_VERSION:
                db.executescript(_SECOND)
            db.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
        return cls(path, db)

    @property
    def db(self) -> sqlite3.Connection:
        """The database, for the stores that keep their own tables in it; each is used in the journal's thread."""
        return self._db

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def mailboxes(self, account: str) -> dict[MailboxName, JournalMailbox]:
        """Return what is known of an account's mailboxes, by their name on the source."""
        with _translated(self._path):
            rows = self._db.execute(
                "SELECT id, source, target, uidvalidity, uniqueid, last_uid, highestmodseq, sync_crc, mark"
                " FROM mailbox WHERE account = ?",
                (account,),
            ).fetchall()
        return {known.source: known for known in map(_mailbox, rows)}

    def open_mailbox(
        self, account: str, source: MailboxName, target: MailboxName, uidvalidity: int, uniqueid: str
    ) -> JournalMailbox:
        """Return the row of a mailbox, made when it is new; another UIDVALIDITY or UNIQUEID starts it afresh."""
        with self.transaction() as db:
            db.execute(
                "DELETE FROM mailbox WHERE account = ? AND source = ? AND (uidvalidity <> ? OR uniqueid <> ?)",
                (account, _text(source), uidvalidity, uniqueid),
            )
            db.execute(
                "INSERT INTO mailbox (account, source, target, uidvalidity, uniqueid) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET target = excluded.target",
                (account, _text(source), _text(target), uidvalidity, uniqueid),
            )
            row = db.execute(
                "SELECT id, source, target, uidvalidity, uniqueid, last_uid, highestmodseq, sync_crc, mark"
                " FROM mailbox WHERE account = ? AND source = ?",
                (account, _text(source)),
            ).fetchone()
        return _mailbox(row)

    def rows(self, mailbox: int, first: int = 1, last: int = 2**32) -> dict[int, CopiedMessage]:
        """Return what is known of the messages with UIDs from `first` to `last`."""
        with _translated(self._path):
            rows = self._db.execute(
                "SELECT uid, guid, size_bytes, internaldate, flags, modseq, last_updated, stored"
                " FROM message WHERE mailbox = ? AND uid BETWEEN ? AND ?",
                (mailbox, first, last),
            ).fetchall()
        return {row[0]: _message(row) for row in rows}

    def rows_of(self, mailbox: int, uids: Sequence[int]) -> dict[int, CopiedMessage]:
        """Return what is known of the messages with these UIDs, at most some thousand."""
        columns = "uid, guid, size_bytes, internaldate, flags, modseq, last_updated, stored"
        marks = ",".join("?" * len(uids))
        query = f"SELECT {columns} FROM message WHERE mailbox = ? AND uid IN ({marks})"  # noqa: S608  no text of others
        with _translated(self._path):
            rows = self._db.execute(query, (mailbox, *uids)).fetchall()
        return {row[0]: _message(row) for row in rows}

    def uids(self, mailbox: int) -> array[int]:
        """Return the UIDs of every row, ascending."""
        with _translated(self._path):
            rows = self._db.execute("SELECT uid FROM message WHERE mailbox = ? ORDER BY uid", (mailbox,))
            return array("L", (row[0] for row in rows))

    def flags(self, mailbox: int, first: int, last: int) -> dict[int, Flags]:
        """Return the flags of the messages with UIDs from `first` to `last`."""
        with _translated(self._path):
            rows = self._db.execute(
                "SELECT uid, flags FROM message WHERE mailbox = ? AND uid BETWEEN ? AND ?", (mailbox, first, last)
            ).fetchall()
        return {uid: _flags(flags) for uid, flags in rows}

    def set_mark(self, mailbox: int, mark: str) -> None:
        """Commit the source's mark of a mailbox whose pass is complete."""
        with self.transaction() as db:
            db.execute("UPDATE mailbox SET mark = ? WHERE id = ?", (mark, mailbox))

    def messages(self, account: str) -> int:
        """Return how many messages of an account there are rows of."""
        with _translated(self._path):
            found = self._db.execute(
                "SELECT count(*) FROM message JOIN mailbox ON message.mailbox = mailbox.id WHERE account = ?",
                (account,),
            )
            return int(found.fetchone()[0])

    def begin(self, mailbox: int, messages: Iterable[CopiedMessage]) -> None:
        """Commit that these messages are about to be sent, and that the mailbox's state is unknown from now on."""
        with self.transaction() as db:
            self._put(db, mailbox, messages, stored=False)
            db.execute(
                "UPDATE mailbox SET last_uid = NULL, highestmodseq = NULL, sync_crc = NULL, mark = '' WHERE id = ?",
                (mailbox,),
            )

    def clear(self, mailbox: int) -> None:
        """Forget all messages of a mailbox: it is no longer on the target."""
        with self.transaction() as db:
            db.execute("DELETE FROM message WHERE mailbox = ?", (mailbox,))

    def has_unsettled(self, mailbox: int) -> bool:
        """Say whether a message of unknown outcome is left from a run that was interrupted."""
        with _translated(self._path):
            found = self._db.execute("SELECT 1 FROM message WHERE mailbox = ? AND NOT stored LIMIT 1", (mailbox,))
            return found.fetchone() is not None

    def finish(
        self,
        mailbox: int,
        stored: Iterable[CopiedMessage],
        gone: Sequence[int],
        fingerprint: Fingerprint | None,
        arrived: Sequence[int] = (),
    ) -> None:
        """Commit that the target holds `stored` and no longer the UIDs `gone`.

        Args:
            mailbox: which.
            stored: messages as they are there now.
            gone: UIDs.
            fingerprint: its marks, once every row agrees with the target; None while that is not known.
            arrived: UIDs of messages that are there as they were begun.
        """
        with self.transaction() as db:
            self._put(db, mailbox, stored, stored=True)
            db.executemany(
                "UPDATE message SET stored = 1 WHERE mailbox = ? AND uid = ?", ((mailbox, uid) for uid in arrived)
            )
            db.executemany("DELETE FROM message WHERE mailbox = ? AND uid = ?", ((mailbox, uid) for uid in gone))
            if fingerprint is not None:
                db.execute(
                    "UPDATE mailbox SET last_uid = ?, highestmodseq = ?, sync_crc = ? WHERE id = ?",
                    (fingerprint.last_uid, fingerprint.highestmodseq, fingerprint.sync_crc, mailbox),
                )

    def settle_skipped(
        self, account: str, source: MailboxName, uids: Sequence[int], rows: Sequence[SkippedMessage]
    ) -> None:
        """Commit which of the messages `uids` cannot be moved; no others of these."""
        with self.transaction() as db:
            db.executemany(
                "DELETE FROM skipped WHERE account = ? AND source = ? AND uid = ?",
                ((account, _text(source), uid) for uid in uids),
            )
            db.executemany(
                "INSERT INTO skipped VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                ((account, _text(source), r.uid, r.reason, r.todo, r.answer, r.kept, r.since) for r in rows),
            )

    def skipped(self, account: str) -> list[SkippedMessage]:
        """Return the messages of an account that could not be moved, by mailbox and UID."""
        with _translated(self._path):
            rows = self._db.execute(
                "SELECT * FROM skipped WHERE account = ? ORDER BY source, uid",
                (account,),
            ).fetchall()
        return [SkippedMessage(row[0], _name(row[1]), *row[2:]) for row in rows]

    def all_skipped(self) -> Iterator[SkippedMessage]:
        """Yield the messages of all accounts that could not be moved, by account, mailbox and UID."""
        with _translated(self._path):
            for row in self._db.execute("SELECT * FROM skipped ORDER BY account, source, uid"):
                yield SkippedMessage(row[0], _name(row[1]), *row[2:])

    def subscriptions(self, account: str) -> frozenset[MailboxName]:
        """Return the subscriptions we made on the target."""
        with _translated(self._path):
            rows = self._db.execute("SELECT target FROM subscription WHERE account = ?", (account,)).fetchall()
        return frozenset(_name(row[0]) for row in rows)

    def set_subscriptions(self, account: str, targets: Iterable[MailboxName]) -> None:
        """Record the subscriptions we made on the target."""
        with self.transaction() as db:
            db.execute("DELETE FROM subscription WHERE account = ?", (account,))
            db.executemany(
                "INSERT INTO subscription (account, target) VALUES (?, ?)", ((account, _text(name)) for name in targets)
            )

    def given(self, account: str) -> frozenset[str]:
        """Return the rights that we gave others to the account's mailboxes, as `set_given` was told."""
        with _translated(self._path):
            rows = self._db.execute("SELECT what FROM given WHERE account = ?", (account,)).fetchall()
        return frozenset(row[0] for row in rows)

    def set_given(self, account: str, what: Iterable[str]) -> None:
        """Record the rights that we gave others to the account's mailboxes."""
        with self.transaction() as db:
            db.execute("DELETE FROM given WHERE account = ?", (account,))
            db.executemany("INSERT INTO given (account, what) VALUES (?, ?)", ((account, row) for row in what))

    def _put(self, db: sqlite3.Connection, mailbox: int, messages: Iterable[CopiedMessage], *, stored: bool) -> None:
        db.executemany(
            "INSERT OR REPLACE INTO message VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (
                    mailbox,
                    m.uid,
                    m.guid,
                    m.size_bytes,
                    m.internaldate,
                    _text_of(m.flags),
                    m.modseq,
                    m.last_updated,
                    int(stored),
                )
                for m in messages
            ),
        )

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Give the database to read in.

        Raises:
            JournalError: the file cannot be read.
        """
        with _translated(self._path):
            yield self._db

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Commit what the block does, or nothing of it.

        Raises:
            JournalError: the file cannot be written.
        """
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


def _mailbox(row: tuple[int, str, str, int, str, int | None, int | None, int | None, str]) -> JournalMailbox:
    identity, source, target, uidvalidity, uniqueid, last_uid, highestmodseq, crc, mark = row
    known = last_uid is not None and highestmodseq is not None and crc is not None
    fingerprint = Fingerprint(last_uid, highestmodseq, crc) if known else None  # type: ignore[arg-type]  # checked above
    return JournalMailbox(
        identity, _name(source), _name(target), uidvalidity, uniqueid, fingerprint, mark if known else ""
    )


def _message(row: tuple[int, bytes, int, int, str, int, int, int]) -> CopiedMessage:
    uid, guid, size, date, flags, modseq, updated, stored = row
    return CopiedMessage(uid, guid, size, date, _flags(flags), modseq, updated, bool(stored))


@functools.lru_cache(maxsize=4096)
def _text_of(flags: Flags) -> str:
    return " ".join(sorted(flags))


@functools.lru_cache(maxsize=4096)
def _flags(text: str) -> Flags:
    return frozenset(text.split())


def _text(name: MailboxName) -> str:
    return json.dumps(name, ensure_ascii=False)


def _name(text: str) -> MailboxName:
    return tuple(json.loads(text))
