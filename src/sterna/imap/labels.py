r"""Servers whose mailboxes are labels on one store of messages, as Gmail's: every message is read from one of them.

Certain is, from Google's own description of its IMAP extensions: such a server offers ``X-GM-EXT-1``; a message has the
same ``X-GM-MSGID`` in every mailbox that shows it; the mailbox ``\All`` shows all but spam and trash. So a message
that was seen in one mailbox is left out of those that come later: INBOX first, then mailboxes with a role, then labels
in the order of their names, and last ``\All``, which keeps what has no label. ``\Important`` and ``\Flagged`` are
views without messages of their own and are not listed at all. A message's other labels are given as keywords.
"""

from __future__ import annotations

import asyncio
import re
from array import array
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final, TypeVar

from sterna.imap import reading
from sterna.imap.fragments import Response
from sterna.imap.reader import Conversation, MailboxReader
from sterna.model.mailbox import INBOX, Flags, ListedMailbox, MailboxName, MailboxState, MessageFacts

CAPABILITY: Final = b"X-GM-EXT-1"
"""What a server with labels offers."""

_VIEWS: Final = frozenset({"\\important", "\\flagged"})
_ALL: Final = "\\all"
_FETCHED: Final = re.compile(rb"\* [0-9]+ FETCH \(", re.IGNORECASE)
_UID: Final = re.compile(rb"\bUID ([0-9]{1,10})\b", re.IGNORECASE)
_ID: Final = re.compile(rb"\bX-GM-MSGID ([0-9]{1,20})\b", re.IGNORECASE)
_NOT_IN_KEYWORDS: Final = re.compile(r"[^!#$&\'+,\-./0-9:;<=>?@A-Z\[^_`a-z|}~]")

T = TypeVar("T")
U = TypeVar("U")


