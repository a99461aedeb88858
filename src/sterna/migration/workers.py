"""Many accounts by several workers, each with connections of its own; one account's failure is not the others'."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final, Generic, Protocol, TypeVar

from sterna.communigate.server import SourceServer
from sterna.errors import Retry, Scope, SternaError
from sterna.migration.jobs import run_together
from sterna.model.address import Address

T = TypeVar("T")
L = TypeVar("L", bound="Connections")

WAITS_S: Final = (0.5, 2.0)
"""How long to wait before an account is begun anew after a lost connection; then the run ends."""


class UnknownAccountError(SternaError):
    """An account that was asked for by name does not exist on the source."""

    scope = Scope.RUN
    exit_code = 66

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(names)
        super().__init__(f"the source has no account {', '.join(self.names)}; nothing was done")


async def source_accounts(server: SourceServer, accounts: Sequence[str] | None) -> list[Address]:
    """Return the accounts of the source, or of them those named; a name without domain is in the main domain.

    Raises:
        UnknownAccountError: a name that the source does not have.
    """
    found: list[Address] = []
    for domain in await server.domains():
        found += await server.addresses(domain.name)
    if accounts is None:
        return sorted(found)
    main = await server.main_domain()
    wanted = {Address.parse(name, domain=main) for name in accounts}
    if unknown := wanted.difference(found):
        raise UnknownAccountError(str(address) for address in sorted(unknown))
    return sorted(wanted)


class Connections(Protocol):
    """What one worker talks over; opened when first needed."""

    async def reach(self, address: Address) -> None:
        """Open every connection that a job needs."""
        ...

    async def drop(self) -> None:
        """Close whatever is open; the next use opens new ones."""
        ...


class Workers(Generic[L, T]):
    """Does `job` for each account, `at_a_time` of them together; `failed` makes the result of one that failed.

    A lost connection is made anew and the account begun again, since every job here can be repeated. When a server
    stays away the run ends: the accounts that follow would fare no better. When it answers, and only this account's
    connections are lost, it is this account that fails.
    """

    def __init__(
        self,
        at_a_time: int,
        connect: Callable[[], L],
        job: Callable[[Address, L], Awaitable[T]],
        failed: Callable[[Address, SternaError], T],
    ) -> None:
        self._at_a_time = at_a_time
        self._connect = connect
        self._job = job
        self._failed = failed
        self._results: list[T] = []

    async def run(self, addresses: Iterable[Address]) -> list[T]:
        """Return the results, in the order in which they were ready; `addresses` are taken one by one, as work is done.

        Raises:
            SternaError: of scope SERVER or RUN; the other workers were cancelled.
        """
        queue = iter(addresses)
        await run_together(self._worker(queue) for _ in range(self._at_a_time))
        return self._results

    async def _worker(self, queue: Iterable[Address]) -> None:
        links = self._connect()
        try:
            for address in queue:
                self._results.append(await self._account(address, links))
        finally:
            await links.drop()

    async def _account(self, address: Address, links: L) -> T:
        for wait_s in (*WAITS_S, None):
            try:
                return await self._job(address, links)
            except SternaError as error:
                await links.drop()
                if error.scope is Scope.RUN:
                    raise
                if error.retry is not Retry.LATER or wait_s is None:
                    if error.scope is Scope.SERVER and (error.retry is not Retry.LATER or await self._is_away(address)):
                        raise
                    return self._failed(address, error)
            await asyncio.sleep(wait_s)
        raise AssertionError("the last attempt returns or raises")

    async def _is_away(self, address: Address) -> bool:
        """Say whether a server does not even let us in any more."""
        links = self._connect()
        try:
            await links.reach(address)
        except SternaError:
            return True
        finally:
            await links.drop()
        return False
