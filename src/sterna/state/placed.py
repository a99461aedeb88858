"""Which message of the source is which on the target, where UIDs could not be kept.

A row is committed before its message is sent (`Stage.BEGUN`) and its new UID after the answer; so a row without one
means "outcome unknown", and the target is looked through before the message may be sent again.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sterna.model.mailbox import MailboxName
from sterna.model.placed import Placed, PlacedMailbox, Stage
from sterna.state.journal import Journal

_COLUMNS: Final = "uid, target_uid, guid, likeness, message_id, size_bytes, internaldate, floor, stage, found, attempts"


class PlacedStore:
    """The rows of one journal; used in the journal's thread."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def open_mailbox(
        self, account: str, source: MailboxName, target: MailboxName, uidvalidities: tuple[int, int]
    ) -> PlacedMailbox:
        """Return the row of a mailbox, made when it is new.

        When the UIDVALIDITY of either side is another one, what is known of its messages means nothing any more.

        Args:
            account: whose it is.
            source: its name there.
            target: its name there.
            uidvalidities: the source's and the target's.
        """
        key = (account, _text(source))
        with self._journal.transaction() as db:
            db.execute(
                "DELETE FROM placed_mailbox WHERE account = ? AND source = ?"
                " AND (uidvalidity <> ? OR target_uidvalidity <> ? OR target <> ?)",
                (*key, *uidvalidities, _text(target)),
            )
            db.execute(
                "INSERT INTO placed_mailbox (account, source, target, uidvalidity, target_uidvalidity)"
                " VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (*key, _text(target), *uidvalidities),
            )
            row = db.execute("SELECT id, looked FROM placed_mailbox WHERE account = ? AND source = ?", key).fetchone()
        return PlacedMailbox(row[0], bool(row[1]))

    def mailboxes(self, account: str) -> dict[MailboxName, MailboxName]:
        """Return the names on the target of the mailboxes that have such messages, by their names on the source."""
        rows = self._read("SELECT source, target FROM placed_mailbox WHERE account = ?", account)
        return {tuple(json.loads(source)): tuple(json.loads(target)) for source, target in rows}

    def messages(self, account: str) -> int:
        """Return how many messages of an account there are rows of."""
        found = self._read(
            "SELECT count(*) FROM placed JOIN placed_mailbox ON placed.mailbox = placed_mailbox.id WHERE account = ?",
            account,
        )
        return int(found[0][0])

    def set_looked(self, mailbox: int) -> None:
        """Commit that what was there before ours has been compared with all of the source's messages."""
        with self._journal.transaction() as db:
            db.execute("UPDATE placed_mailbox SET looked = 1 WHERE id = ?", (mailbox,))

    def uids(self, mailbox: int) -> array[int]:
        """Return the source's UIDs of every row, ascending."""
        rows = self._read("SELECT uid FROM placed WHERE mailbox = ? ORDER BY uid", mailbox)
        return array("L", (row[0] for row in rows))

    def known(self, account: str, source: MailboxName, uidvalidity: int) -> array[int]:
        """Return the source's UIDs of all that has a UID on the target, in a mailbox of that UIDVALIDITY there."""
        rows = self._read(
            "SELECT uid FROM placed JOIN placed_mailbox ON placed.mailbox = placed_mailbox.id"
            " WHERE account = ? AND source = ? AND uidvalidity = ? AND target_uid > 0",
            account,
            _text(source),
            uidvalidity,
        )
        return array("L", (row[0] for row in rows))

    def claimed(self, mailbox: int) -> array[int]:
        """Return the target's UIDs that rows stand for, ascending."""
        rows = self._read("SELECT target_uid FROM placed WHERE mailbox = ? AND target_uid > 0", mailbox)
        return array("L", sorted(row[0] for row in rows))

    def rows(self, mailbox: int, first: int, last: int) -> dict[int, Placed]:
        """Return what is known of the messages with the source's UIDs from `first` to `last`."""
        found = self._read(
            f"SELECT {_COLUMNS} FROM placed WHERE mailbox = ? AND uid BETWEEN ? AND ?",  # noqa: S608  our own columns
            mailbox,
            first,
            last,
        )
        return {row.uid: row for row in map(_placed, found)}

    def unsettled(self, mailbox: int, most: int) -> list[Placed]:
        """Return the first `most` messages that are not proved, ascending by UID."""
        found = self._read(
            f"SELECT {_COLUMNS} FROM placed WHERE mailbox = ? AND stage NOT IN (2, 4) ORDER BY uid LIMIT ?",  # noqa: S608  ours
            mailbox,
            most,
        )
        return [_placed(row) for row in found]

    def put(self, mailbox: int, rows: Iterable[Placed]) -> None:
        """Commit rows, in place of what was known of these messages."""
        with self._journal.transaction() as db:
            db.executemany(
                "INSERT OR REPLACE INTO placed VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    (
                        mailbox,
                        row.uid,
                        row.target_uid,
                        row.guid,
                        row.likeness,
                        row.message_id,
                        row.size_bytes,
                        row.internaldate,
                        row.floor,
                        int(row.stage),
                        int(row.found),
                        row.attempts,
                    )
                    for row in rows
                ),
            )

    def place(self, mailbox: int, placed: Mapping[int, int]) -> None:
        """Commit the target's UIDs, by the source's."""
        with self._journal.transaction() as db:
            db.executemany(
                "UPDATE placed SET target_uid = ?, stage = 1 WHERE mailbox = ? AND uid = ?",
                ((target, mailbox, uid) for uid, target in placed.items()),
            )

    def set_stage(self, mailbox: int, uids: Sequence[int], stage: Stage) -> None:
        """Commit how far messages have come."""
        with self._journal.transaction() as db:
            db.executemany(
                "UPDATE placed SET stage = ? WHERE mailbox = ? AND uid = ?",
                ((int(stage), mailbox, uid) for uid in uids),
            )

    def forget(self, mailbox: int, uids: Iterable[int]) -> None:
        """Commit that nothing is to be known of these messages any more."""
        with self._journal.transaction() as db:
            db.executemany("DELETE FROM placed WHERE mailbox = ? AND uid = ?", ((mailbox, uid) for uid in uids))

    def _read(self, statement: str, *arguments: object) -> list[tuple[Any, ...]]:
        with self._journal.reading() as db:
            return db.execute(statement, arguments).fetchall()


def _placed(row: tuple[Any, ...]) -> Placed:
    uid, target_uid, guid, likeness, message_id, size, date, floor, stage, found, attempts = row
    return Placed(uid, target_uid, guid, likeness, message_id, size, date, floor, Stage(stage), bool(found), attempts)


def _text(name: MailboxName) -> str:
    return json.dumps(name, ensure_ascii=False)
