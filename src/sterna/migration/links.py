"""The connections of one worker: to the source's IMAP and to the target's mail store, opened when first needed."""

from __future__ import annotations

from sterna.cyrus.replication import ReplicationWriter
from sterna.imap.connection import Connection
from sterna.imap.fragments import Limits
from sterna.imap.writer import AppendWriter
from sterna.migration.copy.append.opening import open_appender
from sterna.migration.manners.overseer import Overseer
from sterna.migration.manners.polite import PoliteWriter, polite
from sterna.migration.origin.ports import MailReader, Origin
from sterna.model.address import Address
from sterna.site.declaration import Site
from sterna.site.secrets import read_secret

MAX_REPLY_LINE = 1 << 30
"""Longest line taken from the target, in bytes: a mailbox's records arrive as one, about 150 bytes for each message."""


async def open_writer(site: Site, overseer: Overseer | None = None) -> tuple[Connection, ReplicationWriter]:
    """Connect to the target's mail store as its administrator and make sure that it takes the replication commands.

    Args:
        site: the target is part of it.
        overseer: whose manners the writer is to have.

    Raises:
        ConnectError, TlsError, LoginError: as for any connection.
        NotAReplicationTargetError: it is no Cyrus that we may write to in this way.
        OnHostError: messages are to be brought as files, and this is not the mail store.
    """
    imap = site.target.imap
    password = read_secret(imap.password_file)
    connection = await Connection.open(imap, Limits(line_bytes=MAX_REPLY_LINE))
    try:
        await connection.login(imap.user, password)
        writer = PoliteWriter(connection, overseer) if overseer else ReplicationWriter(connection)
        await writer.probe()
        if overseer is not None and imap.spool is not None:
            await writer.stage_by_files(imap.partition.encode("ascii"), imap.spool)
    except BaseException:
        await connection.close()
        raise
    return connection, writer


class Links:
    """One worker's connections. After any failure on one of them call `drop`: the next use opens new ones.

    With an `overseer` they have its manners.
    """

    def __init__(self, site: Site, origin: Origin, overseer: Overseer | None = None) -> None:
        self._site = site
        self._origin = origin
        self._overseer = overseer
        self._address: Address | None = None
        self._reader: MailReader | None = None
        self._target: tuple[Connection, ReplicationWriter] | None = None
        self._appender: tuple[Address, AppendWriter] | None = None

    async def reader(self, address: Address) -> tuple[MailReader, bytes]:
        """Return a reader of the account's mailboxes and the prefix of their names."""
        if self._reader is not None and address != self._address and not self._origin.one_login:
            await self._reader.close()
            self._reader = None
        if self._reader is None:
            reader = await self._origin.open(address)
            self._reader = polite(reader, self._overseer) if self._overseer else reader
        self._address = address
        return self._reader, self._origin.prefix(address)

    async def writer(self) -> ReplicationWriter:
        """Return the writer to the target."""
        if self._target is None:
            self._target = await open_writer(self._site, self._overseer)
        return self._target[1]

    @property
    def appends(self) -> bool:
        """Whether the target is only known to speak IMAP, so that there is an `appender` and no `writer`."""
        return self._site.target.product == "imap"

    async def appender(self, address: Address) -> AppendWriter:
        """Return the writer to a target that is only known to speak IMAP, logged in for one account."""
        if self._appender is not None and self._appender[0] != address:
            await self._appender[1].close()
            self._appender = None
        if self._appender is None:
            self._appender = (address, await open_appender(self._site, address, self._overseer))
        return self._appender[1]

    async def renew_writer(self) -> ReplicationWriter:
        """Connect to the target anew; the source's connection stays as it is."""
        if self._target is not None:
            await self._target[0].close()
            self._target = None
        return await self.writer()

    async def reach(self, address: Address) -> None:
        """Open both."""
        await self.reader(address)
        if self.appends:
            await self.appender(address)
        else:
            await self.writer()

    async def drop(self) -> None:
        """Close whatever is open."""
        reader, target, appender = self._reader, self._target, self._appender
        self._reader = self._target = self._appender = None
        if appender is not None:
            await appender[1].close()
        if reader is not None:
            await reader.close()
        if target is not None:
            await target[0].close()
            target[1].leave()


def links_at_a_time(site: Site, origin: Origin) -> int:
    """Return how many accounts may be worked on together: each has one connection to either side."""
    return min(site.policy.parallel_accounts, origin.connections, site.target.connections)