class LabelReader(MailboxReader):
    """Reads an account whose mailboxes are labels; only ever one account over one connection.

    Attributes:
        moves_messages: a message that is gone from a mailbox may only have another label now.
    """

    moves_messages = True

    def __init__(self, connection: Conversation, taken: Callable[[MailboxName], bool] = lambda _: True) -> None:
        """Begin.

        Args:
            connection: logged in.
            taken: whether a mailbox is to be read at all; what is in one that is not stays in the others.
        """
        super().__init__(connection)
        self._taken = taken
        self._hidden: dict[bytes, frozenset[int]] | None = None
        self._labels: dict[bytes, dict[int, Flags]] = {}
        self._at = b""

    async def mailboxes(self, prefix: bytes = b"") -> list[ListedMailbox]:
        """Return the mailboxes that hold messages."""
        return [box for box in await super().mailboxes(prefix) if not box.uses & _VIEWS]

    async def subscribed(self, prefix: bytes = b"") -> list[ListedMailbox]:
        """Return the subscribed ones of them."""
        views = {box.wire for box in await super().mailboxes(prefix) if box.uses & _VIEWS}
        return [box for box in await super().subscribed(prefix) if box.wire not in views]

    async def examine(self, wire: bytes) -> MailboxState:
        """Open a mailbox; the first time all are looked through."""
        hidden = await self._find()
        self._at = wire
        return self._less(wire, await super().examine(wire), hidden)

    async def status(self, wires: Sequence[bytes]) -> list[MailboxState | None]:
        """Return states that count each message once."""
        hidden = await self._find()
        states = await super().status(wires)
        return [
            None if state is None else self._less(wire, state, hidden)
            for wire, state in zip(wires, states, strict=True)
        ]

    async def uids(self) -> array[int]:
        """Return the UIDs of what is read from here."""
        hidden = self._here()
        return array("L", (uid for uid in await super().uids() if uid not in hidden))

    def facts(self, first: int, last: int) -> asyncio.Future[list[MessageFacts]]:
        """Return the facts of what is read from here."""
        return _mapped(super().facts(first, last), self._shown)

    def facts_of(self, uids: Sequence[int]) -> asyncio.Future[list[MessageFacts]]:
        """Return the facts of what is read from here."""
        return _mapped(super().facts_of(uids), self._shown)

    def flags(self, first: int, last: int) -> asyncio.Future[dict[int, Flags]]:
        """Return the flags of what is read from here, and its other labels."""
        hidden, labels = self._here(), self._labels.get(self._at, {})

        def shown(found: dict[int, Flags]) -> dict[int, Flags]:
            return {uid: flags | labels.get(uid, frozenset()) for uid, flags in found.items() if uid not in hidden}

        return _mapped(super().flags(first, last), shown)

    async def changed(self, since: int) -> array[int] | None:
        """Return None: a label that is taken off elsewhere changes what is read here, and no number tells of it."""
        del since
        return None

    async def mark(self) -> str:
        """Return nothing, for the same reason."""
        return ""

    async def marks(self, asked: Sequence[tuple[bytes, str]]) -> list[str]:
        """Return nothing, for the same reason."""
        return [""] * len(asked)

    def _shown(self, facts: list[MessageFacts]) -> list[MessageFacts]:
        hidden, labels = self._here(), self._labels.get(self._at, {})
        return [
            replace(fact, flags=fact.flags | labels[fact.uid]) if fact.uid in labels else fact
            for fact in facts
            if fact.uid not in hidden
        ]

    def _here(self) -> frozenset[int]:
        return (self._hidden or {}).get(self._at, frozenset())

    @staticmethod
    def _less(wire: bytes, state: MailboxState, hidden: Mapping[bytes, Collection[int]]) -> MailboxState:
        messages = max(0, state.messages - len(hidden.get(wire, ())))
        return replace(state, messages=messages, highestmodseq=None)

    async def _find(self) -> dict[bytes, frozenset[int]]:
        """Return what each mailbox shows that is read from another; looked for once."""
        if self._hidden is not None:
            return self._hidden
        boxes = [box for box in await self.mailboxes() if box.selectable and self._taken(box.name)]
        seen: dict[int, tuple[bytes, int]] = {}
        hidden: dict[bytes, frozenset[int]] = {}
        for box in sorted(boxes, key=_rank):
            rows = await self._ids(box.wire)
            hidden[box.wire] = frozenset(uid for uid, message in rows if message in seen)
            for uid, message in rows:
                wire, first = seen.setdefault(message, (box.wire, uid))
                if wire != box.wire and not box.uses:
                    labels = self._labels.setdefault(wire, {})
                    labels[first] = labels.get(first, frozenset()) | {keyword(box.name)}
        self._hidden = hidden
        return hidden

    async def _ids(self, wire: bytes) -> list[tuple[int, int]]:
        """Return UID and the store's own number of each message of a mailbox."""
        rows: list[tuple[int, int]] = []

        def take(response: Response) -> None:
            line = response.parts[0]
            uid, message = _UID.search(line), _ID.search(line)
            if _FETCHED.match(line) and uid and message:
                rows.append((int(uid[1]), int(message[1])))

        if (await super().examine(wire)).messages:
            await self.listen(reading.fetch_message_ids(), take)
        return rows


def keyword(name: MailboxName) -> str:
    """Return the keyword that stands for a label: its name, with ``_`` for what no keyword may hold."""
    return _NOT_IN_KEYWORDS.sub("_", "/".join(name))


def _rank(box: ListedMailbox) -> tuple[int, MailboxName]:
    if box.name == INBOX:
        return 0, box.name
    if _ALL in box.uses:
        return 3, box.name
    return (1 if box.uses else 2), box.name


def _mapped(asked: asyncio.Future[T], change: Callable[[T], U]) -> asyncio.Future[U]:
    """Return a future of what `change` makes of an answer; the question is under way already."""
    result: asyncio.Future[U] = asyncio.get_running_loop().create_future()

    def answered(done: asyncio.Future[T]) -> None:
        if result.done():
            return
        if done.cancelled():
            result.cancel()
        elif (error := done.exception()) is not None:
            result.set_exception(error)
            result.exception()  # a window that is dropped because an earlier one failed is no offence
        else:
            result.set_result(change(done.result()))

    asked.add_done_callback(answered)
    return result
