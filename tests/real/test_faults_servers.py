"""Servers that hang, are killed, are started again or have no room, while a pass goes on."""

from __future__ import annotations

import asyncio
import os
import random
import time
from pathlib import Path

import pytest

from sterna.errors import SternaError
from sterna.lab.lab import LabOptions
from sterna.migration.apply import apply_plan
from sterna.migration.copy.run import copy_site
from sterna.migration.plan import make_plan
from sterna.site.load import load_site
from tests.faults import servers
from tests.faults.impatience import hurry
from tests.faults.life import life
from tests.faults.relay import Fault, Kind, Way
from tests.faults.trial import FOLLOW, Trial, as_any_imap, relayed

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.timeout(600), pytest.mark.xdist_group("servers")]

ANNA, BERND, CLARA, DIRK, EVA, FRITZ, HANS = (
    f"{name}@lab.example" for name in ("anna", "bernd", "clara.dietz", "dirk", "eva.lang", "fritz", "hans-peter")
)
"""One account for each test, so that all can use one lab."""
SEED = int(os.environ.get("STERNA_FAULT_SEED", "20061"))


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """Wait for nothing before a lost connection is made anew."""
    hurry(monkeypatch.setattr)


@pytest.fixture(scope="module")
def applied(start_shared_lab):
    """A lab with accounts on the target, without mail; and its site, whose source is read as any IMAP server."""
    lab = start_shared_lab(LabOptions(messages=40))
    lab.expect(r"")  # servers that are killed complain, and others complain of them
    site = load_site(lab.info.site)

    async def apply() -> None:
        await apply_plan(site, await make_plan(site))

    asyncio.run(apply())
    return lab, as_any_imap(lab.info, site)


HANGS = {
    "the source does not greet": ("source", Way.DOWN, 0),
    "the source hangs in a mailbox": ("source", Way.DOWN, 30_000),
    "the target hangs in the TLS handshake": ("target", Way.DOWN, 500),
    "the target takes no more": ("target", Way.UP, 20_000),
    "the target does not say whether it did": ("target", Way.DOWN, 6_000),
}


async def test_a_server_that_hangs_is_left_in_time_and_the_next_pass_goes_on(applied):
    lab, site = applied
    async with relayed(site, timeout_s=0.4) as (by_relays, relays):
        with life(lab.info, ANNA, SEED) as lives:
            trial = Trial(lab.info, by_relays, ANNA, lives, relays)
            for number, (what, (name, way, after)) in enumerate(HANGS.items()):
                lives.round(box := f"Runde {number}")
                relays[name].arm(Fault(Kind.STALL, way, after, lasting=True))
                began = time.monotonic()
                await trial.attempt()
                assert relays[name].struck, what
                assert time.monotonic() - began < 20, what
                await trial.settle()
                trial.forget(box)


async def test_sessions_that_are_killed_on_the_servers_cost_time_and_nothing_else(applied):
    lab, site = applied
    chance = random.Random(SEED)
    killed = 0
    with life(lab.info, BERND, SEED) as lives:
        trial = Trial(lab.info, site, BERND, lives)
        await trial.settle()
        # Not the life's own session, nor Cyrus's idle ones: it ends the whole service when those die one after another.
        ours = {server: servers.sessions(lab.info.dir, server) for server in servers.IMAP_OF}
        for number in range(8):
            server = ("cyrus", "dovecot")[number % 2]
            lives.round(box := f"Runde {number}")
            running = asyncio.ensure_future(trial.attempt())
            left = 2
            while left and not running.done():
                await asyncio.sleep(chance.random() * 0.06)
                got = servers.kill([x for x in servers.sessions(lab.info.dir, server) if x not in ours[server]])
                killed, left = killed + got, left - bool(got)
            await running
            await trial.settle()
            trial.forget(box)
    print(f"seed {SEED}: {killed} sessions killed; passes ended with {trial.told}")  # noqa: T201  a figure
    assert killed >= 3


@pytest.mark.parametrize(("server", "account"), [("cyrus", CLARA), ("dovecot", HANS)])
async def test_a_server_that_is_killed_and_started_again_costs_time_and_nothing_else(applied, server, account):
    lab, site = applied
    chance = random.Random(SEED)
    for number in range(2):
        with life(lab.info, account, SEED + number) as lives:
            lives.round(f"Runde {number}")
        trial = Trial(lab.info, site, account, lives)
        running = asyncio.ensure_future(trial.attempt())
        await asyncio.sleep(chance.random() * 0.3)
        await asyncio.to_thread(servers.restart, lab.info.dir, server, lambda: time.sleep(0.2))
        await running
        await trial.settle()


async def test_a_target_without_room_is_told_and_goes_on_when_there_is_room(applied):
    lab, site = applied
    spool = Path(lab.info.dir / "target/cyrus/spool")
    with life(lab.info, DIRK, SEED) as lives:
        trial = Trial(lab.info, site, DIRK, lives)
        await trial.settle()
        servers.small_disk(lab.info.dir, spool, 60)
        lives.round("Voll", most=60)
        report = await copy_site(site, accounts=[DIRK], options=FOLLOW)
        assert report.failures, "the target is full"
        servers.grow_disk(lab.info.dir, spool, "60m")
        await trial.settle()


async def test_clocks_that_jump_change_nothing(applied):
    lab, site = applied
    chance = random.Random(SEED)
    with life(lab.info, EVA, SEED) as lives:
        trial = Trial(lab.info, site, EVA, lives)
        for number in range(3):
            lives.round(f"Runde {number}")
            report = await copy_site(site, accounts=[EVA], options=FOLLOW, clock=lambda: chance.uniform(1, 2**31))
            assert report.failures == ()
            await trial.settle()


async def test_two_passes_that_do_not_know_of_each_other_do_not_spoil_each_others_work(applied):
    lab, site = applied
    other = site.model_copy(update={"state_dir": site.state_dir.with_name("other")})
    with life(lab.info, FRITZ, SEED) as lives:
        trial = Trial(lab.info, site, FRITZ, lives)
        for number in range(4):
            lives.round(box := f"Runde {number}")
            both = [copy_site(one, accounts=[FRITZ], options=FOLLOW) for one in (site, other)]
            for ended in await asyncio.gather(*both, return_exceptions=True):
                assert not isinstance(ended, BaseException) or isinstance(ended, SternaError), ended
            await trial.settle()
            trial.forget(box)
