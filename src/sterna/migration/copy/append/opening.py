"""Log in to a target that is only known to speak IMAP, for one account."""

from __future__ import annotations

from sterna.errors import Scope, SternaError
from sterna.imap.writer import AppendWriter
from sterna.migration.access import open_connection
from sterna.migration.manners.overseer import Overseer
from sterna.migration.manners.polite import PoliteAppendWriter
from sterna.migration.tokens import Tokens
from sterna.model.address import Address
from sterna.site.accounts import SourceAccount, read_accounts
from sterna.site.declaration import Site, TargetMail


class NoLoginError(SternaError):
    """The file of the target's accounts does not name an account of the source."""

    scope = Scope.ACCOUNT
    exit_code = 78

    def __init__(self, address: Address) -> None:
        self.address = address
        super().__init__("the file target.mail.accounts does not name it; nothing was changed on the target")


def mail_of(site: Site) -> TargetMail:
    """Return the table of such a target; only there where it is one."""
    if site.target.mail is None:
        raise ValueError("the target is none that is only known to speak IMAP")
    return site.target.mail


async def open_appender(site: Site, address: Address, overseer: Overseer | None = None) -> AppendWriter:
    """Connect to the target and log in for one account; the caller closes it. It has the manners of `overseer`.

    Raises:
        NoLoginError, NoSecretError, AccountsFileError, SecretFileError: what it logs in with cannot be had.
        ConnectError, TlsError, LoginError: the server is not there, is not trusted, or refuses.
    """
    mail = mail_of(site)
    account = SourceAccount(address, str(address))
    if mail.accounts is not None:
        known = read_accounts(mail.accounts)
        if address not in known:
            raise NoLoginError(address)
        account = known[address]
    tokens = Tokens(mail.oauth) if mail.oauth is not None else None
    connection = await open_connection(mail, account, tokens)
    return PoliteAppendWriter(connection, overseer) if overseer else AppendWriter(connection)
