"""All probes, one after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial

from sterna.communigate.commands import Command, ReadCommand
from sterna.communigate.connection import CliConnection
from sterna.errors import Scope, SternaError
from sterna.migration.survey.probes.access import probe_access
from sterna.migration.survey.probes.load import probe_load
from sterna.migration.survey.probes.said import ask_imap, timed
from sterna.migration.survey.probes.seen import Latency, Probed, Verbatim
from sterna.migration.survey.probes.tls import IMAP, POP3, ask_pop3, look_at_tls
from sterna.migration.survey.probes.uidl import probe_uidl
from sterna.model.address import Address
from sterna.model.secret import Secret
from sterna.site.declaration import Site, SourceCli


async def probe(site: Site, accounts: Sequence[Address], passwords: Mapping[Address, Secret]) -> Probed:
    """Return how the source can be reached; what does not work is in the result.

    Args:
        site: whose source.
        accounts: a few that have mail.
        passwords: those that the CLI told.
    """
    source = site.source
    verbatim: list[Verbatim] = []
    latency: list[Latency] = []
    try:
        said, took = await ask_imap(source.imap, accounts[0] if accounts else None)
        verbatim += said
        latency.append(took)
    except SternaError as error:
        _only_here(error)
        verbatim.append(Verbatim("IMAP", (f"({error})",)))
    looks = [partial(look_at_tls, source.imap, "source.imap", IMAP)]
    if source.cli is not None:
        greeting, took = await _cli(source.cli)
        verbatim.append(greeting)
        latency.append(took)
        looks.append(partial(look_at_tls, source.cli, "source.cli", IMAP))
    if source.pop3 is not None:
        verbatim.append(await asyncio.to_thread(ask_pop3, source.pop3))
        looks.append(partial(look_at_tls, source.pop3, "source.pop3", POP3))
    return Probed(
        access=await probe_access(source.imap, accounts, passwords),
        tls=tuple([await asyncio.to_thread(each) for each in looks]),
        verbatim=tuple(verbatim),
        latency=tuple(latency),
        load=await probe_load(source.imap),
        uidl=await probe_uidl(source.pop3, source.imap, accounts, passwords) if source.pop3 is not None else None,
    )


async def _cli(server: SourceCli) -> tuple[Verbatim, Latency]:
    connection = CliConnection(server)
    try:
        await connection.connect()
        question = Command(ReadCommand.MAINDOMAINNAME, ())
        took = await timed("CLI (MAINDOMAINNAME)", lambda: connection.ask(question))
        return Verbatim("CLI greeting", (connection.greeting,)), took
    finally:
        await connection.close()


def _only_here(error: SternaError) -> None:
    """Let pass that one part of the source cannot be used; the report says so."""
    if error.scope is Scope.RUN:
        raise error
