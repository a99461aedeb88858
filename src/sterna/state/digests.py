"""What the journal knows of messages for a comparison: the SHA-1 of each, taken while it passed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sterna.model.mailbox import MailboxName
from sterna.state.journal import Journal


@dataclass(frozen=True, slots=True)
class Moved:
    """How many messages of one mailbox passes have moved; `unsettled` of them with unknown outcome."""

    mailbox: int
    account: str
    source: MailboxName
    messages: int
    unsettled: int


class Digests:
    """Reads the rows of messages without making an object of each: there may be millions."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def between(self, mailbox: int, first: int, last: int) -> dict[int, bytes]:
        """Return the SHA-1 (20 bytes) of each message with a UID from `first` to `last`."""
        with self._journal.reading() as db:
            rows = db.execute(
                "SELECT uid, guid FROM message WHERE mailbox = ? AND uid BETWEEN ? AND ?", (mailbox, first, last)
            )
            return dict(rows.fetchall())

    def without_uids(self, account: str) -> dict[MailboxName, list[WithoutUid]]:
        """Return the messages of an account that have other UIDs on the target, by mailbox on the source and UID."""
        with self._journal.reading() as db:
            rows = db.execute(
                "SELECT source, uid, target_uid, guid FROM placed_mailbox"
                " JOIN placed ON placed.mailbox = placed_mailbox.id WHERE account = ? ORDER BY uid",
                (account,),
            ).fetchall()
        found: dict[MailboxName, list[WithoutUid]] = {}
        for source, *message in rows:
            found.setdefault(tuple(json.loads(source)), []).append(WithoutUid(*message))
        return found

    def moved(self, account: str | None = None) -> list[Moved]:
        """Return the mailboxes of one account, or of all, with what was moved; those without messages too."""
        with self._journal.reading() as db:
            rows = db.execute(
                "SELECT id, account, source, count(uid), coalesce(sum(NOT stored), 0) FROM mailbox"
                " LEFT JOIN message ON message.mailbox = mailbox.id WHERE ?1 IS NULL OR account = ?1"
                " GROUP BY id ORDER BY account, source",
                (account,),
            ).fetchall()
        return [Moved(box, account, tuple(json.loads(source)), *numbers) for box, account, source, *numbers in rows]

    def at(self, mailbox: int, places: Sequence[int]) -> list[int]:
        """Return the UIDs at these places of the mailbox's messages, counted from 0 by UID."""
        with self._journal.reading() as db:
            uids = [row[0] for row in db.execute("SELECT uid FROM message WHERE mailbox = ? ORDER BY uid", (mailbox,))]
        return [uids[place] for place in places if place < len(uids)]


@dataclass(frozen=True, slots=True)
class WithoutUid:
    """One message that another UID stands for on the target; `target_uid` is None while it is not known."""

    uid: int
    target_uid: int | None
    guid: bytes


def by_mailbox(moved: Sequence[Moved]) -> Mapping[MailboxName, Moved]:
    """Return one account's rows by the mailbox's name on the source."""
    return {row.source: row for row in moved}
