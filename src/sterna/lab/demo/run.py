"""The demonstration: each step once, in the order an operator would go through them."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from sterna.lab.demo import life, proofs
from sterna.lab.demo.clients import Person
from sterna.lab.demo.events import DemoReport, Kept, OnEvent, StepDone, StepStarted
from sterna.lab.demo.proofs import Arrival, LoginTried
from sterna.lab.info import LabInfo
from sterna.lab.lab import MARKER, Lab, LabOptions
from sterna.lab.sitefile import write_secret
from sterna.migration.apply import apply_plan
from sterna.migration.copy.events import CopyReport
from sterna.migration.copy.run import copy_site
from sterna.migration.plan import make_plan
from sterna.migration.report import files, numbers, passes, plans
from sterna.migration.report.content import VerificationReport
from sterna.migration.report.outcome import verdict
from sterna.migration.report.signature import ReportKey
from sterna.migration.survey.run import survey
from sterna.migration.verify.run import verify_site
from sterna.site.declaration import Site
from sterna.site.load import load_site

ANNA = "anna@lab.example"
"""Whose mail goes on arriving at the old server, and as whom to log in."""

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """What a demonstration is made with.

    Fields:
        folder: for the lab; None for a new one that is removed at the end.
        messages: how many the old server has.
        corpus: a folder of further messages.
        report: where the report is put.
        keep: leave both platforms running.
    """

    folder: Path | None = None
    messages: int = 3000
    corpus: Path | None = None
    report: Path = Path("sterna-demo-report")
    keep: bool = False


async def demonstrate(options: DemoOptions, on_event: OnEvent) -> DemoReport:
    """Run the whole of it.

    Raises:
        SternaError: a step could not be done; the lab is ended, and its folder with the logs is kept.
    """
    files.make_folder(options.report.absolute())
    folder = options.folder or _new_folder()
    began = time.monotonic()
    demo = _Demo(options, on_event)
    try:
        report = await demo.run(folder, began)
    except BaseException as error:  # also Ctrl-C: nothing is left running
        if _end(folder, remove=False):
            error.add_note(f"the lab was ended; what its servers said is in {folder}/log")
        raise
    if not options.keep:
        _end(folder, remove=options.folder is None)
    return report


class _Demo:
    """One demonstration under way."""

    def __init__(self, options: DemoOptions, on_event: OnEvent) -> None:
        self.options = options
        self.on_event = on_event
        self.steps: list[StepDone] = []

    async def run(self, folder: Path, began: float) -> DemoReport:
        options = LabOptions(messages=self.options.messages, corpus=self.options.corpus)
        title = "Start an old server full of mail, and a new platform"
        info = await self.step(title, lambda: _up(folder, options), _lab_said)
        site = load_site(info.dir / "sterna.toml")
        await self.migrate(site)
        first = await self.copy("Copy all mail", site)
        anna = next(person for person in proofs.people(info) if person.address == ANNA)
        await self.step(
            "Meanwhile life goes on at the old server", lambda: asyncio.to_thread(life.goes_on, info, anna), _life_said
        )
        second = await self.copy("Copy again: only what is new or changed", site)
        compared = await self.verify(site)
        # After the comparison, because what arrives from now on is on the new platform only.
        arrivals, logins = await self.prove(info)
        written = files.write(compared, self.options.report.absolute(), ReportKey.of(site.state_dir))
        return DemoReport(
            steps=tuple(self.steps),
            passes=(first, second),
            verification=compared,
            arrivals=tuple(arrivals),
            logins=tuple(logins),
            report=written,
            seconds=time.monotonic() - began,
            kept=_kept(info, anna) if self.options.keep else None,
        )

    async def migrate(self, site: Site) -> None:
        await self.step("Survey the old server", lambda: survey(site), lambda seen: seen.summary())
        plan = await self.step("Plan the new platform's accounts", lambda: make_plan(site), plans.summary)
        await self.step(
            "Apply the plan",
            lambda: apply_plan(site, plan),
            lambda result: plans.applied(result).strip(),
            lambda result: not result.failures,
        )

    async def copy(self, title: str, site: Site) -> CopyReport:
        return await self.step(
            title,
            lambda: copy_site(site, on_event=self.on_event),
            _copy_said,
            lambda report: not report.failures,
        )

    async def verify(self, site: Site) -> VerificationReport:
        return await self.step(
            "Compare every account, mailbox and message",
            lambda: verify_site(site),
            lambda report: f"{verdict(report).title}. {verdict(report).sentence}",
            lambda report: report.equal,
        )

    async def prove(self, info: LabInfo) -> tuple[list[Arrival], list[LoginTried]]:
        arrivals = await self.step(
            "Send mail to the new platform by SMTP",
            lambda: proofs.mail_arrives(info),
            _arrivals_said,
            lambda found: not any(each.failure for each in found),
        )
        logins = await self.step(
            "Log in with the old passwords, by IMAPS and by POP3S",
            lambda: proofs.logins_work(info),
            _logins_said,
            lambda found: not any(each.failure for each in found),
        )
        return arrivals, logins

    async def step(
        self,
        title: str,
        do: Callable[[], Awaitable[_Value]],
        say: Callable[[_Value], str],
        good: Callable[[_Value], bool] = lambda _: True,
    ) -> _Value:
        self.on_event(StepStarted(title))
        began = time.monotonic()
        value = await do()
        done = StepDone(title, time.monotonic() - began, say(value), good(value))
        self.steps.append(done)
        self.on_event(done)
        return value


async def _up(folder: Path, options: LabOptions) -> LabInfo:
    """Start the lab, not in a thread: an interrupt has to wait until it is either there or gone."""
    return Lab.up(folder, options)


def _new_folder() -> Path:
    """Make a folder that the servers' own users can pass through, which those of `tempfile` are not."""
    folder = Path(tempfile.mkdtemp(prefix="sterna-demo-", dir="/var/tmp"))
    folder.chmod(0o711)
    return folder


def _end(folder: Path, *, remove: bool) -> bool:
    """End the lab in `folder`; return whether there was one. An empty folder is removed in any case."""
    if (folder / MARKER).exists():
        Lab.down(folder, remove=remove)
        return True
    if folder.exists() and not any(folder.iterdir()):
        folder.rmdir()
    return False


def _kept(info: LabInfo, person: Person) -> Kept:
    return Kept(info, person, write_secret(info.dir, "anna", person.password))


def _lab_said(info: LabInfo) -> str:
    return f"{numbers.count(len(info.accounts), 'account')}; both run in {info.dir}"


def _life_said(seen: life.Life) -> str:
    return f"{seen.new} new mails, {seen.flagged} message flagged, {seen.expunged} expunged"


def _copy_said(report: CopyReport) -> str:
    counts = report.counts
    return (
        f"{counts.copied:,} copied ({numbers.size(counts.bytes)}), {counts.updated:,} updated, "
        f"{counts.expunged:,} expunged, {counts.unchanged:,} unchanged; {passes.rate(report)}"
    )


def _arrivals_said(found: list[Arrival]) -> str:
    lines = [
        f"to {each.letter.kind}, {each.letter.to}: "
        + (each.failure or f"in the INBOX of {each.letter.owner} after {numbers.duration(each.seconds)}")
        for each in found
    ]
    return "\n".join(lines)


def _logins_said(found: list[LoginTried]) -> str:
    failed = [f"{each.address}: {each.failure}" for each in found if each.failure]
    return "\n".join((f"{len(found) - len(failed)} of {len(found)} people", *failed))
