"""One pass over a site: several accounts at a time, each over one connection to the source and one to the target."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final

from sterna.communigate.server import SourceServer
from sterna.errors import SternaError
from sterna.migration.copy.account import DEFAULTS, AccountPass, Options
from sterna.migration.copy.events import AccountDone, AccountResult, CopyReport, Counts, Failure, OnEvent, PassStarted
from sterna.migration.copy.furniture import Furniture, Members, furniture
from sterna.migration.copy.ports import JournalThread
from sterna.migration.groups import group_members
from sterna.migration.links import Links
from sterna.migration.workers import Workers, source_accounts
from sterna.model.account import Account, Part
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
            async with SourceServer.open(site.source) as server:
                addresses = await source_accounts(server, accounts)
                on_event(PassStarted(len(addresses)))
                passes = _Passes(server, await group_members(server), journal, on_event, clock, options)
                results = await Workers(site, passes.account, passes.failed).run(addresses)
        finally:
            journal.close()
    return CopyReport(tuple(sorted(results, key=lambda result: result.account)), time.monotonic() - began)


def told_furniture(account: Account | None, members: Members) -> Furniture | None:
    """Return what the account's mailboxes are to have; None when the source did not tell it: then all stays."""
    if account is None or Part.GRANTS in account.unread:
        return None
    return furniture(account, members)


class _Passes:
    """Makes the pass over one account after the other, for any number of workers."""

    def __init__(
        self,
        server: SourceServer,
        members: Members,
        journal: JournalThread,
        on_event: OnEvent,
        clock: Callable[[], float],
        options: Options,
    ) -> None:
        self._server = server
        self._members = members
        self._options = options
        self._journal = journal
        self._on_event = on_event
        self._clock = clock
        self._under_way: dict[Address, AccountPass] = {}

    async def account(self, address: Address, links: Links) -> AccountResult:
        reader, prefix = await links.reader(address)
        writer = await links.writer()
        subscribed = await self._server.subscriptions(address)
        account = (await self._server.account(address)).value
        wanted = told_furniture(account, self._members)
        foreign = account.foreign_subscriptions if account else ()
        one = self._under_way[address] = AccountPass(address, self._journal, self._on_event, self._clock, self._options)
        result = await one.run(reader, prefix, writer, subscribed, foreign, wanted)
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
