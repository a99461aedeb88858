"""Compare a whole site and draw up the report."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from sterna.migration.copy.ports import JournalThread
from sterna.migration.copy.run import JOURNAL
from sterna.migration.links import Links, links_at_a_time
from sterna.migration.origin.opening import open_origin
from sterna.migration.origin.ports import Origin
from sterna.migration.plan import make_plan
from sterna.migration.report.content import VerificationReport
from sterna.migration.verify.account import AccountComparer, AccountComparison
from sterna.migration.verify.draw import FailedComparison, Result, draw_up
from sterna.migration.workers import Workers
from sterna.model.address import Address
from sterna.openldap.directory import Directory
from sterna.openldap.tree import Tree
from sterna.site.declaration import Site
from sterna.state.journal import Journal

OnCompared = Callable[[int, int], None]
"""Told how many accounts are compared, and of how many."""


async def verify_site(
    site: Site, *, accounts: Sequence[str] | None = None, on_compared: OnCompared = lambda _done, _all: None
) -> VerificationReport:
    """Compare all accounts of the source, or those named, with the target; nothing is written on either side.

    Accounts, aliases, forwards and quotas are compared by planning: what `plan` would still change is different.

    Raises:
        UnknownAccountError: a named account does not exist.
        SternaError: a server is not there or refuses us.
    """
    started = datetime.now(UTC)
    plan = await make_plan(site)
    real_names = await asyncio.to_thread(_real_names, site)
    journal = JournalThread(Journal.open(site.state_dir / JOURNAL))
    try:
        async with open_origin(site) as origin:
            addresses = await origin.addresses(accounts)
            comparing = _Comparing(origin, journal, lambda done: on_compared(done, len(addresses)))
            workers = Workers[Links, Result](
                links_at_a_time(site, origin),
                lambda: Links(site, origin),
                comparing.account,
                lambda address, error: FailedComparison(address, str(error)),
            )
            results = await workers.run(addresses)
    finally:
        journal.close()
    return draw_up(site, plan, results, real_names, whole=accounts is None, between=(started, datetime.now(UTC)))


class _Comparing:
    """Compares one account after the other, for any number of workers."""

    def __init__(self, origin: Origin, journal: JournalThread, on_done: Callable[[int], None]) -> None:
        self._origin = origin
        self._journal = journal
        self._on_done = on_done
        self._done = 0

    async def account(self, address: Address, links: Links) -> AccountComparison:
        reader, prefix = await links.reader(address)
        writer = await links.writer()
        subscribed = await self._origin.subscriptions(address, reader)
        compared = await AccountComparer(address, reader, prefix, writer, self._journal).run(subscribed)
        self._done += 1
        self._on_done(self._done)
        return compared


def _real_names(site: Site) -> dict[str, str]:
    """Return the names of people by address, as the target's directory has them."""
    names: dict[str, str] = {}
    directory = Directory.open(site.target.directory)
    try:
        tree = Tree(site.target.directory.suffix)
        for entry in directory.search(tree.users, "(objectClass=greenUser)", ("mail", "cn")):
            mail, name = entry.attributes.get("mail"), entry.attributes.get("cn")
            if mail and name:
                names[mail[0].decode("utf-8", "replace")] = name[0].decode("utf-8", "replace")
    finally:
        directory.close()
    return names
