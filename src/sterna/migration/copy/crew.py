"""Several processes for one pass, where there are more processors than one can use.

Each makes passes over several accounts at a time, with connections of its own; starting one is paid once, not for each
account. Who comes next, and what becomes of an account that failed, is decided here as with one process. The servers'
budgets are divided among them. All hold the pass's lock: when this process is killed, no other pass can begin before
the last of them has ended.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine
from functools import partial
from itertools import cycle
from typing import Final, Self

from sterna.errors import Scope, SternaError
from sterna.migration.copy.events import (
    AccountDone,
    AccountResult,
    CopyEvent,
    Counts,
    Failure,
    OnEvent,
    Progress,
)
from sterna.migration.copy.frames import Begin, Ended, Happened, Useless, receive, send
from sterna.migration.links import Links
from sterna.model.address import Address
from sterna.site.declaration import Site
from sterna.site.manners import Budget

_FAREWELL_S: Final = 10.0
"""How long a process may take to end by itself."""

_MOST: Final = 8
"""More processes than this gain nothing: both servers have more to do by far."""


class ProcessEndedError(SternaError):
    """One of the processes of the pass ended by itself."""

    scope = Scope.RUN
    exit_code = 75  # EX_TEMPFAIL

    def __init__(self, status: int | None) -> None:
        self.status = status
        super().__init__(
            f"one of the processes of this pass ended by itself (exit status {status}); nothing is lost, the same "
            "command goes on from here"
        )


def how_many(site: Site, at_a_time: int) -> int:
    """Return how many processes the pass is made with: as declared, else one for each two processors."""
    declared = site.policy.processes
    cli = site.source.cli
    if cli is not None:  # each process and this one has at least one connection to it
        at_a_time = min(at_a_time, max(1, cli.connections - 1))
    return max(1, min(declared or (os.cpu_count() or 1) // 2, at_a_time, _MOST if declared is None else at_a_time))


def share(site: Site, processes: int) -> Site:
    """Return the site with one process's part of what may be taken of its servers in a second."""
    manners = site.manners.model_copy(
        update={
            "source": tuple(_part(budget, processes) for budget in site.manners.source),
            "target": tuple(_part(budget, processes) for budget in site.manners.target),
        }
    )
    source, cli = site.source, site.source.cli
    if cli is not None:
        rate = None if cli.commands_per_s is None else cli.commands_per_s / processes
        connections = max(1, cli.connections // processes)
        cli = cli.model_copy(update={"commands_per_s": rate, "connections": connections})
        source = source.model_copy(update={"cli": cli})
    return site.model_copy(update={"manners": manners, "source": source})


def _part(budget: Budget, processes: int) -> Budget:
    parts = {
        name: rate / processes
        for name in ("messages_per_s", "bytes_per_s")
        if (rate := getattr(budget, name)) is not None
    }
    return budget.model_copy(update=parts)


class Seat:
    """One worker's place in a process, in place of connections of its own."""

    def __init__(self, process: _Process, reach: Callable[[], Links]) -> None:
        self._process = process
        self._reach = reach

    async def account(self, address: Address) -> AccountResult:
        """Have the pass over an account made.

        Raises:
            SternaError: as the process met it.
        """
        return await self._process.account(address)

    async def reach(self, address: Address) -> None:
        """Try both servers, from here."""
        links = self._reach()
        try:
            await links.reach(address)
        finally:
            await links.drop()

    async def drop(self) -> None:
        """The process has dropped its connections by itself."""


class _Process:
    """One process, and the accounts that it works on."""

    def __init__(
        self, process: asyncio.subprocess.Process, told: asyncio.StreamWriter, said: asyncio.StreamReader
    ) -> None:
        self._process = process
        self._told = told
        self._said = said
        self._under_way: dict[Address, asyncio.Future[AccountResult]] = {}
        self._failure: SternaError | None = None
        self._leaving = False

    @classmethod
    async def start(cls, lock: int) -> Self:
        """Start one."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "sterna.migration.copy.hand"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            pass_fds=(lock,),
        )
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("a process that was started with pipes has none")
        return cls(process, process.stdin, process.stdout)

    def tell(self, begin: Begin) -> None:
        """Say what it works on."""
        send(self._told, begin)

    async def account(self, address: Address) -> AccountResult:
        if self._failure is not None:
            raise self._failure
        future: asyncio.Future[AccountResult] = asyncio.get_running_loop().create_future()
        self._under_way[address] = future
        send(self._told, address)
        return await future

    async def listen(self, on_event: OnEvent) -> None:
        """Take what it says until it ends.

        Raises:
            SternaError: it cannot work, or ended by itself.
        """
        while (word := await receive(self._said)) is not None:
            match word:
                case Happened(event):
                    on_event(event)
                case Ended(address, outcome):
                    self._end(address, outcome)
                case Useless(error):
                    self._failure = error
                case Begin() | Address():
                    raise TypeError("a process of the pass says what only it can be told")
        status = await self._process.wait()
        if not self._leaving:
            self._failure = self._failure or ProcessEndedError(status)
            for address in list(self._under_way):
                self._end(address, self._failure)
            raise self._failure

    async def leave(self) -> None:
        """Let it end: it does when it hears no more. May be called more than once."""
        self._leaving = True
        self._told.close()
        try:
            async with asyncio.timeout(_FAREWELL_S):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    def _end(self, address: Address, outcome: AccountResult | SternaError) -> None:
        future = self._under_way.pop(address, None)
        if future is None or future.done():
            return
        if isinstance(outcome, SternaError):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)


class Crew:
    """All processes of one pass. Use `start`, then `listeners` beside the work, then `leave`."""

    def __init__(self, on_event: OnEvent) -> None:
        self._on_event = on_event
        self._processes: list[_Process] = []
        self._seats = cycle(self._processes)
        self._done: dict[Address, Counts] = {}
        self._failures: dict[Address, list[Failure]] = {}

    async def start(self, begin: Begin, number: int, lock: int) -> None:
        """Start `number` processes; they hold the descriptor `lock`, too."""
        for _ in range(number):
            self._processes.append(await _Process.start(lock))
            self._processes[-1].tell(begin)

    def listeners(self) -> list[Callable[[], Coroutine[None, None, None]]]:
        """Return what has to run beside the work."""
        return [partial(process.listen, self._take) for process in self._processes]

    def seat(self, reach: Callable[[], Links]) -> Seat:
        """Return a worker's place; each process has as many as the others."""
        return Seat(next(self._seats), reach)

    async def account(self, address: Address, seat: Seat) -> AccountResult:
        """Have the pass over an account made."""
        result = await seat.account(address)
        self._done.pop(address, None)
        self._failures.pop(address, None)
        return result

    def failed(self, address: Address, error: SternaError) -> AccountResult:
        """Return what was done of an account that failed."""
        failure = Failure(address, None, None, str(error).removeprefix(f"{address}: "))
        self._on_event(failure)
        counts = self._done.pop(address, Counts())
        failures = (*self._failures.pop(address, []), failure)
        self._on_event(AccountDone(address, counts, len(failures)))
        return AccountResult(address, 0, counts, failures=failures)

    async def leave(self) -> None:
        """End all processes."""
        await asyncio.gather(*(process.leave() for process in self._processes))

    def _take(self, event: CopyEvent) -> None:
        match event:
            case Progress(account, _, counts):
                self._done[account] = self._done.get(account, Counts()) + counts
            case Failure(account):
                self._failures.setdefault(account, []).append(event)
            case _:
                pass
        self._on_event(event)
