"""Before a pass: is the target one that keeps mail as it is? Asked once a day, of a user made for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sterna.cyrus.selftest import self_test
from sterna.migration.copy.ports import JournalThread
from sterna.migration.links import open_writer
from sterna.site.declaration import Site
from sterna.state.proved import Proved

VALID_S: Final = 86_400
"""How long a proof holds: the server may be another one, or configured otherwise, after that."""


async def prove_target(site: Site, journal: JournalThread, clock: Callable[[], float]) -> None:
    """Let the target pass its self-test, unless it has just done so.

    Raises:
        SelfTestError: it does not keep mail as it is; nothing may be copied to it.
        SternaError: it is not there, or refuses us.
    """
    imap, now = site.target.imap, int(clock())
    server = f"{imap.host}:{imap.port} {imap.partition}"
    proved = Proved(journal.journal)
    if await journal.call(proved.since, server, now - VALID_S):
        return
    connection, _ = await open_writer(site)
    try:
        await self_test(connection, partition=imap.partition, now=now)
    finally:
        await connection.close()
    await journal.call(proved.add, server, now)
