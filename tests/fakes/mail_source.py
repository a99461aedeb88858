"""One mailbox of a source, in memory, as a reader that has examined it shows it."""

from __future__ import annotations

from array import array
from asyncio import Future, get_running_loop
from dataclasses import dataclass, field
from typing import Any

from sterna.imap.marks import mark_of
from sterna.model.mailbox import MailboxState, MessageFacts


@dataclass(slots=True)
class Message:
    data: bytes
    flags: frozenset[str] = frozenset()
    internaldate: int = 1262304000
    modseq: int = 1


@dataclass
class FakeSource:
    uidvalidity: int = 1234567890
    uidnext: int = 1
    messages: dict[int, Message] = field(default_factory=dict)
    withholds: frozenset[int] = frozenset()
    hides: frozenset[int] = frozenset()
    sizes: dict[int, int] = field(default_factory=dict)
    highestmodseq: int | None = None

    def put(self, uid: int, data: bytes, flags: frozenset[str] = frozenset(), internaldate: int = 1262304000) -> None:
        self.messages[uid] = Message(data, flags, internaldate)
        self.uidnext = max(self.uidnext, uid + 1)

    @property
    def state(self) -> MailboxState:
        return MailboxState(self.uidvalidity, self.uidnext, len(self.messages), self.highestmodseq)

    async def uids(self) -> array[int]:
        return array("L", sorted(self.messages))

    def facts(self, first: int, last: int) -> Future[list[MessageFacts]]:
        rows = [
            MessageFacts(uid, message.flags, message.internaldate, self.sizes.get(uid, len(message.data)))
            for uid, message in sorted(self.messages.items())
            if first <= uid <= last and uid not in self.hides
        ]
        return _done(rows)

    def facts_of(self, uids) -> Future[list[MessageFacts]]:
        wanted = frozenset(uids)
        rows = self.facts(1, 2**32).result()
        return _done([row for row in rows if row.uid in wanted])

    def flags(self, first: int, last: int) -> Future[dict[int, frozenset[str]]]:
        return _done({row.uid: row.flags for row in self.facts(first, last).result()})

    async def changed(self, since: int) -> array[int] | None:
        if self.highestmodseq is None:
            return None
        return array("L", sorted(uid for uid, message in self.messages.items() if message.modseq > since))

    async def mark(self) -> str:
        if self.highestmodseq is None:
            return ""
        return mark_of(self.state)

    def bodies(self, uids, sink) -> Future[None]:
        for uid in uids:
            if uid in self.messages and uid not in self.withholds:
                sink(uid, self.messages[uid].data)
        return _done(None)


def _done(result: Any) -> Future[Any]:
    """A future that has its result: asking happens at once, as on a connection, even if nobody awaits the answer."""
    future: Future[Any] = get_running_loop().create_future()
    future.set_result(result)
    return future
