"""Marks of mailboxes: short texts that are equal as long as nobody has changed a mailbox.

With CONDSTORE (RFC 7162) the server keeps one itself, HIGHESTMODSEQ. Without it, a mark is made of the sets of UIDs
that exist and that have each flag: a search answers with UIDs alone, and the answers are only hashed, so that the work
hardly depends on how many messages there are. EXAMINE and the searches of many mailboxes are sent one behind the other
without waiting (RFC 9051 section 5.5); a search behind an EXAMINE that was refused finds no mailbox open and is refused
itself.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections import deque
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from sterna.imap import reading
from sterna.imap.answers import Answer
from sterna.imap.codes import Status, code_number
from sterna.imap.fragments import Response
from sterna.imap.responses import kind, parse_exists, status_response
from sterna.model.mailbox import MailboxState

CONDSTORE: Final = frozenset({b"CONDSTORE", b"QRESYNC"})

_IN_FLIGHT: Final = 200
"""How many commands are under way at once."""

_SYSTEM: Final = (b"ALL", b"SEEN", b"ANSWERED", b"FLAGGED", b"DELETED", b"DRAFT")
_KEYWORDS: Final = re.compile(rb"[^\x00-\x20\x7f-\xff(){%*\"\\\]]+")
_MOST_KEYWORDS: Final = 40
"""With more keywords than this no mark is made: a search for each would cost more than reading the flags."""

OnUntagged = Callable[[Response], None]
Ask = Callable[[reading.ReadCommand, OnUntagged | None], "asyncio.Future[Answer]"]


def mark_of(state: MailboxState) -> str:
    """Return the mark of a mailbox whose server keeps a HIGHESTMODSEQ; empty where this mailbox has none."""
    if state.highestmodseq is None:
        return ""
    return f"modseq {state.uidvalidity} {state.uidnext} {state.messages} {state.highestmodseq}"


def modseq_of(mark: str) -> int | None:
    """Return the HIGHESTMODSEQ in a mark, None when it is of the other kind."""
    words = mark.split(" ")
    return int(words[-1]) if words[0] == "modseq" else None


def keywords_of(mark: str) -> tuple[bytes, ...]:
    """Return the keywords that a mark without HIGHESTMODSEQ was made with."""
    words = mark.split(" ")
    return tuple(word.encode("ascii") for word in words[2:]) if words[0] == "sets" else ()


def keywords_in(response: Response) -> tuple[bytes, ...]:
    """Return the keywords that an untagged FLAGS names (RFC 9051 section 7.3.5), sorted."""
    inside = response.parts[0].partition(b"(")[2].rpartition(b")")[0]
    return tuple(sorted(word for word in inside.split() if _KEYWORDS.fullmatch(word)))


async def search_marks(
    ask: Ask, capabilities: AbstractSet[bytes], boxes: Sequence[tuple[bytes, Sequence[bytes]]]
) -> list[str]:
    """Return a mark of each mailbox, empty for one that could not be looked into.

    Args:
        ask: sends a command.
        capabilities: the server's.
        boxes: for each mailbox its name and the keywords to look for. The last one stays open.

    Raises:
        SternaError: the connection is lost.
    """
    marks = [_Mark(keywords) for _, keywords in boxes]
    under_way: deque[tuple[_Mark, asyncio.Future[Answer]]] = deque()

    async def settle_oldest() -> None:
        mark, future = under_way.popleft()
        mark.whole &= (await future).status is Status.OK

    for mark, (wire, keywords) in zip(marks, boxes, strict=True):
        if len(keywords) > _MOST_KEYWORDS:
            mark.whole = False
            continue
        asked: list[tuple[reading.ReadCommand, OnUntagged]] = [(reading.examine(wire, capabilities), mark.examined)]
        criteria = (*_SYSTEM, *(b"KEYWORD " + keyword for keyword in keywords))
        asked += [(reading.some_uids(criterion, capabilities), mark.taker(criterion)) for criterion in criteria]
        for command, take in asked:
            while len(under_way) >= _IN_FLIGHT:
                await settle_oldest()
            under_way.append((mark, ask(command, take)))
    while under_way:
        await settle_oldest()
    return [mark.text() for mark in marks]


class _Mark:
    """One mark in the making."""

    def __init__(self, keywords: Sequence[bytes]) -> None:
        self.whole = True
        self._has_uidnext = False
        self._keywords = tuple(keywords)
        self._hash = hashlib.sha256()

    def examined(self, response: Response) -> None:
        """Take what EXAMINE says that outlives the session."""
        if kind(response) == b"FLAGS" and keywords_in(response) != self._keywords:
            self.whole = False  # somebody uses another keyword now
        elif kind(response) == b"EXISTS":
            self._hash.update(b"%d EXISTS" % parse_exists(response))
        elif (said := status_response(response)) is not None:
            number = code_number(said[1], b"UIDVALIDITY")
            if number is not None:
                self._hash.update(b"%d UIDVALIDITY" % number)
            number = code_number(said[1], b"UIDNEXT")
            if number is not None:
                # Mail that came and went between two passes has used up UIDs, which nobody may get again.
                self._hash.update(b"%d UIDNEXT" % number)
                self._has_uidnext = True

    def taker(self, criterion: bytes) -> OnUntagged:
        """Return what takes the answer to one search."""

        def take(response: Response) -> None:
            line = response.parts[0]
            if kind(response) == b"SEARCH":
                self._hash.update(criterion + line[8:].partition(b"(")[0].strip())
            elif kind(response) == b"ESEARCH":
                # The rest of the line names the command, which is another one each time.
                self._hash.update(criterion + line.partition(b" ALL ")[2].strip())

        return take

    def text(self) -> str:
        """Return the mark, empty when it would not tell everything."""
        if not (self.whole and self._has_uidnext):
            return ""
        words = [b"sets", self._hash.hexdigest().encode("ascii"), *self._keywords]
        return b" ".join(words).decode("ascii")
