"""getmail's file of the messages that it has fetched already, one line each: unique id, NUL, time in Unix seconds.

getmail names it after server, port and user, and reads it when it starts (getmail 6, getmailcore/_retrieverbases.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_STRIPPED: Final = re.compile(r"[/:;<>|]+")
_UNIQUE_ID: Final = re.compile(r"[\x21-\x7E]{1,70}")
"""RFC 1939 section 7."""


def seen_file_name(server: str, port: int, user: str) -> str:
    """Return the name under which getmail looks for the file of one account elsewhere."""
    return _STRIPPED.sub("-", f"oldmail-{server}-{port}-{user}")


def seen_file(unique_ids: Iterable[str], now: int) -> str:
    """Return the file that says that these messages were fetched.

    Args:
        unique_ids: as the server there gives them (UIDL); what cannot be one is left out.
        now: what getmail is to take for the time they were fetched, in Unix seconds. It forgets messages that are no
            longer there.
    """
    # getmail turns a slash into a hyphen in what the server says, because it was a separator in older files.
    ids = dict.fromkeys(each.replace("/", "-") for each in unique_ids if _UNIQUE_ID.fullmatch(each))
    return "".join(f"{each}\0{now}\n" for each in ids)


def read_seen_file(text: str) -> dict[str, int]:
    """Return the unique ids of such a file with their times, as getmail reads them."""
    found: dict[str, int] = {}
    for line in text.split("\n"):
        unique_id, nul, time = line.strip().partition("\0")
        if nul and time.isascii() and time.isdigit():
            found[unique_id] = int(time)
    return found
