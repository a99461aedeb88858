"""How long a pass will still take, by passes that were simulated and passes that were recorded."""

from __future__ import annotations

import heapq
import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from sterna.migration.copy.events import (
    AccountDone,
    AccountStarted,
    CopyEvent,
    Counts,
    Held,
    PassStarted,
    Progress,
    Resumed,
    Weighed,
)
from sterna.migration.copy.forecast import SCALING, Forecast
from sterna.model.address import Address

PER_MESSAGE_S = 0.5e-3
PER_BYTE_S = 16e-9
"""What was measured of one connection; a forecast knows only what it sees of it."""

Timed = list[tuple[float, CopyEvent]]


def simulated(sizes: list[list[int]], connections: int, *, weighed: bool, speed: float = 1.0) -> Timed:
    """Return the events of a pass over accounts with messages of these sizes, each with its time."""
    found: Timed = [(0.0, PassStarted(len(sizes)))]
    addresses = [Address("lab.example", f"a{number}") for number in range(len(sizes))]
    if weighed:
        found += [(0.0, Weighed(a, len(s), len(s), sum(s))) for a, s in zip(addresses, sizes, strict=True)]
    waiting = iter(range(len(sizes)))
    now = 0.0
    order = itertools.count()
    running: list[tuple[float, int, int, Iterator[list[int]]]] = []

    def begin(work: float = 0.0) -> None:
        number = next(waiting, None)
        if number is not None:
            found.append((now, AccountStarted(addresses[number], 1, len(sizes[number]))))
            batches = (sizes[number][at : at + 50] for at in range(0, len(sizes[number]), 50))
            heapq.heappush(running, (work, next(order), number, batches))

    # Each step does a batch of the account that has done least work, at the speed that so many connections have.
    for _ in range(connections):
        begin()
    while running:
        work, _, number, batches = heapq.heappop(running)
        batch = next(batches, None)
        together = len(running) + 1
        if batch is None:
            found.append((now, AccountDone(addresses[number], Counts(), 0)))
            begin(work)
            continue
        seconds = (len(batch) * PER_MESSAGE_S + sum(batch) * PER_BYTE_S) / speed
        now += seconds / together**SCALING
        found.append((now, Progress(addresses[number], ("INBOX",), Counts(copied=len(batch), bytes=sum(batch)))))
        heapq.heappush(running, (work + seconds, next(order), number, batches))
    return found


def errors(events: Timed) -> list[float]:
    """Return by how much the forecast is wrong between a tenth and nine tenths of the time, as shares of the rest."""
    end = events[-1][0]
    forecast = Forecast()
    wrong = []
    for at, event in events:
        forecast.take(event, at)
        said = forecast.seconds_left(at)
        if end * 0.1 <= at <= end * 0.9 and said is not None:
            wrong.append(abs(said - (end - at)) / (end - at))
    assert wrong
    return wrong


def even(accounts: int, messages: int, size: int) -> list[list[int]]:
    chance = Random(1)
    return [[int(chance.lognormvariate(0, 1) * size) for _ in range(messages)] for _ in range(accounts)]


def small_then_large() -> list[list[int]]:
    return [[2_000] * 6000 + [500_000] * 300 for _ in range(4)]


def skewed() -> list[list[int]]:
    chance = Random(3)
    return [[20_000] * max(50, int(chance.paretovariate(1.1) * 300)) for _ in range(60)]


PASSES = {
    "eight accounts alike": simulated(even(8, 2000, 30_000), 4, weighed=False),
    "eight accounts alike, all at a time": simulated(even(8, 2000, 30_000), 8, weighed=False),
    "one account of small messages": simulated(even(1, 60_000, 2_000), 4, weighed=False),
    "small messages first, then large ones, sizes known": simulated(small_then_large(), 4, weighed=True),
    "accounts of very different size, weighed": simulated(skewed(), 4, weighed=True),
    "a slow server": simulated(even(20, 200, 30_000), 2, weighed=False, speed=0.05),
}


@pytest.mark.parametrize("events", PASSES.values(), ids=PASSES)
def test_after_a_tenth_of_the_work_it_is_right_to_a_fifth(events: Timed) -> None:
    wrong = sorted(errors(events))
    assert wrong[round(len(wrong) * 0.95) - 1] <= 0.2


def test_time_in_which_the_pass_is_held_does_not_count() -> None:
    events = simulated(even(8, 2000, 30_000), 4, weighed=False)
    half = len(events) // 2
    forecast, held = Forecast(), Forecast()
    for at, event in events[:half]:
        forecast.take(event, at)
        held.take(event, at)
    now = events[half][0]
    expected = forecast.seconds_left(now)
    held.take(Held("paused"), now)
    held.take(Resumed(), now + 3600)
    assert held.seconds_left(now + 3600) == pytest.approx(expected)


def test_nothing_is_said_before_anything_was_done() -> None:
    forecast = Forecast()
    assert forecast.seconds_left(5.0) is None
    forecast.take(PassStarted(1), 0.0)
    assert forecast.seconds_left(5.0) is None


def test_at_the_end_nothing_is_left() -> None:
    forecast = Forecast()
    for at, event in PASSES["eight accounts alike"]:
        forecast.take(event, at)
    assert forecast.seconds_left(at) == 0.0
    assert forecast.share() == 1.0


def test_what_is_only_looked_at_counts_little() -> None:
    anna = Address("lab.example", "anna")
    forecast = Forecast()
    forecast.take(PassStarted(1), 0.0)
    forecast.take(AccountStarted(anna, 1, 20_000, held=19_000), 0.0)
    forecast.take(Progress(anna, ("INBOX",), Counts(unchanged=19_000)), 1.0)
    assert forecast.share() < 0.5


def recorded(path: Path) -> Timed:
    """Return the events of a pass as `copy --events json` wrote them."""
    found: Timed = []
    for line in path.read_text().splitlines():
        said = json.loads(line)
        account = Address.parse(said["account"]) if "account" in said else Address("", "")
        event: CopyEvent
        match said["event"]:
            case "pass_started":
                event = PassStarted(said["accounts"])
            case "weighed":
                event = Weighed(account, said["messages"], said["new"], said["new_bytes"])
            case "account_started":
                event = AccountStarted(account, said["mailboxes"], said["messages"], said["held"])
            case "progress":
                event = Progress(account, (said["mailbox"],), Counts(**said["counts"]))
            case _:
                event = AccountDone(account, Counts(), 0)
        found.append((said["at"], event))
    return found


def test_of_a_real_pass_on_a_machine_that_had_other_work_most_is_right_to_a_fifth() -> None:
    events = recorded(Path(__file__).parents[2] / "corpus/passes/lab-12000.jsonl")
    wrong = sorted(errors(events))
    assert wrong[len(wrong) // 2] <= 0.1
    assert wrong[round(len(wrong) * 0.85)] <= 0.2


def test_messages_that_turn_out_to_be_there_are_not_waited_for() -> None:
    anna = Address("lab.example", "anna")
    forecast = Forecast()
    forecast.take(PassStarted(1), 0.0)
    forecast.take(AccountStarted(anna, 1, 1000, held=0), 0.0)
    forecast.take(Progress(anna, ("INBOX",), Counts(unchanged=900)), 10.0)
    left = forecast.account_left(anna)
    assert left is not None
    forecast.take(Progress(anna, ("INBOX",), Counts(unchanged=100)), 10.0)
    after = forecast.account_left(anna)
    assert after is not None
    assert after < left / 5
