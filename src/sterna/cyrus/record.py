"""One message as the replication commands describe it, and the checksum Cyrus keeps over all of a mailbox's.

The checksum (``SYNC_CRC``) is the XOR of one CRC-32 for each message that is not expunged; so it can be kept up to date
by XOR-ing old records out and new ones in (cyrus-imapd, ``imap/mailbox.c``: ``crc_basic``).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from sterna.cyrus.dlist import DList
from sterna.errors import FormatError
from sterna.model.mailbox import Flags

EXPUNGED: Final = "\\Expunged"
"""The flag that stands for an expunged message in a RECORD; never a client's."""


MAX_DATE: Final = 2**32 - 1
"""Latest INTERNALDATE that Cyrus stores, in Unix seconds: beyond it the number wraps."""


def holdable_date(internaldate: int) -> int:
    """Return the date nearest to `internaldate` (Unix seconds) that Cyrus can hold; it reads 0 as "now"."""
    return min(max(1, internaldate), MAX_DATE)


@dataclass(frozen=True, slots=True)
class Record:
    """A message's metadata on the target.

    `guid` is the SHA-1 of its bytes (20 bytes). `internaldate` and `last_updated` are Unix seconds.
    """

    uid: int
    modseq: int
    last_updated: int
    flags: Flags
    internaldate: int
    size_bytes: int
    guid: bytes
    expunged: bool = False

    def dump(self) -> bytes:
        """Write it for a RECORD list."""
        flags = sorted(self.flags) + ([EXPUNGED] if self.expunged else [])
        return b"%%(UID %d MODSEQ %d LAST_UPDATED %d FLAGS (%b) INTERNALDATE %d SIZE %d GUID %b)" % (
            self.uid,
            self.modseq,
            self.last_updated,
            " ".join(flags).encode("ascii"),
            self.internaldate,
            self.size_bytes,
            self.guid.hex().encode("ascii"),
        )

    def crc(self) -> int:
        """Return its part of SYNC_CRC; 0 for an expunged message, which has none."""
        if self.expunged:
            return 0
        flagcrc = 0
        for flag in self.flags:
            flagcrc ^= zlib.crc32(flag.lower().encode("ascii"))
        text = f"{self.uid} {self.modseq} {self.last_updated} ({flagcrc}) {self.internaldate} {self.guid.hex()}"
        return zlib.crc32(text.encode("ascii"))


def sync_crc(records: Iterable[Record]) -> int:
    """Return the SYNC_CRC of a mailbox that holds exactly `records`."""
    total = 0
    for record in records:
        total ^= record.crc()
    return total


def from_dlist(value: DList) -> Record:
    """Read one element of a RECORD list.

    Raises:
        FormatError: a field is missing or is no number.
    """
    if not isinstance(value, dict):
        raise FormatError("a RECORD", data=repr(value)[:64].encode(), offset=0)
    names = _flags(value)
    return Record(
        uid=_number(value, b"UID"),
        modseq=_number(value, b"MODSEQ"),
        last_updated=_number(value, b"LAST_UPDATED"),
        flags=names - {EXPUNGED},
        internaldate=_number(value, b"INTERNALDATE"),
        size_bytes=_number(value, b"SIZE"),
        guid=_guid(value),
        expunged=EXPUNGED in names,
    )


def _number(pairs: Mapping[bytes, DList], key: bytes) -> int:
    value = pairs.get(key)
    if not isinstance(value, bytes) or not value.isdigit():
        raise FormatError(f"a number for {key.decode()}", data=repr(value)[:64].encode(), offset=0)
    return int(value)


def _guid(pairs: Mapping[bytes, DList]) -> bytes:
    value = pairs.get(b"GUID")
    try:
        guid = bytes.fromhex(value.decode("ascii")) if isinstance(value, bytes) else b""
    except ValueError:
        guid = b""
    if len(guid) != 20:
        raise FormatError("40 hexadecimal digits for GUID", data=repr(value)[:64].encode(), offset=0)
    return guid


def _flags(pairs: Mapping[bytes, DList]) -> Flags:
    value = pairs.get(b"FLAGS")
    if not isinstance(value, list):
        raise FormatError("a list for FLAGS", data=repr(value)[:64].encode(), offset=0)
    return frozenset(flag.decode("ascii", "backslashreplace") for flag in value if isinstance(flag, bytes))
