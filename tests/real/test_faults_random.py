"""Passes that are interrupted at random places, again and again, end where an undisturbed one ends.

Each test prints its seed and what its passes ended with. STERNA_FAULT_SEED chooses other places than the usual ones.
"""

from __future__ import annotations

import os
import random

import pytest

from sterna.lab.lab import LabOptions
from sterna.migration.apply import apply_plan
from sterna.migration.plan import make_plan
from sterna.site.load import load_site
from tests.faults.impatience import hurry
from tests.faults.life import life
from tests.faults.relay import Fault, Kind, Way
from tests.faults.trial import Trial, as_any_imap, relayed

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.timeout(600)]

ANNA = "anna@lab.example"
SEED = int(os.environ.get("STERNA_FAULT_SEED", "20061"))

INTERRUPTIONS = 110
"""Of each part; with the kills of the other tests they are more than five hundred."""

MATTERS = (("source", Way.DOWN), ("target", Way.UP), ("target", Way.DOWN))
"""Where most faults come to pass: where mail goes, and where the target answers."""

AT_ONCE = (Kind.CUT, Kind.CUT, Kind.RESET, Kind.RESET, Kind.HALF_CLOSE_CLIENT, Kind.HALF_CLOSE_SERVER)
"""What a connection can suffer without anybody waiting for a timeout."""


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """Wait for nothing before a lost connection is made anew."""
    hurry(monkeypatch.setattr)


def a_fault(chance: random.Random, way: Way, name: str, reaches: tuple[int, int]) -> Fault:
    """Return a fault somewhere in what the next pass moves, half of them in what an idle pass moves."""
    kinds: tuple[Kind, ...] = AT_ONCE
    if name == "target":
        kinds = (*AT_ONCE, Kind.FLIP)
    elif name == "source" and way is Way.DOWN:
        kinds = (*AT_ONCE, *(Kind.CUT_IN_LITERAL,) * 4, Kind.GARBAGE, Kind.SLOW)
    return Fault(chance.choice(kinds), way, chance.randrange(chance.choice(reaches)), lasting=chance.random() < 0.5)


async def interrupt(trial: Trial, chance: random.Random, reach: dict[tuple[str, Way], tuple[int, int]]) -> None:
    """Interrupt passes until one ends that met no fault."""
    while True:
        name, way = chance.choice((*MATTERS, *reach))
        trial.relays[name].arm(a_fault(chance, way, name, reach[name, way]))
        before = trial.interruptions
        await trial.attempt()
        for each in trial.relays.values():
            each.arm(None)
        if trial.interruptions == before:
            return


@pytest.mark.parametrize(
    ("part", "interruptions"),
    [(1, 25), *(pytest.param(part, INTERRUPTIONS, marks=pytest.mark.soak) for part in range(4))],
)
async def test_interrupted_at_random_it_ends_as_an_undisturbed_pass(start_lab, part, interruptions):
    seed = SEED + part
    chance = random.Random(seed)
    lab = start_lab(LabOptions(messages=40))
    lab.expect(r"")  # connections that end in the middle of a command are what this test is about
    site = load_site(lab.info.site)
    await apply_plan(site, await make_plan(site))
    # Once as CommuniGate with its CLI, and otherwise as any IMAP server.
    async with relayed(as_any_imap(lab.info, site) if part else site) as (by_relays, relays):
        with life(lab.info, ANNA, seed) as lives:
            trial = Trial(lab.info, by_relays, ANNA, lives, relays)
            await trial.attempt()
            busy = trial.reach()
            await trial.attempt()
            reach = {place: (trial.reach()[place], busy[place]) for place in busy}
            rounds = 0
            while trial.interruptions < interruptions:
                rounds += 1
                lives.round(box := f"Runde {rounds}")
                await interrupt(trial, chance, reach)
                await trial.settle()
                trial.forget(box)
    said = f"seed {seed}: {trial.interruptions} interruptions in {rounds} rounds; passes ended with {trial.told}"
    print(said)  # noqa: T201  whoever sees it fail wants to know
