"""The files that say what the small letters in names of messages stand for. Pure.

* Dovecot, ``dovecot-keywords``: ``<number> <keyword>`` in each line; number 0 is the letter a.
* Courier, ``courierimapkeywords/:list``: the keywords of the mailbox, an empty line, then ``<base>:<number> <number>``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sterna.maildir.filename import KEYWORDS
from sterna.model.mailbox import Flags


def parse_dovecot_keywords(data: bytes) -> dict[str, str]:
    """Return the keywords of a mailbox by their letter; lines that cannot be read are left out, as Dovecot does."""
    found: dict[str, str] = {}
    for line in data.decode("utf-8", "replace").split("\n"):
        number, _, keyword = line.partition(" ")
        if number.isascii() and number.isdigit() and int(number) < len(KEYWORDS) and keyword:
            found[KEYWORDS[int(number)]] = keyword
    return found


def write_dovecot_keywords(keywords: Sequence[str]) -> bytes:
    """Return ``dovecot-keywords`` for keywords in the order of their letters."""
    return "".join(f"{number} {keyword}\n" for number, keyword in enumerate(keywords)).encode("utf-8")


def parse_courier_keywords(data: bytes) -> Mapping[str, Flags]:
    """Return the keywords of each message by the base of its name."""
    head, _, rest = data.decode("utf-8", "surrogateescape").partition("\n\n")
    names = head.split("\n")
    found: dict[str, Flags] = {}
    for line in rest.split("\n"):
        base, colon, numbers = line.rpartition(":")
        if colon:
            chosen = (int(each) for each in numbers.split() if each.isascii() and each.isdigit())
            found[base] = frozenset(names[number] for number in chosen if number < len(names) and names[number])
    return found
