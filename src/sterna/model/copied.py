"""What a pass knows of a message it has moved."""

from __future__ import annotations

from dataclasses import dataclass

from sterna.model.mailbox import Flags


@dataclass(frozen=True, slots=True)
class CopiedMessage:
    """One message as it was sent to the target.

    Fields:
        guid: SHA-1 of its bytes, 20 bytes, taken while they passed.
        internaldate, last_updated: Unix seconds.
        modseq: the MODSEQ we gave it.
        stored: True once the target confirmed it; False means sent with unknown outcome, never "not sent".
    """

    uid: int
    guid: bytes
    size_bytes: int
    internaldate: int
    flags: Flags
    modseq: int
    last_updated: int
    stored: bool = True


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The target's own marks of a mailbox's state; equal marks mean that nobody has changed it meanwhile."""

    last_uid: int
    highestmodseq: int
    sync_crc: int
