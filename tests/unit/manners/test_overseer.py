"""When a pass may go on, with how many accounts, and which comes next."""

from __future__ import annotations

import asyncio
from datetime import datetime

import pytest

from sterna.imap.failures import ConnectError, ConnectionLostError
from sterna.migration.copy.events import CopyEvent, Held, Resumed, Slowed
from sterna.migration.manners import overseer as module
from sterna.migration.manners.overseer import Overseer, StandbyError
from sterna.migration.workers import Workers
from sterna.model.address import Address
from sterna.model.hours import Hours
from sterna.site.declaration import Server
from sterna.site.manners import Manners, SourceBudget
from sterna.state.control import NONE, Orders

ACCOUNTS = [Address("lab.example", name) for name in ("anna", "bernd", "clara", "dora", "emil")]
SERVER = Server(host="mail.example", port=143)


class NoLinks:
    """Connections that nothing is asked over."""

    async def reach(self, address: Address) -> None:
        pass

    async def drop(self) -> None:
        pass


class Job:
    """Notes which accounts are begun, and how many at a time."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.at_a_time = 0
        self.most = 0
        self.go = asyncio.Event()
        self.go.set()

    async def __call__(self, address: Address, links: NoLinks) -> str:
        self.begun.append(address.local)
        self.at_a_time += 1
        self.most = max(self.most, self.at_a_time)
        await asyncio.sleep(0)
        await self.go.wait()
        self.at_a_time -= 1
        return address.local


def workers(job: Job, overseer: Overseer, most: int = 4) -> Workers[NoLinks, str]:
    return Workers(most, NoLinks, job, lambda address, error: f"{address.local} failed: {error}", overseer)


async def test_orders_limit_the_accounts_and_put_some_first() -> None:
    overseer, job = Overseer(Manners(), 4), Job()
    overseer.adopt(Orders(accounts=2, first=("emil@lab.example", "dora@lab.example")))
    await workers(job, overseer).run(ACCOUNTS)
    assert job.begun == ["emil", "dora", "anna", "bernd", "clara"]
    assert job.most == 2


async def test_a_paused_pass_begins_nothing_until_it_is_resumed() -> None:
    events: list[CopyEvent] = []
    overseer, job = Overseer(Manners(), 4, events.append), Job()
    overseer.adopt(Orders(paused=True))
    running = asyncio.ensure_future(workers(job, overseer).run(ACCOUNTS))
    for _ in range(5):
        await asyncio.sleep(0)
    assert job.begun == []
    overseer.adopt(NONE)
    assert sorted(await running) == ["anna", "bernd", "clara", "dora", "emil"]
    assert [type(event) for event in events] == [Held, Resumed]


async def test_an_account_in_a_long_pause_is_put_back_and_begun_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STANDBY_S", 0.01)
    overseer = Overseer(Manners(), 1)
    begun = 0

    async def job(address: Address, links: NoLinks) -> str:
        nonlocal begun
        begun += 1
        if begun == 1:
            overseer.adopt(Orders(paused=True))
            asyncio.get_running_loop().call_later(0.05, overseer.adopt, NONE)
        await overseer.turn()
        return address.local

    assert await Workers(1, NoLinks, job, lambda address, error: str(error), overseer).run(ACCOUNTS[:1]) == ["anna"]
    assert begun == 2


async def test_outside_its_hours_a_pass_waits_and_says_until_when() -> None:
    now = datetime(2026, 11, 23, 12, 0).astimezone()
    overseer = Overseer(Manners(), 4, hours=[Hours.parse("22:00-06:00")], clock=now.timestamp)
    assert overseer.held == "outside its hours; it goes on at Mon 22:00"
    with pytest.raises(StandbyError):
        async with asyncio.timeout(1):
            await _turn_without_patience(overseer)


async def _turn_without_patience(overseer: Overseer) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "STANDBY_S", 0.01)
        await overseer.turn()


async def test_the_budget_of_the_hour_holds_and_is_said() -> None:
    events: list[CopyEvent] = []
    now = [datetime(2026, 11, 23, 12, 0).astimezone().timestamp()]
    day = SourceBudget(hours="Mon-Fri 07:00-19:00", connections=1, messages_per_s=10)
    overseer = Overseer(Manners(source=(day,)), 4, events.append, clock=lambda: now[0])
    assert (overseer.accounts, overseer.source.messages_per_s) == (1, 10)
    now[0] += 8 * 3600
    overseer.adopt(NONE)
    assert (overseer.accounts, overseer.source.messages_per_s) == (4, None)
    assert events == [Slowed(1, 4), Slowed(4, 4)]


async def test_a_refused_connection_is_put_back_and_fewer_accounts_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sterna.migration.manners.yielding.FIRST_WAIT_S", 0.01)
    overseer, job = Overseer(Manners(), 4), Job()
    refused = 0

    async def refusing(address: Address, links: NoLinks) -> str:
        nonlocal refused
        if job.at_a_time >= 2:
            refused += 1
            raise ConnectError(SERVER, "the server said 'too many connections'")
        return await job(address, links)

    crew = Workers[NoLinks, str](4, NoLinks, refusing, lambda address, error: f"failed: {error}", overseer)
    assert sorted(await crew.run(ACCOUNTS)) == ["anna", "bernd", "clara", "dora", "emil"]
    assert refused
    assert overseer.accounts == 2


async def test_a_server_that_goes_away_is_waited_for_and_the_account_begun_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sterna.migration.workers.WAITS_S", (0.0,))
    events: list[CopyEvent] = []
    overseer = Overseer(Manners(patience_s=30), 1, events.append)
    away = 0

    class Flaky(NoLinks):
        async def reach(self, address: Address) -> None:
            nonlocal away
            if away:
                away -= 1
                raise ConnectError(SERVER, "Connection refused")

    async def job(address: Address, links: NoLinks) -> str:
        nonlocal away
        if not events:
            away = 3
            raise ConnectionLostError(SERVER, "it was closed by the server")
        return address.local

    assert await Workers(1, Flaky, job, lambda address, error: str(error), overseer).run(ACCOUNTS[:2]) == [
        "anna",
        "bernd",
    ]
    assert [type(event) for event in events] == [Held, Resumed]


async def test_a_server_that_never_was_there_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sterna.migration.workers.WAITS_S", (0.0,))
    overseer = Overseer(Manners(patience_s=3600), 1)

    class Nobody(NoLinks):
        async def reach(self, address: Address) -> None:
            raise ConnectError(SERVER, "Connection refused")

    with pytest.raises(ConnectError):
        await Workers(1, Nobody, Job(), lambda address, error: str(error), overseer).run(ACCOUNTS[:1])
