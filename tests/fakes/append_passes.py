"""One mailbox's pass without UIDs between a fake source and a fake server, with a real journal."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sterna.imap.content import Content, whole
from sterna.migration.copy.append.thread import PlacedThread
from sterna.migration.copy.append.transfer import AppendJob, AppendTransfer
from sterna.migration.copy.events import Counts
from sterna.migration.copy.ports import JournalThread
from sterna.model.address import Address
from sterna.model.mailbox import INBOX
from sterna.state.journal import Journal
from tests.fakes.mail_source import FakeSource
from tests.fakes.placing_target import FakePlacing, Mailbox

ANNA = Address.parse("anna@lab.example")


@dataclass
class Kept:
    """Keeps messages in memory."""

    messages: list[bytes] = field(default_factory=list)

    def keep(self, guid: bytes, content: Content) -> Path:
        self.messages.append(whole(content))
        return Path("kept") / guid.hex()


@dataclass
class Outcome:
    """What a pass did, and the reasons of what it did not bring."""

    counts: Counts
    reasons: dict[int, str]
    kept: list[bytes]


async def append_pass(
    source: FakeSource, mailbox: Mailbox, journal: Path, wrap=lambda port: port, **job: Any
) -> Outcome:
    """Make a pass with a fresh connection and a freshly opened journal, as a new process would."""
    thread = JournalThread(Journal.open(journal))
    kept = Kept()
    try:
        store = wrap(PlacedThread(thread))
        what = AppendJob(ANNA, INBOX, INBOX, source.state, kept, now=1_700_000_000, **job)
        counts = await AppendTransfer(source, wrap(FakePlacing(mailbox)), store, what).run(lambda _: None)
        reasons = {row.uid: row.reason for row in await thread.skipped(str(ANNA))}
        return Outcome(counts, reasons, kept.messages)
    finally:
        thread.close()
