r"""The commands that put messages into a mailbox, and what a server says to them. Pure.

APPEND as RFC 9051 section 6.3.12 has it; several messages in one command (MULTIAPPEND, RFC 3502), literals that do not
wait (LITERAL+ and LITERAL-, RFC 7888), messages that hold NUL (BINARY, RFC 3516), and the new UIDs that come back
(APPENDUID, RFC 4315). Each only where the server offers it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from sterna.imap.answers import Answer
from sterna.imap.codes import code_name, code_number
from sterna.imap.content import Content
from sterna.imap.engine import Literal, Piece
from sterna.imap.quoting import astring
from sterna.imap.responses import kind, parse_exists, status_response
from sterna.model.mailbox import Flags

MAX_IN_COMMAND: Final = 100
"""Messages in one APPEND: more bring nothing, and a server holds all of them back until the last has come."""

LATEST_DATE: Final = 253_402_300_799
"""The last second of the year 9999; a date-time has four digits for the year."""

_LITERAL_MINUS: Final = 4096
"""Largest literal that need not wait with LITERAL-, in bytes (RFC 7888 section 5)."""

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_FLAG: Final = re.compile(r"\\?[!#$&'+,\-./0-9:;<=>?@A-Z\[^_`a-z|}~]+")
_APPENDUID: Final = re.compile(rb"APPENDUID ([0-9]{1,10}) ([0-9:,]+)", re.IGNORECASE)
_PERMANENT: Final = re.compile(rb"PERMANENTFLAGS \(([^()]*)\)", re.IGNORECASE)
_LIMIT: Final = re.compile(rb"APPENDLIMIT=([0-9]{1,18})")


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to be put into a mailbox; `internaldate` in Unix seconds."""

    content: Content = field(repr=False)
    flags: Flags
    internaldate: int


@dataclass(frozen=True, slots=True)
class Selected:
    r"""What SELECT says of a mailbox.

    Fields:
        uidnext: 0 where the server does not say it.
        permanent: flags that it keeps, in lower case; ``\*`` among them when it takes new keywords. None: not said,
            so all of them (RFC 9051 section 6.3.2).
        read_only: it may not be written to.
        sticky: whether UIDs are still the same the next time (UIDNOTSTICKY, RFC 4315).
    """

    uidvalidity: int
    uidnext: int
    messages: int
    permanent: frozenset[str] | None = None
    read_only: bool = False
    sticky: bool = True

    def keeps(self, flag: str) -> bool:
        """Say whether the mailbox keeps a flag."""
        if self.permanent is None or flag.lower() in self.permanent:
            return True
        return "\\*" in self.permanent and not flag.startswith("\\")


def append(
    wire: bytes, messages: Sequence[Outgoing], capabilities: AbstractSet[bytes], *, binary: bool = False
) -> tuple[Piece, ...]:
    """Return the command that puts `messages` into the mailbox `wire`; more than one of them need MULTIAPPEND.

    Args:
        wire: the mailbox's name, mUTF-7.
        messages: none of them empty: no octets at all are how a client takes back the whole command.
        capabilities: what the server offers.
        binary: send them so that they may hold NUL, for which the server has to offer BINARY.

    Raises:
        ValueError: no message, an empty one, or a flag that is none.
    """
    if not messages or not all(len(message.content) for message in messages):
        raise ValueError("an APPEND needs messages, and none of them may be empty")
    pieces: list[Piece] = [b"APPEND ", astring(wire, capabilities)]
    for message in messages:
        pieces.append(b' (%b) "%b" ' % (flag_list(message.flags), date_time(message.internaldate)))
        pieces.append(_literal(message.content, capabilities, binary=binary))
    return tuple(pieces)


def flag_list(flags: Flags) -> bytes:
    """Return flags as a list without its parentheses.

    Raises:
        ValueError: something that is no flag, and would end the list or begin something else.
    """
    for flag in flags:
        if not _FLAG.fullmatch(flag):
            raise ValueError(f"{flag!r} is no flag that can be sent")
    return " ".join(sorted(flags)).encode("ascii")


def date_time(internaldate: int) -> bytes:
    """Return Unix seconds as a date-time in UTC, without quotes; what no date-time can say becomes the nearest."""
    moment = datetime.fromtimestamp(min(max(0, internaldate), LATEST_DATE), UTC)
    return f"{moment.day:2d}-{_MONTHS[moment.month - 1]}-{moment.year:04d} {moment:%H:%M:%S} +0000".encode("ascii")


def append_uids(answer: Answer, count: int) -> tuple[int, tuple[int, ...]] | None:
    """Return UIDVALIDITY and the new UIDs, in the messages' order; None when they are not said, or not for all."""
    found = _APPENDUID.fullmatch(answer.code or b"")
    if found is None:
        return None
    uids: list[int] = []
    for part in found[2].split(b","):
        first, colon, last = part.partition(b":")
        low, high = int(first or 0), int((last if colon else first) or 0)
        if not 0 < low <= high < 1 << 32 or len(uids) + high - low >= count:
            return None
        uids.extend(range(low, high + 1))
    return (int(found[1]), tuple(uids)) if len(uids) == count else None


def size_limit(capabilities: AbstractSet[bytes]) -> int | None:
    """Return the largest message that the server takes, in bytes, where it says so (APPENDLIMIT, RFC 7889)."""
    limits = [int(found[1]) for name in capabilities if (found := _LIMIT.fullmatch(name))]
    return min(limits) if limits else None


def selected(answer: Answer) -> Selected | None:
    """Read the answer to SELECT, None when it does not say UIDVALIDITY or how many messages there are."""
    uidvalidity = messages = None
    uidnext, sticky = 0, True
    permanent: frozenset[str] | None = None
    for response in answer.untagged:
        if kind(response) == b"EXISTS":
            messages = parse_exists(response)
        elif (said := status_response(response)) is not None:
            code = said[1]
            uidvalidity = code_number(code, b"UIDVALIDITY") or uidvalidity
            uidnext = code_number(code, b"UIDNEXT") or uidnext
            sticky = sticky and code_name(code) != b"UIDNOTSTICKY"
            if found := _PERMANENT.fullmatch(code or b""):
                permanent = frozenset(found[1].decode("ascii", "replace").lower().split())
    if uidvalidity is None or messages is None:
        return None
    read_only = code_name(answer.code) == b"READ-ONLY"
    return Selected(uidvalidity, uidnext, messages, permanent, read_only, sticky)


def _literal(content: Content, capabilities: AbstractSet[bytes], *, binary: bool) -> Literal:
    size = len(content)
    at_once = b"LITERAL+" in capabilities or (b"LITERAL-" in capabilities and size <= _LITERAL_MINUS)
    mark = b"%b{%d%b}" % (b"~" if binary else b"", size, b"+" if at_once else b"")
    return Literal(content, synchronizing=not at_once, announcement=mark)
