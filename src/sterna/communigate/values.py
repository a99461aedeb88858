"""What CommuniGate's text format can say, as Python values, and the few questions everybody asks of them.

===================  =============================================================================
on the wire          here
===================  =============================================================================
string               ``str``; bytes that are not UTF-8 are lone surrogates (PEP 383)
number ``#5``        ``int``
datablock            ``bytes``
``#NULL#``           ``None``
timestamp ``#T…``    aware ``datetime`` in UTC, or `RemoteTime`
array                ``tuple`` (the writer takes a ``list`` too)
dictionary           ``dict``
others               `IpAddress`, `XmlObject`, `OpaqueObject`
===================  =============================================================================

There are no booleans in the format: settings say ``YES`` and ``NO``, and numbers are mostly strings of digits.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address

_DIGITS = re.compile(r"-?[0-9]{1,18}", re.ASCII)


class RemoteTime(enum.Enum):
    """The two timestamps that are no date: before and after all others."""

    PAST = "#TPAST"
    FUTURE = "#TFUTURE"


@dataclass(frozen=True, slots=True)
class IpAddress:
    """An IP address, with a port when one was given."""

    address: IPv4Address | IPv6Address
    port: int | None = None


@dataclass(frozen=True, slots=True)
class XmlObject:
    """An XML element, kept as its text."""

    text: str


@dataclass(frozen=True, slots=True)
class OpaqueObject:
    """An object of a kind that has no text form, ``#(…)``; `text` is what stands between the parentheses."""

    text: str


Scalar = None | str | int | bytes | datetime | RemoteTime | IpAddress | XmlObject | OpaqueObject

Value = Scalar | tuple["Value", ...] | list["Value"] | Mapping[str, "Value"]

Dictionary = Mapping[str, Value]


def as_text(value: Value) -> str | None:
    """Return a string's or a number's text, None for others: settings write ``100`` where replies write ``#100``."""
    match value:
        case str():
            return value
        case int():
            return str(value)
        case _:
            return None


def as_number(value: Value) -> int | None:
    """Return the number that a number or a string of digits says, None for anything else."""
    match value:
        case int():
            return value
        case str() if _DIGITS.fullmatch(value.strip()):
            return int(value)
        case _:
            return None


def as_array(value: Value) -> tuple[Value, ...] | None:
    """Return the elements of an array, None for anything else."""
    match value:
        case tuple():
            return value
        case list():
            return tuple(value)
        case _:
            return None


def as_dictionary(value: Value) -> Dictionary | None:
    """Return a dictionary, None for anything else."""
    return value if isinstance(value, Mapping) else None


def texts(value: Value) -> tuple[str, ...]:
    """Return the strings of an array, in order; what is not a string is left out, what is not an array has none."""
    return tuple(text for each in as_array(value) or () if (text := as_text(each)) is not None)


def is_yes(value: Value) -> bool | None:
    """Return what ``YES`` and ``NO`` mean (also ``true`` and ``false``, as one client writes them), None for others."""
    return {"yes": True, "true": True, "no": False, "false": False}.get((as_text(value) or "").lower())


def readable(text: str) -> str:
    """Return a string in which bytes that are not UTF-8 were read as ISO 8859-1, so that it can be written anywhere."""
    raw = text.encode(errors="surrogateescape")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")
