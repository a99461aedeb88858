"""How a command ends, and the machine-readable code in front of the text (RFC 9051 section 7.1, RFC 5530)."""

from __future__ import annotations

import enum
import re
from typing import Final


class Status(enum.Enum):
    """The three ways a command ends."""

    OK = b"OK"
    NO = b"NO"
    BAD = b"BAD"


_CODE: Final = re.compile(rb'\[((?:[^\]"\r\n]|"(?:[^"\\\r\n]|\\.)*")*)\] ?')

TEMPORARY: Final = frozenset({b"UNAVAILABLE", b"INUSE", b"LIMIT", b"SERVERBUG"})
"""Codes of NO that say nothing about the thing asked for, only that it cannot be answered now (RFC 5530 section 3)."""


def split_code(text: bytes) -> tuple[bytes | None, bytes]:
    """Return the response code without its brackets (None when there is none) and the text after it."""
    found = _CODE.match(text)
    return (found[1], text[found.end() :]) if found else (None, text)


def code_name(code: bytes | None) -> bytes:
    """Return the first word of a response code in upper case: ``UIDVALIDITY`` of ``uidvalidity 5``; empty for None."""
    return (code or b"").partition(b" ")[0].upper()


def code_number(code: bytes | None, name: bytes) -> int | None:
    """Return the number in the code ``name number``, None when it is another code or has no number."""
    word, _, value = (code or b"").partition(b" ")
    return int(value) if word.upper() == name and value.isdigit() and len(value) < 20 else None
