"""The table of ``sterna.toml`` that says what of the mail is moved at all."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Self

from pydantic import Field, model_validator

from sterna.site.tables import Name, Table

_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_SIZE = re.compile(r"([0-9]{1,15})\s*([KMG]?)i?B?", re.IGNORECASE)

Size = Annotated[str, Field(pattern=r"(?i)^[0-9]{1,15}\s*[KMG]?i?B?$", examples=["25M"])]


class SelectionTable(Table):
    """What of the mail is moved at all; without this table, everything.

    What is left out stays on the source, is counted in each report, and is never taken for deleted. Mailboxes are named
    as on the old server, with `/` between parent and child; `*` stands for any text, also across `/`.
    """

    include: tuple[Name, ...] = ()
    """Only mailboxes that one of these patterns fits; all when empty. INBOX is always moved."""
    exclude: Annotated[tuple[Name, ...], Field(examples=[["Trash", "Spam", "Archive/*"]])] = ()
    """Not the mailboxes that one of these patterns fits."""
    since: dt.date | None = None
    """Only messages that arrived on this day or later (in UTC)."""
    before: dt.date | None = None
    """Only messages that arrived before this day (in UTC)."""
    max_size: Size | None = None
    """Only messages of at most this many bytes; K, M and G stand for powers of 1024."""
    names: Annotated[dict[Name, Name], Field(examples=[{"Sent Items": "Sent"}])] = {}  # noqa: RUF012  it is copied
    """New names of mailboxes by the old ones, whoever has them; what is below a mailbox goes with it. Two mailboxes of
    an account that would become one are refused, with both names. A mailbox that was copied already keeps its name."""

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        if self.since is not None and self.before is not None and self.since >= self.before:
            raise ValueError("since must be earlier than before")
        if any(name.upper() == "INBOX" for name in self.names):
            raise ValueError("INBOX keeps its name")
        return self


def size_bytes(text: str) -> int:
    """Return the bytes that `25M` stands for.

    Raises:
        ValueError: it is no size.
    """
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no size; write it as 500K, 25M or 1G")
    return int(found[1]) * _UNITS[found[2].lower()]
