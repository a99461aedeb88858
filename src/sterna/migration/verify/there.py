"""The target's messages of one mailbox, by the UIDs that the source knows them by. Pure.

Most have the same UID on both sides. Where that could not be, the journal says which is which.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

from sterna.cyrus.columns import RecordColumns, Row
from sterna.state.digests import WithoutUid


class There:
    """What the target holds of a mailbox.

    Args:
        columns: its messages.
        without_uids: those of the source that have other UIDs there, ascending by the source's.
        keeps_uids: whether every other message there has the source's UID. Where it has not, what we did not bring is
            the target's own.
    """

    def __init__(self, columns: RecordColumns, without_uids: Sequence[WithoutUid], *, keeps_uids: bool = True) -> None:
        self._columns = columns
        self._placed = {row.uid: row for row in without_uids}
        self._keeps_uids = keeps_uids

    @property
    def messages(self) -> int:
        """How many there are."""
        return len(self._columns)

    @property
    def new_uids(self) -> int:
        """How many of the source's messages have other UIDs there."""
        return len(self._claimed)

    @property
    def own(self) -> int:
        """How many messages there are the target's own."""
        return 0 if self._keeps_uids else len(self._columns) - len(self._claimed)

    def target_uid(self, uid: int) -> int | None:
        """Return the UID that a message of the source has there, None when it is not there."""
        placed = self._placed.get(uid)
        if placed is not None:
            return placed.target_uid if placed.target_uid in self._claimed else None
        return uid if self._keeps_uids and uid not in self._claimed and uid in self._columns else None

    def between(self, first: int, last: int) -> Iterator[Row]:
        """Yield the messages that the source knows by UIDs from `first` to `last`, ascending."""
        rows = self._columns.between(first, last) if self._keeps_uids else iter(())
        if not self._placed:
            yield from rows
            return
        found = [row for row in rows if row.uid not in self._claimed]
        for uid, placed in self._placed.items():
            if first <= uid <= last and placed.target_uid in self._claimed and placed.target_uid is not None:
                found += [row._replace(uid=uid) for row in self._columns.between(placed.target_uid, placed.target_uid)]
        yield from sorted(found, key=lambda row: row.uid)

    def digests(self, first: int, last: int) -> dict[int, bytes]:
        """Return the SHA-1, taken on the way, of those with other UIDs."""
        return {uid: row.guid for uid, row in self._placed.items() if first <= uid <= last}

    @cached_property
    def _claimed(self) -> frozenset[int]:
        """The UIDs there that stand for a message with another UID on the source, as far as they are there."""
        uids = (row.target_uid for row in self._placed.values())
        return frozenset(uid for uid in uids if uid is not None and uid in self._columns)
