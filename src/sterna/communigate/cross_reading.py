"""Read the same from every source that the site file declares, and tell where they differ.

``async for finding in cross_findings(site.source, server)`` reads account by account. In memory are the names of one
domain at a time, and what LDAP says of it. Findings of the kind ``server`` tell what could not be compared at all.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

from sterna.communigate.crosscheck import (
    CLI,
    FILES,
    LDAP,
    Account,
    compare_accounts,
    compare_domains,
    compare_members,
    missing,
)
from sterna.communigate.ldap import SourceDirectory, SourceLdapError
from sterna.communigate.ldap_reader import LdapDomain, members, read_domain
from sterna.communigate.raw import RawAccount
from sterna.communigate.reading import RawSourceReader
from sterna.communigate.tree.files import TreeUnusableError
from sterna.communigate.tree.server import TreeServer
from sterna.model.finding import Finding, Outcome
from sterna.site.declaration import Source

_SERVER = "source"


async def cross_findings(source: Source, server: RawSourceReader) -> AsyncIterator[Finding]:
    """Yield where the sources of a site say different things.

    Args:
        source: the declaration; with only one source in it nothing is yielded.
        server: the source that is believed, open: a `SourceServer`, or the `TreeServer` of a site without CLI.

    Raises:
        SternaError: with scope SERVER or above: `server` cannot be asked any more. That another source cannot be used
            is a finding.
    """
    first = FILES if isinstance(server, TreeServer) else CLI
    async with AsyncExitStack() as stack:
        tree: TreeServer | None = None
        directory: SourceDirectory | None = None
        if source.tree is not None and first is CLI:
            try:
                tree = await stack.enter_async_context(TreeServer.open(source.tree))
            except TreeUnusableError as error:
                yield _unused(FILES, error)
        if source.ldap is not None:
            try:
                directory = await asyncio.to_thread(SourceDirectory, source.ldap)
                stack.callback(directory.close)
            except SourceLdapError as error:
                yield _unused(LDAP, error)
        async for finding in _compared(server, first, tree, directory):
            yield finding


async def _compared(
    server: RawSourceReader, first: str, tree: TreeServer | None, directory: SourceDirectory | None
) -> AsyncIterator[Finding]:
    domains = [domain.name for domain in await server.domains()]
    if tree is not None:
        of_tree = {domain.name for domain in await tree.domains()}
        for finding in missing("", "domain", (first, set(domains)), (FILES, of_tree)):
            yield finding
    for domain in domains:
        in_directory: LdapDomain | None = None
        if directory is not None:
            try:
                in_directory = await asyncio.to_thread(read_domain, directory, domain)
            except SourceLdapError as error:
                yield _unused(LDAP, error)
        async for finding in _domain(domain, server, first, tree, in_directory):
            yield finding


async def _domain(
    domain: str, server: RawSourceReader, first: str, tree: TreeServer | None, directory: LdapDomain | None
) -> AsyncIterator[Finding]:
    names = {address.local for address in await server.addresses(domain)}
    in_tree: set[str] = set()
    if tree is not None:
        in_tree = {address.local for address in await tree.addresses(domain)}
        for finding in (
            *missing(domain, "account", (first, names), (FILES, in_tree)),
            *compare_domains((first, await server.raw_domain(domain)), (FILES, await tree.raw_domain(domain))),
        ):
            yield finding
    if directory is not None:
        for finding in await _directory(domain, server, first, names, directory):
            yield finding
    if not in_tree and not (directory and directory.accounts):
        return
    async for raw in server.raw_accounts(domain):
        if isinstance(raw, RawAccount):  # else whoever reads the accounts themselves tells it
            for finding in await _account(Account(first, raw), tree if raw.name in in_tree else None, directory):
                yield finding


async def _account(said: Account, tree: TreeServer | None, directory: LdapDomain | None) -> list[Finding]:
    name, domain = said.raw.name, said.raw.domain
    findings: list[Finding] = []
    if tree is not None:
        other = await tree.raw_account_of(name, domain)
        findings += [other] if isinstance(other, Finding) else compare_accounts(said, Account(FILES, other))
    if directory is not None and name in directory.accounts:
        findings += compare_accounts(said, Account(LDAP, directory.accounts[name]))
    return findings


async def _directory(
    domain: str, server: RawSourceReader, first: str, names: set[str], directory: LdapDomain
) -> list[Finding]:
    """Compare which accounts and groups there are with those of LDAP."""
    findings: list[Finding] = []
    if directory.cut:
        beginnings = ", ".join(repr(each) for each in directory.cut)
        why = f"LDAP gave not all entries whose names begin with {beginnings}, even when asked for few at a time"
        findings.append(Finding("domain", domain, Outcome.UNREADABLE, LDAP, why))
    if not directory.accounts and not directory.groups:
        why = "LDAP has no entries of this domain; it was not compared"
        return [*findings, Finding("domain", domain, Outcome.UNREADABLE, LDAP, why)]
    findings += missing(domain, "account", (first, names), (LDAP, directory.accounts.keys()))
    for alias in directory.lost:
        why = "LDAP has an alias of an account that is not in LDAP"
        findings.append(Finding("alias", f"{alias}@{domain}", Outcome.UNREADABLE, LDAP, why))
    if first is CLI:
        groups = [read.value for read in await server.groups(domain) if read.value is not None]
        known = {group.address.local: {str(each) for each in group.members} for group in groups}
        more = {name: members(some, domain) for name, some in directory.groups.items()}
        findings += compare_members(domain, (first, known), (LDAP, more))
    return findings


def _unused(what: str, error: TreeUnusableError | SourceLdapError) -> Finding:
    todo = "see the reason; the other sources were read"
    return Finding("server", _SERVER, Outcome.UNREADABLE, f"comparison with {what}", str(error), todo)
