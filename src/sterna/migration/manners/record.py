"""What a pass writes down of itself while it runs, for `sterna status` and for the next pass."""

from __future__ import annotations

import time
from collections.abc import Callable

from sterna.migration.copy.events import AccountDone, AccountStarted, CopyEvent, Counts, Failure, OnEvent, Progress
from sterna.migration.copy.ports import JournalThread
from sterna.migration.copy.view import PassView
from sterna.migration.manners.overseer import Overseer
from sterna.model.address import Address
from sterna.state.control import Control, Orders, PassAccount


class PassRecord:
    """Takes the events of a pass, hands them on, and writes down where it is about once a second."""

    def __init__(
        self, journal: JournalThread, on_event: OnEvent, clock: Callable[[], float] = time.time, *, process: int
    ) -> None:
        self._journal = journal
        self._control = Control(journal.journal)
        self._on_event = on_event
        self._clock = clock
        self._process = process
        self._view = PassView()
        self._accounts: dict[Address, PassAccount] = {}
        self._moved: set[Address] = set()
        self._number: int | None = None

    def take(self, event: CopyEvent) -> None:
        """Take an event into account, and hand it on."""
        self._view.add(event)
        match event:
            case AccountStarted(account, mailboxes, messages):
                self._put(PassAccount(str(account), self._clock(), None, mailboxes, messages), account)
            case Progress(account, _, counts):
                self._add(account, counts)
            case Failure(account):
                self._add(account, Counts(), failures=1)
            case AccountDone(account):
                self._add(account, Counts(), ended=self._clock())
            case _:
                pass
        self._on_event(event)

    async def orders(self) -> Orders:
        """Return what the operator orders."""
        return await self._journal.call(self._control.orders)

    async def last(self) -> dict[str, PassAccount]:
        """Return the last passes over all accounts."""
        return {row.account: row for row in await self._journal.call(self._control.accounts)}

    async def begin(self, accounts: int) -> None:
        """Write down that the pass begins."""
        self._number = await self._journal.call(self._control.begin, self._process, self._clock(), accounts)

    async def say(self, overseer: Overseer) -> None:
        """Write down where it is."""
        if self._number is None:
            return
        said = self._view.as_json() | {
            "servers": {
                server.name: {
                    "accounts": server.accounts,
                    "messages_per_s": server.messages_per_s,
                    "bytes_per_s": server.bytes_per_s,
                    "gave_way": server.troubles,
                }
                for server in (overseer.source, overseer.target)
            }
        }
        rows = [self._accounts[account] for account in self._moved]
        for account in self._moved:
            if self._accounts[account].ended is not None:
                del self._accounts[account]
        self._moved.clear()
        await self._journal.call(self._control.say, self._number, self._clock(), said, rows)

    async def done_first(self, address: Address) -> None:
        """Write down that an account that was to be done first is done."""
        await self._journal.call(self._control.done_first, str(address))

    async def end(self, overseer: Overseer, outcome: str) -> None:
        """Write down that the pass ends, and how."""
        if self._number is not None:
            await self.say(overseer)
            await self._journal.call(self._control.end, self._number, self._clock(), outcome)

    def _put(self, row: PassAccount, account: Address) -> None:
        self._accounts[account] = row
        self._moved.add(account)

    def _add(self, account: Address, more: Counts, *, failures: int = 0, ended: float | None = None) -> None:
        row = self._accounts.get(account) or PassAccount(str(account), self._clock(), None)
        self._put(
            PassAccount(
                row.account,
                row.began,
                ended,
                row.mailboxes,
                row.messages,
                row.copied + more.copied,
                row.unchanged + more.unchanged,
                row.updated + more.updated,
                row.expunged + more.expunged,
                row.skipped + more.skipped,
                row.bytes + more.bytes,
                row.failures + failures,
            ),
            account,
        )
