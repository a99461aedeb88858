"""Read messages again on both sides and compare their bytes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from itertools import zip_longest

from sterna.imap.connection import Connection
from sterna.imap.content import Content, digest
from sterna.imap.reader import MailboxReader
from sterna.imap.spool import in_folder
from sterna.migration.copy.windows import batches
from sterna.migration.origin.ports import MailReader
from sterna.migration.verify.mailbox import Reread
from sterna.model.address import Address
from sterna.model.mailbox import MessageFacts
from sterna.site.declaration import Site
from sterna.site.secrets import read_secret

SPOOL = "spool"
"""Folder below the site's state folder where large messages are kept while they pass."""


async def open_owner(site: Site, address: Address) -> MailboxReader:
    """Connect to the target as the administrator acting for the account: what is read is what its owner reads.

    Raises:
        ConnectError, TlsError: the server does not answer, or is not trusted.
        AuthorizationError: it does not let the administrator act for others (RFC 4616, authorization identity).
    """
    imap = site.target.imap
    connection = await Connection.open(imap, keep=in_folder(site.state_dir / SPOOL))
    try:
        await connection.login(imap.user, read_secret(imap.password_file), authorize_as=str(address))
    except BaseException:
        await connection.close()
        raise
    return MailboxReader(connection)


async def reread(
    source: MailReader, target: MailReader, facts: Mapping[int, MessageFacts], uids: Mapping[int, int]
) -> Reread:
    """Read messages on both sides, a few megabytes at a time; both have the mailbox examined.

    Args:
        source: the source.
        target: the target.
        facts: at least of `uids`; their sizes bound what is in memory.
        uids: the target's UIDs of the messages by the source's, which ascend.
    """
    digests: dict[int, bytes] = {}
    served: dict[int, bytes] = {}
    unequal: set[int] = set()
    for batch in batches([*uids], facts):
        back = {uids[uid]: uid for uid in batch}
        here: dict[int, Content] = {}
        there: dict[int, Content] = {}

        def take(uid: int, content: Content, there: dict[int, Content] = there, back: Mapping[int, int] = back) -> None:
            there[back[uid]] = content

        await asyncio.gather(source.bodies(batch, here.__setitem__), target.bodies(sorted(back), take))
        digests |= {uid: digest(content) for uid, content in here.items()}
        served |= {uid: digest(content) for uid, content in there.items()}
        unequal |= {uid for uid in here.keys() & there.keys() if not same_bytes(here[uid], there[uid])}
    return Reread(frozenset(uids), digests, served, frozenset(unequal))


def same_bytes(one: Content, other: Content) -> bool:
    """Say whether two messages are the same, byte for byte."""
    if isinstance(one, bytes) and isinstance(other, bytes):
        return one == other
    if len(one) != len(other):
        return False
    return all(mine == others for mine, others in zip_longest(_octets(one), _octets(other)))


def _octets(content: Content, size: int = 1 << 16) -> Iterable[bytes]:
    """Yield a message in pieces of equal size, however it is kept."""
    held = b""
    for chunk in (content,) if isinstance(content, bytes) else content.chunks():
        held += chunk
        whole = len(held) - len(held) % size
        for start in range(0, whole, size):
            yield held[start : start + size]
        held = held[whole:]
    if held:
        yield held
