"""What the target holds of a mailbox and of a user, and what it is to hold: arguments of the replication commands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sterna.cyrus.dlist import DList, keyed
from sterna.cyrus.record import Record
from sterna.errors import FormatError
from sterna.imap.engine import Piece
from sterna.model.address import Address

MAX_MESSAGES: Final = 500
"""Most messages in one MESSAGE command. More gains nothing and makes a failure dearer."""

MAX_BYTES: Final = 8 * 1024 * 1024
"""Most message bytes in one MESSAGE command, unless one message alone is larger."""

MAX_RECORDS: Final = 1000
"""Most records in one MAILBOX command: the mailbox stays locked for about 0.15 s, not for seconds."""


@dataclass(frozen=True, slots=True)
class MailboxHeader:
    """What the target holds of one mailbox, without its messages.

    `echo` are the fields that the server overwrites with whatever we send, or with nothing: they are sent back as they
    came (ACL, annotations, options, POP3 times).
    """

    name: bytes
    uniqueid: bytes
    partition: bytes
    uidvalidity: int
    last_uid: int
    highestmodseq: int
    sync_crc: int
    sync_crc_annot: int
    echo: Mapping[bytes, DList]


@dataclass(frozen=True, slots=True)
class UserState:
    """Everything the target holds of one user.

    Fields:
        mailboxes: by internal name.
        placeholders: names that are no mailboxes, but have some below them.
        subscriptions: names the user is subscribed to.
        scripts: names of the user's Sieve scripts.
    """

    mailboxes: Mapping[bytes, MailboxHeader]
    placeholders: frozenset[bytes]
    subscriptions: frozenset[bytes]
    scripts: frozenset[bytes]


@dataclass(frozen=True, slots=True)
class MailboxUpdate:
    """One MAILBOX command: bring `name` to this state and apply `records`.

    `since` is the header the decision was taken on, None for a mailbox that is to be made. `echo` is what the mailbox
    has of its own and keeps. `last_uid`, `highestmodseq` and `sync_crc` hold for the mailbox after the command; a
    `sync_crc` of 0 asks the server not to check.
    """

    name: bytes
    uniqueid: bytes
    partition: bytes
    uidvalidity: int
    last_uid: int
    highestmodseq: int
    sync_crc: int
    owner: Address
    now: int
    records: Sequence[Record]
    since: MailboxHeader | None = None
    echo: Mapping[bytes, DList] = field(default_factory=dict)

    def pieces(self) -> list[Piece]:
        """Write its arguments.

        Raises:
            ValueError: the server would die of it (UIDs not ascending, above `last_uid`, a date before 1970 …).
        """
        self._check()
        pairs: dict[bytes, DList] = {
            b"UNIQUEID": self.uniqueid,
            b"MBOXNAME": self.name,
            b"SYNC_CRC": b"%d" % self.sync_crc,
            b"SYNC_CRC_ANNOT": b"%d" % (self.since.sync_crc_annot if self.since else 0),
            b"LAST_UID": b"%d" % self.last_uid,
            b"HIGHESTMODSEQ": b"%d" % self.highestmodseq,
            # Otherwise every message would be \Recent again at the owner's next login.
            b"RECENTUID": b"%d" % self.last_uid,
            b"RECENTTIME": b"%d" % self.now,
            b"LAST_APPENDDATE": b"%d" % self.now,
            b"POP3_LAST_LOGIN": b"0",
            b"POP3_SHOW_AFTER": b"0",
            b"UIDVALIDITY": b"%d" % self.uidvalidity,
            b"PARTITION": self.partition,
            b"ACL": f"{self.owner}\tlrswipkxtecdan\t".encode("ascii"),
            # POP3 UIDLs of the normal form; the other options stay off.
            b"OPTIONS": b"P",
        }
        pairs |= self.echo
        if self.since:
            pairs[b"SINCE_MODSEQ"] = b"%d" % self.since.highestmodseq
            pairs[b"SINCE_CRC"] = b"%d" % self.since.sync_crc
            pairs[b"SINCE_CRC_ANNOT"] = b"%d" % self.since.sync_crc_annot
        records = b" ".join(record.dump() for record in self.records)
        return [*keyed(pairs)[:-1], b" RECORD (", records, b"))"]

    def _check(self) -> None:
        uid = 0
        for record in self.records:
            if record.uid <= uid:
                raise ValueError(f"UID {record.uid} after {uid}: records must ascend")
            uid = record.uid
            if record.internaldate < 1 or record.modseq > self.highestmodseq or record.size_bytes < 1:
                raise ValueError(f"UID {uid}: date, MODSEQ or size out of range")
        if uid > self.last_uid:
            raise ValueError(f"UID {uid} above LAST_UID {self.last_uid}")


def is_placeholder(pairs: Mapping[bytes, DList]) -> bool:
    """Say whether it is an intermediate entry (``i``) or the trace of a deleted mailbox (``d``)."""
    kind = pairs.get(b"MBOXTYPE")
    return isinstance(kind, bytes) and bool(set(kind[1:]) & set(b"id"))


def header_of(value: DList) -> MailboxHeader:
    """Read a MAILBOX from one of the server's answers.

    Raises:
        FormatError: a field is missing or is of another kind.
    """
    if not isinstance(value, dict):
        raise FormatError("a MAILBOX", data=repr(value)[:64].encode(), offset=0)
    echoed = (b"ACL", b"OPTIONS", b"POP3_LAST_LOGIN", b"POP3_SHOW_AFTER", b"ANNOTATIONS")
    return MailboxHeader(
        name=text_of(value, b"MBOXNAME"),
        uniqueid=text_of(value, b"UNIQUEID"),
        partition=text_of(value, b"PARTITION"),
        uidvalidity=_number(value, b"UIDVALIDITY"),
        last_uid=_number(value, b"LAST_UID"),
        highestmodseq=_number(value, b"HIGHESTMODSEQ"),
        sync_crc=_number(value, b"SYNC_CRC"),
        sync_crc_annot=_number(value, b"SYNC_CRC_ANNOT"),
        echo={key: value[key] for key in echoed if key in value},
    )


def text_of(pairs: Mapping[bytes, DList], key: bytes) -> bytes:
    """Return a field that is an atom.

    Raises:
        FormatError: it is missing or is no atom.
    """
    value = pairs.get(key)
    if not isinstance(value, bytes):
        raise FormatError(f"a value for {key.decode()}", data=repr(value)[:64].encode(), offset=0)
    return value


def _number(pairs: Mapping[bytes, DList], key: bytes) -> int:
    value = text_of(pairs, key)
    if not value.isdigit():
        raise FormatError(f"a number for {key.decode()}", data=value[:64], offset=0)
    return int(value)
