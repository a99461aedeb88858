"""Mailbox names in the CLI's answers: paths with ``/``, in UTF-8 or in modified UTF-7.

The protocol is UTF-8 throughout, but on disk and in IMAP names are modified UTF-7, and nobody has published an answer
with a name beyond ASCII. So both are understood, and which one it is is found out from the names themselves.
"""

from __future__ import annotations

import enum
import re
from collections import Counter
from collections.abc import Iterable

from sterna.errors import FormatError
from sterna.imap import mutf7
from sterna.model.mailbox import INBOX, MailboxName

_FOREIGN = "~"
"""Begins the path of another account's mailbox: ``~anna/Work``, ``~anna@fjord.example/Work``."""

_SHIFTED = re.compile(r"&[A-Za-z0-9+,]*-")


class NameEncoding(enum.Enum):
    """How names are spelt."""

    UTF8 = "utf-8"
    MUTF7 = "modified utf-7"


def is_foreign(path: str) -> bool:
    """Return whether the path leads to another account's mailbox."""
    return path.startswith(_FOREIGN)


def mailbox_name(path: str, encoding: NameEncoding) -> MailboxName:
    """Return the name's components. What is not modified UTF-7 although it should be is taken as it stands."""
    parts = tuple(_decoded(part) if encoding is NameEncoding.MUTF7 else part for part in path.split("/"))
    return INBOX + parts[1:] if parts[0].upper() == "INBOX" else parts


def choose_name_encoding(cli_names: Iterable[str], imap_names: Iterable[MailboxName]) -> NameEncoding:
    """Return the encoding in which more of the CLI's names are names that IMAP lists; UTF-8 when both are as good."""
    known = set(imap_names)
    names = tuple(cli_names)
    hits = Counter({each: sum(mailbox_name(name, each) in known for name in names) for each in NameEncoding})
    return NameEncoding.MUTF7 if hits[NameEncoding.MUTF7] > hits[NameEncoding.UTF8] else NameEncoding.UTF8


def guess_name_encoding(names: Iterable[str]) -> NameEncoding | None:
    """Return what the names alone tell, None when they read the same in both encodings.

    A name that is not modified UTF-7 proves UTF-8. The other way round there is no proof, but nobody calls a mailbox
    ``M&APw-ll``.
    """
    shifted = False
    for name in names:
        if not name.isascii() or "&" in _SHIFTED.sub("", name):
            return NameEncoding.UTF8
        if "&" in name:
            if any(_decoded(part) == part for part in name.split("/") if "&" in part):
                return NameEncoding.UTF8
            shifted = True
    return NameEncoding.MUTF7 if shifted else None


def _decoded(part: str) -> str:
    try:
        return mutf7.decode(part.encode("ascii"))
    except (FormatError, UnicodeEncodeError):
        return part
