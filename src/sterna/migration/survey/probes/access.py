"""Try the ways of reading everybody's mail on a few accounts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from sterna.errors import Scope, SternaError
from sterna.imap.connection import Connection
from sterna.imap.reader import MailboxReader
from sterna.migration.survey.probes.seen import AccessSeen, Works
from sterna.model.address import Address
from sterna.model.secret import Secret
from sterna.site.declaration import Access, SourceImap
from sterna.site.secrets import read_secret

TILDE = "administrator, ~user@domain/"
AUTHORIZE = "administrator on behalf of the user (SASL PLAIN authorization identity)"
PASSWORDS = "each user's own password, as the CLI tells it"


async def probe_access(
    imap: SourceImap, accounts: Sequence[Address], passwords: Mapping[Address, Secret]
) -> tuple[AccessSeen, ...]:
    """Try each way on `accounts`, which have mail.

    Args:
        imap: the source's IMAP.
        accounts: few; each is tried in each way.
        passwords: those that the CLI told, of any accounts.
    """
    user, password_file = imap.administrator
    admin = read_secret(password_file)
    with_password = [address for address in passwords if address in set(accounts)] or list(passwords)[: len(accounts)]

    async def tilde(address: Address) -> None:
        async with await Connection.open(imap) as connection:
            await connection.login(user, admin)
            await _read_inbox(connection, f"~{address}/".encode())

    async def authorize(address: Address) -> None:
        async with await Connection.open(imap) as connection:
            await connection.login(user, admin, authorize_as=str(address))
            await _read_inbox(connection, b"")

    async def password(address: Address) -> None:
        async with await Connection.open(imap) as connection:
            await connection.login(str(address), passwords[address])
            await _read_inbox(connection, b"")

    return (
        await _try(TILDE, Access.TILDE.value, accounts, tilde),
        await _try(AUTHORIZE, Access.AUTHORIZE.value, accounts, authorize),
        await _try(PASSWORDS, "", with_password, password, "the CLI tells no password of an account that may log in"),
    )


async def _try(
    name: str,
    setting: str,
    accounts: Sequence[Address],
    way: Callable[[Address], Awaitable[None]],
    nobody: str = "no account has mail",
) -> AccessSeen:
    """Return whether `way` works for all of `accounts`; the first refusal ends it."""
    for number, address in enumerate(accounts, 1):
        try:
            await way(address)
        except SternaError as error:
            if error.scope is Scope.RUN:
                raise
            return AccessSeen(name, setting, Works.NO, number, f"{address}: {error}")
    if not accounts:
        return AccessSeen(name, setting, Works.UNTRIED, 0, nobody)
    said = f"with {', '.join(map(str, accounts))}"
    return AccessSeen(name, setting, Works.YES, len(accounts), said)


async def _read_inbox(connection: Connection, prefix: bytes) -> None:
    """List the account's mailboxes and open its INBOX for reading.

    Raises:
        CommandError: the server does not let us.
    """
    reader = MailboxReader(connection)
    listed = await reader.mailboxes(prefix)
    inbox = next((mailbox.wire for mailbox in listed if mailbox.name == ("INBOX",)), b"INBOX")
    await reader.examine(prefix + inbox)
