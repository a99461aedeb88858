"""Find out whether messages arrived whose answer was never seen. Pure: what was sent, and what is there now."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from sterna.migration.copy.append.marks import Marks
from sterna.model.placed import Placed


@dataclass(frozen=True, slots=True)
class Candidate:
    """A message on the target that no row claims. `internaldate` in Unix seconds."""

    internaldate: int
    marks: Marks


def arrived(sent: Iterable[Placed], there: Mapping[int, Candidate]) -> dict[int, int]:
    """Return for messages that arrived their UID on the target, by their UID on the source.

    The best evidence first, over all of them: equal bytes, then bytes that differ only in what servers change, then
    date and Message-ID. One message there stands for one of ours, so of two equal ones that were sent, and one that is
    there, one has arrived.
    """
    rows = sorted(sent, key=lambda row: row.uid)
    free = dict(sorted(there.items()))
    result: dict[int, int] = {}
    for is_it in _EVIDENCE:
        for row in rows:
            if row.uid in result:
                continue
            uid = next((uid for uid, each in free.items() if uid >= row.floor and is_it(row, each)), None)
            if uid is not None:
                result[row.uid] = uid
                del free[uid]
    return result


def _equal(row: Placed, there: Candidate) -> bool:
    return row.guid == there.marks.guid


def _alike(row: Placed, there: Candidate) -> bool:
    return row.likeness == there.marks.likeness


def _same_name(row: Placed, there: Candidate) -> bool:
    same_date = row.internaldate == there.internaldate
    return bool(row.message_id) and row.message_id == there.marks.message_id and same_date


_EVIDENCE: tuple[Callable[[Placed, Candidate], bool], ...] = (_equal, _alike, _same_name)
