"""A mailbox of a Cyrus that has had mail of its own: messages get there by the replication commands, with new UIDs.

APPEND would do, but it replaces bytes above 127 in headers (``munge8bit``), refuses much of what old servers hold, and
an administrator may not append to people's mailboxes. A record above the mailbox's last UID is always taken, keeps
every byte, and is guarded by the mailbox's own marks: when somebody delivers meanwhile, nothing is done at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from sterna.cyrus.flags import Keywords
from sterna.cyrus.mailbox_state import MAX_RECORDS, MailboxHeader, MailboxUpdate
from sterna.cyrus.record import Record
from sterna.cyrus.replication import ReplicationRefusedError
from sterna.imap.appending import Outgoing
from sterna.imap.content import Content, digest
from sterna.imap.writer import Outcome, Refusal
from sterna.migration.copy.append.marks import Marks
from sterna.migration.copy.append.ports import Opened
from sterna.migration.copy.refused import blame
from sterna.migration.copy.writing import Identity, TargetDisagreesError, marks
from sterna.model.copied import Fingerprint
from sterna.model.mailbox import Flags, MessageFacts


class WritingPort(Protocol):
    """The target's mail store (`sterna.cyrus.replication.ReplicationWriter`)."""

    async def header(self, name: bytes) -> MailboxHeader | None:
        """Return one mailbox's header."""
        ...

    async def records(self, name: bytes) -> list[Record]:
        """Return every message of a mailbox."""
        ...

    async def stage(self, partition: bytes, messages: Sequence[tuple[bytes, Content]]) -> None:
        """Bring messages to the staging."""
        ...

    async def apply(self, update: MailboxUpdate) -> None:
        """Make a mailbox hold records."""
        ...

    async def restart(self) -> None:
        """Forget the staging."""
        ...


