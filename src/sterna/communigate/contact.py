"""Read what an account's settings say of its person, as attributes of the directory."""

from __future__ import annotations

from sterna.communigate.account_keys import CONTACT
from sterna.communigate.keys import INHERITED
from sterna.communigate.values import Dictionary, as_array, as_text, readable, texts

_FIRST = tuple(CONTACT)
"""Keys that are attribute names themselves stand before the others, whose values follow theirs."""


def read_contact(settings: Dictionary) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the attributes and their values, each value once, without empty ones."""
    found: dict[str, dict[str, None]] = {}
    for key in sorted(settings.keys() & CONTACT.keys(), key=_FIRST.index):
        value = settings[key]
        if value == INHERITED:
            continue
        several = texts(value) if as_array(value) is not None else (as_text(value) or "",)
        for text in several:
            if cleaned := " ".join(readable(text).split()):
                found.setdefault(CONTACT[key], {})[cleaned] = None
    return tuple(sorted((name, tuple(values)) for name, values in found.items()))
