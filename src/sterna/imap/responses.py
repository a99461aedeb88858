"""Untagged data read into values: LIST, LSUB, STATUS, SEARCH, ESEARCH, EXISTS, CAPABILITY, NAMESPACE, ID.

Each function takes one whole response, as `sterna.imap.fragments` cut it, and gives a value or a `FormatError`,
whatever the bytes. FETCH has a module of its own and is found here too.
"""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass
from typing import Final

from sterna.errors import FormatError
from sterna.imap.codes import split_code
from sterna.imap.fetch import Fetched, fetched, parse_fetch
from sterna.imap.fragments import Response
from sterna.imap.quirks import Quirk
from sterna.imap.scan import Scanner

__all__ = [
    "Fetched",
    "ListRow",
    "Namespace",
    "Namespaces",
    "StatusRow",
    "fetched",
    "kind",
    "parse_capability",
    "parse_exists",
    "parse_fetch",
    "parse_id",
    "parse_list",
    "parse_namespace",
    "parse_search",
    "parse_status",
    "status_response",
]

MAX_FOUND: Final = 1 << 24
"""Most UIDs one ESEARCH answer may stand for: ``1:4294967295`` is ten bytes and would fill the memory."""

_KIND: Final = re.compile(rb"\* (?:[0-9]+ )?([A-Za-z][A-Za-z0-9\-]*)")
_STATUS_RESPONSE: Final = re.compile(rb"\* (OK|NO|BAD|BYE|PREAUTH)(?: ([^\r\n]*))?\r\n", re.IGNORECASE)
_NUMBERS: Final = re.compile(rb"[0-9 ]*")
_SET: Final = re.compile(rb"[0-9:,]+")
_ATTRIBUTE: Final = re.compile(rb'\\?[^\x00-\x20\x7f-\xff(){%*"\\\]]+')


@dataclass(frozen=True, slots=True)
class ListRow:
    """One LIST or LSUB response. `attributes` are in lower case, `delimiter` is None where nothing nests."""

    attributes: frozenset[bytes]
    delimiter: bytes | None
    name: bytes


@dataclass(frozen=True, slots=True)
class StatusRow:
    """One STATUS response: the items with a number, by their names in upper case."""

    name: bytes
    items: dict[bytes, int]


@dataclass(frozen=True, slots=True)
class Namespace:
    """Where names of one kind begin."""

    prefix: bytes
    delimiter: bytes | None


@dataclass(frozen=True, slots=True)
class Namespaces:
    """The answer to NAMESPACE (RFC 2342)."""

    personal: tuple[Namespace, ...]
    others: tuple[Namespace, ...]
    shared: tuple[Namespace, ...]


def kind(response: Response) -> bytes:
    """Return the word that says what `response` is, in upper case: ``LIST``, ``FETCH``, ``EXISTS``; empty if none."""
    found = _KIND.match(response.parts[0])
    return found[1].upper() if found else b""


def status_response(response: Response) -> tuple[bytes, bytes | None, bytes] | None:
    """Return kind, code and text of an untagged ``OK``, ``NO`` … response, None when it is another one."""
    found = _STATUS_RESPONSE.fullmatch(response.parts[0])
    return (found[1].upper(), *split_code(found[2] or b"")) if found else None


def parse_list(response: Response, quirks: Quirk = Quirk.KNOWN) -> ListRow:
    """Read a LIST or LSUB response; extended items after the name (RFC 5258, LISTEXT) are checked and passed over."""
    scan = _begin(response, quirks, b"LIST", b"LSUB")
    scan.expect(b" (")
    attributes: set[bytes] = set()
    scan.spaces()
    while not scan.skip(b")"):
        attributes.add(scan.take(_ATTRIBUTE, "mailbox attribute")[0].lower())
        _between(scan)
    scan.expect(b" ")
    delimiter = scan.nstring()
    if delimiter is not None and len(delimiter) != 1:
        scan.fail("one character as hierarchy delimiter before this")
    scan.expect(b" ")
    name = scan.astring()
    while scan.next_is(b" ") and not scan.next_is(b" \r"):
        scan.expect(b" ")
        scan.value()
    scan.end()
    return ListRow(frozenset(attributes), delimiter, name)


def parse_status(response: Response, quirks: Quirk = Quirk.KNOWN) -> StatusRow:
    """Read a STATUS response; items that are not numbers (MAILBOXID) are passed over."""
    scan = _begin(response, quirks, b"STATUS")
    scan.expect(b" ")
    name = scan.astring()
    scan.expect(b" (")
    items: dict[bytes, int] = {}
    scan.spaces()
    while not scan.skip(b")"):
        item = scan.word()
        scan.expect(b" ")
        if scan.next_is(b"("):
            scan.value()
        else:
            items[item] = scan.number()
        _between(scan)
    scan.end()
    return StatusRow(name, items)


