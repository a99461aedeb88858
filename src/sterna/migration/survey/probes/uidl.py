"""How the old server makes POP3's unique-ids (UIDL, RFC 1939 section 7): those of a few accounts beside their UIDs.

By POP3 only the list is asked for, so that nothing is marked as read; by IMAP the INBOX is opened for reading only.
"""

from __future__ import annotations

import asyncio
import poplib
from collections.abc import Mapping, Sequence

from sterna.errors import Scope, SternaError
from sterna.imap.connection import Connection
from sterna.imap.reader import MailboxReader
from sterna.imap.tls import client_context
from sterna.migration.survey.probes.seen import UidlSeen
from sterna.model.address import Address
from sterna.model.secret import Secret
from sterna.model.uidl import recognise
from sterna.site.declaration import SourceImap, SourcePop3, Tls

TRIED = 5
"""With at most so many accounts, until one has mail."""


async def probe_uidl(
    pop3: SourcePop3, imap: SourceImap, accounts: Sequence[Address], passwords: Mapping[Address, Secret]
) -> UidlSeen:
    """Return what form the unique-ids have.

    Args:
        pop3: the source's.
        imap: the source's.
        accounts: to be tried first, where their password is known.
        passwords: those that the CLI told.
    """
    known = [address for address in accounts if address in passwords]
    known += [address for address in passwords if address not in known]
    trouble = "the CLI tells no password of an account that may log in"
    for address in known[:TRIED]:
        try:
            uidls = await asyncio.to_thread(_uidls, pop3, str(address), passwords[address])
            uidvalidity, uids = await _uids(imap, address, passwords[address])
        except (poplib.error_proto, OSError) as error:
            trouble = f"{address}: {error}"
        except SternaError as error:
            if error.scope is Scope.RUN:
                raise
            trouble = f"{address}: {error}"
        else:
            if uidls:
                form = recognise(uidvalidity, uids, uidls)
                return UidlSeen(form.value if form else "", uidls[0], len(uidls), str(address))
            trouble = "the accounts that were tried have no mail"
    return UidlSeen(trouble=trouble)


def _uidls(server: SourcePop3, user: str, password: Secret) -> list[str]:
    """Return an account's unique-ids, in the order of its messages."""
    context = None if server.tls is Tls.NONE else client_context(server)
    client: poplib.POP3
    if server.tls is Tls.TLS:
        client = poplib.POP3_SSL(server.host, server.port, timeout=server.timeout_s, context=context)
    else:
        client = poplib.POP3(server.host, server.port, timeout=server.timeout_s)
    try:
        if server.tls is Tls.STARTTLS:
            client.stls(context)
        client.user(user)
        client.pass_(password.reveal())
        _, rows, _ = client.uidl()
        return [row.decode("ascii", "backslashreplace").partition(" ")[2].strip() for row in rows]
    finally:
        client.close()


async def _uids(imap: SourceImap, address: Address, password: Secret) -> tuple[int, list[int]]:
    """Return the INBOX's UIDVALIDITY and UIDs."""
    async with await Connection.open(imap) as connection:
        await connection.login(str(address), password)
        reader = MailboxReader(connection)
        state = await reader.examine(b"INBOX")
        return state.uidvalidity, list(await reader.uids())
