"""What a pass knows of a message that has another UID on the target."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Stage(enum.IntEnum):
    """How far a message has come."""

    BEGUN = 0
    """Sent, and the answer was not seen: it may be there or not."""
    PLACED = 1
    """The target has said its UID there; its bytes were not read back yet."""
    PROVED = 2
    """The target has shown its bytes, and they are the source's."""
    WITHDRAWN = 3
    """The target has changed its bytes, so our copy is to be removed again."""
    ALTERED = 4
    """The target has changed its bytes, and cannot remove our copy alone."""


@dataclass(frozen=True, slots=True)
class Placed:
    """One message that was brought, is being brought, or was found on the target.

    Fields:
        uid: on the source.
        target_uid: on the target; None while it is not known.
        guid: SHA-1 of its bytes, 20 bytes; `likeness` and `message_id` are weaker marks.
        size_bytes, internaldate: as it was sent, the date in Unix seconds.
        floor: the target gives it no UID below this one.
        found: it was there before we brought anything, so it is not ours to remove.
        attempts: how often it was sent without an answer.
    """

    uid: int
    target_uid: int | None
    guid: bytes
    likeness: bytes
    message_id: bytes
    size_bytes: int
    internaldate: int
    floor: int
    stage: Stage
    found: bool = False
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class PlacedMailbox:
    """A mailbox whose messages have UIDs of the target's.

    Fields:
        looked: whether every message that was there before ours has been compared with the source's.
    """

    id: int
    looked: bool
