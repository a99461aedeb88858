"""What IMAP servers keep in the header of a message in an mbox file, and never show. Pure.

===============  ==============================================================================================
field            meaning
===============  ==============================================================================================
``Status``       R: seen. O: not recent
``X-Status``     A: answered, F: flagged, T: draft, D: deleted
``X-Keywords``   the message's keywords
``X-UID``        its UID, which counts only where the mailbox has a UIDVALIDITY
``X-IMAPbase``   in the first message: UIDVALIDITY, the highest UID given so far, the mailbox's keywords
``X-IMAP``       the same, in a message that is none
===============  ==============================================================================================
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from email.utils import mktime_tz, parsedate_tz
from typing import Final

from sterna.model.mailbox import Flags

HIDDEN: Final = (
    b"content-length",
    b"status",
    b"x-imap",
    b"x-imapbase",
    b"x-keywords",
    b"x-status",
    b"x-uid",
)
"""Fields that are no part of the message as IMAP shows it."""

_FIELD: Final = re.compile(rb"(?im)^(" + b"|".join(HIDDEN) + rb"|date)[ \t]*:((?:[^\n]|\n[ \t])*)\n?")
_ASCTIME: Final = re.compile(
    r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) {1,2}([0-9]{1,2}) ([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?"
    r"(?: [A-Z]{2,5})? ([0-9]{4})(?: ([+-][0-9]{4}))?"
)
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_BASE: Final = re.compile(rb"\s*([0-9]{1,10})\s+([0-9]{1,10})")
_LETTERS: Final = {
    ord("R"): "\\Seen",
    ord("A"): "\\Answered",
    ord("F"): "\\Flagged",
    ord("T"): "\\Draft",
    ord("D"): "\\Deleted",
}


@dataclass(frozen=True, slots=True)
class Fields:
    """What the header of one message says.

    Fields:
        base: UIDVALIDITY and highest UID of the mailbox.
        internal: it is no message but the server's own note.
        date: its Date field in Unix seconds.
        content_length: the length of its body that is claimed, in bytes.
    """

    flags: Flags
    uid: int | None
    base: tuple[int, int] | None
    internal: bool
    date: int | None
    content_length: int | None


def read_fields(header: bytes) -> Fields:
    """Read a header with its line ends as they are in the file."""
    values: dict[bytes, bytes] = {}
    for found in _FIELD.finditer(header):
        values.setdefault(found[1].lower(), found[2].strip())
    letters = values.get(b"status", b"").replace(b"O", b"") + values.get(b"x-status", b"")
    keywords = values.get(b"x-keywords", b"").decode("utf-8", "replace").split()
    base = _BASE.match(values.get(b"x-imapbase", values.get(b"x-imap", b"")))
    return Fields(
        flags=frozenset({*(_LETTERS[letter] for letter in letters if letter in _LETTERS), *keywords}),
        uid=_number(values.get(b"x-uid")),
        base=(int(base[1]), int(base[2])) if base else None,
        internal=b"x-imap" in values,
        date=_date(values.get(b"date")),
        content_length=_number(values.get(b"content-length"), digits=15),
    )


def without_hidden(header: bytes) -> bytes:
    """Return a header without the fields of servers."""
    return _FIELD.sub(lambda found: found[0] if found[1].lower() == b"date" else b"", header)


def is_from_line(line: bytes) -> bool:
    """Say whether a line that begins with ``From `` has a date as it separates messages."""
    return _ASCTIME.search(line.decode("latin-1")) is not None


def from_line_date(line: bytes) -> int | None:
    """Return the Unix seconds of the date in a ``From `` line; None when there is none that could be read.

    A date without zone is the local time of this machine, because servers write their own.
    """
    found = _ASCTIME.search(line.decode("latin-1"))
    if found is None or found[1] not in _MONTHS:
        return None
    month, day, hour, minute, second, year, zone = found.groups()
    parts = (int(year), _MONTHS.index(month) + 1, int(day), int(hour), int(minute), int(second or 0), 0, 1, -1)
    try:
        if zone is None:
            return int(time.mktime(parts))
        ahead_s = (int(zone[1:3]) * 60 + int(zone[3:])) * 60 * (-1 if zone[0] == "-" else 1)
        return int(mktime_tz((*parts, ahead_s)))
    except (OverflowError, ValueError):
        return None


def _number(value: bytes | None, digits: int = 10) -> int | None:
    return int(value) if value is not None and value.isdigit() and len(value) <= digits else None


def _date(value: bytes | None) -> int | None:
    if value is None:
        return None
    try:
        parsed = parsedate_tz(value.decode("latin-1"))
        return None if parsed is None else int(mktime_tz(parsed))
    except (OverflowError, ValueError, TypeError, IndexError):
        return None
