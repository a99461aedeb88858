"""What a plan needs of the source: domains, accounts, forwarders, and how much mail accounts with a limit have."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sterna.communigate.server import SourceServer
from sterna.errors import Scope, SternaError
from sterna.model.account import Account, ClearPassword, Domain, Forwarder, HashedPassword
from sterna.model.address import Address
from sterna.model.finding import Finding, Outcome
from sterna.site.declaration import Site


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """What the source has.

    Fields:
        use_bytes: size of all mail, for accounts with a limit.
        findings: what the target will not have, or not in the same way.
    """

    domains: tuple[Domain, ...]
    accounts: tuple[Account, ...]
    forwarders: tuple[Forwarder, ...]
    use_bytes: Mapping[Address, int]
    findings: tuple[Finding, ...]


async def read_source(site: Site) -> SourceFacts:
    """Read the source's accounts; one that cannot be read is a finding.

    Raises:
        SternaError: with scope SERVER or above: the source cannot be used.
    """
    accounts: list[Account] = []
    forwarders: list[Forwarder] = []
    findings: list[Finding] = []
    use_bytes: dict[Address, int] = {}
    async with SourceServer.open(site.source) as server:
        domains = await server.domains()
        for domain in domains:
            async for read in server.accounts(domain.name):
                findings += read.findings
                if read.value is not None:
                    accounts.append(read.value)
            for forwarder in await server.forwarders(domain.name):
                findings += forwarder.findings
                if forwarder.value is not None:
                    forwarders.append(forwarder.value)
            for other in (*await server.groups(domain.name), *await server.lists(domain.name)):
                findings += other.findings
        for account in accounts:
            if account.quota_bytes is not None:
                use_bytes[account.address] = await _use(server, account.address, findings)
    return SourceFacts(tuple(domains), tuple(accounts), tuple(forwarders), use_bytes, tuple(findings))


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


async def _use(server: SourceServer, address: Address, findings: list[Finding]) -> int:
    try:
        mailboxes = await server.mailboxes(address)
    except SternaError as error:
        if error.scope > Scope.ACCOUNT:
            raise
        why = f"how much mail there is could not be read: {error}"
        findings.append(Finding("quota", str(address), Outcome.UNREADABLE, "use", why, "Compare it with the quota."))
        return 0
    return sum(use.size_bytes for use in mailboxes.values())
