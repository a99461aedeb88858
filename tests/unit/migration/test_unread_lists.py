"""Lists whose subscribers the source does not all tell are not brought into Mailman."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import cast

from sterna.communigate.read import Read
from sterna.communigate.server import SourceServer
from sterna.migration.lists import read_lists
from sterna.model.account import Account, Domain
from sterna.model.address import Address
from sterna.model.finding import Outcome
from sterna.model.lists import MailingList
from sterna.site.declaration import Site
from tests.unit.migration.samples import LAB, account, address

NEWS = MailingList(address=address("news"), owner=address("anna"))
STAFF = replace(NEWS, address=address("staff"), complete=False)


class Lists:
    """A source with two lists, of one of which not all is told."""

    async def domains(self) -> Sequence[Domain]:
        return [LAB]

    async def lists(self, domain: str) -> Sequence[Read[MailingList]]:
        return [Read(NEWS), Read(STAFF)] if domain == LAB.name else []

    async def account(self, of: Address) -> Read[Account]:
        return Read(account(of.local))


async def test_a_list_that_is_not_complete_is_left_out_and_said(monkeypatch):
    @asynccontextmanager
    async def opened(_source: object) -> AsyncIterator[Lists]:
        yield Lists()

    monkeypatch.setattr(SourceServer, "open", opened)
    site = SimpleNamespace(source=None, policy=SimpleNamespace(list_domain="{domain}"))
    read = await read_lists(cast("Site", site))
    assert [each.source for each in read.lists] == [address("news")]
    (said,) = [each for each in read.findings if each.outcome is Outcome.UNREADABLE and each.what == "list"]
    assert said.object == "staff@lab.example"
