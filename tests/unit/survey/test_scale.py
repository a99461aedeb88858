"""A site of many accounts, from sources that exist only as loops: memory is bounded, and the time is told."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sterna.communigate.read import MailboxUse, Read
from sterna.errors import SternaError
from sterna.imap.meter import Count, Metered
from sterna.migration.desired import Aim
from sterna.migration.report import survey_files, survey_text
from sterna.migration.survey.draw import Frame, draw_up
from sterna.migration.survey.families import with_family
from sterna.migration.survey.mailboxes import Limits, look
from sterna.migration.survey.probes.seen import Probed
from sterna.migration.survey.read import read_into
from sterna.model.account import Account, ClearPassword, Domain, Forward, Forwarder, Group
from sterna.model.address import Address
from sterna.model.finding import Finding, Outcome
from sterna.model.lists import MailingList
from sterna.model.mailbox import ListedMailbox, MailboxState
from sterna.model.routes import Route
from sterna.model.secret import Secret
from sterna.state.survey_store import SurveyStore
from tests.unit.survey.samples import SITE

BOXES = ("INBOX", "Sent", "Trash", "Work/2020", "a^b")
MESSAGES = 20


class Crowd:
    """A source of `number` accounts, each with a finding, an alias and a forward."""

    def __init__(self, number: int) -> None:
        self._number = number

    async def domains(self) -> list[Domain]:
        return [Domain("lab.example", main=True)]

    async def accounts(self, domain: str) -> AsyncIterator[Read[Account]]:
        for number in range(self._number):
            address = Address(domain, f"u{number:05}")
            account = Account(
                address,
                f"Person {number}",
                ClearPassword(Secret(f"secret {number}")),
                aliases=(Address(domain, f"alias.{number}"), Address(domain, "everybody")),
                forward=Forward((Address(domain, f"u{(number + 1) % self._number:05}"),), keep_copy=True),
                quota_bytes=1000,
            )
            setting = f"MaxMailOutSize = {number}"
            yield Read(account, (Finding("account", str(address), Outcome.DROPPED, setting, "a limit"),))

    async def forwarders(self, domain: str) -> list[Read[Forwarder]]:
        return []

    async def groups(self, domain: str) -> list[Read[Group]]:
        return []

    async def lists(self, domain: str) -> list[Read[MailingList]]:
        return []

    async def routes(self) -> list[Read[Route]]:
        return []

    async def domain_findings(self, domain: str) -> tuple[Finding, ...]:
        return ()

    async def server_findings(self) -> tuple[Finding, ...]:
        return ()

    async def raw_mailboxes(self, address: Address) -> dict[str, MailboxUse]:
        return {name: MailboxUse(MESSAGES, MESSAGES * 100) for name in BOXES}


class Mail:
    """Everybody's mail."""

    async def mailboxes(self, prefix: bytes = b"") -> list[ListedMailbox]:
        return [ListedMailbox(tuple(name.split("/")), name.encode()) for name in BOXES]

    async def status(self, wires: Sequence[bytes]) -> list[MailboxState | None]:
        return [MailboxState(1, MESSAGES + 1, MESSAGES) for _ in wires]

    async def measure(self, mailboxes: Sequence[Metered], count: Count) -> list[SternaError | None]:
        for number, _ in enumerate(mailboxes):
            for uid in range(1, MESSAGES + 1):
                count(number, uid, 1_000_000_000 + uid * 10_000_000, 100)
        return [None for _ in mailboxes]


async def surveyed(folder: Path, number: int, told: Callable[[str], None] = print) -> int:
    """Survey a crowd, write every form of the report, and return the peak of memory in bytes."""
    tracemalloc.start()
    began = time.monotonic()
    store = SurveyStore.create(folder / "survey.sqlite")
    source, mail, limits = Crowd(number), Mail(), Limits(64 << 20)
    await read_into(store, source, Aim.of(SITE), lambda _: None)
    for text in store.view.addresses():
        address = Address.parse(text)
        found = await look(mail, address, b"", await source.raw_mailboxes(address), limits, quick=False)
        store.add_mail(text, found.mail)
        store.add_findings(map(with_family, found.findings))
    now = datetime.now(UTC)
    report = draw_up(Frame(SITE, now, now, False, folder / "survey.sqlite", 64 << 20), store.view, Probed(), None)
    store.finish()
    written = survey_files.write(report, folder / "survey.html")
    lines = sum(1 for _ in survey_text.lines(report, everything=True))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    told(f"{number:,} accounts: {time.monotonic() - began:.1f} s, peak {peak / 2**20:.0f} MiB, {lines:,} lines of text")
    assert report.counts["accounts"] == number
    assert report.counts["messages"] == number * len(BOXES) * MESSAGES
    assert report.counts["over_quota"] == number
    assert written.html.stat().st_size < 4_000_000
    everybody = [f for f in report.view.families() if f.family.kind == "alias"]
    assert sum(each.findings for each in everybody) == number - 1, "one gets the alias, the others are told"
    return peak


async def test_memory_does_not_grow_with_accounts_but_by_their_addresses(tmp_path: Path) -> None:
    (tmp_path / "few").mkdir()
    (tmp_path / "many").mkdir()
    few = await surveyed(tmp_path / "few", 100)
    many = await surveyed(tmp_path / "many", 600)
    assert (many - few) / 500 < 8_000, "bytes for each account more"


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_twenty_thousand_accounts_fit_into_little_memory(tmp_path: Path) -> None:
    assert await surveyed(tmp_path, 20_000) < 160 * 2**20
