"""How much is looked at, and how much is sent, at a time: windows of UIDs and batches of bytes bound the memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from heapq import merge
from typing import Final

from sterna.cyrus.mailbox_state import MAX_BYTES, MAX_MESSAGES, MAX_RECORDS
from sterna.model.mailbox import MessageFacts

WINDOW: Final = MAX_RECORDS
"""UIDs looked at together: what is decided for them fits into one MAILBOX command."""


def windows(uids: Sequence[int], known: Sequence[int], size: int = WINDOW) -> Iterator[tuple[int, int]]:
    """Cut all UIDs that anybody knows into ranges that hold at most `size` of them, without holes between."""
    first, last, held = 1, 0, 0
    for uid in merge(uids, known):
        if uid == last:
            continue
        if held == size:
            yield first, last
            first, held = last + 1, 0
        last, held = uid, held + 1
    if held:
        yield first, last


def batches(uids: Sequence[int], source: Mapping[int, MessageFacts], most: int = MAX_MESSAGES) -> Iterator[list[int]]:
    """Cut UIDs into runs of at most `most` messages and, but for one large message, `MAX_BYTES` bytes."""
    batch: list[int] = []
    size = 0
    for uid in uids:
        if batch and (len(batch) >= most or size + source[uid].size_bytes > MAX_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(uid)
        size += source[uid].size_bytes
    if batch:
        yield batch
