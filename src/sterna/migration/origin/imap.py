"""Any IMAP server as a source: its accounts stand in a file, everything else is read by IMAP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from sterna.imap.reader import MailboxReader
from sterna.migration.access import open_connection, prefix_of
from sterna.migration.origin.ports import Besides, MailReader
from sterna.migration.tokens import Tokens
from sterna.migration.workers import UnknownAccountError
from sterna.model.address import Address
from sterna.model.mailbox import MailboxName
from sterna.site.accounts import SourceAccount, read_accounts
from sterna.site.declaration import Access, Site


class ImapOrigin:
    """One IMAP server and the accounts on it."""

    def __init__(self, site: Site, accounts: Mapping[Address, SourceAccount]) -> None:
        self._imap = site.source.imap
        self._accounts = accounts
        oauth = site.source.imap.oauth
        self._tokens = Tokens(oauth) if oauth is not None else None

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
        return MailboxReader(await open_connection(self._imap, self._accounts[address], self._tokens))

    def prefix(self, address: Address) -> bytes:
        """Return ``~login/``, or nothing."""
        return prefix_of(self._imap, self._accounts[address].login)

    async def subscriptions(self, address: Address, reader: MailReader) -> frozenset[MailboxName]:
        """Return what LSUB tells."""
        return frozenset(box.name for box in await reader.subscribed(self.prefix(address)))

    async def besides(self, address: Address, reader: MailReader) -> Besides:
        """Return what IMAP tells."""
        return Besides(await self.subscriptions(address, reader))

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
