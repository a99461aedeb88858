"""Make placeholders of the shape of what they stand for, the same for the same word, which tell nothing else of it.

A run of letters and digits becomes one of ``x``, ``y``, ``z`` for letters and ``7``, ``8``, ``9`` for digits, of the
same length; letters beyond ASCII become ``ж``, ``ш``, ``щ``. Which of the three stands where comes from the order in
which words were met, never from the word itself.
"""

from __future__ import annotations

import re
import string
from typing import Final

_RUN: Final = re.compile(r"[^\W_]+")
_LOWER: Final = "xyz"
_UPPER: Final = "XYZ"
_DIGITS: Final = "789"
_BEYOND: Final = "жшщ"
_KEPT: Final = frozenset("\t\r\n " + string.punctuation)

_LONGEST: Final = 60
"""Longer runs are cut: of data in base64 only the beginning's shape is of use."""


class Placeholders:
    """The placeholders of one sample."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def text(self, text: str) -> str:
        """Return the shape of any text: its white space and ASCII punctuation, and placeholders for all else."""
        replaced = _RUN.sub(lambda found: self._run(found[0]), text)
        return "".join(each if each in _KEPT or _RUN.fullmatch(each) else _odd(each) for each in replaced)

    def _run(self, word: str) -> str:
        number = self._numbers.setdefault(word.casefold(), len(self._numbers))
        shape: list[str] = []
        for character in reversed(word[:_LONGEST]):
            number, place = divmod(number, 3)
            shape.append(_alphabet(character)[place])
        return "".join(reversed(shape))


def hidden(text: str) -> str:
    """Return the shape of a secret: of which kind its characters are, and how many in steps of four."""
    shape = "".join(_hidden(each) for each in text[:_LONGEST])
    return shape + "x" * (-len(shape) % 4)


def _hidden(character: str) -> str:
    if character.isascii() and character.isalpha():
        return "X" if character.isupper() else "x"
    return "9" if character.isascii() and character.isdigit() else "*"


def _alphabet(character: str) -> str:
    if not character.isascii():
        return _BEYOND
    return _DIGITS if character.isdigit() else _UPPER if character.isupper() else _LOWER


def _odd(character: str) -> str:
    """Return what stands for a control character, a byte that is not UTF-8, or a sign beyond ASCII."""
    if "\udc80" <= character <= "\udcff":
        return "\udcff"
    return "\x01" if character < " " or character == "\x7f" else "§"
