"""The old server as one reader: domains, accounts, forwarders, groups, lists and mailboxes, with findings.

Everything comes from the CLI by commands that only read. Accounts are read as a stream, a few at a time by several
connections, so the number of accounts costs time and no memory.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace

from sterna.communigate.account_decoder import decode_account
from sterna.communigate.account_reader import AccountReader
from sterna.communigate.address_reader import AddressReader
from sterna.communigate.commands import ReadCommand as Word
from sterna.communigate.connection_errors import NO_ANSWER, CommandRefusedError, NoRightError
from sterna.communigate.domain_decoder import decode_domain, decode_server
from sterna.communigate.domain_reader import DomainReader
from sterna.communigate.enquiry import Enquiry
from sterna.communigate.keys import clean
from sterna.communigate.listing import account_names
from sterna.communigate.mailbox_decoder import mailbox_paths
from sterna.communigate.mailboxes import read_mailboxes
from sterna.communigate.names import NameEncoding, guess_name_encoding, is_foreign, mailbox_name
from sterna.communigate.pool import CliPool, together
from sterna.communigate.raw import RawAccount, RawDefaults, RawDomain
from sterna.communigate.read import MailboxUse, Read
from sterna.communigate.router import decode_routes
from sterna.communigate.unknown_commands import unknown_commands
from sterna.communigate.values import Value, as_text, texts
from sterna.model.account import Account, Domain, Forwarder, Group
from sterna.model.address import Address, AddressError
from sterna.model.finding import Finding, Outcome
from sterna.model.lists import MailingList
from sterna.model.mailbox import MailboxName
from sterna.model.routes import Route
from sterna.site.declaration import Source

__all__ = ["MailboxUse", "NameEncoding", "Read", "SourceServer"]

_AT_A_TIME = 32
"""Accounts read together before they are handed out."""


class SourceServer:
    """A CommuniGate server, read by its CLI. Open it with ``async with SourceServer.open(site.source)``.

    `name_encoding` is how mailbox names are spelt in the CLI's answers. While it is None each account's own names
    decide; set it when they have been compared with IMAP's (`sterna.communigate.names.choose_name_encoding`).
    """

    def __init__(self, pool: CliPool, *, name_encoding: NameEncoding | None = None) -> None:
        self.name_encoding = name_encoding
        self._utf8_seen = False  # a name that can only be UTF-8: then all are
        self._enquiry = Enquiry(pool)
        self._defaults: dict[tuple[str, bool], RawDefaults] = {}

    @classmethod
    @asynccontextmanager
    async def open(
        cls, source: Source, *, connections: int | None = None, name_encoding: NameEncoding | None = None
    ) -> AsyncIterator[SourceServer]:
        """Connect, log in, and close at the end; `connections` at most, by default as many as the site declares.

        Raises:
            SternaError: as `CliConnection.connect`.
        """
        pool = CliPool(source.cli, connections)
        try:
            await pool.connect()
            yield cls(pool, name_encoding=name_encoding)
        finally:
            await pool.close()

    async def main_domain(self) -> str:
        """Return the name of the domain that accounts without a domain are in."""
        return (as_text(await self._must(Word.MAINDOMAINNAME)) or "").lower()

    async def domains(self) -> list[Domain]:
        """Return all domains, the main one first.

        Raises:
            NoRightError: the login may not see them.
        """
        main = await self.main_domain()
        names = {main, *(name.lower() for name in texts(await self._must(Word.LISTDOMAINS)))}
        return [await self._domain(name, name == main) for name in sorted(names, key=lambda name: (name != main, name))]

    async def addresses(self, domain: str) -> list[Address]:
        """Return the addresses of a domain's accounts without reading these; names that cannot be one are left out."""
        pages = [names async for names in account_names(self._enquiry, domain)]
        found = (_address(name, domain) for names in pages for name, _ in names)
        return [address for address in found if isinstance(address, Address)]

    async def accounts(self, domain: str) -> AsyncIterator[Read[Account]]:
        """Yield a domain's accounts; one that is gone or cannot be read is a finding without a value."""
        async for raw in self.raw_accounts(domain):
            yield self._decoded(raw)

    async def raw_accounts(self, domain: str) -> AsyncIterator[RawAccount | Finding]:
        """Yield the same as the server tells them."""
        seen: set[int] = set()  # hashes, for domains of a million accounts
        async for names in account_names(self._enquiry, domain, at_a_time=_AT_A_TIME):
            for raw in await together(self._account(name, domain, kind, seen) for name, kind in names):
                yield raw

    async def account(self, address: Address) -> Read[Account]:
        """Return one account; one that is gone or cannot be read is a finding without a value."""
        return self._decoded(await self.raw_account(address))

    async def raw_account(self, address: Address) -> RawAccount | Finding:
        """Return the same as the server tells it."""
        return await AccountReader(self._enquiry, self._inherited, address).read()

    async def forwarders(self, domain: str) -> list[Read[Forwarder]]:
        """Return a domain's forwarders."""
        reader = AddressReader(self._enquiry, domain)
        return await reader.each("forwarder", Word.LISTFORWARDERS, reader.forwarder)

    async def groups(self, domain: str) -> list[Read[Group]]:
        """Return a domain's groups."""
        reader = AddressReader(self._enquiry, domain)
        return await reader.each("group", Word.LISTGROUPS, reader.group)

    async def lists(self, domain: str) -> list[Read[MailingList]]:
        """Return a domain's mailing lists."""
        reader = AddressReader(self._enquiry, domain)
        return await reader.each("list", Word.LISTLISTS, reader.mailing_list)

    async def mailboxes(self, address: Address) -> dict[MailboxName, MailboxUse]:
        """Return an account's mailboxes that hold messages.

        Raises:
            CommandRefusedError, DataFormatError: with scope ACCOUNT.
        """
        raw = await self.raw_mailboxes(address)
        encoding = self._encoding(raw)
        return {mailbox_name(path, encoding): use for path, use in raw.items()}

    async def raw_mailboxes(self, address: Address) -> dict[str, MailboxUse]:
        """Return the same by the names as the CLI spells them."""
        answer = await self._enquiry.ask(Word.LISTMAILBOXES, about=(str(address),))
        return {mailbox.path: mailbox.use for mailbox in read_mailboxes(answer)}

    async def subscriptions(self, address: Address) -> list[MailboxName]:
        """Return the account's own mailboxes that it has subscribed to, also those that are gone.

        Raises:
            CommandRefusedError, DataFormatError: with scope ACCOUNT.
        """
        words = (Word.GETMAILBOXSUBSCRIPTION, Word.GETACCOUNTSUBSCRIPTION)
        paths = texts(await self._enquiry.ask(*words, about=(str(address),)))
        encoding = self._encoding(paths)
        return [mailbox_name(path, encoding) for path in paths if not is_foreign(path)]

    async def routes(self) -> list[Read[Route]]:
        """Return the lines of the router table; one of a form that is not known is a finding without a value."""
        try:
            table = await self._enquiry.ask(Word.GETROUTERTABLE)
        except NO_ANSWER:
            return []  # `server_findings` tells it
        return decode_routes(table, await self.main_domain())

    async def domain_findings(self, domain: str) -> tuple[Finding, ...]:
        """Return what a domain's own settings and rules do that the target will not."""
        return decode_domain(await self.raw_domain(domain)).findings

    async def raw_domain(self, domain: str) -> RawDomain:
        """Return what the server tells of a domain."""
        return await DomainReader(self._enquiry).domain(domain)

    async def server_findings(self) -> tuple[Finding, ...]:
        """Return what server-wide settings and rules do that the target will not, and what could not be asked.

        Ask it last: it also names the commands that this server turned out not to have.
        """
        findings = decode_server(await DomainReader(self._enquiry).server())
        return (*findings, *unknown_commands(self._enquiry))

    async def _domain(self, name: str, main: bool) -> Domain:
        aliases = await self._must(Word.GETDOMAINALIASES, name)
        raw = replace(await DomainReader(self._enquiry).policy(name), aliases=aliases, main=main)
        return decode_domain(raw).value or Domain(name, main=main)

    async def _account(self, name: str, domain: str, kind: str, seen: set[int]) -> RawAccount | Finding:
        address = _address(name, domain)
        if isinstance(address, Finding):
            return address
        if hash(address.local) in seen:
            why = "a second account of the same name in this domain; it is not read"
            todo = "see on the source which one is in use"
            return clean(Finding("account", str(address), Outcome.UNREADABLE, f"account {name}", why, todo))
        seen.add(hash(address.local))
        return await AccountReader(self._enquiry, self._inherited, address, kind).read()

    def _decoded(self, raw: RawAccount | Finding) -> Read[Account]:
        if isinstance(raw, Finding):
            address = _address(raw.object, "")  # the name of an account, or a finding when it is none
            return Read(None, (raw,), address=address if isinstance(address, Address) else None)
        return decode_account(raw, self._encoding(mailbox_paths(raw)))

    async def _inherited(self, domain: str, settings: bool) -> RawDefaults:
        key = (domain, settings)
        if key not in self._defaults:
            self._defaults[key] = await DomainReader(self._enquiry).inherited(domain, settings=settings)
        return self._defaults[key]

    async def _must(self, word: Word, *about: Value) -> Value:
        try:
            return await self._enquiry.ask(word, about=about)
        except CommandRefusedError as error:
            raise NoRightError(error) from error

    def _encoding(self, paths: Iterable[str]) -> NameEncoding:
        if self.name_encoding is not None:
            return self.name_encoding
        guess = guess_name_encoding(paths)
        self._utf8_seen = self._utf8_seen or guess is NameEncoding.UTF8
        return NameEncoding.UTF8 if self._utf8_seen or guess is None else guess


def _address(name: str, domain: str) -> Address | Finding:
    try:
        return Address.parse(name, domain=domain)
    except AddressError as error:
        todo = "rename the account on the source"
        return clean(Finding("account", f"{name}@{domain}", Outcome.UNREADABLE, "account", str(error), todo))
