"""FETCH responses: the facts and the bytes of messages (RFC 9051 section 7.5.2).

Two readers give the same: regular expressions for the forms that come a million times, ``(UID FLAGS INTERNALDATE
RFC822.SIZE)`` in any order on one line, and a full one for everything else. A property test holds them together.
"""

from __future__ import annotations

import functools
import re
from typing import Final, NamedTuple, TypedDict

from sterna.errors import FormatError
from sterna.imap.content import Content
from sterna.imap.dates import PATTERN, internal_date, unix_seconds
from sterna.imap.fragments import Response
from sterna.imap.quirks import Quirk
from sterna.imap.scan import Scanner
from sterna.model.mailbox import Flags

_FAST: Final = re.compile(
    rb"\* ([1-9][0-9]{0,8}) FETCH \("
    # (?(2)(?!)): not if group 2 has matched before. An item said twice is left to the full reader.
    rb"(?:(?:(?(2)(?!))UID ([1-9][0-9]{0,8})"
    rb"|(?(3)(?!))FLAGS \(([^()\"{\r\n\x00]*)\)"
    rb"|(?(4)(?!))INTERNALDATE \"" + PATTERN + rb"\""
    rb"|(?(9)(?!))RFC822\.SIZE ([0-9]{1,18}))"
    rb"(?: (?=[A-Z])|(?=\))))+\)\r\n"
)
_FAST_BODY: Final = re.compile(rb"\* ([1-9][0-9]{0,8}) FETCH \(UID ([1-9][0-9]{0,8}) BODY\[\] \{[0-9]{1,18}\+?\}\r\n")
_IS_FETCH: Final = re.compile(rb"\* [0-9]+ FETCH ", re.IGNORECASE)
_FLAG_LIST: Final = re.compile(rb'\(([^()"{\r\n\x00]*)\)')
_FLAG: Final = re.compile(rb"\\?[^\x00-\x20\x7f(){%*\"\\]+")
_ITEM: Final = re.compile(rb"[A-Za-z0-9.\-_]+")

_SYSTEM_FLAGS: Final = {
    flag.lower(): flag for flag in ("\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft")
}  # system flags know no case (RFC 9051 section 2.3.2)


class Fetched(NamedTuple):
    """One FETCH response; None is what it did not say.

    A tuple, because ten million of them are made and a frozen dataclass takes twice the time.

    Fields:
        sequence: the message's number in the mailbox, which changes; UIDs do not.
        internaldate: Unix seconds.
        body: the whole message as ``BODY[]`` gave it; None also when the server said NIL, because it is gone.
    """

    sequence: int
    uid: int | None = None
    flags: Flags | None = None
    internaldate: int | None = None
    size_bytes: int | None = None
    body: Content | None = None


def parse_fetch(response: Response, quirks: Quirk = Quirk.KNOWN) -> Fetched:
    """Read one FETCH response with its items in any order; items we do not know are passed over.

    Raises:
        FormatError: not a FETCH response, or an item that is wrong: a date that is no date too.
    """
    return _quickly(response, quirks) or parse_any_fetch(response, quirks)


def fetched(response: Response, quirks: Quirk = Quirk.KNOWN) -> Fetched | None:
    """Read a response if it is a FETCH response, as `parse_fetch` does; None when it is something else."""
    quick = _quickly(response, quirks)
    if quick is None and _IS_FETCH.match(response.parts[0]):
        return parse_any_fetch(response, quirks)
    return quick


def parse_any_fetch(response: Response, quirks: Quirk = Quirk.KNOWN) -> Fetched:
    """Read one FETCH response without the short cut; `parse_fetch` gives the same, sooner."""
    scan = Scanner(response, quirks)
    scan.expect(b"* ")
    sequence = scan.uid()
    scan.expect(b" ")
    if scan.word() != b"FETCH":
        scan.fail("FETCH before this")
    scan.expect(b" (")
    items: _Items = {}
    while True:
        _item(scan, items)
        if scan.skip(b")"):
            break
        scan.expect(b" ")
        scan.spaces()
        if scan.skip(b")"):
            break
    scan.end()
    return Fetched(sequence, **items)


def _body_quickly(response: Response) -> Fetched | None:
    parts = response.parts
    if len(parts) != 3 or parts[2] != b")\r\n":
        return None
    found = _FAST_BODY.fullmatch(parts[0])
    if found is None:
        return None
    return Fetched(int(found[1]), int(found[2]), body=response.kept.get(1, parts[1]))


def _quickly(response: Response, quirks: Quirk) -> Fetched | None:
    if len(response.parts) > 1:
        return _body_quickly(response)
    found = _FAST.fullmatch(response.parts[0])
    if found is None:
        return None
    sequence, uid, flags, date, hour, minute, second, zone, size = found.groups()
    try:
        return Fetched(
            int(sequence),
            None if uid is None else int(uid),
            None if flags is None else read_flags(flags, quirks),
            None if date is None else unix_seconds(date, hour, minute, second, zone),
            None if size is None else int(size),
        )
    except ValueError:
        return None  # no such date; the full reader says where


class _Items(TypedDict, total=False):
    uid: int
    flags: Flags
    internaldate: int
    size_bytes: int
    body: Content | None


def _item(scan: Scanner, items: _Items) -> None:
    """Read one item with its value into `items`."""
    name = scan.take(_ITEM, "FETCH item")[0].upper()
    whole = False
    if scan.skip(b"["):
        whole = name == b"BODY" and scan.skip(b"] ")
        if not whole:
            scan.section()
    if whole:
        items["body"] = scan.content()
        return
    scan.expect(b" ")
    if name == b"UID":
        items["uid"] = scan.uid()
    elif name == b"FLAGS":
        items["flags"] = read_flags(scan.take(_FLAG_LIST, "list of flags")[1], scan.quirks)
    elif name == b"INTERNALDATE":
        items["internaldate"] = internal_date(scan.string(), scan.quirks)
    elif name == b"RFC822.SIZE":
        items["size_bytes"] = scan.number(10**18 - 1)
    else:
        scan.value()


@functools.lru_cache(maxsize=4096)
def read_flags(raw: bytes, quirks: Quirk = Quirk.KNOWN) -> Flags:
    r"""Return the flags of ``\Seen $Forwarded``; a mailbox has few different lists, so the last ones are kept.

    System flags come in their usual spelling; ``\Recent`` is a session's and left out.

    Raises:
        FormatError: something that is no flag.
    """
    flags: set[str] = set()
    for token in raw.split(b" ") if raw else ():
        if not token:
            if Quirk.SPARE_SPACE in quirks:
                continue
            raise FormatError("one space between flags", data=raw, offset=0)
        if _FLAG.fullmatch(token) is None:
            raise FormatError("flag", data=raw, offset=raw.find(token))
        flags.add(_flag(token, quirks))
    flags.discard("\\recent")
    return frozenset(flags)


def _flag(token: bytes, quirks: Quirk) -> str:
    if token.isascii():
        text = token.decode("ascii")
        lower = text.lower()
        return lower if lower == "\\recent" else _SYSTEM_FLAGS.get(lower, text)
    if Quirk.EIGHT_BIT_KEYWORD not in quirks:
        raise FormatError("keyword in US-ASCII", data=token, offset=0)
    try:
        return token.decode("utf-8")
    except UnicodeDecodeError:
        return token.decode("latin-1")
