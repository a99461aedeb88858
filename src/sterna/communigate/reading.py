"""What every reader of a CommuniGate server can be asked, whatever it reads, and which one a site has.

The CLI is asked when it is declared: it alone tells everything. Otherwise the files are read.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from sterna.communigate.names import NameEncoding
from sterna.communigate.pool import NoCliError
from sterna.communigate.raw import RawAccount, RawDomain
from sterna.communigate.read import MailboxUse, Read
from sterna.communigate.server import SourceServer
from sterna.communigate.tree.server import TreeServer
from sterna.model.account import Account, Domain, Forwarder, Group
from sterna.model.address import Address
from sterna.model.finding import Finding
from sterna.model.lists import MailingList
from sterna.model.mailbox import MailboxName
from sterna.model.routes import Route
from sterna.site.declaration import Source


class SourceReader(Protocol):
    """A source, one question a method. What cannot be read is a finding; an error ends the whole source.

    Fields:
        name_encoding: how mailbox names are spelt in answers, None while that is not known.
    """

    name_encoding: NameEncoding | None

    async def main_domain(self) -> str:
        """Return the name of the main domain."""

    async def domains(self) -> list[Domain]:
        """Return all domains, the main one first."""

    async def addresses(self, domain: str) -> list[Address]:
        """Return the addresses of a domain's accounts without reading these."""

    def accounts(self, domain: str) -> AsyncIterator[Read[Account]]:
        """Yield a domain's accounts."""

    async def account(self, address: Address) -> Read[Account]:
        """Return one account."""

    async def forwarders(self, domain: str) -> list[Read[Forwarder]]:
        """Return a domain's forwarders."""

    async def groups(self, domain: str) -> list[Read[Group]]:
        """Return a domain's groups."""

    async def lists(self, domain: str) -> list[Read[MailingList]]:
        """Return a domain's mailing lists with their subscribers."""

    async def routes(self) -> list[Read[Route]]:
        """Return the lines of the router table."""

    async def mailboxes(self, address: Address) -> dict[MailboxName, MailboxUse]:
        """Return an account's mailboxes that hold messages."""

    async def raw_mailboxes(self, address: Address) -> dict[str, MailboxUse]:
        """Return the same by the names as the source spells them."""

    async def subscriptions(self, address: Address) -> list[MailboxName]:
        """Return the account's own mailboxes that it has subscribed to."""

    async def domain_findings(self, domain: str) -> tuple[Finding, ...]:
        """Return what a domain's own settings and rules do that the target will not."""

    async def server_findings(self) -> tuple[Finding, ...]:
        """Return the same of the whole server; asked last."""


class RawSourceReader(SourceReader, Protocol):
    """A source that also tells what it says before it is understood, for comparing it with others."""

    def raw_accounts(self, domain: str) -> AsyncIterator[RawAccount | Finding]:
        """Yield a domain's accounts as the source has them."""

    async def raw_domain(self, domain: str) -> RawDomain:
        """Return a domain's own settings as the source has them."""


@asynccontextmanager
async def open_source(source: Source) -> AsyncIterator[RawSourceReader]:
    """Open the best reader that the site file declares, and close it at the end.

    Raises:
        SternaError: with scope SERVER or above: the source cannot be reached, trusted, logged in to, or is no tree.
    """
    if source.cli is not None:
        async with SourceServer.open(source) as server:
            yield server
    elif source.tree is not None:
        async with TreeServer.open(source.tree) as tree:
            yield tree
    else:
        raise NoCliError
