"""How one login reads everybody's mail on the source: the two ways that `declaration.Access` names."""

from __future__ import annotations

from typing import Final

from sterna.imap.connection import Connection
from sterna.imap.reader import MailboxReader
from sterna.imap.spool import in_folder
from sterna.model.address import Address
from sterna.site.declaration import Access, Site
from sterna.site.secrets import read_secret

SPOOL: Final = "spool"
"""Folder below the site's state folder where large messages are kept while they pass."""


async def open_reader(site: Site, address: Address) -> tuple[MailboxReader, bytes]:
    """Connect to the source and return a reader of the account's mailboxes, and the prefix that their names need there.

    With `Access.TILDE` the reader serves every account, each under its own `prefix_for`. The caller closes it.

    Raises:
        SecretFileError: the administrator's password cannot be read.
        ConnectError, TlsError: the server does not answer, or is not trusted.
        LoginError: it refuses the administrator, or (`Access.AUTHORIZE`) to let the administrator act for the account.
    """
    imap = site.source.imap
    password = read_secret(imap.password_file)
    connection = await Connection.open(imap, keep=in_folder(site.state_dir / SPOOL))
    try:
        await connection.login(
            imap.user, password, authorize_as=str(address) if imap.access is Access.AUTHORIZE else None
        )
    except BaseException:
        await connection.close()
        raise
    return MailboxReader(connection), prefix_for(site, address)


def prefix_for(site: Site, address: Address) -> bytes:
    """Return what stands before the account's mailbox names on the source's wire: ``~user@domain/`` or nothing."""
    match site.source.imap.access:
        case Access.TILDE:
            return f"~{address}/".encode()
        case Access.AUTHORIZE:
            return b""
