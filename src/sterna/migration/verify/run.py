"""Compare a whole site and draw up the report."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sterna.migration.copy.places import JOURNAL
from sterna.migration.copy.ports import JournalThread
from sterna.migration.links import Links, links_at_a_time
from sterna.migration.origin.opening import open_origin
from sterna.migration.origin.ports import Origin
from sterna.migration.plan import make_plan
from sterna.migration.report.content import VerificationReport
from sterna.migration.selection import declared
from sterna.migration.verify.account import AccountComparer, AccountComparison, Given
from sterna.migration.verify.draw import FailedComparison, Made, Result, draw_up
from sterna.migration.verify.form import Asked, Form
from sterna.migration.verify.messages import MessageComparer
from sterna.migration.verify.reread import open_owner
from sterna.migration.verify.sample import Sample, sample
from sterna.migration.workers import Workers
from sterna.model.address import Address
from sterna.openldap.directory import Directory
from sterna.openldap.tree import Tree
from sterna.site.declaration import Site
from sterna.state.journal import Journal

DEFAULT = Asked()

OnCompared = Callable[[int, int], None]
"""Told how many accounts are compared, and of how many."""


async def verify_site(
    site: Site,
    *,
    accounts: Sequence[str] | None = None,
    asked: Asked = DEFAULT,
    on_compared: OnCompared = lambda _done, _all: None,
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
    results = await compare_accounts(site, accounts=accounts, asked=asked, on_compared=on_compared)
    return draw_up(site, plan, results, real_names, Made(asked, accounts is None, started, datetime.now(UTC)))


async def compare_accounts(
    site: Site,
    *,
    accounts: Sequence[str] | None = None,
    asked: Asked = DEFAULT,
    on_compared: OnCompared = lambda _done, _all: None,
) -> list[Result]:
    """Compare the mail of all accounts of the source, or of those named; nothing else of them.

    Raises:
        UnknownAccountError: a named account does not exist.
        SternaError: a server is not there or refuses us.
    """
    journal = JournalThread(Journal.open(site.state_dir / JOURNAL))
    try:
        async with open_origin(site) as origin:
            addresses = await origin.addresses(accounts)
            drawn = await sample(journal, [*map(str, addresses)], asked.sample, asked.seed) if asked.sample else {}
            comparing = _Comparing(site, origin, journal, asked, drawn, lambda done: on_compared(done, len(addresses)))
            workers = Workers[Links, Result](
                links_at_a_time(site, origin),
                lambda: Links(site, origin),
                comparing.account,
                lambda address, error: FailedComparison(address, str(error)),
            )
            return await workers.run(addresses)
    finally:
        journal.close()


@dataclass(slots=True)
class _Comparing:
    """Compares one account after the other, for any number of workers."""

    site: Site
    origin: Origin
    journal: JournalThread
    asked: Asked
    drawn: Sample
    on_done: Callable[[int], None]
    done: int = field(default=0, init=False)

    async def account(self, address: Address, links: Links) -> AccountComparison:
        reader, prefix = await links.reader(address)
        writer = await links.writer()
        subscribed = await self.origin.subscriptions(address, reader)
        drawn = self.drawn.get(str(address), {})
        deep = self.asked.form is Form.DEEP
        owner = await open_owner(self.site, address) if deep or drawn else None
        try:
            selection = declared(self.site.selection)
            chosen = None if deep else drawn
            messages = MessageComparer(reader, writer, self.journal, owner, chosen, selection=selection)
            comparer = AccountComparer(address, reader, prefix, writer, Given(self.journal, selection))
            compared = await comparer.run(subscribed, None if self.asked.form is Form.QUICK else messages)
        finally:
            if owner is not None:
                await owner.close()
        self.done += 1
        self.on_done(self.done)
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
