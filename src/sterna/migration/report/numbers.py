"""Numbers as people read them: sizes, rates, durations, counts with their noun."""

from __future__ import annotations

_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB")
_NEXT_UNIT = 1023.5
"""From here on the rounded number would have the next unit's 1,024."""
_NO_DECIMAL = 99.95
"""From here on a decimal says nothing that matters; below it would be rounded to three digits anyway."""
_NO_TENTHS_S = 9.95
_SECONDS = {"h": 3600, "min": 60, "s": 1}


def size(count_bytes: float) -> str:
    """Return a size in the unit that gives it one to four digits: ``812 bytes``, ``4.2 MiB``, ``1,000 GiB``."""
    value = float(count_bytes)
    for unit in _UNITS:
        if value < _NEXT_UNIT or unit == _UNITS[-1]:
            digits = 0 if unit == _UNITS[0] or value >= _NO_DECIMAL else 1
            return f"{value:,.{digits}f} {unit}"
        value /= 1024
    raise AssertionError("the last unit takes everything")


def duration(seconds: float) -> str:
    """Return a duration: ``0.4 s``, ``12 s``, ``3 min 5 s``, ``2 h 10 min``, ``4 d 3 h``."""
    if seconds < _NO_TENTHS_S:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    for large, unit, smaller in ((86400, "d", "h"), (3600, "h", "min"), (60, "min", "s")):
        if whole >= large:
            rest = whole % large // _SECONDS[smaller]
            return f"{whole // large} {unit} {rest} {smaller}" if rest else f"{whole // large} {unit}"
    return f"{whole} s"


def count(number: int, noun: str, plural: str | None = None) -> str:
    """Return a number with its noun: ``1 message``, ``3,004 messages``, ``2 mailboxes``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
