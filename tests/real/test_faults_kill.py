"""Our own process is killed (SIGKILL) before and after everything it does, and at any moment in between."""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import signal
import time

import pytest

from sterna.lab.lab import LabOptions
from sterna.migration.apply import apply_plan
from sterna.migration.plan import make_plan
from sterna.site.load import load_site
from tests.faults.life import life
from tests.faults.nursery import nursery
from tests.faults.trial import Trial, as_any_imap

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.timeout(600), pytest.mark.xdist_group("kills")]

ANNA, BERND, CLARA, DIRK = (f"{name}@lab.example" for name in ("anna", "bernd", "clara.dietz", "dirk"))
"""One account for each test, so that all can use one lab."""
SEED = int(os.environ.get("STERNA_FAULT_SEED", "20061"))
MOMENTS = 50
NAMES = 16
"""Mailboxes come again under the same name, but not within a second: Cyrus could not tell two that were deleted."""
NO_ROOM = 74
"""EX_IOERR: what a disk that is full ends a pass with."""
LARGE_BYTES = 24 << 20
"""More than is kept in memory of one message."""
KILLS_A_ROUND = 6


@pytest.fixture(scope="module")
def applied(start_shared_lab):
    """A lab with accounts on the target, without mail; and its site, whose source is read as any IMAP server."""
    lab = start_shared_lab(LabOptions(messages=40))
    lab.expect(r"")  # connections that end in the middle of a command are what this test is about
    site = load_site(lab.info.site)

    async def apply() -> None:
        await apply_plan(site, await make_plan(site))

    asyncio.run(apply())
    return lab, as_any_imap(lab.info, site)


async def test_killed_before_and_after_every_effect_it_goes_on_where_it_was(applied):
    lab, site = applied
    with life(lab.info, ANNA, SEED) as lives, nursery() as young:
        trial = Trial(lab.info, site, ANNA, lives)
        await trial.settle()
        lives.round(box := "Kurz", most=4)
        undisturbed = young.copy(site, ANNA)
        assert undisturbed.code == 0
        assert undisturbed.effects >= 20, "effects are counted"
        killed = 0
        for step in range(undisturbed.effects):
            trial.forget(box)
            lives.round(box := f"Kurz {step % NAMES}", most=4)
            code = young.copy(site, ANNA, kill_at=step).code
            assert code in (0, -signal.SIGKILL), f"killed at step {step} it ended with {code}"
            killed += code < 0
            await trial.settle()
        assert killed > undisturbed.effects * 3 // 4, "most rounds have as many effects as the first"
    print(f"killed at {killed} of {undisturbed.effects} steps")  # noqa: T201  a figure of the suite


@pytest.mark.soak
async def test_killed_at_any_moment_it_goes_on_where_it_was(applied):
    lab, site = applied
    chance = random.Random(SEED)
    killed = 0
    with life(lab.info, BERND, SEED) as lives, nursery() as young:
        trial = Trial(lab.info, site, BERND, lives)
        assert young.copy(site, BERND).code == 0
        began = time.monotonic()
        assert young.copy(site, BERND).code == 0
        whole_s = time.monotonic() - began
        for number in itertools.count():
            if killed >= MOMENTS:
                break
            lives.round(box := f"Kurz {number % NAMES}")
            for _ in range(KILLS_A_ROUND):
                code = young.copy(site, BERND, kill_after_s=chance.random() * 1.2 * whole_s).code
                assert code in (0, -signal.SIGKILL)
                killed += code < 0
            await trial.settle()
            trial.forget(box)
    print(f"seed {SEED}: {killed} kills, a pass takes {whole_s:.2f} s")  # noqa: T201  a figure of the suite


async def test_a_full_disk_under_the_journal_ends_a_pass_and_loses_nothing(applied):
    lab, site = applied
    ends: dict[int, int] = {}
    with life(lab.info, CLARA, SEED) as lives, nursery() as young:
        trial = Trial(lab.info, site, CLARA, lives)
        for number in range(8):
            lives.round(box := f"Kurz {number}")
            # The first sizes do not even hold an empty journal, the last have room for everything.
            code = young.copy(site, CLARA, state_kib=200 + 64 * number).code
            assert code in (0, NO_ROOM)
            ends[code] = ends.get(code, 0) + 1
            await trial.settle()
            trial.forget(box)
    print(f"ended with {ends}")  # noqa: T201  a figure of the suite
    assert ends.get(NO_ROOM), "no disk was too small"


async def test_a_full_disk_under_a_large_message_on_its_way_ends_a_pass_and_loses_nothing(applied):
    lab, site = applied
    with life(lab.info, DIRK, SEED) as lives, nursery() as young:
        trial = Trial(lab.info, site, DIRK, lives)
        lives.deliver_large("INBOX", LARGE_BYTES)
        assert young.copy(site, DIRK, state_kib=LARGE_BYTES // 2 // 1024).code == NO_ROOM
        await trial.settle()