def parse_search(response: Response, quirks: Quirk = Quirk.KNOWN) -> array[int]:
    """Read a SEARCH response, or the ALL of an ESEARCH response (RFC 4731), as numbers in the order given."""
    scan = _begin(response, quirks, b"SEARCH", b"ESEARCH")
    if kind(response) == b"ESEARCH":
        return _esearch(scan)
    text = scan.take(_NUMBERS, "numbers")[0]
    if scan.next_is(b"("):
        scan.value()  # (MODSEQ n), RFC 7162
        text = text.removesuffix(b" ")
    scan.end()
    if Quirk.SPARE_SPACE not in quirks and (b"  " in text or text.endswith(b" ")):
        raise FormatError("one space between numbers", data=text, offset=max(0, text.find(b"  ")))
    numbers = text.split()
    if max(map(len, numbers), default=0) > 10:
        scan.fail("numbers of 32 bits before this")
    found = array("L", map(int, numbers))
    if found and not 0 < min(found) <= max(found) < 1 << 32:
        scan.fail("numbers from 1 to 4294967295 before this")
    return found


def parse_exists(response: Response) -> int:
    """Read ``* 3 EXISTS``."""
    scan = Scanner(response)
    scan.expect(b"* ")
    count = scan.number((1 << 32) - 1)
    scan.expect(b" ")
    if scan.word() != b"EXISTS":
        scan.fail("EXISTS before this")
    scan.end()
    return count


def parse_capability(text: bytes) -> frozenset[bytes]:
    """Return the capabilities in the text of a CAPABILITY response or code, in upper case."""
    return frozenset(text.upper().split()) - {b"CAPABILITY"}


def parse_namespace(response: Response) -> Namespaces:
    """Read a NAMESPACE response; extensions are passed over."""
    scan = _begin(response, Quirk.KNOWN, b"NAMESPACE")
    groups = [_namespaces(scan) for _ in range(3)]
    scan.end()
    return Namespaces(*groups)


def parse_id(response: Response) -> dict[bytes, bytes | None]:
    """Read an ID response (RFC 2971): what the server says of itself, field names in lower case."""
    scan = _begin(response, Quirk.KNOWN, b"ID")
    scan.expect(b" ")
    fields: dict[bytes, bytes | None] = {}
    if not scan.skip(b"("):
        scan.nil()
    else:
        while not scan.skip(b")"):
            name = scan.string().lower()
            scan.expect(b" ")
            fields[name] = scan.nstring()
            _between(scan)
    scan.end()
    return fields


def _begin(response: Response, quirks: Quirk, *words: bytes) -> Scanner:
    scan = Scanner(response, quirks)
    scan.expect(b"* ")
    if scan.word() not in words:
        scan.fail(f"{words[0].decode()} before this")
    return scan


def _between(scan: Scanner) -> None:
    """Read the space between two members of a list; before its end there is none."""
    if not scan.next_is(b")"):
        scan.expect(b" ")
        scan.spaces()


def _namespaces(scan: Scanner) -> tuple[Namespace, ...]:
    scan.expect(b" ")
    if not scan.skip(b"("):
        scan.nil()
        return ()
    found: list[Namespace] = []
    while not scan.skip(b")"):
        scan.expect(b"(")
        prefix = scan.string()
        scan.expect(b" ")
        found.append(Namespace(prefix, scan.nstring()))
        while scan.skip(b" "):
            scan.value()
        scan.expect(b")")
        scan.spaces()
    return tuple(found)


def _esearch(scan: Scanner) -> array[int]:
    found = array("L")
    if scan.skip(b" ("):
        scan.word()
        scan.expect(b" ")
        scan.astring()
        scan.expect(b")")
    while scan.skip(b" ") and not scan.next_is(b"\r"):
        word = scan.word()
        if word == b"UID":
            continue
        scan.expect(b" ")
        if word != b"ALL":
            scan.value()
            continue
        for part in scan.take(_SET, "set of numbers")[0].split(b","):
            first, colon, last = part.partition(b":")
            low, high = sorted((_uid(first), _uid(last if colon else first)))
            if len(found) + high - low >= MAX_FOUND:
                scan.fail(f"at most {MAX_FOUND} numbers before this")
            found.extend(range(low, high + 1))
    scan.end()
    return found


def _uid(digits: bytes) -> int:
    value = int(digits) if digits.isdigit() and len(digits) < 11 else 0
    if not 0 < value < 1 << 32:
        raise FormatError("number from 1 to 4294967295", data=digits, offset=0)
    return value
