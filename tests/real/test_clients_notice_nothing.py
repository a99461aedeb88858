"""Clients of others that have a full copy from the old server, pointed at the new one, transfer nothing."""

from __future__ import annotations

import pytest

from sterna.lab.source.arrivals import Arrivals
from sterna.migration.apply import apply_plan
from sterna.migration.copy.run import copy_site
from sterna.migration.plan import make_plan
from sterna.site.load import load_site
from tests.real import strangers
from tests.real.clients import CLIENTS, copy_of, servers

pytestmark = [pytest.mark.real, pytest.mark.timeout(120)]

ANNA = "anna@lab.example"


def everything(info) -> dict[str, strangers.SeenMailbox]:
    """All that is on the target, as its owner sees it."""
    with strangers.target_client(info, ANNA) as client:
        return {name: strangers.look(client, full) for name, full in strangers.mailboxes(client).items()}


async def test_clients_with_a_full_copy_from_the_source_transfer_nothing_from_the_target(lab, tmp_path):
    site = load_site(lab.info.site)
    info = lab.info.as_json()
    source, target = servers(info, ANNA)
    life = Arrivals(lab.info.source.ports.imap, lab.info.source.admin_password)
    life.deliver(
        ANNA, ("INBOX",), b"Subject: \xe4 in the header\r\n\r\nno final newline", flags=("\\Flagged", "Wichtig")
    )
    life.deliver(ANNA, ("INBOX",), b"Subject: leaves a gap\r\n\r\n.\r\n")
    life.deliver(ANNA, ("INBOX",), b"Subject: after the gap\r\n\r\n.\r\n", internaldate=1_000_000_000)
    with strangers.source_client(info, ANNA, None) as (client, prefix):
        client.select(f'"{prefix}INBOX"')
        gap = client.uid("SEARCH", "ALL")[1][0].split()[-2]
        client.uid("STORE", gap, "+FLAGS", "(\\Deleted)")
        client.uid("EXPUNGE", gap)
    folders = {name: tmp_path / name.replace(" ", "-") for name in CLIENTS}
    for name, folder in folders.items():
        folder.mkdir()
        CLIENTS[name](folder, source)
    before = {name: copy_of(folder) for name, folder in folders.items()}
    assert all(len(files) >= 10 for files in before.values()), {name: len(files) for name, files in before.items()}

    await apply_plan(site, await make_plan(site))
    report = await copy_site(site, accounts=[ANNA])
    assert report.failures == ()
    brought = everything(info)

    for name, folder in folders.items():
        CLIENTS[name](folder, target)
        assert copy_of(folder) == before[name], f"{name} transferred something"
    assert everything(info) == brought, "no client changed anything on the target either"

    # The same clients notice one new message: it is not blindness that keeps them quiet.
    lab.send(ANNA, "new on the new server")
    lab.inbox(ANNA, target.password, messages=len(brought["INBOX"].messages) + 1)
    for name, folder in folders.items():
        CLIENTS[name](folder, target)
        fresh = copy_of(folder).keys() - before[name].keys()
        assert len(fresh) == 1, f"{name} sees {sorted(fresh)}"
