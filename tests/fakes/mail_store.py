"""A mail store in memory that answers the replication commands as Cyrus does, down to dying of bad input.

What Cyrus does, it does: staging belongs to the connection, the SINCE guard compares, UIDs and MODSEQs only rise, an
empty mailbox of another identity is replaced, one with mail is not. `Store` is the server, `FakeWriter` a connection.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sterna.cyrus.mailbox_state import MailboxHeader, MailboxUpdate
from sterna.cyrus.record import Record, sync_crc
from sterna.cyrus.replication import MailboxChangedError, ReplicationRefusedError


class ServerDiedError(AssertionError):
    """The real server would have aborted; whoever caused this has a bug."""


@dataclass(slots=True)
class Mailbox:
    uniqueid: bytes
    uidvalidity: int
    last_uid: int = 0
    highestmodseq: int = 0
    records: dict[int, Record] = field(default_factory=dict)
    changes: int = 0


@dataclass(slots=True)
class Store:
    mailboxes: dict[bytes, Mailbox] = field(default_factory=dict)
    bytes_of: dict[bytes, bytes] = field(default_factory=dict)
    refuses: frozenset[bytes] = frozenset()
    most_bytes: int | None = None

    def snapshot(self):
        """Everything a client could see."""
        return {
            name: (
                box.uidvalidity,
                box.last_uid,
                {uid: (r.guid, r.flags, r.internaldate) for uid, r in box.records.items()},
            )
            for name, box in self.mailboxes.items()
        }

    def deliver(self, name: bytes, guid: bytes, data: bytes) -> int:
        """Let mail arrive by itself, as LMTP would."""
        box = self.mailboxes[name]
        box.last_uid += 1
        box.highestmodseq += 1
        self.bytes_of[guid] = data
        box.records[box.last_uid] = Record(box.last_uid, box.highestmodseq, 1, frozenset(), 1, len(data), guid)
        return box.last_uid


@dataclass(slots=True)
class Records:
    rows: list[Record]

    def of(self, uids):
        wanted = frozenset(uids)
        return (row for row in self.rows if row.uid in wanted)


@dataclass(slots=True)
class Handed:
    header: MailboxHeader | None
    failure: ReplicationRefusedError | None

    async def settle(self) -> MailboxHeader | None:
        if self.failure is not None:
            raise self.failure
        return self.header


class FakeWriter:
    """One connection to a `Store`."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.staged: dict[bytes, bytes] = {}

    async def header(self, name: bytes) -> MailboxHeader | None:
        return self._header(name)

    def _header(self, name: bytes) -> MailboxHeader | None:
        box = self.store.mailboxes.get(name)
        if box is None:
            return None
        crc = sync_crc(box.records.values())
        return MailboxHeader(
            name, box.uniqueid, b"default", box.uidvalidity, box.last_uid, box.highestmodseq, crc, 12345678, {}
        )

    async def records(self, name: bytes) -> list[Record]:
        box = self.store.mailboxes.get(name)
        return [box.records[uid] for uid in sorted(box.records)] if box else []

    async def columns(self, name: bytes) -> Records:
        return Records(await self.records(name))

    async def stage(self, partition: bytes, messages) -> None:
        for guid, data in messages:
            if not data:
                raise ServerDiedError("empty message")
            if guid in self.store.refuses or len(data) > (self.store.most_bytes or len(data)):
                raise ReplicationRefusedError("MESSAGE", b"a batch of messages", b"System I/O error")
        self.staged |= dict(messages)

    async def apply(self, update: MailboxUpdate) -> None:
        self._apply(update)

    def _apply(self, update: MailboxUpdate) -> None:
        update.pieces()  # raises what the real writer raises
        box = self.store.mailboxes.get(update.name)
        if box is not None and box.uniqueid != update.uniqueid:
            if box.last_uid:
                raise ReplicationRefusedError("MAILBOX", update.name, b"IMAP_MAILBOX_MOVED")
            box = None
        if update.since is not None and (
            box is None
            or (update.since.highestmodseq, update.since.sync_crc)
            != (
                box.highestmodseq,
                sync_crc(box.records.values()),
            )
        ):
            raise MailboxChangedError("MAILBOX", update.name, b"IMAP_SYNC_CHANGED")
        box = box or Mailbox(update.uniqueid, update.uidvalidity)
        self._refuse_steps_back(box, update)
        records = dict(box.records)
        for record in update.records:
            self._put(records, record, box, update)
        box.records = records
        box.uidvalidity, box.last_uid, box.highestmodseq = update.uidvalidity, update.last_uid, update.highestmodseq
        box.changes += 1
        self.store.mailboxes[update.name] = box
        if update.sync_crc and update.sync_crc != sync_crc(records.values()):
            raise ReplicationRefusedError("MAILBOX", update.name, b"IMAP_SYNC_CHECKSUM")  # applied all the same

    def _refuse_steps_back(self, box: Mailbox, update: MailboxUpdate) -> None:
        if (
            update.uidvalidity < box.uidvalidity
            or update.last_uid < box.last_uid
            or update.highestmodseq < box.highestmodseq
        ):
            raise ReplicationRefusedError("MAILBOX", update.name, b"IMAP_SYNC_CHECKSUM")

    def _put(self, records: dict[int, Record], record: Record, box: Mailbox, update: MailboxUpdate) -> None:
        known = records.get(record.uid)
        if known is None:
            if record.uid <= box.last_uid:
                raise ReplicationRefusedError("MAILBOX", update.name, b"IMAP_SYNC_CHECKSUM")
            if record.guid not in self.staged:
                raise ServerDiedError(f"UID {record.uid}: bytes were never staged")
            self.store.bytes_of[record.guid] = self.staged[record.guid]
        elif known.guid != record.guid or record.modseq < known.modseq:
            raise ReplicationRefusedError("MAILBOX", update.name, b"IMAP_SYNC_CHECKSUM")
        if record.expunged:
            records.pop(record.uid, None)
        else:
            records[record.uid] = record

    runs_ahead = True

    def hand_over(self, update: MailboxUpdate) -> Handed:
        """The server does it in its turn, before anything that comes later; its client learns of it by `settle`."""
        failure = None
        try:
            self._apply(update)
        except ReplicationRefusedError as error:
            failure = error
        self.staged.clear()
        return Handed(self._header(update.name), failure)

    async def restart(self) -> None:
        self.staged.clear()
