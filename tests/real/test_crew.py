"""A pass by several processes: it does what one does, ends with them, and leaves none behind."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from sterna.lab.lab import LabOptions
from sterna.migration.apply import apply_plan
from sterna.migration.copy.crew import ProcessEndedError, how_many, share
from sterna.migration.copy.events import AccountDone, Progress
from sterna.migration.copy.places import LOCK
from sterna.migration.copy.run import copy_site
from sterna.migration.plan import make_plan
from sterna.migration.verify.run import verify_site
from sterna.site.load import load_site
from sterna.site.manners import Manners, SourceBudget
from sterna.state.lock import SiteBusyError, locked
from tests.real import strangers

pytestmark = [pytest.mark.real, pytest.mark.timeout(240)]


def hands() -> list[int]:
    """Process numbers of our processes' processes."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == os.getpid() and b"copy.hand" in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


async def test_several_processes_do_what_one_does_and_a_killed_one_ends_the_pass_safely(start_lab):
    lab = start_lab(LabOptions(messages=300))
    lab.expect("connection|Connection")
    site = load_site(lab.info.site)
    assert not (await apply_plan(site, await make_plan(site))).failures
    two = site.model_copy(update={"policy": site.policy.model_copy(update={"processes": 2})})
    killed: list[int] = []

    def kill_one(event) -> None:
        if isinstance(event, Progress) and event.counts.copied and not killed:
            killed.extend(hands())
            os.kill(killed[0], signal.SIGKILL)

    with pytest.raises(ProcessEndedError, match="nothing is lost"):
        await copy_site(two, on_event=kill_one)
    assert len(killed) == 2
    assert hands() == []
    with locked(site.state_dir / LOCK):
        pass  # nobody holds it any more

    done: list[str] = []
    report = await copy_site(
        two, on_event=lambda e: done.append(str(e.account)) if isinstance(e, AccountDone) else None
    )
    assert report.failures == ()
    assert sorted(done) == sorted(str(result.account) for result in report.results)
    assert hands() == []
    assert (await verify_site(site)).equal
    info = lab.info.as_json()
    for person in info["accounts"][:3]:
        address = f"{person['name']}@{person['domain']}"
        [mine] = [result for result in report.results if str(result.account) == address]
        renamed = {row.source: row.target for row in mine.renamed}
        assert strangers.differences(info, address, person["password"], renamed) == []

    again = await copy_site(two, accounts=["anna", "rene.pfeiffer"])
    assert (again.counts.copied, len(again.results)) == (0, 2)


async def test_processes_hold_the_lock_as_long_as_they_live(tmp_path):
    path = tmp_path / LOCK
    with locked(path) as descriptor:
        process = await asyncio.create_subprocess_exec(
            *("sh", "-c", "read x"), stdin=asyncio.subprocess.PIPE, pass_fds=(descriptor,)
        )
    with pytest.raises(SiteBusyError), locked(path):
        pass
    await process.communicate(b"\n")
    with locked(path):
        pass


def test_what_may_be_taken_of_a_server_is_divided(start_lab, tmp_path):
    site = load_site(start_lab(LabOptions(messages=100)).info.site)
    site = site.model_copy(update={"manners": Manners(source=(SourceBudget(messages_per_s=90, connections=4),))})
    part = share(site, 3)
    assert (part.manners.source[0].messages_per_s, part.manners.source[0].connections) == (30, 4)
    assert part.manners.source[0].bytes_per_s is None
    many = site.model_copy(update={"policy": site.policy.model_copy(update={"processes": 9})})
    assert many.source.cli is not None
    assert many.source.cli.connections == 4
    assert how_many(many, 8) == 3, "each process and this one has a connection to the CLI"
