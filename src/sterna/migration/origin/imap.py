"""Any IMAP server as a source: its accounts stand in a file, everything else is read by IMAP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

from sterna.imap.comments import Comments, comments
from sterna.imap.connection import Connection
from sterna.imap.enquiry import Asked, Storage, access_lists, storage
from sterna.imap.labels import CAPABILITY, LabelReader
from sterna.imap.reader import MailboxReader
from sterna.imap.servers import Habit, recognised
from sterna.migration.access import keep_large, open_connection, prefix_of
from sterna.migration.copy.furniture import Furniture
from sterna.migration.origin.ports import Besides, MailReader
from sterna.migration.origin.told import told
from sterna.migration.selection import declared
from sterna.migration.tokens import Tokens
from sterna.migration.workers import UnknownAccountError
from sterna.model.address import Address
from sterna.model.mailbox import INBOX, ListedMailbox, MailboxName
from sterna.site.accounts import SourceAccount, read_accounts
from sterna.site.declaration import Access, Site


@runtime_checkable
class _AskedReader(MailReader, Asked, Protocol):
    """A reader by IMAP, whatever stands before it."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What one account has besides mail.

    Fields:
        storage: None where the server does not tell of limits.
        listed: its mailboxes.
        habits: of the server.
    """

    furniture: Furniture
    storage: Storage | None
    listed: tuple[ListedMailbox, ...]
    habits: Habit = Habit.NONE


class ImapOrigin:
    """One IMAP server and the accounts on it."""

    def __init__(self, site: Site, accounts: Mapping[Address, SourceAccount]) -> None:
        self._site = site
        self._imap = site.source.imap
        self._accounts = accounts
        oauth = site.source.imap.oauth
        self._tokens = Tokens(oauth) if oauth is not None else None
        self._taken = declared(site.selection).takes_mailbox
        self._names = {each.login.lower(): each.address for each in accounts.values()}
        self._names |= {str(address): address for address in accounts}

    @property
    def one_login(self) -> bool:
        """The administrator reads ``~account/``; otherwise each account has a login."""
        return self._imap.access is Access.TILDE

    @property
    def connections(self) -> int:
        """As declared."""
        return self._imap.connections

    async def addresses(self, accounts: Sequence[str] | None) -> list[Address]:
        """Return all accounts of the file, or those named; a name without domain is of the only account called so."""
        if accounts is None:
            return sorted(self._accounts)
        return sorted({self._named(name) for name in accounts})

    async def open(self, address: Address) -> MailReader:
        """Return a reader of the account's mailboxes by IMAP."""
        return self._over(await self._connection(address))

    def prefix(self, address: Address) -> bytes:
        """Return ``~login/``, or nothing."""
        return prefix_of(self._imap, self._accounts[address].login)

    async def subscriptions(self, address: Address, reader: MailReader) -> frozenset[MailboxName] | None:
        """Return what LSUB tells. An administrator who reads ``~account/`` is told of his own only."""
        if self.one_login:
            return None
        return frozenset(box.name for box in await reader.subscribed(self.prefix(address)))

    async def besides(self, address: Address, reader: MailReader) -> Besides:
        """Return what IMAP tells: subscriptions, roles, and rights where the server has access control lists."""
        subscribed = await self.subscriptions(address, reader)
        if not isinstance(reader, _AskedReader):
            return Besides(subscribed)
        return Besides(subscribed, (), (await self._look(address, reader)).furniture)

    async def looked_at(self, address: Address) -> Looked:
        """Log in to one account and return what is known of it besides mail.

        Raises:
            SternaError: it cannot be looked at.
        """
        connection = await self._connection(address)
        known = recognised(connection.greeting, connection.capabilities)
        reader = self._over(connection)
        try:
            return replace(await self._look(address, reader), habits=known.habits)
        finally:
            await reader.close()

    async def _connection(self, address: Address) -> Connection:
        return await open_connection(self._imap, self._accounts[address], self._tokens, keep_large(self._site))

    def _over(self, connection: Connection) -> MailboxReader:
        if CAPABILITY in connection.capabilities and not self.one_login:
            return LabelReader(connection, self._taken)
        return MailboxReader(connection)

    async def _look(self, address: Address, reader: _AskedReader) -> Looked:
        prefix = self.prefix(address)
        listed = await reader.mailboxes(prefix)
        names = [box.name for box in listed if box.selectable]
        wires = [prefix + box.wire for box in listed if box.selectable]
        lists = list(zip(names, await access_lists(reader, wires), strict=True))
        inbox = next((prefix + box.wire for box in listed if box.name == INBOX), None)
        use = None if inbox is None else await storage(reader, inbox)
        furniture = told(address, listed, lists, self._names)
        # Who administers the server reads comments of his own, not the account's.
        written = dict(zip(names, await comments(reader, wires), strict=True)) if not self.one_login else {}
        furniture = replace(furniture, comments={name: each for name, each in written.items() if each != Comments()})
        return Looked(furniture, use, tuple(listed))

    def _named(self, name: str) -> Address:
        if "@" in name:
            address = Address.parse(name)
            if address in self._accounts:
                return address
            raise UnknownAccountError([name])
        local = name.strip().lower()
        called = [address for address in self._accounts if address.local == local]
        if len(called) != 1:
            raise UnknownAccountError([name])
        return called[0]


@asynccontextmanager
async def open_imap(site: Site) -> AsyncIterator[ImapOrigin]:
    """Read the file of accounts; connections are opened when they are needed.

    Raises:
        AccountsFileError, SecretFileError: the file of accounts cannot be used.
    """
    if site.source.accounts is None:
        raise ValueError("a source of this product has a file of accounts")
    yield ImapOrigin(site, read_accounts(site.source.accounts))
