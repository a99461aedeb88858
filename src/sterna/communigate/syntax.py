"""The two forms of the text format, the deviations that are tolerated, and the errors of reading and writing it."""

from __future__ import annotations

import enum

from sterna.errors import FormatError, Scope, SternaError


class Form(enum.Enum):
    """Where a text stands. It decides what is white space.

    ``LINE`` is a command or a reply: only the space is white space. ``FILE`` is a settings file: space, tab, CR, LF and
    comments are.
    """

    LINE = "line"
    FILE = "file"


class Quirk(enum.Flag):
    """Deviations from the documented grammar that files and servers were seen to have."""

    WIDE_ATOM = enum.auto()
    """An unquoted string with more than letters and digits: ``A-crpt``, ``john@example.org``."""
    UNKNOWN_ESCAPE = enum.auto()
    """A backslash before something that is no escape, as in ``"SMTP\\*"``; both characters are kept."""
    CONTROL_IN_STRING = enum.auto()
    """A control character inside quotes that should be an escape, as a line break or the byte 2 before a hash."""
    NOT_UTF8 = enum.auto()
    """Bytes that are not UTF-8, as in files of version 3 or in passwords; kept as lone surrogates."""
    BARE_HASH_WORD = enum.auto()
    """A word like ``#Vacation`` without quotes, read as a string with its ``#``."""
    NUMBER_WITH_BASE = enum.auto()
    """``#0xFF``, ``#0b101``, ``#0o17``."""
    UNPADDED_BASE64 = enum.auto()
    """A datablock without the ``=`` at its end."""
    COMMENT = enum.auto()
    """``// …`` and ``/* … */`` in files: that comments exist is documented, how they look is not."""
    DUPLICATE_KEY = enum.auto()
    """A key that comes twice in one dictionary; the last one counts."""
    MISSING_BRACES = enum.auto()
    """A settings file that is a dictionary without its outer braces."""
    MISSING_SEMICOLON = enum.auto()
    """No semicolon after the last pair of a dictionary."""


DOCUMENTED = Quirk(0)
"""Nothing but the documented grammar."""

SEEN = ~Quirk.MISSING_SEMICOLON
"""What is tolerated unless somebody asks for less or more. A missing semicolon is rather a sign of a cut file."""


class DataFormatError(FormatError):
    """A text does not follow CommuniGate's format.

    Only the one character that is wrong is shown: passwords are written in this format.

    Fields:
        what, offset, near: as in `FormatError`; `near` is one byte, or empty at the end of the text.
        line, column: the place for a person, both from 1; the column counts bytes.
    """

    def __init__(self, what: str, *, data: bytes, offset: int) -> None:
        super().__init__(what, data=data[: offset + 1], offset=offset)
        self.line = data.count(b"\n", 0, offset) + 1
        self.column = offset - (data.rfind(b"\n", 0, offset) + 1) + 1
        found = ascii(self.near.decode("latin-1")) if self.near else "the end"
        self.args = (f"line {self.line}, column {self.column}: expected {what}, found {found}",)


class UnwritableValueError(SternaError):
    """A value has no spelling in CommuniGate's text format."""

    scope = Scope.ACCOUNT
    exit_code = 65

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"this cannot be said in CommuniGate's text format: {reason}")
