"""What is done in one step: the messages of a window by what becomes of them, and how they look to Cyrus."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sterna.cyrus.record import Record
from sterna.migration.copy.decide import Action, Adopt, Expunge, Forget, Prove, SetFlags, Skip, Upload
from sterna.migration.copy.events import Counts
from sterna.model.copied import CopiedMessage


@dataclass(slots=True)
class Chunk:
    """What one MAILBOX command is to do, and what only the journal has to learn. Messages as they will be."""

    new: list[CopiedMessage]
    changed: list[CopiedMessage]
    gone: list[CopiedMessage]
    settled: list[CopiedMessage]
    forgotten: list[int]

    @classmethod
    def of(cls, actions: Iterable[Action], target: Mapping[int, CopiedMessage], modseq: int, now: int) -> Chunk:
        """Sort out what can be said without reading bytes; uploads and proofs are added later."""
        chunk = cls([], [], [], [], [])
        for action in actions:
            match action:
                case SetFlags(uid, flags):
                    chunk.changed.append(replace(target[uid], flags=flags, modseq=modseq, last_updated=now))
                case Expunge(uid):
                    chunk.gone.append(replace(target[uid], modseq=modseq, last_updated=now))
                case Adopt(uid):
                    chunk.settled.append(target[uid])
                case Forget(uid):
                    chunk.forgotten.append(uid)
                case Upload() | Prove() | Skip():
                    pass
        return chunk

    @property
    def writes(self) -> bool:
        """Whether the target has to change."""
        return bool(self.new or self.changed or self.gone)

    def counts(self) -> Counts:
        """Return what it brings, changes and expunges."""
        size = sum(message.size_bytes for message in self.new)
        return Counts(copied=len(self.new), updated=len(self.changed), expunged=len(self.gone), bytes=size)

    def records(self) -> list[Record]:
        """Return the records of one MAILBOX command, ascending by UID."""
        records = [record(message) for message in (*self.new, *self.changed)]
        records += [record(message, expunged=True) for message in self.gone]
        return sorted(records, key=lambda each: each.uid)

    def crc_change(self, target: Mapping[int, CopiedMessage]) -> int:
        """Return what to XOR to the mailbox's SYNC_CRC: old records out, new ones in."""
        change = 0
        for each in self.records():
            change ^= each.crc()
        for message in (*self.changed, *self.gone):
            change ^= record(target[message.uid]).crc()
        return change


def record(message: CopiedMessage, *, expunged: bool = False) -> Record:
    """Return a message as the replication commands describe it."""
    return Record(
        message.uid,
        message.modseq,
        message.last_updated,
        message.flags,
        message.internaldate,
        message.size_bytes,
        message.guid,
        expunged,
    )


def copied(held: Record) -> CopiedMessage:
    """Return a message of the target as the journal describes it."""
    return CopiedMessage(
        held.uid,
        held.guid,
        held.size_bytes,
        held.internaldate,
        held.flags,
        held.modseq,
        held.last_updated,
    )
