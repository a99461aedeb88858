"""Which messages of a mailbox have to be looked at: all of them, or those that changed since the last pass."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from heapq import merge
from itertools import groupby
from typing import Final

from sterna.cyrus.flags import Keywords
from sterna.imap.marks import modseq_of
from sterna.migration.copy.decide import same_flags
from sterna.migration.copy.ports import JournalPort, SourcePort
from sterna.model.mailbox import Flags

_FLAGS_AT_A_TIME: Final = 5000
"""UIDs whose flags are asked for together: some hundred kilobytes of answer, of a few milliseconds' work."""


def all_of(*sides: Iterable[int]) -> array[int]:
    """Return every UID that is in any of these ascending sequences, ascending."""
    return array("L", (uid for uid, _ in groupby(merge(*sides))))


def not_common(one: Sequence[int], other: Sequence[int]) -> array[int]:
    """Return the UIDs that are in just one of two ascending sequences without repetition, ascending."""
    return array("L", _alone(merge(one, other)))


def _alone(uids: Iterable[int]) -> Iterator[int]:
    before = twice = 0
    for uid in uids:
        if uid == before:
            twice = uid
        else:
            if before and before != twice:
                yield before
            before = uid
    if before and before != twice:
        yield before


class Touched:
    """Finds them for one mailbox whose journal can be trusted."""

    def __init__(self, source: SourcePort, journal: JournalPort, mailbox: int, keywords: Keywords) -> None:
        self._source = source
        self._journal = journal
        self._mailbox = mailbox
        self._keywords = keywords

    async def find(self, uids: Sequence[int], known: Sequence[int], mark: str, now: int | None = None) -> array[int]:
        """Return the UIDs of what is new, gone or has other flags, ascending.

        Args:
            uids: what the source has, ascending.
            known: what the journal has, ascending.
            mark: the source's mark at the last pass.
            now: the source's HIGHESTMODSEQ now. One that has gone back (a rebuilt index, a backup) tells nothing.
        """
        modseq = modseq_of(mark)
        told = modseq is not None and now is not None and now >= modseq
        changed = await self._source.changed(modseq) if told and modseq is not None else None
        if changed is None:
            changed = await self._other_flags(known)
        return all_of(not_common(uids, known), changed)

    async def _other_flags(self, known: Sequence[int]) -> array[int]:
        """Compare the flags of all messages that were copied; asked for one window ahead."""
        found: array[int] = array("L")
        ranges = [
            (known[start], known[min(start + _FLAGS_AT_A_TIME, len(known)) - 1])
            for start in range(0, len(known), _FLAGS_AT_A_TIME)
        ]
        coming = self._source.flags(*ranges[0]) if ranges else None
        try:
            for number, (first, last) in enumerate(ranges):
                flags = await coming if coming else {}
                coming = self._source.flags(*ranges[number + 1]) if number + 1 < len(ranges) else None
                rows = await self._journal.flags(self._mailbox, first, last)
                found.extend(uid for uid in sorted(rows) if not self._is_same(uid, flags.get(uid), rows[uid]))
        finally:
            # A window nobody waits for any more must not end as an exception nobody asked for.
            if coming is not None:
                coming.cancel()
        return found

    def _is_same(self, uid: int, flags: Flags | None, known: Flags) -> bool:
        """Say whether a message has the flags that it had; one that is not described has to be looked at, too."""
        return flags is not None and same_flags(self._keywords.representable(flags, uid), known)
