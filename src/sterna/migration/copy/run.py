"""One pass over a site: several accounts at a time, each over one connection to the source and one to the target."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from typing import TypeVar

from sterna.errors import SternaError
from sterna.migration.copy.account import DEFAULTS, Options
from sterna.migration.copy.crew import Crew, how_many, share
from sterna.migration.copy.events import AccountResult, CopyReport, OnEvent, PassStarted
from sterna.migration.copy.frames import Begin
from sterna.migration.copy.passes import AccountPasses, means
from sterna.migration.copy.places import JOURNAL, LOCK
from sterna.migration.copy.ports import JournalThread
from sterna.migration.copy.proof import prove_target
from sterna.migration.jobs import run_together
from sterna.migration.links import Links, links_at_a_time
from sterna.migration.manners.overseer import Overseer
from sterna.migration.manners.record import PassRecord
from sterna.migration.manners.weights import SURVEY, known_weights, weigh
from sterna.migration.origin.opening import open_origin
from sterna.migration.origin.ports import Origin
from sterna.migration.workers import Connections, Workers
from sterna.model.address import Address
from sterna.model.hours import Hours
from sterna.site.declaration import Site
from sterna.state.journal import Journal, JournalError
from sterna.state.lock import locked
from sterna.state.survey_sizes import surveyed_sizes

L = TypeVar("L", bound=Connections)
Job = Callable[[Address, L], Awaitable[AccountResult]]


async def copy_site(
    site: Site,
    *,
    accounts: Sequence[str] | None = None,
    options: Options = DEFAULTS,
    hours: Sequence[Hours] = (),
    on_event: OnEvent = lambda _: None,
    clock: Callable[[], float] = time.time,
) -> CopyReport:
    """Make one pass over all accounts of the source, or over those named; a full one the first time, then deltas.

    Args:
        site: the source and the target.
        accounts: full addresses, or names in the main domain.
        options: what the operator allowed.
        hours: when mail may be moved, instead of the hours in the site file.
        on_event: told what happens.
        clock: Unix time in seconds.

    Raises:
        SiteBusyError: another pass is under way.
        UnknownAccountError: a named account does not exist.
        JournalError: the journal cannot be written.
        SternaError: a server is not there, refuses us or went away for good; what was done until then is done, and the
            same call goes on from there.
    """
    began = time.monotonic()
    with locked(site.state_dir / LOCK) as lock:
        journal = JournalThread(Journal.open(site.state_dir / JOURNAL))
        try:
            async with open_origin(site) as origin:
                addresses = await origin.addresses(accounts)
                if addresses and site.target.product == "cyrus":
                    await prove_target(site, journal, clock)
                record = PassRecord(journal, on_event, clock, process=os.getpid())
                at_a_time = links_at_a_time(site, origin)
                overseer = Overseer(site.manners, at_a_time, record.take, hours=hours, clock=clock)
                work = Work(site, origin, overseer, record, at_a_time)
                processes = how_many(site, at_a_time)
                if processes == 1:
                    passes = AccountPasses(
                        site, origin, means(site, journal, clock, at_a_time, options), record.take, options
                    )
                    workers = Workers(
                        at_a_time,
                        lambda: Links(site, origin, overseer),
                        work.noting(passes.account),
                        passes.failed,
                        overseer,
                    )
                    results = await work.oversee(addresses, workers)
                else:
                    begin = Begin(share(site, processes), options, tuple(hours), -(-at_a_time // processes), processes)
                    results = await work.by_crew(addresses, begin, processes, lock)
        finally:
            journal.close()
    return CopyReport(tuple(sorted(results, key=lambda result: result.account)), time.monotonic() - began)


class Work:
    """One pass's accounts, done by workers, while orders are looked for and it is written down where the pass is."""

    def __init__(self, site: Site, origin: Origin, overseer: Overseer, record: PassRecord, at_a_time: int) -> None:
        self._site = site
        self._origin = origin
        self._overseer = overseer
        self._record = record
        self._at_a_time = at_a_time

    def noting(
        self, job: Callable[[Address, L], Awaitable[AccountResult]]
    ) -> Callable[[Address, L], Awaitable[AccountResult]]:
        """Return `job`, after which it is noted that an account which was to come first is done."""

        async def noted(address: Address, links: L) -> AccountResult:
            result = await job(address, links)
            await self._record.done_first(address)
            return result

        return noted

    async def by_crew(
        self, addresses: Sequence[Address], begin: Begin, processes: int, lock: int
    ) -> list[AccountResult]:
        """Have the accounts done by several processes, which hold the descriptor `lock` of the pass's lock, too."""
        crew = Crew(self._record.take)
        try:
            await crew.start(begin, processes, lock)
            workers = Workers(
                self._at_a_time,
                lambda: crew.seat(lambda: Links(self._site, self._origin)),
                self.noting(crew.account),
                crew.failed,
                self._overseer,
            )
            return await self.oversee(addresses, workers, crew.listeners(), crew.leave)
        finally:
            await crew.leave()

    async def oversee(
        self,
        addresses: Sequence[Address],
        workers: Workers[L, AccountResult],
        beside: Sequence[Callable[[], Coroutine[None, None, None]]] = (),
        leave: Callable[[], Awaitable[None]] | None = None,
    ) -> list[AccountResult]:
        """Let the workers do the accounts.

        Args:
            addresses: all accounts of the pass.
            workers: who does them.
            beside: what else has to run meanwhile.
            leave: lets that end when all accounts are done.
        """
        overseer, record = self._overseer, self._record
        results: list[AccountResult] = []
        sizes = await asyncio.to_thread(surveyed_sizes, self._site.state_dir / SURVEY)
        known = known_weights(addresses, await record.last(), sizes)
        record.take(PassStarted(len(addresses)))
        for weighed in known:
            record.take(weighed)
        unknown = sorted(set(addresses) - {weighed.account for weighed in known})

        async def work() -> None:
            try:
                results.extend(await workers.run(addresses))
            finally:
                overseer.end()
                if leave is not None:
                    await leave()

        async def look_ahead() -> None:
            if overseer.lend():
                await weigh(self._origin, unknown, workers.is_waiting, record.take)
                overseer.release()

        outcome = "broken off"
        await record.begin(len(addresses))
        overseer.adopt(await record.orders())  # before the first account is chosen
        try:
            together = [work(), overseer.watch(record.orders, lambda: record.say(overseer))]
            together += [each() for each in beside]
            if len(unknown) > overseer.accounts:
                together.append(look_ahead())
            await run_together(together)
            outcome = "done"
        except SternaError as error:
            outcome = str(error)
            raise
        finally:
            with suppress(JournalError):  # when that is what ended the pass, it says so itself
                await record.end(overseer, outcome)
        return results
