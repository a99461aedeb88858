"""Write CommuniGate's text data format as narrow as its manual has it: all but letters and digits is quoted."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from datetime import UTC, datetime

from sterna.communigate.syntax import DataFormatError, UnwritableValueError
from sterna.communigate.values import IpAddress, OpaqueObject, RemoteTime, Scalar, Value, XmlObject
from sterna.communigate.xml_object import xml_end

_PLAIN = re.compile(r"[A-Za-z0-9]+")
_NEEDS_ESCAPE = re.compile('[\x00-\x1f"\\\\\x7f\udc80-\udcff]')
_LETTERS = {'"': '\\"', "\\": "\\\\", "\r": "\\r", "\n": "\\e", "\t": "\\t"}


def write(value: Value) -> bytes:
    """Return `value` on one line, as commands and replies have it; no line break, no white space but inside strings.

    A ``bool`` becomes ``YES`` or ``NO``, which is how the format says it; it is read back as a string.

    Raises:
        UnwritableValueError: it has no spelling, as a time without a time zone.
    """
    return _one_line(value).encode()


def write_file(value: Value) -> bytes:
    """Return `value` as a settings file: a dictionary has its braces and each of its pairs on a line of their own.

    Raises:
        UnwritableValueError: it has no spelling.
    """
    if isinstance(value, Mapping):
        lines = "".join(f" {_string(key)} = {_one_line(each)};\n" for key, each in value.items())
        return f"{{\n{lines}}}\n".encode()
    return f"{_one_line(value)}\n".encode()


def _one_line(value: Value) -> str:
    match value:
        case tuple() | list():
            return f"({','.join(map(_one_line, value))})"
        case Mapping():
            return "{" + "".join(f"{_string(key)}={_one_line(each)};" for key, each in value.items()) + "}"
        case _:
            return _scalar(value)


def _scalar(value: Scalar) -> str:
    match value:
        case str():
            return _string(value)
        case bool():
            return "YES" if value else "NO"
        case bytes():
            return f"[{base64.b64encode(value).decode()}]"
        case XmlObject(text):
            return _xml(text)
        case _:
            return "#NULL#" if value is None else _hash(value)


def _hash(value: int | datetime | RemoteTime | IpAddress | OpaqueObject) -> str:
    match value:
        case int():
            return _number(value)
        case datetime():
            return _time(value)
        case RemoteTime():
            return value.value
        case IpAddress(address, port):
            return f"#I[{address}]" + ("" if port is None else f":{port}")
        case OpaqueObject(text):
            return _opaque(text)


def _string(text: str) -> str:
    if _PLAIN.fullmatch(text):
        return text
    return '"' + _NEEDS_ESCAPE.sub(_escaped, _checked(text)) + '"'


def _escaped(found: re.Match[str]) -> str:
    character = found[0]
    # A lone surrogate stands for the one byte that was not UTF-8 (PEP 383).
    return _LETTERS.get(character) or f"\\{ord(character) & 0xFF:03d}"


def _checked(text: str) -> str:
    try:
        text.encode(errors="surrogateescape")
    except UnicodeEncodeError:
        raise UnwritableValueError("text with a surrogate that stands for no byte") from None
    return text


def _number(value: int) -> str:
    if abs(value) >= 10**20:
        raise UnwritableValueError("a number of more than 20 digits")
    return f"#{value}"


def _time(value: datetime) -> str:
    if value.tzinfo is None:
        raise UnwritableValueError("a time without a time zone")
    at = value.astimezone(UTC)
    return f"#T{at.day:02d}-{at.month:02d}-{at.year:04d}_{at:%H:%M:%S}"


def _opaque(text: str) -> str:
    if re.search("[()\x00-\x1f]", text):
        raise UnwritableValueError("an opaque object with a parenthesis or a control character in it")
    return f"#({text})"


def _xml(text: str) -> str:
    try:
        data = text.encode()
        whole = data.startswith(b"<") and xml_end(data, 0) == len(data)
    except (DataFormatError, UnicodeEncodeError):
        whole = False
    if not whole or re.search("[\r\n]", text):
        raise UnwritableValueError("an XML object that is not one element on one line")
    return text
