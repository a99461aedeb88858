"""Says when a pass may go on, with how many accounts at a time, and which comes next."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from random import Random
from typing import Final

from sterna.errors import Retry, Scope, SternaError
from sterna.imap.failures import ServerTimeoutError
from sterna.migration.copy.events import Held, OnEvent, Resumed, Slowed
from sterna.migration.manners.server import ServerManners
from sterna.migration.manners.signs import is_busy
from sterna.model.address import Address
from sterna.model.hours import Hours, any_holds, next_begin
from sterna.site.manners import Manners
from sterna.state.control import NONE, Orders

TICK_S: Final = 1.0
"""How often orders are looked for."""

STANDBY_S: Final = 15.0
"""A longer pause does not keep connections open: the account is begun anew after it, and goes on from where it was."""

MOST_BUSY: Final = 8
"""How often an account is put back because a server is busy; with the waits between, that is some minutes."""

MOST_RETURN_WAIT_S: Final = 15.0
"""How long a server that is away is left alone before the next attempt, in seconds."""


class StandbyError(SternaError):
    """An account was put back because the pass waits. Nobody sees it: the account is begun anew afterwards."""

    scope = Scope.ACCOUNT
    retry = Retry.LATER
    exit_code = 75  # EX_TEMPFAIL

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"the pass waits ({why}); nothing is lost, it goes on from there")


class Overseer:
    """One pass's behaviour towards both servers.

    Attributes:
        source, target: each server's part.
    """

    def __init__(
        self,
        manners: Manners,
        most: int,
        on_event: OnEvent = lambda _: None,
        *,
        hours: Sequence[Hours] = (),
        clock: Callable[[], float] = time.time,
        chance: Random | None = None,
    ) -> None:
        chance = chance or Random()  # noqa: S311 waits need no secret chance
        self.source = ServerManners("source", manners.source, most, time.monotonic, chance)
        self.target = ServerManners("target", manners.target, most, time.monotonic, chance)
        self._most = most
        self._on_event = on_event
        self._hours = tuple(hours) or manners.windows
        self._patience_s = manners.patience_s
        self._clock = clock
        self._chance = chance
        self._orders = NONE
        self._active = 0
        self._busy: dict[Address, int] = {}
        self._bell = asyncio.Event()
        self._told = self.held = ""
        self._told_accounts = most
        self._met = False
        self._ended = False
        self.adopt(NONE)

    # What the pass asks

    @property
    def accounts(self) -> int:
        """How many accounts may be under way now."""
        return max(1, min(self._most, self._orders.accounts or self._most, self.source.accounts, self.target.accounts))

    async def turn(self) -> None:
        """Wait before something is asked of a server while the pass is held.

        Raises:
            StandbyError: it takes longer.
        """
        if not self.held:
            return
        try:
            async with asyncio.timeout(STANDBY_S):
                while self.held:
                    await self._change()
        except TimeoutError:
            raise StandbyError(self.held) from None

    # What its workers ask (`sterna.migration.workers.Steering`)

    async def admit(self, is_wanted: Callable[[], bool]) -> None:
        """Wait until one more account may be begun, or none is wanted any more; `release` ends it."""
        while is_wanted() and (self.held or self._active >= self.accounts):
            await self._change()
        self._active += 1
        for server in (self.source, self.target):
            if is_wanted():
                await server.rest()

    def lend(self) -> bool:
        """Give one account's place to something else, when another is left; `release` gives it back."""
        if self.accounts < 2 or self.held:
            return False
        self._active += 1
        return True

    def release(self) -> None:
        """Let another account in."""
        self._active -= 1
        self._ring()

    def choose(self, waiting: Sequence[Address]) -> int:
        """Return which of the waiting accounts comes next."""
        first = self._orders.first
        places = {str(address): place for place, address in enumerate(waiting)} if first else {}
        return next((places[name] for name in first if name in places), 0)

    def reached(self) -> None:
        """Take note that both servers are there."""
        self._met = True

    def went_well(self, address: Address) -> None:
        """Take note that an account is done, so that earlier trouble with it counts no more."""
        self._busy.pop(address, None)

    def gives_way(self, address: Address, error: SternaError) -> bool:
        """Say whether the account is put back because a server is too busy for it now."""
        if isinstance(error, StandbyError):
            return True
        if not is_busy(error):
            return False
        times = self._busy[address] = self._busy.get(address, 0) + 1
        if times <= 2:  # more often it may be this account alone, and the others need not suffer
            (self.target if "target." in str(error) else self.source).trouble()
            self._tell()
        return times <= MOST_BUSY and not isinstance(error, ServerTimeoutError)

    async def comes_back(self, error: SternaError, is_away: Callable[[], Awaitable[bool]]) -> bool:
        """Wait for a server that went away; say whether it is there again. One that never was there is not waited for.

        Args:
            error: what says that it is away.
            is_away: tries it.
        """
        if not self._met:
            return False
        until = time.monotonic() + self._patience_s
        wait_s = 0.5
        self._on_event(Held(f"a server is away: {error}"))
        while time.monotonic() < until:
            await asyncio.sleep(min(wait_s * (0.5 + self._chance.random()), max(0.0, until - time.monotonic())))
            wait_s = min(wait_s * 2, MOST_RETURN_WAIT_S)
            if not await is_away():
                self._on_event(Resumed())
                return True
        return False

    # What makes it change

    def adopt(self, orders: Orders) -> None:
        """Let these orders hold, and the budgets of the hour."""
        local = datetime.fromtimestamp(self._clock()).astimezone()
        self._orders = orders
        self.source.adopt(local, orders)
        self.target.adopt(local, NONE)
        if orders.paused:
            self.held = "paused; sterna pass resume lets it go on"
        elif not any_holds(self._hours, local):
            self.held = f"outside its hours; it goes on at {next_begin(self._hours, local):%a %H:%M}"
        else:
            self.held = ""
        self._tell()
        self._ring()

    async def watch(self, orders: Callable[[], Awaitable[Orders]], say: Callable[[], Awaitable[None]]) -> None:
        """Look for orders and let the pass say how it is, until `end`."""
        while not self._ended:
            self.adopt(await orders())
            await say()
            try:
                async with asyncio.timeout(TICK_S):
                    while not self._ended:
                        await self._change()
            except TimeoutError:
                continue

    def end(self) -> None:
        """Let `watch` end."""
        self._ended = True
        self._ring()

    def _tell(self) -> None:
        if self.held != self._told:
            self._told = self.held
            self._on_event(Held(self.held) if self.held else Resumed())
        if self.accounts != self._told_accounts:
            self._told_accounts = self.accounts
            self._on_event(Slowed(self.accounts, self._most))

    def _ring(self) -> None:
        self._bell.set()
        self._bell = asyncio.Event()

    async def _change(self) -> None:
        await self._bell.wait()