class CyrusMailbox:
    """The mailbox that `identity` names; when it is missing it is made with that identity.

    What it holds is read once, by `open`; afterwards it is known from what was written, which the mailbox's checksum
    over all of its messages proves.
    """

    can_expunge = True
    takes_binary = False
    keeps_bytes = True
    size_limit = None

    def __init__(self, target: WritingPort, identity: Identity, clock: Callable[[], float]) -> None:
        self._port = target
        self._identity = identity
        self._clock = clock
        self._header: MailboxHeader | None = None
        self._records: dict[int, Record] = {}
        self._keywords = Keywords()

    @property
    def dropped_flags(self) -> Mapping[str, int]:
        """Flags that it cannot hold, and on how many messages they stood."""
        return self._keywords.dropped

    async def open(self) -> Opened:
        """Read its marks and its records.

        Raises:
            TargetDisagreesError: it is missing and cannot be made as it should be.
        """
        header = await self._port.header(self._identity.name)
        if header is not None:
            one = self._identity
            self._identity = replace(
                one, uniqueid=header.uniqueid, partition=header.partition, uidvalidity=header.uidvalidity
            )
        self._header = header
        if header is None:
            await self._apply([], 0, 0)
        self._records = {record.uid: record for record in await self._port.records(self._identity.name)}
        self._keywords = Keywords()
        for record in self._records.values():
            # Its own keywords count, too: a mailbox holds only so many.
            self._keywords.representable(record.flags)
        return Opened(self._identity.uidvalidity, self._last_uid + 1, len(self._records))

    def representable(self, flags: Flags) -> Flags:
        """Return flags as Cyrus can hold them."""
        return self._keywords.representable(flags)

    async def facts(self, first: int, last: int) -> list[MessageFacts]:
        """Return what is known of its messages."""
        return [
            MessageFacts(uid, record.flags, record.internaldate, record.size_bytes)
            for uid, record in sorted(self._records.items())
            if first <= uid <= last
        ]

    async def marks(self, uids: Sequence[int]) -> dict[int, Marks]:
        """Return the digests that Cyrus took of what it stored; it changes nothing, so no weaker marks are needed."""
        return {uid: Marks(self._records[uid].guid, b"", b"") for uid in uids if uid in self._records}

    async def append(self, messages: Sequence[Outgoing], *, binary: bool = False) -> list[Outcome]:
        """Stage messages and make them the mailbox's, above its last UID.

        Raises:
            MailboxChangedError, TargetDisagreesError: somebody else writes to it; begin it anew.
            TargetUnableError: it takes nothing at all.
        """
        del binary
        await self._port.restart()
        staged = [(digest(message.content), message) for message in messages]
        refused = await self._stage([(guid, message.content) for guid, message in staged])
        records: list[Record] = []
        outcomes: list[Outcome] = []
        now, modseq = int(self._clock()), self._next_modseq
        for guid, message in staged:
            if guid in refused:
                outcomes.append(Refusal(refused[guid]))
                continue
            uid = self._last_uid + len(records) + 1
            size, date = len(message.content), message.internaldate
            records.append(Record(uid, modseq, now, message.flags, date, size, guid))
            outcomes.append(uid)
        if records:
            await self._write(records)
        return outcomes

    async def set_flags(self, flags: Mapping[int, Flags]) -> None:
        """Change records; messages that are gone are passed over."""
        now, modseq = int(self._clock()), self._next_modseq
        await self._write(
            [
                replace(self._records[uid], flags=wanted, modseq=modseq, last_updated=now)
                for uid, wanted in flags.items()
                if uid in self._records
            ]
        )

    async def expunge(self, uids: Iterable[int]) -> None:
        """Expunge messages; those that are gone are passed over."""
        now, modseq = int(self._clock()), self._next_modseq
        await self._write(
            [
                replace(self._records[uid], expunged=True, modseq=modseq, last_updated=now)
                for uid in uids
                if uid in self._records
            ]
        )

    async def _stage(self, messages: Sequence[tuple[bytes, Content]]) -> dict[bytes, str]:
        """Stage messages, by halves when they are refused; return the answers to those refused alone, by digest."""
        try:
            await self._port.stage(self._identity.partition, messages)
        except ReplicationRefusedError as error:
            if len(messages) > 1:
                half = len(messages) // 2
                return await self._stage(messages[:half]) | await self._stage(messages[half:])
            guid, content = messages[0]
            await blame(self._port, self._identity.partition, len(content), error.answer)
            return {guid: error.answer}
        return {}

    @property
    def _last_uid(self) -> int:
        return self._header.last_uid if self._header else 0

    @property
    def _next_modseq(self) -> int:
        return (self._header.highestmodseq if self._header else 0) + 1

    @property
    def _crc(self) -> int:
        return self._header.sync_crc if self._header else 0

    async def _write(self, records: Sequence[Record]) -> None:
        ascending = sorted(records, key=lambda record: record.uid)
        for start in range(0, len(ascending), MAX_RECORDS):
            part = ascending[start : start + MAX_RECORDS]
            crc, modseq = self._crc, self._next_modseq
            part = [replace(record, modseq=modseq) for record in part]
            for record in part:
                before = self._records.get(record.uid)
                crc ^= record.crc() ^ (before.crc() if before else 0)
            last_uid = max(self._last_uid, part[-1].uid)
            await self._apply(part, last_uid, crc)
            for record in part:
                if record.expunged:
                    del self._records[record.uid]
                else:
                    self._records[record.uid] = record

    async def _apply(self, records: Sequence[Record], last_uid: int, crc: int) -> None:
        """Send one MAILBOX command, and read its marks back.

        Raises:
            TargetDisagreesError: they are not what they should be.
        """
        one, modseq = self._identity, self._next_modseq
        update = MailboxUpdate(
            name=one.name,
            uniqueid=one.uniqueid,
            partition=one.partition,
            uidvalidity=one.uidvalidity,
            last_uid=last_uid,
            highestmodseq=modseq,
            sync_crc=crc,
            owner=one.owner,
            now=int(self._clock()),
            records=records,
            since=self._header,
            echo=self._header.echo if self._header else one.echo,
        )
        await self._port.apply(update)
        await self._port.restart()
        wanted = Fingerprint(last_uid, modseq, crc)
        self._header = await self._port.header(one.name)
        if marks(self._header) != wanted:
            raise TargetDisagreesError(one.name, wanted, marks(self._header))
