"""Read the objects of CommuniGate's text format that begin with ``#``: numbers, timestamps, addresses, null."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

from sterna.communigate.syntax import DataFormatError, Quirk
from sterna.communigate.values import IpAddress, OpaqueObject, RemoteTime, Value

_WORD = re.compile(rb"#[^\x00-\x20{}()\[\]=\";,]*+")
_NUMBER = re.compile(rb"#(-?)(0[xX][0-9A-Fa-f]{1,16}|0[bB][01]{1,64}|0[oO][0-7]{1,22}|[0-9]{1,20})")
_TIME = re.compile(rb"#T([0-9]{1,2})-([0-9]{1,2})-([0-9]{4})(?:_([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2}))?")
_ADDRESS = re.compile(rb"#I\[([^\[\]\x00-\x20]*+)\](?::([0-9]{1,5}))?")
_OPAQUE = re.compile(rb"#\(([^()]*+)\)")
_REMOTE = {time.value.encode(): time for time in RemoteTime}
_BASES = {b"0x": 16, b"0b": 2, b"0o": 8}


class _Tolerate(Protocol):
    def __call__(self, quirk: Quirk, what: str, offset: int | None = None) -> None: ...


class HashReader:
    """Reads one object that begins with ``#``; how to complain, and what is tolerated, is the caller's."""

    def __init__(self, expect: Callable[[str, int | None], DataFormatError], tolerate: _Tolerate) -> None:
        self._expect = expect
        self._tolerate = tolerate

    def read(self, data: bytes, at: int) -> tuple[Value, int]:
        """Return the object whose ``#`` is at `at`, and the offset after it."""
        if found := _ADDRESS.match(data, at):
            return self._address(found), found.end()
        if found := _OPAQUE.match(data, at):
            return OpaqueObject(found[1].decode(errors="surrogateescape")), found.end()
        found = _WORD.match(data, at)
        if found is None or len(found[0]) == 1:
            raise self._expect("a number, a time, an address, #NULL# or #(…) after '#'", at)
        return self._word(found[0], at), found.end()

    def _word(self, word: bytes, at: int) -> Value:
        if word.upper() == b"#NULL#":
            return None
        if word.upper() in _REMOTE:
            return _REMOTE[word.upper()]
        if number := _NUMBER.fullmatch(word):
            return self._number(number[1], number[2], at)
        if time := _TIME.fullmatch(word):
            return self._time(time, at)
        if word[1:2].isdigit() or word[1:2] == b"-" or re.match(rb"#T[0-9]", word):
            raise self._expect("a number of at most 20 digits, or a time like #T31-12-2009_23:59:59", at)
        self._tolerate(Quirk.BARE_HASH_WORD, "quotes around a string that begins with '#'", at)
        return word.decode(errors="surrogateescape")

    def _number(self, sign: bytes, digits: bytes, at: int) -> int:
        base = _BASES.get(digits[:2].lower())
        if base is None:
            return int(sign + digits)
        self._tolerate(Quirk.NUMBER_WITH_BASE, "a decimal number", at)
        return int(sign + digits[2:], base)

    def _time(self, found: re.Match[bytes], at: int) -> datetime | RemoteTime:
        day, month, year, hour, minute, second = (int(part or 0) for part in found.groups())
        if year == 0:  # the manual's "remote past" lies in the year 0, which Python does not have
            return RemoteTime.PAST
        try:
            return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        except ValueError:
            raise self._expect("a day and a time that exist", at) from None

    def _address(self, found: re.Match[bytes]) -> IpAddress:
        port = int(found[2]) if found[2] else None
        try:
            address = ipaddress.ip_address(found[1].decode())
        except ValueError:
            raise self._expect("an IPv4 or IPv6 address", found.start(1)) from None
        if port is not None and port > 65535:
            raise self._expect("a port up to 65535", found.start(2))
        return IpAddress(address, port)
