"""CommuniGate as a source: its CLI tells of accounts, its IMAP gives their mail."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from sterna.communigate.server import SourceServer
from sterna.migration.access import open_reader, prefix_for
from sterna.migration.copy.furniture import Furniture, Members, furniture
from sterna.migration.groups import group_members
from sterna.migration.origin.ports import Besides, MailReader
from sterna.migration.workers import UnknownAccountError
from sterna.model.account import Account, Part
from sterna.model.address import Address
from sterna.model.mailbox import MailboxName
from sterna.site.declaration import Access, Site


class CommuniGateOrigin:
    """One CommuniGate server; `members` are the accounts in each of its groups."""

    def __init__(self, site: Site, server: SourceServer, members: Members) -> None:
        self._site = site
        self._server = server
        self._members = members

    @property
    def one_login(self) -> bool:
        """The administrator reads ``~account/``; otherwise each account has a login."""
        return self._site.source.imap.access is Access.TILDE

    @property
    def connections(self) -> int:
        """As declared."""
        return self._site.source.imap.connections

    async def addresses(self, accounts: Sequence[str] | None) -> list[Address]:
        """Return all accounts, or those named; a name without domain is in the main domain."""
        return await source_accounts(self._server, accounts)

    async def open(self, address: Address) -> MailReader:
        """Return a reader of the account's mailboxes by IMAP."""
        reader, _ = await open_reader(self._site, address)
        return reader

    def prefix(self, address: Address) -> bytes:
        """Return ``~user@domain/``, or nothing."""
        return prefix_for(self._site, address)

    async def subscriptions(self, address: Address, reader: MailReader) -> frozenset[MailboxName]:
        """Return what the CLI tells."""
        del reader
        return frozenset(await self._server.subscriptions(address))

    async def besides(self, address: Address, reader: MailReader) -> Besides:
        """Return what the CLI tells."""
        subscribed = await self.subscriptions(address, reader)
        account = (await self._server.account(address)).value
        foreign = tuple(account.foreign_subscriptions) if account else ()
        return Besides(subscribed, foreign, told_furniture(account, self._members))


def told_furniture(account: Account | None, members: Members) -> Furniture | None:
    """Return what the account's mailboxes are to have; None when the source did not tell it: then all stays."""
    if account is None or Part.GRANTS in account.unread:
        return None
    return furniture(account, members)


@asynccontextmanager
async def open_communigate(site: Site) -> AsyncIterator[CommuniGateOrigin]:
    """Log in to the CLI.

    Raises:
        SternaError: with scope SERVER or above: the source cannot be used.
    """
    async with SourceServer.open(site.source) as server:
        yield CommuniGateOrigin(site, server, await group_members(server))


async def source_accounts(server: SourceServer, accounts: Sequence[str] | None) -> list[Address]:
    """Return the accounts of the source, or of them those named; a name without domain is in the main domain.

    Raises:
        UnknownAccountError: a name that the source does not have.
    """
    found: list[Address] = []
    for domain in await server.domains():
        found += await server.addresses(domain.name)
    if accounts is None:
        return sorted(found)
    main = await server.main_domain()
    wanted = {Address.parse(name, domain=main) for name in accounts}
    if unknown := wanted.difference(found):
        raise UnknownAccountError(str(address) for address in sorted(unknown))
    return sorted(wanted)
