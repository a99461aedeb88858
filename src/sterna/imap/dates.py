"""INTERNALDATE as Unix seconds (RFC 9051 section 9, date-time). A date that is none is an error, never a guess."""

from __future__ import annotations

import datetime as dt
import functools
import re
from typing import Final

from sterna.errors import FormatError
from sterna.imap.quirks import Quirk

PATTERN: Final = (
    rb"([ 0-3][0-9]-[A-Za-z]{3}-[0-9]{4}) ((?:[01][0-9]|2[0-3])):([0-5][0-9]):([0-5][0-9]|60) ([+-][0-9]{4})"
)
"""A date-time in five groups: date, hour, minute, second (60 in a leap second), zone."""

_DATE_TIME: Final = re.compile(PATTERN)
_UNPADDED: Final = re.compile(rb"[0-9]-")
_MONTHS: Final = {
    name: number
    for number, name in enumerate(
        (b"JAN", b"FEB", b"MAR", b"APR", b"MAY", b"JUN", b"JUL", b"AUG", b"SEP", b"OCT", b"NOV", b"DEC"), start=1
    )
}
_EPOCH_DAY: Final = dt.date(1970, 1, 1).toordinal()
_DAY_S: Final = 86_400


def internal_date(raw: bytes, quirks: Quirk = Quirk.KNOWN) -> int:
    """Return the Unix seconds of `raw`, a date-time without its quotes such as ``17-Jul-1996 02:44:25 -0700``.

    Raises:
        FormatError: not a date-time, or a day that is not in the calendar.
    """
    padded = b" " + raw if Quirk.UNPADDED_DAY in quirks and _UNPADDED.match(raw) else raw
    found = _DATE_TIME.fullmatch(padded)
    if found is None:
        raise FormatError("date-time", data=raw, offset=0)
    try:
        return unix_seconds(*found.groups())
    except ValueError:
        raise FormatError("date-time of a day and a zone that exist", data=raw, offset=0) from None


def unix_seconds(date: bytes, hour: bytes, minute: bytes, second: bytes, zone: bytes) -> int:
    """Return the Unix seconds of the five groups of `PATTERN`.

    Raises:
        ValueError: no such day, or no such zone.
    """
    return midnight_s(date) + int(hour) * 3600 + int(minute) * 60 + int(second) - zone_s(zone)


@functools.lru_cache(maxsize=16_384)
def midnight_s(date: bytes) -> int:
    """Return the Unix seconds at which the day ``17-Jul-1996`` begins in UTC. A mailbox has few days: they are kept."""
    month = _MONTHS.get(date[3:6].upper())
    if month is None:
        raise ValueError(date)
    return (dt.date(int(date[7:]), month, int(date[:2])).toordinal() - _EPOCH_DAY) * _DAY_S


@functools.lru_cache(maxsize=256)
def zone_s(zone: bytes) -> int:
    """Return the seconds that ``+hhmm`` is ahead of UTC."""
    hours, minutes = int(zone[1:3]), int(zone[3:])
    if hours > 23 or minutes > 59:
        raise ValueError(zone)
    seconds = hours * 3600 + minutes * 60
    return -seconds if zone[:1] == b"-" else seconds
