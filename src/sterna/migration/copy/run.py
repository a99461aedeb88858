"""One pass over a site: several accounts at a time, each over one connection to the source and one to the target."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

from sterna.cyrus.mailbox_state import MAX_BYTES
from sterna.errors import SternaError
from sterna.migration.copy.account import DEFAULTS, AccountPass, Options
from sterna.migration.copy.append.account import AppendPass
from sterna.migration.copy.events import AccountDone, AccountResult, CopyReport, Counts, Failure, OnEvent, PassStarted
from sterna.migration.copy.mailbox import Means
from sterna.migration.copy.ports import JournalThread
from sterna.migration.copy.proof import prove_target
from sterna.migration.copy.refused import FOLDER, Quarantine
from sterna.migration.jobs import run_together
from sterna.migration.links import Links, links_at_a_time
from sterna.migration.manners.overseer import Overseer
from sterna.migration.manners.record import PassRecord
from sterna.migration.manners.weights import SURVEY, known_weights, weigh
from sterna.migration.origin.opening import open_origin
from sterna.migration.origin.ports import MailReader, Origin
from sterna.migration.selection import Choice, declared
from sterna.migration.workers import Workers
from sterna.model.address import Address
from sterna.model.hours import Hours
from sterna.site.declaration import Site, WithoutUids
from sterna.state.journal import Journal, JournalError
from sterna.state.lock import locked
from sterna.state.survey_sizes import surveyed_sizes

MESSAGES_BYTES: Final = 64 << 20
"""Bytes of messages held in memory at a time: for each account under way one batch that comes and one that goes."""

JOURNAL: Final = "journal.sqlite"
LOCK: Final = "lock"


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
    with locked(site.state_dir / LOCK):
        journal = JournalThread(Journal.open(site.state_dir / JOURNAL))
        try:
            async with open_origin(site) as origin:
                addresses = await origin.addresses(accounts)
                if addresses and site.target.product == "cyrus":
                    await prove_target(site, journal, clock)
                record = PassRecord(journal, on_event, clock, process=os.getpid())
                at_a_time = links_at_a_time(site, origin)
                overseer = Overseer(site.manners, at_a_time, record.take, hours=hours, clock=clock)
                passes = _Passes(site, origin, means(site, journal, clock, at_a_time, options), record, options)
                workers = Workers(
                    at_a_time, lambda: Links(site, origin, overseer), passes.account, passes.failed, overseer
                )
                results = await _oversee(site, origin, addresses, (workers, overseer, record))
        finally:
            journal.close()
    return CopyReport(tuple(sorted(results, key=lambda result: result.account)), time.monotonic() - began)


async def _oversee(
    site: Site,
    origin: Origin,
    addresses: Sequence[Address],
    who: tuple[Workers[Links, AccountResult], Overseer, PassRecord],
) -> list[AccountResult]:
    """Let the workers do the accounts while orders are looked for and it is written down where the pass is."""
    workers, overseer, record = who
    results: list[AccountResult] = []
    sizes = await asyncio.to_thread(surveyed_sizes, site.state_dir / SURVEY)
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

    async def look_ahead() -> None:
        if overseer.lend():
            await weigh(origin, unknown, workers.is_waiting, record.take)
            overseer.release()

    outcome = "broken off"
    await record.begin(len(addresses))
    overseer.adopt(await record.orders())  # before the first account is chosen
    try:
        together = [work(), overseer.watch(record.orders, lambda: record.say(overseer))]
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


def means(site: Site, journal: JournalThread, clock: Callable[[], float], at_a_time: int, options: Options) -> Means:
    """Return what mailboxes are moved with when so many accounts are under way at a time."""
    batch_bytes = min(MAX_BYTES, max(MESSAGES_BYTES // (2 * at_a_time), 1 << 20))
    quarantine = Quarantine(site.state_dir / FOLDER)
    without_uids = site.policy.without_uids is WithoutUids.APPEND
    return Means(
        journal,
        quarantine,
        clock,
        batch_bytes,
        options.thorough,
        without_uids,
        Choice(declared(site.selection), options.now),
    )


class _Passes:
    """Makes the pass over one account after the other, for any number of workers."""

    def __init__(
        self,
        site: Site,
        origin: Origin,
        means: Means,
        record: PassRecord,
        options: Options,
    ) -> None:
        self._site = site
        self._origin = origin
        self._options = options
        self._means = means
        self._record = record
        self._on_event = record.take
        self._under_way: dict[Address, AccountPass] = {}

    async def account(self, address: Address, links: Links) -> AccountResult:
        reader, prefix = await links.reader(address)
        if self._site.target.product == "imap":
            result = await self._append(address, links, reader, prefix)
        else:
            writer = await links.writer()
            besides = await self._origin.besides(address, reader)
            one = self._under_way[address] = AccountPass(address, self._means, self._on_event, self._options)
            result = await one.run(reader, prefix, writer, besides, links.renew_writer)
        self._on_event(AccountDone(address, result.counts, len(result.failures)))
        await self._record.done_first(address)
        return result

    async def _append(self, address: Address, links: Links, reader: MailReader, prefix: bytes) -> AccountResult:
        appender = await links.appender(address)
        besides = await self._origin.besides(address, reader)
        one = self._under_way[address] = AppendPass(address, self._means, self._on_event, self._options)
        return await one.append(reader, prefix, appender, besides)

    def failed(self, address: Address, error: SternaError) -> AccountResult:
        """Return what was done of an account that failed, and where it was."""
        one = self._under_way.get(address)
        failure = Failure(address, one.at if one else None, None, str(error).removeprefix(f"{address}: "))
        self._on_event(failure)
        counts, earlier = (one.counts, one.failures) if one else (Counts(), ())
        self._on_event(AccountDone(address, counts, len(earlier) + 1))
        return AccountResult(address, 0, counts, failures=(*earlier, failure))
