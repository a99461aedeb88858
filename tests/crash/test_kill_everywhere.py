"""Kill a pass before and after every effect; the next must end where an undisturbed one ends, and a third is idle."""

from __future__ import annotations

import functools
from itertools import count

import pytest

from sterna.migration.copy import staging, transfer
from sterna.migration.copy.windows import batches, windows
from tests.fakes.mail_source import FakeSource
from tests.fakes.mail_store import Store
from tests.fakes.passes import NAME, expected, one_pass
from tests.fakes.tripwire import KilledError, Tripwire


@pytest.fixture(autouse=True)
def small_windows(monkeypatch):
    """Several windows and batches with few messages."""
    monkeypatch.setattr(transfer, "windows", functools.partial(windows, size=4))
    monkeypatch.setattr(staging, "batches", functools.partial(batches, most=3))


def full() -> FakeSource:
    """Small, but with several windows and equal messages: 5 and 6 are the same bytes on purpose."""
    source = FakeSource(uidnext=5000)
    for uid, data in {1: b"one", 5: b"two", 6: b"two", 9: b"", 14: b"five"}.items():
        source.put(uid, data)
    for uid in range(900, 905):
        source.put(uid, b"filler")
    return source


def later(source: FakeSource) -> None:
    """What happens at the source between two passes."""
    source.put(5001, b"late")
    source.messages[1].flags = frozenset({"\\Seen"})
    source.messages[900].flags = frozenset({"\\Flagged"})
    del source.messages[5], source.messages[903]


async def killed_at(step: int, source: FakeSource, store: Store, journal) -> bool:
    steps = count()
    try:
        await one_pass(source, store, journal, lambda port: Tripwire(port, steps, step))
    except KilledError:
        return True
    return False


def wanted(source: FakeSource):
    uidvalidity, last_uid, messages = expected(source)
    return uidvalidity, last_uid, {uid: seen for uid, seen in messages.items() if source.messages[uid].data}


async def prepared(tmp_path, number: int, delta: bool):
    source, store, journal = full(), Store(), tmp_path / f"{number}.sqlite"
    if delta:
        await one_pass(source, store, journal)
        later(source)
    return source, store, journal


async def steps_of(tmp_path, delta: bool) -> int:
    source, store, journal = await prepared(tmp_path, -1, delta)
    steps = count()
    await one_pass(source, store, journal, lambda port: Tripwire(port, steps, -1))
    return next(steps)


@pytest.mark.parametrize("delta", [False, True], ids=["full pass", "delta pass"])
async def test_every_kill_point_recovers(tmp_path, delta):
    steps = await steps_of(tmp_path, delta)
    assert steps >= 20, "effects are counted"
    for at in range(steps):
        source, store, journal = await prepared(tmp_path, at, delta)
        assert await killed_at(at, source, store, journal)
        await one_pass(source, store, journal)
        assert store.snapshot()[NAME] == wanted(source), f"killed at step {at}"
        changes = store.mailboxes[NAME].changes
        counts = await one_pass(source, store, journal)
        assert store.mailboxes[NAME].changes == changes, f"a third pass wrote something after a kill at step {at}"
        assert (counts.copied, counts.updated, counts.expunged) == (0, 0, 0)


@pytest.mark.slow
async def test_killed_twice_in_a_row_recovers_too(tmp_path):
    steps = await steps_of(tmp_path, delta=False)
    for first in range(0, steps, 3):
        for second in range(0, steps, 5):
            source, store, journal = await prepared(tmp_path, 1000 * first + second, delta=False)
            assert await killed_at(first, source, store, journal)
            await killed_at(second, source, store, journal)
            await one_pass(source, store, journal)
            assert store.snapshot()[NAME] == wanted(source), f"killed at {first}, then at {second}"


async def test_a_kill_and_new_mail_and_a_lost_journal_together(tmp_path):
    steps = await steps_of(tmp_path, delta=True)
    for at in range(steps):
        source, store, journal = await prepared(tmp_path, at, delta=True)
        assert await killed_at(at, source, store, journal)
        source.put(6000, b"still later")
        journal.unlink()
        for rest in journal.parent.glob(f"{at}.sqlite-*"):
            rest.unlink()
        await one_pass(source, store, journal)
        # What was expunged at the source and never followed cannot be told from local mail without a journal.
        _, _, held = store.snapshot()[NAME]
        _, _, messages = wanted(source)
        assert {uid: seen for uid, seen in held.items() if uid in messages} == messages, f"killed at step {at}"
