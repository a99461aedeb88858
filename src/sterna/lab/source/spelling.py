"""How replies are spelt where servers differ: line ends, what is quoted, whether long strings are cut."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sterna.communigate.dataformat_writer import write
from sterna.communigate.values import Value
from sterna.lab.source.switches import Switches

_QUOTED = re.compile(rb'"((?:[^"\\]|\\.)*)"')
_WIDE = re.compile(rb"[A-Za-z0-9_][A-Za-z0-9_.@-]*")
_ELEMENT = re.compile(rb"\\[0-9]{3}|\\.|[^\\][\x80-\xbf]*")
"""What may not be cut apart: an escape, a character of several bytes."""

WRAP_AFTER = 60
"""Strings of more pieces than this are cut, by the switch that does so."""


def line(code: int, text: str, switches: Switches) -> bytes:
    """Return a reply without an object."""
    return f"{code} {text}".encode() + end(switches)


def end(switches: Switches) -> bytes:
    """Return what ends a line."""
    return b"\n" if switches.bare_newlines else b"\r\n"


def in_line(value: Value, switches: Switches) -> bytes:
    """Return an object on one line."""
    return _spelt(write(value), switches, b" ")


def on_lines(value: Value, switches: Switches) -> bytes:
    """Return an object over several lines, without the end of the last.

    A client knows its end by the first line that ends with the bracket which closes the first one. So no line before
    the last may end with such a bracket: pairs end with a semicolon, and an array stays on one line.
    """
    between = end(switches)
    if isinstance(value, Mapping) and value:
        pairs = (b" " + _spelt(write({key: each})[1:-1], switches, b" ") + between for key, each in value.items())
        return b"{" + between + b"".join(pairs) + b"}"
    return _spelt(write(value), switches, b" " if isinstance(value, str) else between)


def _spelt(text: bytes, switches: Switches, between: bytes) -> bytes:
    if not (switches.wide_atoms or switches.wrapped_strings):
        return text

    def string(found: re.Match[bytes]) -> bytes:
        inner = found[1]
        if switches.wide_atoms and _WIDE.fullmatch(inner):
            return inner
        parts = _ELEMENT.findall(inner)
        if not switches.wrapped_strings or len(parts) <= WRAP_AFTER:
            return found[0]
        cut = (b"".join(parts[at : at + WRAP_AFTER]) for at in range(0, len(parts), WRAP_AFTER))
        return between.join(b'"' + part + b'"' for part in cut)

    return _QUOTED.sub(string, text)
