"""How everybody's mail is reached on the source by IMAP: the ways that `declaration.Access` names."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar, Final

from sterna.errors import Scope, SternaError
from sterna.imap.authentication import AccountLoginError, Credentials
from sterna.imap.connection import Connection
from sterna.imap.content import Keep
from sterna.imap.reader import MailboxReader
from sterna.imap.spool import in_folder
from sterna.migration.tokens import Tokens
from sterna.model.address import Address
from sterna.model.secret import Secret
from sterna.site.accounts import SourceAccount
from sterna.site.declaration import Access, Grant, Site, SourceImap
from sterna.site.secrets import read_secret

SPOOL: Final = "spool"
"""Folder below the site's state folder where large messages are kept while they pass."""


class NoSecretError(SternaError):
    """An account is to log in itself, and the file of accounts holds no secret of it."""

    scope: ClassVar[Scope] = Scope.ACCOUNT
    exit_code: ClassVar[int] = 78  # EX_CONFIG

    def __init__(self, address: Address) -> None:
        self.address = address
        super().__init__(
            f"{address} has no secret: give it one in the file source.accounts (column password or password_file)"
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
    connection = await open_connection(site.source.imap, account, keep=keep_large(site))
    return MailboxReader(connection), prefix_for(site, address)


def keep_large(site: Site) -> Keep:
    """Return what keeps messages that are too large for memory while they pass, below the site's state folder.

    Raises:
        SpoolError: the folder cannot be made.
    """
    return in_folder(site.state_dir / SPOOL)


async def open_connection(
    imap: SourceImap, account: SourceAccount, tokens: Tokens | None = None, keep: Keep | None = None
) -> Connection:
    """Connect to the source and log in, so that the account's mailboxes can be read. The caller closes it.

    Args:
        imap: where, and how.
        account: whose mailboxes.
        tokens: where access tokens come from; needed for mechanisms that take them.
        keep: keeps messages that are too large for memory; without it they are in memory.

    Raises:
        NoSecretError: it has none of its own and needs one.
        SecretFileError, TokenError: what it logs in with cannot be had.
        ConnectError, TlsError: the server does not answer, or is not trusted.
        LoginError: it refuses; its scope says whom that concerns.
    """
    credentials = credentials_of(imap, account)
    if not imap.mechanism.takes_token:
        return await _connected(imap, credentials, keep)
    if tokens is None:
        raise ValueError("a mechanism that takes tokens needs somewhere to have them from")
    refresh = credentials.secret if credentials.secret.reveal() else None
    token = await tokens.token(account.login, refresh)
    try:
        return await _connected(imap, replace(credentials, secret=token), keep)
    except AccountLoginError:  # it may have been taken back; a fresh one is refused for a better reason
        again = await tokens.token(account.login, refresh, refused=token)
        return await _connected(imap, replace(credentials, secret=again), keep)


async def _connected(imap: SourceImap, credentials: Credentials, keep: Keep | None) -> Connection:
    connection = await Connection.open(imap, keep=keep)
    try:
        await connection.log_in(credentials)
        if imap.compress:
            await connection.compress()
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


def credentials_of(imap: SourceImap, account: SourceAccount) -> Credentials:
    """Return who logs in, with what, and as whom; with access tokens the secret is what stands for the account's.

    Raises:
        NoSecretError, SecretFileError: what it logs in with cannot be had.
    """
    if imap.access is Access.PASSWORD:
        secret = account.secret()
        if secret is None and imap.oauth is not None and imap.oauth.grant is Grant.CLIENT_CREDENTIALS:
            secret = Secret("")
        if secret is None:
            raise NoSecretError(account.address)
        return Credentials(account.login, secret, mechanism=imap.mechanism, one_account=True)
    user, password_file = imap.administrator
    password = read_secret(password_file)
    match imap.access:
        case Access.MASTER:
            name = imap.login_as.replace("{account}", account.login).replace("{user}", user)
            return Credentials(name, password, mechanism=imap.mechanism, one_account=True)
        case Access.AUTHORIZE:
            return Credentials(user, password, account.login, imap.mechanism)
        case Access.TILDE:
            return Credentials(user, password, mechanism=imap.mechanism)
