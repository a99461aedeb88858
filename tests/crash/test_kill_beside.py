"""Kill a pass that brings mail beside a Cyrus mailbox's own; and let somebody deliver at the worst moments."""

from __future__ import annotations

import hashlib
from itertools import count

import pytest

from sterna.cyrus.mailbox_state import MailboxUpdate
from sterna.cyrus.record import Record
from sterna.errors import Retry, SternaError
from sterna.migration.copy.append import incoming, transfer
from sterna.migration.copy.append.cyrus_mailbox import CyrusMailbox
from sterna.migration.copy.append.thread import PlacedThread
from sterna.migration.copy.append.transfer import AppendJob, AppendTransfer
from sterna.migration.copy.ports import JournalThread
from sterna.migration.copy.writing import Identity
from sterna.model.mailbox import INBOX
from sterna.state.journal import Journal
from tests.crash.test_kill_append import full, later
from tests.fakes.append_passes import ANNA, Kept
from tests.fakes.mail_source import FakeSource
from tests.fakes.mail_store import FakeWriter, Store
from tests.fakes.passes import NAME
from tests.fakes.tripwire import KilledError, Tripwire

OTHERS = b"zyxwvutsrqponmlkjihgfedc"
CLOCK = 1_700_000_000


class BesideTripwire(Tripwire):
    EFFECTS = frozenset(
        {"stage", "apply", "restart", "open_mailbox", "set_looked", "put", "place", "set_stage", "forget"}
        | {"settle_skipped"}
    )


@pytest.fixture(autouse=True)
def small_windows(monkeypatch):
    monkeypatch.setattr(transfer, "_WINDOW", 4)
    monkeypatch.setattr(incoming, "MAX_IN_COMMAND", 3)


async def deliver(store: Store, data: bytes) -> None:
    """Somebody else puts a message into the mailbox."""
    writer = FakeWriter(store)
    header = await writer.header(NAME)
    guid = hashlib.sha1(data).digest()
    last_uid, modseq = (header.last_uid if header else 0) + 1, (header.highestmodseq if header else 0) + 1
    record = Record(last_uid, modseq, CLOCK, frozenset(), 1_600_000_000, len(data), guid)
    crc = (header.sync_crc if header else 0) ^ record.crc()
    await writer.stage(b"default", [(guid, data)])
    await writer.apply(
        MailboxUpdate(NAME, OTHERS, b"default", 99, last_uid, modseq, crc, ANNA, CLOCK, [record], since=header)
    )


class Delivering:
    """A target to which somebody delivers just before the write number `at`."""

    def __init__(self, writer: FakeWriter, steps, at: int) -> None:
        self._writer, self._steps, self._at = writer, steps, at

    def __getattr__(self, name: str):
        return getattr(self._writer, name)

    async def apply(self, update: MailboxUpdate) -> None:
        if next(self._steps) == self._at:
            await deliver(self._writer.store, b"delivered meanwhile")
        await self._writer.apply(update)


async def beside_pass(source: FakeSource, store: Store, journal, wrap=lambda port: port, around=lambda port: port):
    """Make a pass with a fresh connection and a freshly opened journal, begun anew as long as that helps."""
    thread = JournalThread(Journal.open(journal))
    try:
        for attempt in range(3):
            target = CyrusMailbox(
                wrap(around(FakeWriter(store))), Identity(NAME, ANNA, b"default", OTHERS, 99), lambda: CLOCK
            )
            job = AppendJob(ANNA, INBOX, INBOX, source.state, Kept(), now=CLOCK)
            try:
                return await AppendTransfer(source, target, wrap(PlacedThread(thread)), job).run(lambda _: None)
            except SternaError as error:
                if error.retry is not Retry.NOW or attempt == 2:
                    raise
        raise AssertionError("the last attempt returns or raises")
    finally:
        thread.close()


def held(store: Store):
    records = store.mailboxes[NAME].records.values()
    return sorted((store.bytes_of[r.guid], tuple(sorted(r.flags)), r.internaldate) for r in records)


def wanted(source: FakeSource, *own: bytes):
    """Everything, byte for byte: also what APPEND would refuse or damage. Only an empty message cannot be held."""
    rows = [(m.data, tuple(sorted(m.flags)), m.internaldate) for m in source.messages.values() if m.data]
    return sorted([*rows, *((data, (), 1_600_000_000) for data in own)])


async def prepared(folder, name: str):
    source, store, journal = full(), Store(), folder / f"{name}.sqlite"
    await deliver(store, b"its own")
    await beside_pass(source, store, journal)
    assert held(store) == wanted(source, b"its own")
    later(source)
    return source, store, journal


async def test_every_kill_point_recovers_beside_the_mailboxs_own_mail(tmp_path):
    source, store, journal = await prepared(tmp_path, "count")
    steps = count()
    await beside_pass(source, store, journal, lambda port: BesideTripwire(port, steps, -1))
    number = next(steps)
    assert number >= 20, "effects are counted"
    for at in range(number):
        source, store, journal = await prepared(tmp_path, str(at))
        counter = count()
        with pytest.raises(KilledError):
            await beside_pass(source, store, journal, lambda port, n=counter, at=at: BesideTripwire(port, n, at))
        await beside_pass(source, store, journal)
        assert held(store) == wanted(source, b"its own"), f"killed at {at}"
        if at % 3:
            continue
        changes = store.mailboxes[NAME].changes
        counts = await beside_pass(source, store, journal)
        assert (counts.copied, counts.updated, counts.expunged) == (0, 0, 0)
        assert store.mailboxes[NAME].changes == changes, f"a third pass wrote something after a kill at {at}"


async def test_mail_that_is_delivered_meanwhile_stops_nothing_and_nothing_comes_twice(tmp_path):
    for at in range(4):
        source, store, journal = await prepared(tmp_path, f"delivered{at}")
        counter = count()
        await beside_pass(source, store, journal, around=lambda port, n=counter, at=at: Delivering(port, n, at))
        assert held(store) == wanted(source, b"its own", b"delivered meanwhile"), f"delivered before write {at}"
