"""Filters in neutral words: what is tested of an arriving message, and what is done with it.

Filters run one after the other. All tests of a filter must hold; then its actions are done in order. A message that no
action has taken away is kept in INBOX at the end.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter.

    Fields:
        name: as its owner calls it.
        active: inactive ones are only kept for their owner to see.
        original: the rule as it stands on the source.
    """

    name: str
    active: bool
    original: str
