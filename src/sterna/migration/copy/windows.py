"""How much is looked at, and how much is sent, at a time: windows of UIDs and batches of bytes bound the memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from sterna.cyrus.mailbox_state import MAX_BYTES, MAX_MESSAGES, MAX_RECORDS
from sterna.model.mailbox import MessageFacts

WINDOW: Final = MAX_RECORDS
"""UIDs looked at together: what is decided for them fits into one MAILBOX command."""


def windows(uids: Sequence[int], size: int = WINDOW) -> Iterator[Sequence[int]]:
    """Cut the UIDs that have to be looked at into runs of at most `size`."""
    for start in range(0, len(uids), size):
        yield uids[start : start + size]


def batches(
    uids: Sequence[int],
    source: Mapping[int, MessageFacts],
    most: int = MAX_MESSAGES,
    most_bytes: int = MAX_BYTES,
) -> Iterator[list[int]]:
    """Cut UIDs into runs of at most `most` messages and, but for one large message, `most_bytes` bytes."""
    batch: list[int] = []
    size = 0
    for uid in uids:
        if batch and (len(batch) >= most or size + source[uid].size_bytes > most_bytes):
            yield batch
            batch, size = [], 0
        batch.append(uid)
        size += source[uid].size_bytes
    if batch:
        yield batch
