"""How everybody's mail is reached on the source by IMAP: the ways that `declaration.Access` names."""

from __future__ import annotations

from typing import ClassVar

from sterna.errors import Scope, SternaError
from sterna.imap.connection import Connection
from sterna.imap.reader import MailboxReader
from sterna.model.address import Address
from sterna.model.secret import Secret
from sterna.site.accounts import SourceAccount
from sterna.site.declaration import Access, Site, SourceImap
from sterna.site.secrets import read_secret


class NoSecretError(SternaError):
    """An account is to log in itself, and the file of accounts holds no secret of it."""

    scope: ClassVar[Scope] = Scope.ACCOUNT
    exit_code: ClassVar[int] = 78  # EX_CONFIG

    def __init__(self, address: Address) -> None:
        self.address = address
        super().__init__(
            f"{address} has no password: give it one in the file source.accounts (column password or password_file)"
        )


async def open_reader(site: Site, address: Address) -> tuple[MailboxReader, bytes]:
    """Connect to the source and return a reader of the account's mailboxes, and the prefix that their names need there.

    With `Access.TILDE` the reader serves every account, each under its own `prefix_for`. The caller closes it.

    Raises:
        SecretFileError: the administrator's password cannot be read.
        ConnectError, TlsError: the server does not answer, or is not trusted.
        LoginError: it refuses the administrator, or (`Access.AUTHORIZE`) to let the administrator act for the account.
    """
    account = SourceAccount(address, str(address))
    return MailboxReader(await open_connection(site.source.imap, account)), prefix_for(site, address)


async def open_connection(imap: SourceImap, account: SourceAccount) -> Connection:
    """Connect to the source and log in, so that the account's mailboxes can be read. The caller closes it.

    Raises:
        NoSecretError: it has none of its own and needs one.
        SecretFileError, ConnectError, TlsError, LoginError: as for `open_reader`.
    """
    user, secret, authorize_as = _login(imap, account)
    connection = await Connection.open(imap)
    try:
        await connection.login(user, secret, authorize_as=authorize_as)
    except BaseException:
        await connection.close()
        raise
    return connection


def prefix_for(site: Site, address: Address) -> bytes:
    """Return what stands before the account's mailbox names on the source's wire: ``~user@domain/`` or nothing."""
    return prefix_of(site.source.imap, str(address))


def prefix_of(imap: SourceImap, login: str) -> bytes:
    """Return what stands before the mailbox names of the account that is called `login` on the source."""
    return f"~{login}/".encode() if imap.access is Access.TILDE else b""


def _login(imap: SourceImap, account: SourceAccount) -> tuple[str, Secret, str | None]:
    """Return who logs in, with what, and as whom."""
    if imap.access is Access.PASSWORD:
        secret = account.secret()
        if secret is None:
            raise NoSecretError(account.address)
        return account.login, secret, None
    user, password_file = imap.administrator
    password = read_secret(password_file)
    match imap.access:
        case Access.MASTER:
            return imap.login_as.replace("{account}", account.login).replace("{user}", user), password, None
        case Access.AUTHORIZE:
            return user, password, account.login
        case Access.TILDE:
            return user, password, None
