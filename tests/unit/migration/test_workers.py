"""What workers tell whoever steers them."""

from __future__ import annotations

import pytest

from sterna.errors import Retry, Scope, SternaError
from sterna.migration.workers import Unsteered, Workers
from sterna.model.address import Address

ANNA, BERND = Address.parse("anna@lab.example"), Address.parse("bernd@lab.example")


class BusyError(SternaError):
    scope = Scope.ACCOUNT
    retry = Retry.LATER


class Links:
    async def reach(self, address: Address) -> None:
        """Both servers are there."""

    async def drop(self) -> None:
        """Nothing is open."""


class Patient(Unsteered):
    """Puts an account back three times while it is not known to have gone well."""

    def __init__(self) -> None:
        self.back: dict[Address, int] = {}

    def went_well(self, address: Address) -> None:
        self.back.pop(address, None)

    def gives_way(self, address: Address, error: SternaError) -> bool:
        self.back[address] = self.back.get(address, 0) + 1
        return self.back[address] <= 3


async def test_an_account_that_is_always_busy_is_put_back_only_so_often(monkeypatch):
    monkeypatch.setattr("sterna.migration.workers.WAITS_S", ())
    tried: list[Address] = []

    async def job(address: Address, links: Links) -> str:
        tried.append(address)
        if address == ANNA:
            raise BusyError("busy")
        return f"{address} done"

    workers = Workers(1, Links, job, lambda address, error: f"{address}: {error}", Patient())
    assert sorted(await workers.run([ANNA, BERND])) == ["anna@lab.example: busy", "bernd@lab.example done"]
    assert tried.count(ANNA) == 4


@pytest.mark.parametrize("accounts", [[], [BERND]])
async def test_all_accounts_are_done_once(accounts):
    async def job(address: Address, links: Links) -> Address:
        return address

    assert await Workers(2, Links, job, lambda address, error: address).run(accounts) == accounts
