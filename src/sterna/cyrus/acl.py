"""Cyrus's access control lists as they travel in replication commands: ``identifier TAB rights TAB`` again and again.

The server stores whatever it is sent there, so rights and identifiers are checked here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from sterna.errors import FormatError
from sterna.model.address import Address
from sterna.model.sharing import Everybody, Grant

OWNER_RIGHTS: Final = b"lrswipkxtecdan"
"""What an owner has; ``n`` is Cyrus's own, for annotations."""

_RIGHTS: Final = re.compile(rb"[lrswipkxtecdan0-9]*")
_IDENTIFIER: Final = re.compile(rb"[!-~]+")

Acl = Mapping[bytes, bytes]
"""Rights by identifier; one that begins with ``-`` takes them away."""


def parse_acl(text: bytes) -> dict[bytes, bytes]:
    """Read a list.

    Raises:
        FormatError: it is none.
    """
    fields = text.split(b"\t")
    if len(fields) % 2 == 0 or fields[-1]:
        raise FormatError("an access control list: identifier TAB rights TAB", data=text[:64], offset=0)
    return dict(zip(fields[:-1:2], fields[1::2], strict=True))


def write_acl(acl: Acl) -> bytes:
    """Write a list.

    Raises:
        ValueError: an identifier or rights that the server would store unread.
    """
    for identifier, rights in acl.items():
        if not _IDENTIFIER.fullmatch(identifier) or not _RIGHTS.fullmatch(rights):
            raise ValueError(f"{identifier!r} {rights!r} cannot stand in an access control list")
    return b"".join(b"%b\t%b\t" % row for row in acl.items())


def identifier_of(grant: Grant) -> bytes | None:
    """Return how Cyrus names whom a grant is about; None for those whom it cannot name: groups, and whole domains.

    Nor can it take rights from everybody: the owner is one of them, and would be locked out.
    """
    match grant.identifier:
        case Address():
            name = str(grant.identifier)
        case Everybody.ANYONE if not grant.negative:
            name = "anyone"
        case _:
            return None
    if not name.isascii():
        return None
    return (b"-" if grant.negative else b"") + name.encode("ascii")
