"""The names of messages in a Maildir: ``1136073600.M17P4711.host,S=1200,W=1234:2,FSa``. Pure.

The part before ``:2,`` is the message's own for ever (its base); what is behind are flags, which change it. ``S=`` is
the size of the file, ``W=`` the size with CRLF line ends, which IMAP serves. Small letters are keywords; what each
stands for is written in a file beside the messages (`sterna.maildir.keywords`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from sterna.model.mailbox import Flags

LETTERS: Final = {
    "D": "\\Draft",
    "F": "\\Flagged",
    "R": "\\Answered",
    "S": "\\Seen",
    "T": "\\Deleted",
}
"""Flags by their letter, as IMAP servers write them."""

PASSED: Final = {"P": "$Forwarded"}
"""What mail clients write besides. Dovecot and Courier do not show it: they have a keyword for it, as for others."""

KEYWORDS: Final = "abcdefghijklmnopqrstuvwxyz"
"""Letters of keywords; a mailbox with more of them keeps the others out of file names."""

_BY_FLAG: Final = {flag.lower(): letter for letter, flag in LETTERS.items()}
_SIZE: Final = re.compile(r",W=([0-9]+)")
_SECONDS: Final = re.compile(r"([0-9]{1,12})\.")


def split(name: str) -> tuple[str, str]:
    """Return the base of a file's name and the letters of its flags."""
    base, _, info = name.partition(":")
    return base, info[2:] if info.startswith("2,") else ""


def flags_of(letters: str, keywords: Mapping[str, str]) -> Flags:
    """Return the flags that letters stand for; a small letter that no keyword is known for says nothing.

    Args:
        letters: what stands behind ``:2,``; Dovecot may write more behind a further comma.
        keywords: names by their letter.
    """
    known = letters.partition(",")[0]
    named = (LETTERS.get(letter) or keywords.get(letter) for letter in known)
    return frozenset(flag for flag in named if flag is not None)


def letters_of(flags: Flags, keywords: Mapping[str, str]) -> str:
    """Return the letters of flags as they stand in a name: in the order of ASCII.

    Args:
        flags: those that have no letter are left out.
        keywords: letters by the keyword in small letters.
    """
    found = (_BY_FLAG.get(flag.lower()) or keywords.get(flag.lower()) for flag in flags)
    return "".join(sorted({letter for letter in found if letter is not None}))


def has_letter(flag: str) -> bool:
    """Say whether a flag has a capital letter of its own."""
    return flag.lower() in _BY_FLAG


def served_bytes(base: str) -> int | None:
    """Return the size with CRLF line ends that a name tells."""
    found = _SIZE.search(base)
    return int(found[1]) if found else None


def order(base: str) -> tuple[int, str]:
    """Return by what messages without UID are ordered: when they were delivered, then their name."""
    found = _SECONDS.match(base)
    return (int(found[1]) if found else 0, base)
