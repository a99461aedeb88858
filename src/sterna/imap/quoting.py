"""How an argument is written in a command: atom, quoted string or literal (RFC 9051 section 4).

An argument that came from outside (a mailbox name, a user, a password) goes through here and nowhere else; so no name
can end a command early or begin another.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from typing import Final

from sterna.imap.engine import Literal, Piece

_ATOM: Final = re.compile(rb"[!#$&'+,\-./0-9:;<=>?@A-Z\[\]^_`a-z|}~]+")
"""ASTRING-CHAR: printable US-ASCII without ``( ) { % * " \\`` and space. ``~`` and ``#`` are ordinary here."""

_QUOTABLE: Final = re.compile(rb"[\x20-\x7e]*")
_MAX_QUOTED: Final = 1000
"""Longest quoted string, in bytes: servers limit the length of a line, and a longer argument is safe as a literal."""

_LITERAL_MINUS: Final = 4096
"""Largest non-synchronizing literal that LITERAL- allows, in bytes (RFC 7888 section 5)."""


def astring(value: bytes, capabilities: AbstractSet[bytes] = frozenset()) -> Piece:
    """Return `value` as an argument, in the plainest form that can hold it.

    ``NIL`` is quoted: as an atom some servers take it for nothing at all.
    """
    if _ATOM.fullmatch(value) and value.upper() != b"NIL" and len(value) <= _MAX_QUOTED:
        return value
    return string(value, capabilities)


def string(value: bytes, capabilities: AbstractSet[bytes] = frozenset()) -> Piece:
    """Return `value` as an argument that is never an atom, for arguments where ``*`` and ``%`` have a meaning."""
    if len(value) <= _MAX_QUOTED and _QUOTABLE.fullmatch(value):
        return b'"' + value.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'
    return literal(value, capabilities)


def literal(value: bytes, capabilities: AbstractSet[bytes] = frozenset()) -> Literal:
    """Return `value` as a literal that waits for the server only where `capabilities` say it must."""
    without_waiting = b"LITERAL+" in capabilities or (b"LITERAL-" in capabilities and len(value) <= _LITERAL_MINUS)
    return Literal(value, synchronizing=not without_waiting)


def sequence_set(uids: Iterable[int]) -> bytes:
    """Return ascending `uids` as a set with runs joined: ``1:3,5`` (RFC 9051 section 9, sequence-set).

    Raises:
        ValueError: no UID at all, one that is not between 1 and 2**32 - 1, or not ascending.
    """
    runs: list[tuple[int, int]] = []
    for uid in uids:
        last = runs[-1][1] if runs else 0
        if not last < uid < 1 << 32:
            raise ValueError(f"UID {uid} after {last}: not ascending within 1 … 2**32 - 1")
        if uid == last + 1 and runs:
            runs[-1] = (runs[-1][0], uid)
        else:
            runs.append((uid, uid))
    if not runs:
        raise ValueError("a set of no UIDs cannot be written")
    return b",".join(b"%d" % first if first == last else b"%d:%d" % (first, last) for first, last in runs)
