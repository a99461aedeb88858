"""Decide what a range of the source's UIDs still needs where the target has UIDs of its own. Pure.

============  ==================  ============  =================================================================
source has    journal says        target has    action
============  ============ =====  ============  =================================================================
message       nothing             -             `Bring`
message       sent, not settled   -             `Bring`: it was looked for and is not there
message       placed              it            nothing; `SetFlags` when they differ
message       placed              nothing       `Missed`: it was expunged on the target, and stays so
nothing       placed by us        it            `Expunge`: the source's deletion follows
nothing       found there         it            `Forget`: we did not bring it, so it stays
nothing       sent, not settled   -             `Forget`
nothing       placed              nothing       `Forget`
============  ==================  ============  =================================================================

Once the account is cut over the target is the truth: only `Bring` is left, and `Forget` of what is on neither side.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sterna.migration.copy.decide import same_flags
from sterna.model.mailbox import Flags, MessageFacts
from sterna.model.placed import Placed


@dataclass(frozen=True, slots=True)
class Bring:
    """Put the message into the target's mailbox."""

    uid: int


@dataclass(frozen=True, slots=True)
class SetFlags:
    """Make the flags of the target's message equal to `flags`."""

    uid: int
    target_uid: int
    flags: Flags


@dataclass(frozen=True, slots=True)
class Expunge:
    """Expunge a message that we put there and that is gone from the source."""

    uid: int
    target_uid: int


@dataclass(frozen=True, slots=True)
class Forget:
    """There is nothing to follow any more."""

    uid: int


@dataclass(frozen=True, slots=True)
class Missed:
    """It was brought and has been expunged on the target since."""

    uid: int


Action = Bring | SetFlags | Expunge | Forget | Missed


def decide(
    source: Mapping[int, MessageFacts],
    journal: Mapping[int, Placed],
    target: Mapping[int, Flags],
    *,
    cut_over: bool = False,
) -> list[Action]:
    """Return what has to be done, ascending by UID. Running it again on the result returns nothing but `Missed`.

    Args:
        source: the messages of the range, with flags as the target can hold them.
        journal: what earlier runs recorded of the range; what was sent without an answer has been looked for.
        target: flags of the target's messages, by their UIDs there.
        cut_over: whether the target is the truth by now.
    """
    found = (_one(uid, source.get(uid), journal.get(uid), target, cut_over) for uid in sorted({*source, *journal}))
    return [action for action in found if action is not None]


def _one(
    uid: int, fact: MessageFacts | None, row: Placed | None, target: Mapping[int, Flags], cut_over: bool
) -> Action | None:
    if row is None or row.target_uid is None:
        return Bring(uid) if fact is not None else Forget(uid)
    held = target.get(row.target_uid)
    if fact is None:
        return _gone(uid, row, row.target_uid, there=held is not None, cut_over=cut_over)
    if cut_over:
        return None
    if held is None:
        return Missed(uid)
    return None if same_flags(fact.flags, held) else SetFlags(uid, row.target_uid, fact.flags)


def _gone(uid: int, row: Placed, target_uid: int, *, there: bool, cut_over: bool) -> Action | None:
    if cut_over:
        return None
    return Expunge(uid, target_uid) if there and not row.found else Forget(uid)
