"""Decide what a range of UIDs in one mailbox still needs. Pure: three snapshots in, a list of actions out.

============  ============  ============  =====================================================================
source has    target has    journal has   action
============  ============  ============  =====================================================================
message       nothing       nothing       `Upload`, unless the target's UIDs have already passed it: `Skip`
message       nothing       sent          `Upload` (it did not arrive), same exception
message       nothing       stored        the same; `Skip` says that it was expunged on the target
message       message       same bytes    nothing; `SetFlags` when they differ; `Adopt` when the journal is behind
message       message       other bytes   `Skip`: the UID is taken by another message
message       message       nothing       `Prove`: read the source's bytes and compare
nothing       message       same bytes    `Expunge`: the source's deletion follows
nothing       message       nothing       nothing: it is not ours
nothing       nothing       anything      `Forget`
============  ============  ============  =====================================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sterna.model.copied import CopiedMessage
from sterna.model.mailbox import Flags, MessageFacts


@dataclass(frozen=True, slots=True)
class Upload:
    """Bring a message that the target does not have."""

    uid: int


@dataclass(frozen=True, slots=True)
class SetFlags:
    """Make the flags of a message on the target equal to `flags`."""

    uid: int
    flags: Flags


@dataclass(frozen=True, slots=True)
class Expunge:
    """Expunge a message that we brought and that is gone from the source."""

    uid: int


@dataclass(frozen=True, slots=True)
class Prove:
    """Read the source's bytes: the target has a message of this UID that the journal does not know."""

    uid: int


@dataclass(frozen=True, slots=True)
class Adopt:
    """The target has it already, as we never learnt or no longer knew; only the journal has to change."""

    uid: int


@dataclass(frozen=True, slots=True)
class Forget:
    """Neither side has it any more."""

    uid: int


@dataclass(frozen=True, slots=True)
class Skip:
    """It cannot be moved; `todo` says what a person can do.

    `answer` is what the server said to it, `kept` the file with its bytes, where there is the one or the other.
    """

    uid: int
    reason: str
    todo: str
    answer: str = ""
    kept: str = ""


Action = Upload | SetFlags | Expunge | Prove | Adopt | Forget | Skip

EXPUNGED_ON_TARGET = Skip(0, "it was expunged on the target", "copy it by hand if it is wanted, it will get a new UID")
UID_PASSED = Skip(
    0,
    "the target has already given out this UID or a higher one: mail came there early, or it was expunged there",
    'set policy.without_uids = "append", then copy brings it with a new UID; or hold delivery, delete the '
    "target's mailbox and run copy again",
)
UID_TAKEN = Skip(
    0,
    "another message has this UID on the target",
    'look at both messages; with policy.without_uids = "append" copy brings this one with a new UID',
)


def decide(
    source: Mapping[int, MessageFacts],
    target: Mapping[int, CopiedMessage],
    journal: Mapping[int, CopiedMessage],
    *,
    last_uid: int,
) -> list[Action]:
    """Return what has to be done, ascending by UID. Running it again on the result returns nothing but skips.

    Args:
        source: the messages of the range, with flags as the target can hold them.
        target: what the target holds in the range; the caller may know it from the journal alone.
        journal: what earlier runs recorded.
        last_uid: the highest UID the target has given out; new messages must lie above it.
    """
    actions: list[Action] = []
    for uid in sorted(source.keys() | target.keys() | journal.keys()):
        action = _one(uid, source.get(uid), target.get(uid), journal.get(uid), last_uid)
        if action is not None:
            actions.append(action)
    return actions


def same_flags(one: Flags, other: Flags) -> bool:
    """Say whether two sets of flags are equal; flags do not care for case (RFC 9051 section 2.3.2)."""
    return one == other or {flag.lower() for flag in one} == {flag.lower() for flag in other}


def _one(
    uid: int, source: MessageFacts | None, target: CopiedMessage | None, known: CopiedMessage | None, last_uid: int
) -> Action | None:
    if source is None:
        return _gone(uid, target, known)
    if target is None:
        return _absent(uid, known, last_uid)
    if known is None:
        return Prove(uid)
    if known.guid != target.guid:
        return _skip(uid, UID_TAKEN)
    if not same_flags(source.flags, target.flags):
        return SetFlags(uid, source.flags)
    return None if known == target else Adopt(uid)


def _gone(uid: int, target: CopiedMessage | None, known: CopiedMessage | None) -> Action | None:
    if known is None:
        return None
    if target is None:
        return Forget(uid)
    return Expunge(uid) if known.guid == target.guid else Forget(uid)


def _absent(uid: int, known: CopiedMessage | None, last_uid: int) -> Action:
    # Above the target's last UID it cannot have been expunged there: the target was set back, from a backup perhaps.
    if uid > last_uid:
        return Upload(uid)
    return _skip(uid, EXPUNGED_ON_TARGET if known is not None and known.stored else UID_PASSED)


def _skip(uid: int, why: Skip) -> Skip:
    return Skip(uid, why.reason, why.todo)
