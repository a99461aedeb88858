"""Names of files and folders for addresses and records, whatever characters these have."""

from __future__ import annotations

import hashlib
from typing import Final

_PLAIN: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_+@")
_LONGEST: Final = 200
"""In bytes; a name of a file ends at 255 (NAME_MAX)."""


def file_name(text: str) -> str:
    """Return a name for `text`, another one for each text.

    Whatever could mean something to a file system, a shell, cron (``%``) or systemd (``%``) is written as ``=XX``, its
    bytes in hexadecimal.
    """
    parts = [
        character if character in _PLAIN and (character != "." or place) else _escaped(character)
        for place, character in enumerate(text)
    ]
    name = "".join(parts) or "="
    if len(name) <= _LONGEST:
        return name
    return f"{name[: _LONGEST - 17]}={hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


def _escaped(character: str) -> str:
    return "".join(f"={byte:02X}" for byte in character.encode("utf-8", "surrogatepass"))
