"""What an entry says of a person besides name and mail: attributes of inetOrgPerson (RFC 2798), and who may hold what.

The values come from another system, in which anybody may have typed anything. What the schema refuses is left out here,
because one such value makes the directory refuse the whole entry.
"""

from __future__ import annotations

import enum
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final


class Syntax(enum.Enum):
    """What values of an attribute may be."""

    TEXT = "text"
    """Anything but nothing (RFC 4517 section 3.3.6)."""
    NUMBER = "number"
    """Of a telephone or fax (RFC 4517 sections 3.3.31 and 3.3.11)."""
    ADDRESS = "address"
    """Lines with ``$`` between them (RFC 4517 section 3.3.28)."""


@dataclass(frozen=True, slots=True)
class _Attribute:
    syntax: Syntax = Syntax.TEXT
    single: bool = False


_ATTRIBUTES: Final[Mapping[str, _Attribute]] = {
    "businessCategory": _Attribute(),
    "carLicense": _Attribute(),
    "departmentNumber": _Attribute(),
    "description": _Attribute(),
    "displayName": _Attribute(single=True),
    "employeeNumber": _Attribute(single=True),
    "employeeType": _Attribute(),
    "facsimileTelephoneNumber": _Attribute(Syntax.NUMBER),
    "givenName": _Attribute(),
    "homePhone": _Attribute(Syntax.NUMBER),
    "homePostalAddress": _Attribute(Syntax.ADDRESS),
    "initials": _Attribute(),
    "l": _Attribute(),
    "labeledURI": _Attribute(),
    "mobile": _Attribute(Syntax.NUMBER),
    "o": _Attribute(),
    "ou": _Attribute(),
    "pager": _Attribute(Syntax.NUMBER),
    "physicalDeliveryOfficeName": _Attribute(),
    "postOfficeBox": _Attribute(),
    "postalAddress": _Attribute(Syntax.ADDRESS),
    "postalCode": _Attribute(),
    "preferredLanguage": _Attribute(single=True),
    "roomNumber": _Attribute(),
    "sn": _Attribute(),
    "st": _Attribute(),
    "street": _Attribute(),
    "telephoneNumber": _Attribute(Syntax.NUMBER),
    "title": _Attribute(),
}
CONTACT_ATTRIBUTES: Final = tuple(_ATTRIBUTES)
"""Every attribute that can be carried; all are allowed in an account's entry."""

_SPELLING: Final = {name.lower(): name for name in _ATTRIBUTES}
_NOT_IN_A_NUMBER: Final = re.compile(r"[^A-Za-z0-9'()+,\-.=/:? ]")


@dataclass(frozen=True, slots=True)
class RefusedValue:
    """A value that the directory would refuse, and why."""

    attribute: str
    value: str
    why: str


def contact_attributes(
    contact: Iterable[tuple[str, Iterable[str]]],
) -> tuple[dict[str, tuple[str, ...]], list[RefusedValue]]:
    """Return the attributes as the directory takes them, and what it would refuse.

    Args:
        contact: names, in any capitals, with their values; a name may come more than once.
    """
    wanted: dict[str, dict[str, str]] = {}
    refused: list[RefusedValue] = []
    for name, values in contact:
        attribute = _SPELLING.get(name.lower())
        if attribute is None:
            why = "an account's entry has no such attribute, or only Sterna says what it is"
            refused += [RefusedValue(name, value, why) for value in values]
            continue
        kind = _ATTRIBUTES[attribute]
        have = wanted.setdefault(attribute, {})
        for value in values:
            text = _folded(value, kind.syntax)
            if not _compared(text, kind.syntax):
                continue  # nothing was said, so nothing is lost
            problem = _problem(text, kind, have)
            if problem is None:
                have.setdefault(_compared(text, kind.syntax), text)
            else:
                refused.append(RefusedValue(attribute, value, problem))
    return {name: tuple(values.values()) for name, values in sorted(wanted.items()) if values}, refused


def _folded(value: str, syntax: Syntax) -> str:
    """Return the value on one line, as a directory shows it; lines of a postal address are kept apart."""
    lines = [" ".join(line.split()) for line in value.splitlines()]
    if syntax is Syntax.ADDRESS and len(lines) > 1:
        return "$".join(line.replace("\\", "\\5C").replace("$", "\\24") for line in lines).strip("$")
    return " ".join(line for line in lines if line)


def _problem(text: str, kind: _Attribute, have: Mapping[str, str]) -> str | None:
    if any(unicodedata.category(character) in ("Cc", "Cs", "Cn") for character in text):
        return "it has control characters, or is not Unicode"
    if kind.syntax is Syntax.NUMBER and (found := _NOT_IN_A_NUMBER.search(text)):
        return f"a telephone number may not have {found.group()!r} in it (RFC 4517 section 3.3.31)"
    if kind.single and have and _compared(text, kind.syntax) not in have:
        return f"only one value is allowed, and it is {next(iter(have.values()))!r} already"
    return None


def _compared(text: str, syntax: Syntax) -> str:
    """Return a form that is equal for values which the directory takes for one; it refuses the same value twice.

    RFC 4518 section 2: case and forms of a character mean nothing, and characters that only steer writing are no text.
    """
    text = "".join(character for character in text if unicodedata.category(character) != "Cf")
    text = " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).split())
    if syntax is Syntax.NUMBER:
        return text.replace(" ", "").replace("-", "")
    return text
