"""Give every key of a dictionary of settings a row: what becomes of it, and why.

A table of meanings says it for the keys that are known. Keys of one meaning share a row unless their values matter to
the operator. Values are shown only of keys that are known to hold no secret.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sterna.communigate.values import Dictionary, IpAddress, Value, as_array, as_dictionary, as_text
from sterna.model.finding import Finding, Outcome

INHERITED: Final = "default"
"""The value that stands for having none of one's own."""

_SHOWN: Final = 80
"""Characters of a value that a row shows."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What becomes of a key; `alone` gives it a row of its own that shows its value."""

    outcome: Outcome
    why: str
    todo: str = ""
    alone: bool = False


UNKNOWN: Final = Meaning(
    Outcome.DROPPED,
    "a setting that Sterna does not know",
    "see on the source what it means, and whether anybody relies on it",
)
_LEFT: Final = Meaning(Outcome.KEPT, "left to what is inherited")


def key_findings(
    kind: str, object_: str, settings: Dictionary, table: Mapping[str, Meaning], unknown: Meaning = UNKNOWN
) -> tuple[Finding, ...]:
    """Return rows in which every key of `settings` stands, also those inside its dictionaries.

    Args:
        kind: what the rows are about, in a word.
        object_: which one.
        settings: as the source has them.
        table: the meanings of known keys; for a dictionary also of what is in it.
        unknown: the meaning of all others.
    """
    rows: list[Finding] = []
    shared: dict[Meaning, list[str]] = {}
    nested: dict[Meaning, list[str]] = {}
    for key, value in sorted(settings.items()):
        meaning = _LEFT if value == INHERITED else table.get(key, unknown)
        inside = inner_keys(key, value)
        if meaning.alone:
            what = shown(key, value)
            rows.append(Finding(kind, object_, meaning.outcome, what, meaning.why, meaning.todo, "\n".join(inside)))
        else:
            shared.setdefault(meaning, []).append(printable(key))
            nested.setdefault(meaning, []).extend(inside)
    for meaning, keys in shared.items():
        detail = "\n".join(nested[meaning])
        rows.append(Finding(kind, object_, meaning.outcome, ", ".join(keys), meaning.why, meaning.todo, detail))
    return tuple(rows)


def shown(key: str, value: Value) -> str:
    """Return a setting on one line, cut when it is long; only its key when the value has no text."""
    text = said(value)
    if text is None:
        return printable(key)
    text = " ".join(text.split())
    return printable(f"{key} = {text if len(text) <= _SHOWN else text[: _SHOWN - 1] + '…'}")


def said(value: Value) -> str | None:
    """Return a value as text, None for what has none that could be shown: dictionaries, data, nothing."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, IpAddress):
        return str(value.address) if value.port is None else f"{value.address} port {value.port}"
    elements = as_array(value)
    if elements is None:
        return as_text(value)
    return f"({', '.join(filter(None, (said(each) for each in elements)))})"


def inner_keys(key: str, value: Value) -> list[str]:
    """Return the paths of all keys inside the value of a key."""
    return [printable(name) for name in _names(key, value)]


def printable(text: str) -> str:
    """Return `text` with what does not print, or turns the direction of writing, as escapes."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(each if each in "\n " or _prints(each) else f"\\u{ord(each):04x}" for each in text)


def clean(finding: Finding) -> Finding:
    """Return the finding with texts that can be written to any file and terminal."""
    texts = (finding.object, finding.what, finding.why, finding.todo, finding.detail)
    if all(text.isascii() and text.isprintable() for text in texts):
        return finding
    object_, what, why, todo, detail = (printable(text) for text in texts)
    return Finding(finding.kind, object_, finding.outcome, what, why, todo, detail)


def _prints(character: str) -> bool:
    return character.isprintable() and unicodedata.bidirectional(character) not in _TURNING


_TURNING: Final = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})


def _names(path: str, value: Value) -> Iterator[str]:
    """Yield the paths of all keys inside a value."""
    if (inner := as_dictionary(value)) is not None:
        for key, each in sorted(inner.items()):
            yield f"{path}.{key}"
            yield from _names(f"{path}.{key}", each)
    for each in as_array(value) or ():
        yield from _names(path, each)
