"""One pass over a site: several accounts at a time, each over one connection to the source and one to the target."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final

from sterna.errors import SternaError
from sterna.migration.copy.account import DEFAULTS, AccountPass, Options
from sterna.migration.copy.events import AccountDone, AccountResult, CopyReport, Counts, Failure, OnEvent, PassStarted
from sterna.migration.copy.ports import JournalThread
from sterna.migration.copy.proof import prove_target
from sterna.migration.links import Links, links_at_a_time
from sterna.migration.origin.opening import open_origin
from sterna.migration.origin.ports import Origin
from sterna.migration.workers import Workers
from sterna.model.address import Address
from sterna.site.declaration import Site
from sterna.state.journal import Journal
from sterna.state.lock import locked

JOURNAL: Final = "journal.sqlite"
LOCK: Final = "lock"


async def copy_site(
    site: Site,
    *,
    accounts: Sequence[str] | None = None,
    options: Options = DEFAULTS,
    on_event: OnEvent = lambda _: None,
    clock: Callable[[], float] = time.time,
) -> CopyReport:
    """Make one pass over all accounts of the source, or over those named; a full one the first time, then deltas.

    Args:
        site: the source and the target.
        accounts: full addresses, or names in the main domain.
        options: what the operator allowed.
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
                if addresses:
                    await prove_target(site, journal, clock)
                on_event(PassStarted(len(addresses)))
                passes = _Passes(origin, journal, on_event, clock, options)
                at_a_time = links_at_a_time(site, origin)
                workers = Workers(at_a_time, lambda: Links(site, origin), passes.account, passes.failed)
                results = await workers.run(addresses)
        finally:
            journal.close()
    return CopyReport(tuple(sorted(results, key=lambda result: result.account)), time.monotonic() - began)


class _Passes:
    """Makes the pass over one account after the other, for any number of workers."""

    def __init__(
        self,
        origin: Origin,
        journal: JournalThread,
        on_event: OnEvent,
        clock: Callable[[], float],
        options: Options,
    ) -> None:
        self._origin = origin
        self._options = options
        self._journal = journal
        self._on_event = on_event
        self._clock = clock
        self._under_way: dict[Address, AccountPass] = {}

    async def account(self, address: Address, links: Links) -> AccountResult:
        reader, prefix = await links.reader(address)
        writer = await links.writer()
        besides = await self._origin.besides(address, reader)
        one = self._under_way[address] = AccountPass(address, self._journal, self._on_event, self._clock, self._options)
        result = await one.run(reader, prefix, writer, besides)
        self._on_event(AccountDone(address, result.counts, len(result.failures)))
        return result

    def failed(self, address: Address, error: SternaError) -> AccountResult:
        """Return what was done of an account that failed, and where it was."""
        one = self._under_way.get(address)
        failure = Failure(address, one.at if one else None, None, str(error).removeprefix(f"{address}: "))
        self._on_event(failure)
        counts, earlier = (one.counts, one.failures) if one else (Counts(), ())
        self._on_event(AccountDone(address, counts, len(earlier) + 1))
        return AccountResult(address, 0, counts, failures=(*earlier, failure))
