r"""Every command a mailbox reader can send. All of them read; there is no way to build another one here.

EXAMINE instead of SELECT and BODY.PEEK instead of BODY: neither ``\Seen`` nor ``\Recent`` of anybody's mail changes.
"""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from sterna.imap.engine import Literal, Piece
from sterna.imap.quoting import astring, string

_ALLOWED: Final = re.compile(
    rb"(?:NAMESPACE|LIST \"\" |LSUB \"\" |EXAMINE |STATUS |GETQUOTAROOT |GETACL |GETMETADATA "
    rb"|UID SEARCH (?:RETURN \(ALL\) )?"
    rb"(?:ALL|SEEN|ANSWERED|FLAGGED|DELETED|DRAFT|KEYWORD [^\x00-\x20\x7f-\xff(){%*\"\\\]]+)"
    rb"|UID FETCH [0-9:,*]+ \((?:UID|FLAGS|INTERNALDATE|RFC822\.SIZE|BODY\.PEEK\[\]|X-GM-MSGID| )+\)"
    rb"(?: \(CHANGEDSINCE [0-9]+\))?)"
)


@dataclass(frozen=True, slots=True)
class ReadCommand:
    """One command that changes nothing on the server.

    Raises:
        ValueError: its text is not one of the commands of this module.
    """

    pieces: tuple[Piece, ...]

    def __post_init__(self) -> None:
        first = self.pieces[0]
        if isinstance(first, Literal) or _ALLOWED.fullmatch(first) is None:
            raise ValueError("not a command that only reads")


def namespace() -> ReadCommand:
    """Ask where other users' and shared mailboxes begin (RFC 2342)."""
    return ReadCommand((b"NAMESPACE",))


def list_mailboxes(pattern: bytes, capabilities: AbstractSet[bytes]) -> ReadCommand:
    """Ask for the mailboxes whose names match `pattern`, where ``*`` stands for anything; and what they are for."""
    uses = {b"SPECIAL-USE", b"LIST-EXTENDED"} <= capabilities
    returned = (b" RETURN (SPECIAL-USE)",) if uses else ()  # RFC 6154 section 2: else a server need not say it
    return ReadCommand((b'LIST "" ', string(pattern, capabilities), *returned))


def list_subscribed(pattern: bytes, capabilities: AbstractSet[bytes]) -> ReadCommand:
    """Ask for the subscribed names that match `pattern`; the mailboxes themselves may be gone."""
    return ReadCommand((b'LSUB "" ', string(pattern, capabilities)))


def examine(wire: bytes, capabilities: AbstractSet[bytes]) -> ReadCommand:
    """Open a mailbox for reading only (RFC 9051 section 6.3.3)."""
    return ReadCommand((b"EXAMINE ", astring(wire, capabilities)))


def status(wire: bytes, items: bytes, capabilities: AbstractSet[bytes]) -> ReadCommand:
    """Ask for numbers of a mailbox without opening it; `items` such as ``MESSAGES UIDNEXT``."""
    return ReadCommand((b"STATUS ", astring(wire, capabilities), b" (" + items + b")"))


def all_uids(capabilities: AbstractSet[bytes]) -> ReadCommand:
    """Ask for all UIDs of the open mailbox, as ranges where the server can (RFC 4731)."""
    return ReadCommand((b"UID SEARCH RETURN (ALL) ALL" if b"ESEARCH" in capabilities else b"UID SEARCH ALL",))


def some_uids(criterion: bytes, capabilities: AbstractSet[bytes]) -> ReadCommand:
    """Ask which messages of the open mailbox are ``SEEN``, ``FLAGGED``, ``KEYWORD x`` … (RFC 9051 section 6.4.4)."""
    word = b"UID SEARCH RETURN (ALL) " if b"ESEARCH" in capabilities else b"UID SEARCH "
    return ReadCommand((word + criterion,))


def fetch_facts(uids: bytes) -> ReadCommand:
    """Ask for flags, date and size of messages; `uids` is a sequence-set."""
    return ReadCommand((b"UID FETCH " + uids + b" (UID FLAGS INTERNALDATE RFC822.SIZE)",))


def fetch_flags(first: int, last: int) -> ReadCommand:
    """Ask for the flags of the messages with UIDs from `first` to `last`."""
    return ReadCommand((b"UID FETCH %d:%d (UID FLAGS)" % (first, last),))


def fetch_changed(since: int) -> ReadCommand:
    """Ask which messages have changed since the mailbox had this HIGHESTMODSEQ (RFC 7162 section 3.1.4.1)."""
    return ReadCommand((b"UID FETCH 1:* (UID) (CHANGEDSINCE %d)" % since,))


def fetch_dates(first: int, last: int | None) -> ReadCommand:
    """Ask for date and size of the messages with UIDs from `first` to `last`, None for all that follow."""
    upper = b"*" if last is None else b"%d" % last
    return ReadCommand((b"UID FETCH %d:%b (UID INTERNALDATE RFC822.SIZE)" % (first, upper),))


def fetch_bodies(uids: bytes) -> ReadCommand:
    """Ask for the messages themselves; `uids` is a sequence-set."""
    return ReadCommand((b"UID FETCH " + uids + b" (UID BODY.PEEK[])",))


def fetch_message_ids() -> ReadCommand:
    """Ask for the number by which a server with labels knows each message of the open mailbox (``X-GM-EXT-1``)."""
    return ReadCommand((b"UID FETCH 1:* (UID X-GM-MSGID)",))


def quota_roots(wire: bytes, capabilities: AbstractSet[bytes]) -> ReadCommand:
    """Ask what limits a mailbox (RFC 9208 section 4.1.3)."""
    return ReadCommand((b"GETQUOTAROOT ", astring(wire, capabilities)))


def metadata(wire: bytes, capabilities: AbstractSet[bytes]) -> ReadCommand:
    """Ask what people have written about a mailbox (RFC 5464 section 4.2)."""
    entries = b" (/shared/comment /private/comment)"
    return ReadCommand((b"GETMETADATA ", astring(wire, capabilities), entries))


def access_list(wire: bytes, capabilities: AbstractSet[bytes]) -> ReadCommand:
    """Ask who may use a mailbox (RFC 4314 section 3.3)."""
    return ReadCommand((b"GETACL ", astring(wire, capabilities)))
