"""The files in which IMAP servers keep the UIDs of a Maildir. Pure.

* Dovecot, ``dovecot-uidlist`` version 3: ``3 V<uidvalidity> N<uidnext> G<guid>``, then
  ``<uid> [<key><value> ...] :<base>``.
* Version 1 and Courier's ``courierimapuiddb``: ``1 <uidvalidity> <uidnext>``, then ``<uid> <base>``.

A line may stand twice: then the later one counts. Lines are cut at LF only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from sterna.errors import FormatError

_NUMBER: Final = re.compile(rb"[0-9]{1,10}")
_MOST: Final = 2**32 - 1


@dataclass(frozen=True, slots=True)
class UidList:
    """UIDs of one mailbox; `uids` by the base of the file's name. Also those of files that are gone may stand there."""

    uidvalidity: int
    uidnext: int
    uids: Mapping[str, int]


def parse_uid_list(data: bytes) -> UidList:
    """Read ``dovecot-uidlist`` or ``courierimapuiddb``.

    Raises:
        FormatError: neither of them, or one UID stands for two files.
    """
    lines = data.split(b"\n")
    words = lines[0].split()
    if words[:1] == [b"3"]:
        values = {word[:1]: word[1:] for word in words[1:]}
        uidvalidity, uidnext = values.get(b"V", b""), values.get(b"N", b"1")
    elif words[:1] == [b"1"] and len(words) >= 3:
        uidvalidity, uidnext = words[1], words[2]
    else:
        raise FormatError("a list of UIDs, version 1 or 3", data=data[:80], offset=0)
    if not _NUMBER.fullmatch(uidvalidity) or not _NUMBER.fullmatch(uidnext) or not 0 < int(uidvalidity) <= _MOST:
        raise FormatError("UIDVALIDITY and the next UID", data=data[:80], offset=0)
    uids = _rows(data, lines, extended=words[0] == b"3")
    highest = max(uids.values(), default=0)
    return UidList(int(uidvalidity), max(int(uidnext), highest + 1), uids)


def _rows(data: bytes, lines: list[bytes], *, extended: bool) -> dict[str, int]:
    uids: dict[str, int] = {}
    owners: dict[int, str] = {}
    at = len(lines[0]) + 1
    for line in lines[1:]:
        if line:
            head, colon, rest = line.partition(b":") if extended else line.partition(b" ")
            number = head.split(b" ", 1)[0]
            if not colon or not rest or not _NUMBER.fullmatch(number) or not 0 < int(number) <= _MOST:
                raise FormatError("a UID and a file's name", data=data, offset=at)
            base = rest.decode("utf-8", "surrogateescape").partition(":")[0]
            uid = int(number)
            if owners.get(uid, base) != base:
                raise FormatError("a UID that no other file has", data=data, offset=at)
            if (before := uids.get(base)) is not None:
                del owners[before]
            uids[base] = uid
            owners[uid] = base
        at += len(line) + 1
    return uids


def write_uid_list(uidvalidity: int, uidnext: int, guid: str, rows: Iterable[tuple[int, str]]) -> bytes:
    """Return a ``dovecot-uidlist`` of version 3.

    Args:
        uidvalidity: of the mailbox.
        uidnext: of the mailbox.
        guid: 32 hexadecimal digits that name the mailbox for ever.
        rows: UID and base of each message, ascending.
    """
    lines = [f"3 V{uidvalidity} N{uidnext} G{guid}", *(f"{uid} :{base}" for uid, base in rows), ""]
    return "\n".join(lines).encode("utf-8", "surrogateescape")
