"""A reader with manners: what it asks is the same, when it asks is not."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Callable, Sequence

import pytest

from sterna.imap.answers import Answer, CommandError, refusal
from sterna.imap.codes import Status
from sterna.imap.content import Content
from sterna.migration.manners import overseer as module
from sterna.migration.manners.overseer import Overseer, StandbyError
from sterna.migration.manners.polite import polite
from sterna.migration.origin.ports import MailReader
from sterna.model.mailbox import Flags, ListedMailbox, MailboxState, MessageFacts
from sterna.site.manners import Manners, SourceBudget
from sterna.state.control import NONE, Orders

LATER = refusal("UID FETCH", Answer(Status.NO, b"LIMIT", b"not now"))


class Mailbox:
    """A source with messages of 1,000 bytes, which defers what it is asked now and then."""

    def __init__(self, defers: int = 0) -> None:
        self.asked: list[Sequence[int]] = []
        self.defers = defers
        self.examined = 0

    async def mailboxes(self, prefix: bytes = b"") -> list[ListedMailbox]:
        return []

    async def subscribed(self, prefix: bytes = b"") -> list[ListedMailbox]:
        return []

    async def status(self, wires: Sequence[bytes]) -> list[MailboxState | None]:
        return []

    async def marks(self, asked: Sequence[tuple[bytes, str]]) -> list[str]:
        return []

    async def examine(self, wire: bytes) -> MailboxState:
        self.examined += 1
        return MailboxState(1, 100, 99)

    async def uids(self) -> array[int]:
        return array("L", range(1, 100))

    def facts(self, first: int, last: int) -> asyncio.Future[list[MessageFacts]]:
        future: asyncio.Future[list[MessageFacts]] = asyncio.get_running_loop().create_future()
        future.set_result([MessageFacts(uid, frozenset(), 0, 1000) for uid in range(first, last + 1)])
        return future

    def facts_of(self, uids: Sequence[int]) -> asyncio.Future[list[MessageFacts]]:
        return self.facts(min(uids), max(uids))

    def flags(self, first: int, last: int) -> asyncio.Future[dict[int, Flags]]:
        raise NotImplementedError

    async def changed(self, since: int) -> array[int] | None:
        return None

    async def mark(self) -> str:
        return ""

    def bodies(self, uids: Sequence[int], sink: Callable[[int, Content], None]) -> asyncio.Future[None]:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.asked.append(list(uids))
        for number, uid in enumerate(uids):
            if self.defers and number == 1:
                self.defers -= 1
                future.set_exception(LATER)
                return future
            sink(uid, b"x" * 1000)
        future.set_result(None)
        return future

    async def close(self) -> None:
        pass


def reader(mailbox: Mailbox, overseer: Overseer) -> MailReader:
    inner: MailReader = mailbox
    return polite(inner, overseer)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sterna.migration.manners.yielding.FIRST_WAIT_S", 0.001)


async def test_what_the_source_defers_is_asked_again_and_nothing_comes_twice() -> None:
    mailbox, overseer = Mailbox(defers=2), Overseer(Manners(), 4)
    source = reader(mailbox, overseer)
    await source.examine(b"INBOX")
    had: list[int] = []
    await source.bodies([1, 2, 3, 4], lambda uid, body: had.append(uid))
    assert had == [1, 2, 3, 4]
    assert mailbox.asked == [[1, 2, 3, 4], [2, 3, 4], [3, 4]]
    assert overseer.source.accounts < 4


async def test_what_is_refused_for_good_is_not_asked_again() -> None:
    mailbox = Mailbox()
    source = reader(mailbox, Overseer(Manners(), 4))
    calls = 0

    async def refuse(wire: bytes) -> MailboxState:
        nonlocal calls
        calls += 1
        raise refusal("EXAMINE", Answer(Status.NO, b"NONEXISTENT", b"no such mailbox"))

    mailbox.examine = refuse  # type: ignore[method-assign]  # a source of its own for this test
    with pytest.raises(CommandError):
        await source.examine(b"gone")
    assert calls == 1


async def test_within_a_budget_no_more_is_asked_at_once_than_a_second_holds() -> None:
    mailbox = Mailbox()
    overseer = Overseer(Manners(source=(SourceBudget(bytes_per_s=30_000, messages_per_s=1000),)), 4)
    source = reader(mailbox, overseer)
    await source.examine(b"INBOX")
    await source.facts(1, 60)
    loop = asyncio.get_running_loop()
    began = loop.time()
    had: list[int] = []
    await source.bodies(list(range(1, 61)), lambda uid, body: had.append(uid))
    assert [len(part) for part in mailbox.asked] == [30, 30]
    assert had == list(range(1, 61))
    assert loop.time() - began >= 0.9


async def test_in_a_pause_nothing_is_asked_and_a_long_one_ends_the_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STANDBY_S", 0.2)
    mailbox, overseer = Mailbox(), Overseer(Manners(), 4)
    source = reader(mailbox, overseer)
    await source.examine(b"INBOX")
    overseer.adopt(Orders(paused=True))
    coming = source.bodies([1], lambda uid, body: None)
    await asyncio.sleep(0.01)
    assert mailbox.asked == []
    overseer.adopt(NONE)
    await coming
    assert mailbox.asked == [[1]]
    overseer.adopt(Orders(paused=True))
    with pytest.raises(StandbyError):
        await source.bodies([2], lambda uid, body: None)
    assert mailbox.asked == [[1]]


async def test_what_was_asked_of_one_mailbox_is_never_asked_of_the_next() -> None:
    mailbox = Mailbox()
    source = reader(mailbox, Overseer(Manners(source=(SourceBudget(messages_per_s=10),)), 4))
    await source.examine(b"one")
    await source.bodies([1, 2], lambda uid, body: None)
    waiting = source.bodies([3], lambda uid, body: None)
    facts = source.facts(1, 9)
    await source.examine(b"two")
    for coming in (waiting, facts):
        with pytest.raises(asyncio.CancelledError):
            await coming
    assert mailbox.asked == [[1, 2]]


async def test_what_the_reader_can_besides_is_handed_on() -> None:
    source = reader(Mailbox(), Overseer(Manners(), 4))
    assert list(await source.uids())[:2] == [1, 2]
    await source.close()
