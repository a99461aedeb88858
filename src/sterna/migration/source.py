"""What the source has besides mail: domains, accounts, forwarders, groups, lists; and how much mail there is."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Final, TypeVar

from sterna.communigate.pool import together
from sterna.communigate.server import Read, SourceServer
from sterna.errors import Scope, SternaError
from sterna.migration.desired import WithoutAccount
from sterna.migration.desired.wanted import ALL_READ, Unread
from sterna.model.account import (
    Account,
    ClearPassword,
    Domain,
    Forwarder,
    Group,
    HashedPassword,
)
from sterna.model.address import Address
from sterna.model.finding import Finding, Outcome
from sterna.model.lists import MailingList
from sterna.model.routes import Route
from sterna.site.declaration import Site

T = TypeVar("T")


_AT_A_TIME: Final = 64
"""Accounts whose mailboxes are asked for together, so that a round trip is not paid for each."""


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """What the source has; what could not be read is a finding and in `unread`."""

    domains: tuple[Domain, ...]
    accounts: tuple[Account, ...]
    forwarders: tuple[Forwarder, ...]
    groups: tuple[Group, ...]
    lists: tuple[MailingList, ...]
    findings: tuple[Finding, ...]
    routes: tuple[Route, ...] = ()
    unread: Unread = ALL_READ

    @property
    def without_account(self) -> WithoutAccount:
        """What takes mail besides the accounts."""
        return WithoutAccount(
            forwarders=self.forwarders, groups=self.groups, lists=self.lists, routes=self.routes, unread=self.unread
        )


async def read_source(server: SourceServer) -> SourceFacts:
    """Read everything but mail; an account that cannot be read is a finding.

    Raises:
        SternaError: with scope SERVER or above: the source cannot be used.
    """
    accounts: list[Account] = []
    forwarders: list[Forwarder] = []
    groups: list[Group] = []
    lists: list[MailingList] = []
    findings: list[Finding] = []
    routes: list[Route] = []
    lost: list[Read[object]] = []
    missing: list[Read[object]] = []
    missing_lists: list[Read[object]] = []
    domains = await server.domains()
    for route in await server.routes():
        _keep(route, routes, findings, [])
    for domain in domains:
        async for read in server.accounts(domain.name):
            _keep(read, accounts, findings, lost)
        for forwarder in await server.forwarders(domain.name):
            _keep(forwarder, forwarders, findings, missing)
        for group in await server.groups(domain.name):
            _keep(group, groups, findings, missing)
        for mailing_list in await server.lists(domain.name):
            _keep(mailing_list, lists, findings, missing_lists)
        findings += await server.domain_findings(domain.name)
    findings += await server.server_findings()
    return SourceFacts(
        tuple(domains),
        tuple(accounts),
        tuple(forwarders),
        tuple(groups),
        tuple(lists),
        tuple(findings),
        tuple(routes),
        Unread(
            accounts=tuple(sorted(_addresses(lost) - {account.address for account in accounts})),
            others=tuple(sorted(_addresses([*missing, *missing_lists]))),
            domains=frozenset(read.domain for read in [*missing, *missing_lists] if read.domain),
            lists=any(read.domain or read.address for read in missing_lists),
        ),
    )


async def read_use(server: SourceServer, accounts: Iterable[Account]) -> tuple[dict[Address, int], list[Finding]]:
    """Return how many bytes of mail each account with a limit has; one that cannot be asked is a finding.

    Raises:
        SternaError: with scope SERVER or above: the source cannot be used.
    """
    use_bytes: dict[Address, int] = {}
    findings: list[Finding] = []
    limited = iter([account.address for account in accounts if account.quota_bytes is not None])
    while some := list(islice(limited, _AT_A_TIME)):
        for address, use in zip(some, await together(_use(server, address) for address in some), strict=True):
            if isinstance(use, Finding):
                findings.append(use)
            else:
                use_bytes[address] = use
    return use_bytes, findings


async def read_passwords(site: Site, subjects: Collection[str]) -> dict[str, ClearPassword | HashedPassword]:
    """Return the readable passwords of the accounts that `subjects` name, by these names.

    Raises:
        SternaError: with scope SERVER or above: the source cannot be used.
    """
    wanted = {Address.parse(subject): subject for subject in subjects}
    found: dict[str, ClearPassword | HashedPassword] = {}
    async with SourceServer.open(site.source) as server:
        for domain in sorted({address.domain for address in wanted}):
            async for read in server.accounts(domain):
                account = read.value
                if account is None or account.address not in wanted:
                    continue
                if isinstance(account.password, ClearPassword | HashedPassword):
                    found[wanted[account.address]] = account.password
    return found


def _keep(read: Read[T], values: list[T], findings: list[Finding], lost: list[Read[object]]) -> None:
    findings += read.findings
    if read.value is not None:
        values.append(read.value)
    else:
        lost.append(read)


def _addresses(reads: Iterable[Read[object]]) -> set[Address]:
    return {read.address for read in reads if read.address is not None}


async def _use(server: SourceServer, address: Address) -> int | Finding:
    try:
        mailboxes = await server.mailboxes(address)
    except SternaError as error:
        if error.scope > Scope.ACCOUNT:
            raise
        why = f"how much mail there is could not be read: {error}"
        return Finding("quota", str(address), Outcome.UNREADABLE, "use", why, "Compare it with the quota by hand.")
    return sum(use.size_bytes for use in mailboxes.values())
