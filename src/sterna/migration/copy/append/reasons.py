"""Why a message is not on the target where UIDs are not kept, and what a person can do. Pure."""

from __future__ import annotations

from sterna.migration.copy.decide import Skip

MOST_ATTEMPTS = 3
"""A message at which the connection broke this often, each time sent alone, is not sent again."""

_KEPT = "its bytes are kept; look at them and copy it by hand"


def refused(uid: int, answer: str) -> Skip:
    """The target does not take it."""
    return Skip(uid, f"the target refuses it: {answer}", _KEPT, answer)


def too_large(uid: int, size_bytes: int, limit_bytes: int) -> Skip:
    """It is larger than the target says that it takes."""
    return Skip(uid, f"it has {size_bytes} bytes and the target takes {limit_bytes}", "raise the limit and copy again")


def altered(uid: int, *, removed: bool) -> Skip:
    """The target stored something else."""
    what = "that copy was removed again" if removed else "that copy is there, since the target cannot remove it alone"
    return Skip(uid, f"the target changed its bytes when it stored it; {what}", _KEPT)


def header_replaced(uid: int) -> Skip:
    """The target replaces bytes above 127 in headers, as an earlier message has shown."""
    return Skip(
        uid,
        "its header has bytes above 127, which the target replaces when it stores a message",
        "on Cyrus set munge8bit: no and copy again; elsewhere copy it by hand",
    )


def breaks(uid: int) -> Skip:
    """The connection broke each time that it was sent."""
    return Skip(uid, f"the connection to the target broke {MOST_ATTEMPTS} times while it was sent alone", _KEPT)


def withheld(uid: int) -> Skip:
    """The source does not give its bytes."""
    return Skip(uid, "the source lists it and does not give its bytes", "read it there with a mail client")


def missed(uid: int) -> Skip:
    """It was there and is not any more."""
    return Skip(uid, "it was expunged on the target", "copy it by hand if it is wanted")


def cannot_expunge(uid: int) -> Skip:
    """It is gone from the source, and its copy cannot be removed without touching others."""
    return Skip(uid, "it is gone from the source; the target cannot expunge its copy alone", "delete it there")
