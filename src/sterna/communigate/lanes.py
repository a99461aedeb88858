r"""The usual pair and the usual element of the text format, each cut out by one regular expression.

`sterna.communigate.dataformat` reads whatever the format allows, with care. Almost all of a settings file is
``Key = value;`` and ``(a,b)`` with plain strings, though, and one match for a whole pair is what makes reading quick.
What these patterns do not match is no error: the reader then looks at it with care.

Texts are str of one character a byte (ISO 8859-1), so offsets are the same as in the bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

Match = Callable[[str, int], "re.Match[str] | None"]

# Single characters are repeated possessively, groups never: the Python of Debian 12 (3.11.2) matches possessive groups
# wrongly (python/cpython#106052).

NARROW: Final = r"[A-Za-z0-9]++"
"""An unquoted string as the manual has it."""

ATOM_CHARACTER: Final = r"[^\x00-\x20{}()\[\]=\";,]"
"""What an unquoted string may consist of as files have it."""

_PLAIN: Final = r'"([^"\\\x00-\x1f\x7f]*+)"'
_OTHER: Final = rf"((?![#</]){ATOM_CHARACTER}{ATOM_CHARACTER}*+|#-?[0-9]{{1,20}}+)"
_VALUE: Final = rf"(?:{_PLAIN}|({NARROW})|{_OTHER})"


@dataclass(frozen=True, slots=True)
class Lanes:
    """The patterns for one form of the text.

    Fields:
        blanks: white space but comments, also none.
        pair: ``key = value;``, or ``key = (`` and ``key = {``. Groups: key in quotes, key without; value in quotes,
            narrow, other (wide or a number); bracket.
        element: ``value,`` or ``value)``, with any number of arrays that begin before it or end behind it. Groups:
            opening brackets; value in quotes, narrow, other; closing brackets; comma.
    """

    blanks: Match
    pair: Match
    element: Match


def _lanes(ws: str) -> Lanes:
    return Lanes(
        blanks=re.compile(ws).match,
        pair=re.compile(rf"{ws}(?:{_PLAIN}|({NARROW})){ws}={ws}(?:{_VALUE}{ws};|([({{]))").match,
        element=re.compile(rf"{ws}([(]*+){ws}{_VALUE}{ws}(?=[,)])([)]*+){ws}(,?)").match,
    )


LINE: Final = _lanes(" *+")
FILE: Final = _lanes(r"[ \t\r\n]*+")
