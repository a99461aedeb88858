"""A message at which the target hangs up is found and kept beside; the rest of its mailbox arrives."""

from __future__ import annotations

from pathlib import Path

import pytest

from sterna.cyrus.mailbox_state import MailboxHeader, UserState
from sterna.cyrus.names import internal
from sterna.imap.failures import ConnectionLostError
from sterna.migration.copy.mailbox import MailboxPass, Means, Scan
from sterna.migration.copy.ports import JournalThread
from sterna.migration.copy.refused import Quarantine, TargetUnableError
from sterna.model.address import Address
from sterna.model.mailbox import INBOX, ListedMailbox, MailboxState
from sterna.site.declaration import SourceImap, TargetImap
from sterna.state.journal import Journal
from tests.fakes.mail_source import FakeSource
from tests.fakes.mail_store import FakeWriter, Store

ANNA = Address.parse("anna@lab.example")
WORK = ListedMailbox(("Work",), b"Work")
TARGET = TargetImap(host="localhost", port=143, user="admin", password_file=Path("secret"))
SOURCE = SourceImap(host="localhost", port=143, user="admin", password_file=Path("secret"))


class Reader(FakeSource):
    """The one mailbox, behind a name."""

    async def examine(self, wire: bytes) -> MailboxState:
        assert wire == b"Work"
        return self.state


class HangingUp(FakeWriter):
    """Its connection ends when some bytes come, as that of a process that dies of them."""

    def __init__(self, store: Store, harmful: bytes | None, server) -> None:
        super().__init__(store)
        self.harmful, self.server, self.lost = harmful, server, False

    async def stage(self, partition, messages) -> None:
        if self.harmful is None or any(data == self.harmful for _, data in messages):
            self.lost = True
        if self.lost:
            raise ConnectionLostError(self.server, "the server closed it")
        await super().stage(partition, messages)


def scan() -> Scan:
    inbox = internal(ANNA, INBOX)
    header = MailboxHeader(inbox, b"u", b"default", 1, 0, 1, 0, 0, {})
    state = UserState({inbox: header}, frozenset(), frozenset(), frozenset())
    return Scan([WORK], frozenset(), state, {WORK.name: WORK.name, INBOX: INBOX}, {})


@pytest.fixture
def source():
    source = Reader(uidnext=40)
    for uid in range(1, 40):
        source.put(uid, b"message %d" % uid)
    return source


async def one_pass(tmp_path, source, store, harmful: bytes | None, server=TARGET):
    journal = JournalThread(Journal.open(tmp_path / "journal.sqlite"))
    opened: list[HangingUp] = []

    async def renew() -> HangingUp:
        opened.append(HangingUp(store, harmful, server))
        return opened[-1]

    try:
        means = Means(journal, Quarantine(tmp_path / "quarantine"), lambda: 1_700_000_000.0)
        one = MailboxPass(ANNA, source, b"", await renew(), means, renew)  # type: ignore[arg-type]
        await one.run(WORK, scan(), lambda _: None)
        return len(opened), await journal.skipped(str(ANNA))
    finally:
        journal.close()


async def test_the_message_is_found_and_kept_beside(tmp_path, source):
    store = Store()
    connections, [row] = await one_pass(tmp_path, source, store, b"message 23")
    assert (row.uid, Path(row.kept).read_bytes()) == (23, b"message 23")  # noqa: ASYNC240  nothing else runs here
    assert "connection ended each time" in row.reason
    held = store.mailboxes[internal(ANNA, WORK.name)].records
    assert sorted(held) == [uid for uid in range(1, 40) if uid != 23]
    assert connections <= 9, "halving 39 messages takes six times, and the last one is tried twice"


async def test_the_source_hanging_up_is_not_the_message(tmp_path, source):
    with pytest.raises(ConnectionLostError):
        await one_pass(tmp_path, source, Store(), b"message 23", SOURCE)


async def test_a_target_that_hangs_up_at_everything_is_at_fault_itself_and_nothing_is_passed_over(tmp_path, source):
    store = Store()
    with pytest.raises(TargetUnableError):
        await one_pass(tmp_path, source, store, None)
    assert store.mailboxes == {}
    journal = Journal.open(tmp_path / "journal.sqlite")
    assert journal.skipped(str(ANNA)) == []
    journal.close()
