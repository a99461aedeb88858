"""One pass over a site: several accounts at a time, each over one connection to the source and one to the target."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from sterna.communigate.server import SourceServer
from sterna.errors import Retry, Scope, SternaError
from sterna.migration.copy.account import AccountPass
from sterna.migration.copy.events import AccountDone, AccountResult, CopyReport, Counts, Failure, OnEvent, PassStarted
from sterna.migration.copy.links import Links
from sterna.migration.copy.ports import JournalThread
from sterna.model.address import Address
from sterna.model.mailbox import MailboxName
from sterna.site.declaration import Site
from sterna.state.journal import Journal
from sterna.state.lock import locked

JOURNAL: Final = "journal.sqlite"
LOCK: Final = "lock"

WAITS_S: Final = (0.5, 2.0)
"""How long to wait before an account is begun anew after a lost connection; then the run ends."""


class UnknownAccountError(SternaError):
    """An account that was asked for by name does not exist on the source."""

    scope = Scope.RUN
    exit_code = 66

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(names)
        super().__init__(f"the source has no account {', '.join(self.names)}; nothing was done")


async def copy_site(
    site: Site,
    *,
    accounts: Sequence[str] | None = None,
    on_event: OnEvent = lambda _: None,
    clock: Callable[[], float] = time.time,
) -> CopyReport:
    """Make one pass over all accounts of the source, or over those named; a full one the first time, then deltas.

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
            async with SourceServer.open(site.source) as server:
                addresses = await source_accounts(server, accounts)
                on_event(PassStarted(len(addresses)))
                passes = Passes(site, server, journal, on_event, clock)
                results = await passes.run(addresses)
        finally:
            journal.close()
    return CopyReport(tuple(sorted(results, key=lambda r: r.account)), time.monotonic() - began)


async def source_accounts(server: SourceServer, accounts: Sequence[str] | None) -> list[Address]:
    """Return the accounts of the source, or of them those named.

    Raises:
        UnknownAccountError: a name that the source does not have.
    """
    found: list[Address] = []
    for domain in await server.domains():
        found += await server.addresses(domain.name)
    if accounts is None:
        return sorted(found)
    wanted = {Address.parse(name, domain=await server.main_domain()) for name in accounts}
    if unknown := wanted.difference(found):
        raise UnknownAccountError(str(address) for address in sorted(unknown))
    return sorted(wanted)


class Passes:
    """The passes over many accounts, by `policy.parallel_accounts` workers."""

    def __init__(
        self, site: Site, server: SourceServer, journal: JournalThread, on_event: OnEvent, clock: Callable[[], float]
    ) -> None:
        self._site = site
        self._server = server
        self._asking = asyncio.Lock()  # the source's CLI answers one command after the other
        self._journal = journal
        self._on_event = on_event
        self._clock = clock
        self._results: list[AccountResult] = []

    async def run(self, addresses: Sequence[Address]) -> list[AccountResult]:
        """Make all passes; an account that fails is a result with its failure, and the rest goes on."""
        queue = iter(addresses)
        workers = min(self._site.policy.parallel_accounts, max(1, len(addresses)))
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(workers):
                    group.create_task(self._worker(queue))
        except BaseExceptionGroup as failed:
            raise _first(failed) from failed
        return self._results

    async def _worker(self, queue: Iterable[Address]) -> None:
        links = Links(self._site)
        try:
            for address in queue:
                result = await self._account(address, links)
                self._results.append(result)
                self._on_event(AccountDone(address, result.counts, len(result.failures)))
        finally:
            await links.drop()

    async def _account(self, address: Address, links: Links) -> AccountResult:
        for wait_s in (*WAITS_S, None):
            try:
                reader, prefix = await links.reader(address)
                writer = await links.writer()
                subscribed = await self._subscribed(address)
                account = AccountPass(address, self._journal, self._on_event, self._clock)
                return await account.run(reader, prefix, writer, subscribed)
            except SternaError as error:
                await links.drop()
                if error.scope is Scope.RUN:
                    raise
                if error.retry is not Retry.LATER or wait_s is None:
                    if error.scope is Scope.SERVER:
                        raise
                    return self._failed(address, error)
            await asyncio.sleep(wait_s)
        raise AssertionError("the last attempt returns or raises")

    async def _subscribed(self, address: Address) -> list[MailboxName]:
        async with self._asking:
            return await self._server.subscriptions(address)

    def _failed(self, address: Address, error: SternaError) -> AccountResult:
        failure = Failure(address, None, None, str(error))
        self._on_event(failure)
        return AccountResult(address, 0, Counts(), failures=(failure,))


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return what ended the run: a bug before anything else, then the first error of ours."""
    leaves: list[BaseException] = []
    for error in group.exceptions:
        leaves.append(_first(error) if isinstance(error, BaseExceptionGroup) else error)
    return min(leaves, key=lambda error: isinstance(error, SternaError))
