"""One mailbox of a server that gives its own UIDs, in memory; an honest one, with habits that can be chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sterna.imap.content import whole
from sterna.imap.writer import Outcome, Refusal
from sterna.migration.copy.append.marks import marks_of
from sterna.migration.copy.append.ports import Opened
from sterna.model.mailbox import MessageFacts


@dataclass(slots=True)
class Held:
    data: bytes
    flags: frozenset[str]
    internaldate: int


@dataclass
class Mailbox:
    """What outlives a connection.

    Fields:
        tells_uids: whether an answer to APPEND has the new UIDs.
        changes: what is done to the bytes of a message before it is stored.
        refuses: bytes that no message may have in it.
    """

    uidvalidity: int = 77
    uidnext: int = 1
    messages: dict[int, Held] = field(default_factory=dict)
    tells_uids: bool = True
    can_expunge: bool = True
    limit: int | None = None
    changes: Callable[[bytes], bytes] | None = None
    refuses: bytes = b"\0"
    writes: int = 0
    appended: int = 0

    def put(self, data: bytes, flags: frozenset[str] = frozenset(), internaldate: int = 1262304000) -> int:
        uid, self.uidnext = self.uidnext, self.uidnext + 1
        self.messages[uid] = Held(data, flags, internaldate)
        return uid

    def seen(self) -> list[tuple[bytes, tuple[str, ...], int]]:
        """What a client sees, but for UIDs and order."""
        return sorted((m.data, tuple(sorted(m.flags)), m.internaldate) for m in self.messages.values())


class FakePlacing:
    """A connection to it."""

    keeps_bytes = False
    takes_binary = False

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox
        self.dropped_flags: dict[str, int] = {}

    @property
    def can_expunge(self) -> bool:
        return self._mailbox.can_expunge

    @property
    def size_limit(self) -> int | None:
        return self._mailbox.limit

    async def open(self) -> Opened:
        return Opened(self._mailbox.uidvalidity, self._mailbox.uidnext, len(self._mailbox.messages))

    def representable(self, flags):
        return flags

    async def facts(self, first: int, last: int) -> list[MessageFacts]:
        return [
            MessageFacts(uid, m.flags, m.internaldate, len(m.data))
            for uid, m in sorted(self._mailbox.messages.items())
            if first <= uid <= last
        ]

    async def marks(self, uids: Sequence[int]):
        return {uid: marks_of(self._mailbox.messages[uid].data) for uid in uids if uid in self._mailbox.messages}

    async def append(self, messages, *, binary: bool = False):
        del binary
        self._mailbox.writes += 1
        outcomes: list[Outcome] = []
        for message in messages:
            data = whole(message.content)
            if self._mailbox.refuses and self._mailbox.refuses in data:
                outcomes.append(Refusal("NO it has what I do not take"))
                continue
            if self._mailbox.changes is not None:
                data = self._mailbox.changes(data)
            uid = self._mailbox.put(data, message.flags, message.internaldate)
            self._mailbox.appended += 1
            outcomes.append(uid if self._mailbox.tells_uids else None)
        return outcomes

    async def set_flags(self, flags) -> None:
        self._mailbox.writes += 1
        for uid, wanted in flags.items():
            if uid in self._mailbox.messages:
                self._mailbox.messages[uid].flags = wanted

    async def expunge(self, uids) -> None:
        assert self._mailbox.can_expunge
        self._mailbox.writes += 1
        for uid in uids:
            self._mailbox.messages.pop(uid, None)
