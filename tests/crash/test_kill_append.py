"""Kill a pass without UIDs before and after every effect: nothing is missing and nothing is there twice afterwards."""

from __future__ import annotations

from itertools import count

import pytest

from sterna.migration.copy.append import incoming, transfer
from tests.fakes.append_passes import append_pass
from tests.fakes.mail_source import FakeSource
from tests.fakes.placing_target import Mailbox
from tests.fakes.tripwire import KilledError, Tripwire


class AppendTripwire(Tripwire):
    EFFECTS = frozenset(
        {
            "append",
            "set_flags",
            "expunge",
            "open_mailbox",
            "set_looked",
            "put",
            "place",
            "set_stage",
            "forget",
            "settle_skipped",
        }
    )


class HalfDone:
    """A connection that ends in the middle of an APPEND of several messages: the first of them arrived."""

    def __init__(self, inner, steps, at: int) -> None:
        self._inner, self._steps, self._at = inner, steps, at

    def __getattr__(self, name: str):
        method = getattr(self._inner, name)
        if name != "append":
            return method

        async def append(messages, **options):
            if next(self._steps) == self._at:
                await method(messages[: (len(messages) + 1) // 2], **options)
                raise KilledError
            return await method(messages, **options)

        return append


@pytest.fixture(autouse=True)
def small_windows(monkeypatch):
    monkeypatch.setattr(transfer, "_WINDOW", 4)
    monkeypatch.setattr(incoming, "MAX_IN_COMMAND", 3)


def full() -> FakeSource:
    """Equal messages (5 and 6), and one that the server changes so that it must not stay."""
    source = FakeSource(uidnext=5000)
    for uid, data in {1: b"one", 5: b"two", 6: b"two", 9: b"", 14: b"Subject: \xe4\r\n\r\nfive"}.items():
        source.put(uid, data)
    for uid in (900, 903):
        source.put(uid, b"filler")
    source.put(910, b"refused \0")
    return source


def later(source: FakeSource) -> None:
    source.put(5001, b"late")
    source.put(5002, b"two")
    source.messages[1].flags = frozenset({"\\Seen"})
    source.messages[900].flags = frozenset({"\\Flagged"})
    del source.messages[5], source.messages[903]


def wanted(source: FakeSource):
    good = [m for m in source.messages.values() if m.data and m.data.isascii() and b"\0" not in m.data]
    return sorted((m.data, tuple(sorted(m.flags)), m.internaldate) for m in good)


def server(**habits) -> Mailbox:
    """It has mail of its own, damages headers with bytes above 127, and refuses NUL."""
    mailbox = Mailbox(changes=lambda data: data.replace(b"\xe4", b"X"), **habits)
    mailbox.put(b"its own")
    return mailbox


OWN = (b"its own", (), 1262304000)


async def prepared(folder, number, habits, delta: bool):
    source, mailbox, journal = full(), server(**habits), folder / f"{number}.sqlite"
    if delta:
        await append_pass(source, mailbox, journal)
        later(source)
    return source, mailbox, journal


async def steps_of(folder, habits, delta: bool, wire=AppendTripwire) -> int:
    source, mailbox, journal = await prepared(folder, f"count{delta}", habits, delta)
    steps = count()
    await append_pass(source, mailbox, journal, lambda port: wire(port, steps, -1))
    return next(steps)


async def recovers(source, mailbox, journal, at) -> None:
    outcome = await append_pass(source, mailbox, journal)
    assert mailbox.seen() == sorted([OWN, *wanted(source)]), f"killed at {at}"
    assert set(outcome.reasons) == {9, 14, 910}, f"killed at {at}"
    if at % 3:
        return
    appended = mailbox.appended
    third = await append_pass(source, mailbox, journal)
    counts = third.counts
    assert (counts.copied, counts.updated, counts.expunged) == (0, 0, 0), f"a third pass after a kill at {at}"
    assert mailbox.appended <= appended + 1, "only the damaged one is tried anew"
    assert mailbox.seen() == sorted([OWN, *wanted(source)])


PASSES = {
    "full pass, the target does not tell UIDs": (False, {"tells_uids": False}),
    "delta pass, it tells them": (True, {}),
}


@pytest.mark.parametrize(("delta", "habits"), PASSES.values(), ids=PASSES)
async def test_every_kill_point_recovers_without_a_duplicate(tmp_path, delta, habits):
    steps = await steps_of(tmp_path, habits, delta)
    assert steps >= 20, "effects are counted"
    for at in range(steps):
        source, mailbox, journal = await prepared(tmp_path, at, habits, delta)
        counter = count()
        with pytest.raises(KilledError):
            await append_pass(source, mailbox, journal, lambda port, n=counter, at=at: AppendTripwire(port, n, at))
        await recovers(source, mailbox, journal, at)


async def test_a_connection_that_ends_within_an_append_leaves_no_duplicate(tmp_path):
    steps = await steps_of(tmp_path, {}, delta=False, wire=HalfDone)
    assert steps >= 3
    for at in range(steps):
        source, mailbox, journal = await prepared(tmp_path, at, {}, delta=False)
        counter = count()
        with pytest.raises(KilledError):
            await append_pass(source, mailbox, journal, lambda port, n=counter, at=at: HalfDone(port, n, at))
        await recovers(source, mailbox, journal, at)


async def test_a_lost_journal_brings_nothing_twice(tmp_path):
    steps = await steps_of(tmp_path, {}, delta=True)
    for at in range(0, steps, 6):
        source, mailbox, journal = await prepared(tmp_path, at, {}, delta=True)
        counter = count()
        with pytest.raises(KilledError):
            await append_pass(source, mailbox, journal, lambda port, n=counter, at=at: AppendTripwire(port, n, at))
        for rest in tmp_path.glob(f"{at}.sqlite*"):
            rest.unlink()
        await append_pass(source, mailbox, journal)
        # What the source has lost meanwhile cannot be told from mail of the target's own without a journal.
        seen = mailbox.seen()
        for row in wanted(source):
            assert row in seen, f"killed at {at}"
        for data in (b"one", b"late"):
            assert sum(1 for row in seen if row[0] == data) == 1, f"killed at {at}"
