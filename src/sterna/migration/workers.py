"""Many accounts by several workers, each with connections of its own; one account's failure is not the others'."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final, Generic, Protocol, TypeVar

from sterna.errors import Retry, Scope, SternaError
from sterna.migration.jobs import run_together
from sterna.model.address import Address

T = TypeVar("T")
L = TypeVar("L", bound="Connections")

WAITS_S: Final = (0.5, 2.0)
"""How long to wait before an account is begun anew after a lost connection; then it is seen whether it is away."""

MOST_RETURNS: Final = 5
"""How often a server may go away and come back while one account is worked on; then this account fails."""


class UnknownAccountError(SternaError):
    """An account that was asked for by name does not exist on the source."""

    scope = Scope.RUN
    exit_code = 66

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(names)
        super().__init__(f"the source has no account {', '.join(self.names)}; nothing was done")


class Connections(Protocol):
    """What one worker talks over; opened when first needed."""

    async def reach(self, address: Address) -> None:
        """Open every connection that a job needs."""
        ...

    async def drop(self) -> None:
        """Close whatever is open; the next use opens new ones."""
        ...


class Steering(Protocol):
    """Says when accounts may be begun, which comes next, and what becomes of one that failed because of a server."""

    async def admit(self, is_wanted: Callable[[], bool]) -> None:
        """Wait until one more account may be begun, or none is wanted any more; `release` ends it."""
        ...

    def release(self) -> None:
        """Let another account in."""
        ...

    def choose(self, waiting: Sequence[Address]) -> int:
        """Return which of the waiting accounts comes next."""
        ...

    def reached(self) -> None:
        """Take note that both servers are there."""
        ...

    def went_well(self, address: Address) -> None:
        """Take note that an account is done."""
        ...

    def gives_way(self, address: Address, error: SternaError) -> bool:
        """Say whether the account is put back, to be begun anew later."""
        ...

    async def comes_back(self, error: SternaError, is_away: Callable[[], Awaitable[bool]]) -> bool:
        """Wait for a server that is away; say whether it is there again."""
        ...


class Unsteered:
    """All accounts in their order, as many at a time as there are workers, and no waiting for anybody."""

    async def admit(self, is_wanted: Callable[[], bool]) -> None:
        """Let it in."""

    def release(self) -> None:
        """Do nothing."""

    def choose(self, waiting: Sequence[Address]) -> int:
        """Return the first."""
        del waiting
        return 0

    def reached(self) -> None:
        """Do nothing."""

    def went_well(self, address: Address) -> None:
        """Do nothing."""

    def gives_way(self, address: Address, error: SternaError) -> bool:
        """Put none back."""
        del address, error
        return False

    async def comes_back(self, error: SternaError, is_away: Callable[[], Awaitable[bool]]) -> bool:
        """Wait for none."""
        del error, is_away
        return False


class Workers(Generic[L, T]):
    """Does `job` for each account, `at_a_time` of them together; `failed` makes the result of one that failed.

    A lost connection is made anew and the account begun again, since every job here can be repeated. When a server
    stays away longer than `steering` waits for it, the run ends: the accounts that follow would fare no better. When it
    answers, and only this account's connections are lost, it is this account that fails.
    """

    def __init__(
        self,
        at_a_time: int,
        connect: Callable[[], L],
        job: Callable[[Address, L], Awaitable[T]],
        failed: Callable[[Address, SternaError], T],
        steering: Steering | None = None,
    ) -> None:
        self._at_a_time = at_a_time
        self._connect = connect
        self._job = job
        self._failed = failed
        self._steering = steering or Unsteered()
        self._waiting: deque[Address] = deque()
        self._results: list[T] = []
        self._reached = False

    async def run(self, addresses: Iterable[Address]) -> list[T]:
        """Return the results, in the order in which they were ready.

        Raises:
            SternaError: of scope SERVER or RUN; the other workers were cancelled.
        """
        self._waiting.extend(addresses)
        await run_together(self._worker() for _ in range(min(self._at_a_time, len(self._waiting))))
        return self._results

    def is_waiting(self, address: Address) -> bool:
        """Say whether an account has not been begun."""
        return address in self._waiting

    async def _worker(self) -> None:
        links = self._connect()
        try:
            while self._waiting:
                await self._steering.admit(lambda: bool(self._waiting))
                try:
                    if self._waiting:
                        await self._next(links)
                finally:
                    self._steering.release()
        finally:
            await links.drop()

    async def _next(self, links: L) -> None:
        place = self._steering.choose(self._waiting)
        address = self._waiting[place]
        del self._waiting[place]
        try:
            result = await self._account(address, links)
        except _PutBack:
            self._waiting.appendleft(address)
        else:
            self._results.append(result)

    async def _account(self, address: Address, links: L) -> T:
        attempt = returns = 0
        while True:
            try:
                return await self._once(address, links)
            except SternaError as error:
                await links.drop()
                if error.scope is Scope.RUN:
                    raise
                if self._steering.gives_way(address, error):
                    raise _PutBack from error
                if error.retry is not Retry.LATER:
                    if error.scope is Scope.SERVER:
                        raise
                    return self._failed(address, error)
                if attempt == len(WAITS_S):
                    if error.scope is not Scope.SERVER or returns == MOST_RETURNS or not await self._is_away(address):
                        return self._failed(address, error)
                    if not await self._steering.comes_back(error, lambda: self._is_away(address)):
                        raise
                    attempt, returns = 0, returns + 1
                    continue
            await asyncio.sleep(WAITS_S[attempt])
            attempt += 1

    async def _once(self, address: Address, links: L) -> T:
        if not self._reached:  # a server that was never there is another case than one that goes away
            await links.reach(address)
            self._reached = True
        self._steering.reached()
        result = await self._job(address, links)
        self._steering.went_well(address)
        return result

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


class _PutBack(Exception):  # noqa: N818 it is no error
    """The account waits again."""
