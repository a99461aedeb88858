"""Something seen on the way, and what becomes of it. The loss report is the sum of all findings."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Outcome(enum.StrEnum):
    """What becomes of a thing on the target."""

    KEPT = "kept"
    CHANGED = "changed"
    DROPPED = "dropped"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One row of the loss report.

    Fields:
        kind: what it is about, one word of the domain: ``account``, ``mailbox``, ``message``, ``filter``, ``list`` …
        object: which one, as an operator would name it (``anna@lab.example``, ``anna@lab.example: Work/2020``).
        outcome: what becomes of it.
        what: the setting, rule or property concerned; never a secret.
        why: the reason, in one sentence.
        todo: what the operator can do, empty when nothing need be done.
        detail: more text, of several lines, as the original of a filter and its nearest script; never a secret.
    """

    kind: str
    object: str
    outcome: Outcome
    what: str
    why: str
    todo: str = ""
    detail: str = ""
