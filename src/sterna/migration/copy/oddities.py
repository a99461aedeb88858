"""What is unusual in messages that are brought byte for byte: it is kept, and told once for a mailbox. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sterna.imap.content import Content
from sterna.model.mailbox import MailboxName

BARE_LINE_ENDS: Final = "have line ends without CR; clients may show their whole text as header"
NULS: Final = "have NUL bytes; some clients cannot read them"


@dataclass(frozen=True, slots=True)
class Oddity:
    """So many messages of a mailbox (as on the source) that were brought as they are, and what is unusual in them."""

    mailbox: MailboxName
    messages: int
    what: str

    def __str__(self) -> str:
        return f"{'/'.join(self.mailbox)}: {self.messages:,} {self.what}"


class Oddities:
    """Counts what is unusual in one mailbox's messages."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def see(self, content: Content) -> None:
        """Look at one message; of one that is not in memory, at its beginning."""
        data = content if isinstance(content, bytes) else next(content.chunks(), b"")
        first = data.find(b"\n")
        # How the first line ends says how the header is read; looking at all of them would cost as much as copying.
        if first == 0 or (first > 0 and data[first - 1] != 13):
            self._counts[BARE_LINE_ENDS] = self._counts.get(BARE_LINE_ENDS, 0) + 1
        if b"\0" in data:
            self._counts[NULS] = self._counts.get(NULS, 0) + 1

    def of(self, mailbox: MailboxName) -> list[Oddity]:
        """Return what was seen."""
        return [Oddity(mailbox, number, what) for what, number in sorted(self._counts.items())]
