"""A base directory as a reader with the same methods as `sterna.communigate.server.SourceServer`.

What the format of the tree does not tell (aliases, forwarders, groups, lists, other names of domains, the router
table) is empty here, and a finding of each domain says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import islice
from typing import Final

from sterna.communigate.account_decoder import decode_account
from sterna.communigate.domain_decoder import decode_domain, decode_server
from sterna.communigate.mailboxes import read_mailboxes
from sterna.communigate.names import NameEncoding, mailbox_name
from sterna.communigate.raw import RawAccount, RawDomain
from sterna.communigate.read import MailboxUse, Read
from sterna.communigate.tree.layout import AccountPlace
from sterna.communigate.tree.reader import TreeReader
from sterna.model.account import Account, Domain, Forwarder, Group
from sterna.model.address import Address, AddressError
from sterna.model.finding import Finding, Outcome
from sterna.model.lists import MailingList
from sterna.model.mailbox import MailboxName
from sterna.model.routes import Route
from sterna.site.declaration import SourceTree

_AT_A_TIME: Final = 64
"""Accounts read together before they are handed out."""


class TreeServer:
    """A CommuniGate server, read from its files. Open it with ``async with TreeServer.open(site.source.tree)``."""

    def __init__(self, reader: TreeReader) -> None:
        self.name_encoding: NameEncoding | None = NameEncoding.UTF8
        self._reader = reader
        self._places: tuple[str, dict[str, AccountPlace]] = ("", {})
        self._noticed: dict[str, tuple[Finding, ...]] = {}

    @classmethod
    @asynccontextmanager
    async def open(cls, tree: SourceTree) -> AsyncIterator[TreeServer]:
        """Open the tree, and close it at the end.

        Raises:
            TreeUnusableError: it is none.
        """
        reader = await asyncio.to_thread(TreeReader, tree.path, main_domain=tree.main_domain)
        try:
            yield cls(reader)
        finally:
            reader.close()

    async def main_domain(self) -> str:
        """Return the name of the main domain."""
        return self._reader.main_domain

    async def domains(self) -> list[Domain]:
        """Return all domains, the main one first."""
        raws = [await self.raw_domain(name) for name in await asyncio.to_thread(self._reader.domains) if name]
        return [decode_domain(raw).value or Domain(raw.name, main=raw.main) for raw in raws]

    async def addresses(self, domain: str) -> list[Address]:
        """Return the addresses of a domain's accounts without reading these; names that cannot be one are left out."""
        places = await asyncio.to_thread(self._by_name, domain)
        found = (_address(place.name, domain) for place in places.values())
        return [address for address in found if isinstance(address, Address)]

    async def accounts(self, domain: str) -> AsyncIterator[Read[Account]]:
        """Yield a domain's accounts; one that cannot be read is a finding without a value."""
        async for raw in self.raw_accounts(domain):
            yield Read(None, (raw,)) if isinstance(raw, Finding) else decode_account(raw, NameEncoding.UTF8)

    async def raw_accounts(self, domain: str) -> AsyncIterator[RawAccount | Finding]:
        """Yield the same as the files have them."""
        places = iter((await asyncio.to_thread(self._by_name, domain)).values())
        while some := await asyncio.to_thread(self._read, list(islice(places, _AT_A_TIME)), domain):
            for raw in some:
                yield raw

    async def account(self, address: Address) -> Read[Account]:
        """Return one account; one that is gone or cannot be read is a finding without a value."""
        raw = await self.raw_account(address)
        return Read(None, (raw,)) if isinstance(raw, Finding) else decode_account(raw, NameEncoding.UTF8)

    async def raw_account(self, address: Address) -> RawAccount | Finding:
        """Return one account as its files have it."""
        return await self.raw_account_of(address.local, address.domain)

    async def raw_account_of(self, name: str, domain: str) -> RawAccount | Finding:
        """Return the same by name and domain, in whatever case."""
        places = await asyncio.to_thread(self._by_name, domain)
        place = places.get(name.lower())
        if place is None:
            why = "the tree has no files of it"
            return Finding("account", f"{name}@{domain}", Outcome.UNREADABLE, "account", why)
        return await asyncio.to_thread(self._reader.account, place, domain)

    async def forwarders(self, domain: str) -> list[Read[Forwarder]]:  # noqa: ARG002  as readers have it
        """Return none: how they are kept is not published."""
        return []

    async def groups(self, domain: str) -> list[Read[Group]]:  # noqa: ARG002  as readers have it
        """Return none: how they are kept is not published."""
        return []

    async def lists(self, domain: str) -> list[Read[MailingList]]:  # noqa: ARG002  as readers have it
        """Return none: how they are kept is not published."""
        return []

    async def routes(self) -> list[Read[Route]]:
        """Return none: where they are kept is not published."""
        return []

    async def mailboxes(self, address: Address) -> dict[MailboxName, MailboxUse]:
        """Return an account's mailboxes. How many messages are in them is not known."""
        raw = await self.raw_mailboxes(address)
        return {mailbox_name(path, NameEncoding.UTF8): use for path, use in raw.items()}

    async def raw_mailboxes(self, address: Address) -> dict[str, MailboxUse]:
        """Return the same by their paths in UTF-8."""
        raw = await self.raw_account(address)
        if isinstance(raw, Finding):
            return {}
        return {mailbox.path: mailbox.use for mailbox in read_mailboxes(raw.mailboxes)}

    async def subscriptions(self, address: Address) -> list[MailboxName]:  # noqa: ARG002  as readers have it
        """Return none: where they are kept is not published."""
        return []

    async def domain_findings(self, domain: str) -> tuple[Finding, ...]:
        """Return what a domain's own settings do that the target will not, and what a tree does not tell of it."""
        await asyncio.to_thread(self._by_name, domain)
        return (*decode_domain(await self.raw_domain(domain)).findings, *self._noticed.get(domain, ()))

    async def raw_domain(self, domain: str) -> RawDomain:
        """Return what the files say of a domain."""
        return await asyncio.to_thread(self._reader.domain, domain)

    async def server_findings(self) -> tuple[Finding, ...]:
        """Return what is set for the whole server that the target will not have, and what a tree does not tell."""
        return decode_server(await asyncio.to_thread(self._reader.server))

    def _by_name(self, domain: str) -> dict[str, AccountPlace]:
        """Return where a domain's accounts are; of the one that was asked for last this is remembered."""
        if self._places[0] != domain:
            found, notes = self._reader.places(domain)
            places: dict[str, AccountPlace] = {}
            for place in found:
                if place.name.lower() in places:
                    what = f"account {place.name}"
                    why = "a second account of the same name in this domain; it is not read"
                    notes.add(Outcome.UNREADABLE, what, why, "see on the source which one is in use")
                else:
                    places[place.name.lower()] = place
            self._places = (domain, places)
            self._noticed[domain] = tuple(notes.findings)
        return self._places[1]

    def _read(self, places: list[AccountPlace], domain: str) -> list[RawAccount | Finding]:
        return [self._reader.account(place, domain) for place in places]


def _address(name: str, domain: str) -> Address | Finding:
    try:
        return Address.parse(name, domain=domain)
    except AddressError as error:
        todo = "rename the account on the source"
        return Finding("account", f"{name}@{domain}", Outcome.UNREADABLE, "account", str(error), todo)
