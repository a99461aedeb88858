"""Read the sizes and times of CommuniGate's settings."""

from __future__ import annotations

import re

from sterna.communigate.values import Value, as_text
from sterna.errors import Scope, SternaError

_SIZE = re.compile(r"([0-9]{1,18})([KMGT]?)", re.IGNORECASE | re.ASCII)
_FACTORS = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3, "T": 1024**4}
_TIME = re.compile(r"([0-9]{1,9}) ?(s|m|h|d|w|)(?:ec|in|our|ay|eek)?s?", re.IGNORECASE | re.ASCII)
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


class SizeError(SternaError):
    """A setting should be a size and is not one; `text` is what it is."""

    scope = Scope.ACCOUNT
    exit_code = 65

    def __init__(self, value: Value) -> None:
        self.text = str(value)[:40]
        super().__init__(f"{self.text!r} is no size such as 1024, 100K, 20M, 2G or unlimited")


def read_size(value: Value) -> int | None:
    """Return a size in bytes (``K`` is 1024), None for ``unlimited`` and ``-1``.

    Raises:
        SizeError: it is neither.
    """
    text = (as_text(value) or "").strip()
    if text.lower() == "unlimited" or text == "-1":
        return None
    found = _SIZE.fullmatch(text)
    if found is None:
        raise SizeError(value)
    return int(found[1]) * _FACTORS[found[2].upper()]


def read_seconds(value: Value) -> int | None:
    """Return a time in seconds, as ``15`` (seconds), ``600s``, ``5m``, ``10h``, ``7d``; None for anything else."""
    found = _TIME.fullmatch((as_text(value) or "").strip())
    return None if found is None else int(found[1]) * _SECONDS[found[2].lower()]
