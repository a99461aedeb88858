"""Patterns: what they match, and how letters without regard to case are said where only ASCII letters compare so."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

_FEW = 3
"""Up to so many letters beyond ASCII a pattern is written in every combination of capital and small ones."""


def matches(pattern: str, value: str) -> bool:
    """Return whether `value` as a whole is what `pattern` says; ``*`` stands for any characters."""
    expression = ".*".join(re.escape(part) for part in pattern.lower().split("*"))
    return re.fullmatch(expression, value.lower(), re.DOTALL) is not None


@dataclass(frozen=True, slots=True)
class Casing:
    """Patterns with the spellings that make up for ``i;ascii-casemap`` (RFC 4790 section 9.2.1).

    `incomplete` tells that some mixtures of capitals and small letters are left out.
    """

    patterns: tuple[str, ...]
    incomplete: bool = False

    @classmethod
    def of(cls, patterns: Iterable[str]) -> Self:
        """Return `patterns` with all that is needed besides, in their order, without repetition."""
        spelt: dict[str, None] = {}
        incomplete = False
        for pattern in patterns:
            choices = [_both(letter) for letter in pattern]
            count = sum(len(each) > 1 for each in choices)
            spelt[pattern] = None
            if count <= _FEW:
                spelt |= dict.fromkeys("".join(letters) for letters in itertools.product(*choices))
            else:
                incomplete = True
                spelt |= dict.fromkeys(("".join(each[0] for each in choices), "".join(each[-1] for each in choices)))
        return cls(tuple(spelt), incomplete)


def _both(letter: str) -> tuple[str, ...]:
    """Return a letter beyond ASCII small and as a capital, where both are one character; others as they are."""
    if letter.isascii():
        return (letter,)
    small, capital = letter.lower(), letter.upper()
    if small == capital or len(small) != 1 or len(capital) != 1:
        return (letter,)
    return (small, capital)
