"""The one connection that a worker of a survey needs: to the source's IMAP."""

from __future__ import annotations

from sterna.imap.reader import MailboxReader
from sterna.migration.access import open_reader, prefix_for
from sterna.model.address import Address
from sterna.site.declaration import Access, Site


class Readers:
    """One worker's connection to the source, opened when first needed."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._reader: MailboxReader | None = None

    async def reader(self, address: Address) -> tuple[MailboxReader, bytes]:
        """Return a reader of the account's mailboxes and the prefix of their names.

        With `Access.TILDE` one login serves all accounts; with `Access.AUTHORIZE` each account has its own.
        """
        if self._site.source.imap.access is Access.AUTHORIZE:
            await self.drop()
        if self._reader is None:
            self._reader, _ = await open_reader(self._site, address)
        return self._reader, prefix_for(self._site, address)

    async def reach(self, address: Address) -> None:
        """Open it."""
        await self.reader(address)

    async def drop(self) -> None:
        """Close it."""
        reader, self._reader = self._reader, None
        if reader is not None:
            await reader.close()
