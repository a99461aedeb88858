"""One mailbox's pass between a fake source and a fake store, with a real journal."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from sterna.migration.copy.job import Job
from sterna.migration.copy.ports import JournalThread
from sterna.migration.copy.refused import Quarantine
from sterna.migration.copy.staging import Place
from sterna.migration.copy.transfer import Transfer
from sterna.migration.copy.writing import Identity
from sterna.model.address import Address
from sterna.model.mailbox import INBOX
from sterna.state.journal import Journal
from tests.fakes.mail_source import FakeSource
from tests.fakes.mail_store import FakeWriter, Store

ANNA = Address.parse("anna@lab.example")
NAME = b"lab.example!user.anna"
UNIQUEID = b"0123456789abcdefghijklmn"


def guid(data: bytes) -> bytes:
    return hashlib.sha1(data).digest()


async def one_pass(source: FakeSource, store: Store, journal: Path, wrap=lambda port: port, **job: Any):
    """Make a pass with a fresh connection and a freshly opened journal, as a new process would."""
    thread = JournalThread(Journal.open(journal))
    try:
        writer = wrap(FakeWriter(store))
        wrapped = wrap(thread)
        header = await writer.header(NAME)
        row = await wrapped.open_mailbox(str(ANNA), INBOX, INBOX, source.uidvalidity, UNIQUEID.decode())
        ours = header if header and header.uniqueid == UNIQUEID else None
        identity = Identity(NAME, ANNA, b"default", UNIQUEID, source.uidvalidity)
        place = Place(writer, b"default", Quarantine(journal.parent / "quarantine"))
        transfer = Transfer(source, place, wrapped, Job(INBOX, identity, row, source.state, ours, **job), clock)
        return await transfer.run(lambda _: None)
    finally:
        thread.close()


def clock() -> float:
    return 1_700_000_000.0


def expected(source: FakeSource):
    """What a client of the target must see."""
    return (
        source.uidvalidity,
        source.uidnext - 1,
        {uid: (guid(m.data), m.flags, m.internaldate) for uid, m in source.messages.items()},
    )
