"""What moves besides mail, as clients of the new platform see it: roles, rights of others, filters."""

from __future__ import annotations

import re

import pytest

from sterna.communigate.server import SourceServer
from sterna.cyrus.names import administrator
from sterna.migration.apply import apply_plan
from sterna.migration.changes import InstallScript
from sterna.migration.copy.furniture import furniture
from sterna.migration.copy.run import copy_site
from sterna.migration.groups import group_members
from sterna.migration.plan import make_plan
from sterna.migration.script_store import ScriptStore
from sterna.model.address import Address
from sterna.site.load import load_site
from tests.real import strangers

pytestmark = [pytest.mark.real, pytest.mark.timeout(240)]

_ACL = re.compile(rb'(?:"(?:[^"\\]|\\.)*"|\S+)')


async def source_accounts(site):
    async with SourceServer.open(site.source) as server:
        members = await group_members(server)
        accounts = [
            read.value
            for domain in await server.domains()
            async for read in server.accounts(domain.name)
            if read.value is not None
        ]
    return accounts, members


def rights_on(admin, address, name) -> dict[str, str]:
    status, rows = admin.getacl(b'"%b"' % administrator(address, name))
    assert status == "OK"
    words = [word.strip(b'"').decode() for word in _ACL.findall(rows[0])][1:]
    return dict(zip(words[::2], words[1::2], strict=True))


def special_uses(client) -> dict[str, str]:
    status, rows = client._simple_command("LIST", '""', '"*"', "RETURN", "(SPECIAL-USE)")
    assert status == "OK"
    _, rows = client._untagged_response(status, rows, "LIST")
    found = {}
    for row in rows:
        flags, _, name = row.partition(b') "/" ')
        used = re.findall(rb"\\(?:Sent|Drafts|Trash|Junk|Archive)", flags)
        if used:
            found[name.strip(b'"').decode()] = used[0].decode()
    return found


def seen_by_others(info, accounts, members) -> int:
    """Look at shared mailboxes as those who share them; return how many have mail that its owner has read."""
    known = {account.address for account in accounts}
    looked = 0
    for account in accounts:
        for name, grants in furniture(account, members).grants.items():
            with strangers.target_client(info, str(account.address)) as client:
                own = strangers.look(client, "/".join(name)) if name[-1].isascii() else None
            for identifier, rights in grants.items():
                if own is None or b"@" not in identifier or b"r" not in rights or identifier.startswith(b"-"):
                    continue
                if b"-" + identifier in grants or Address.parse(identifier.decode()) not in known:
                    continue
                with strangers.target_client(info, identifier.decode()) as client:
                    listed = client.list('""', '"Other Users/*"')[1]
                    rows = [row.decode("ascii") for row in listed if isinstance(row, bytes) and row]
                    shown = [row.split('"/" ')[1].strip('"') for row in rows]
                    user = account.address.local
                    (full,) = [each for each in shown if f"/{user}" in each and each.endswith("/" + name[-1])] or [""]
                    if full:
                        theirs = strangers.look(client, full)
                        assert {uid: m.flags for uid, m in theirs.messages.items()} == {
                            uid: m.flags for uid, m in own.messages.items()
                        }, (account.address, name, identifier)
                        looked += any(b"\\seen" in m.flags for m in own.messages.values())
    return looked


async def test_roles_rights_and_scripts_are_on_the_target(lab):
    site = load_site(lab.info.site)
    plan = await make_plan(site)
    applied = await apply_plan(site, plan)
    assert applied.failures == ()
    installed = [change for change in plan.changes if isinstance(change, InstallScript)]
    assert len(installed) >= 5
    report = await copy_site(site)
    accounts, members = await source_accounts(site)
    gone = {(str(failure.account), failure.mailbox) for failure in report.failures}

    compared = 0
    with lab.imap(*lab.admin) as admin:
        for account in accounts:
            for name, grants in furniture(account, members).grants.items():
                if (str(account.address), name) in gone:
                    continue
                shown = rights_on(admin, account.address, name)
                for identifier, rights in grants.items():
                    assert set(rights.decode()) <= set(shown[identifier.decode()]), (account.address, name)
                    compared += 1
                assert "a" in shown[str(account.address)]
    assert compared >= 5

    passwords = {f"{each['name']}@{each['domain']}": each["password"] for each in lab.info.as_json()["accounts"]}
    roles = 0
    for account in accounts:
        if account.roles and account.enabled and passwords.get(str(account.address)):
            with strangers.target_client(lab.info.as_json(), str(account.address)) as client:
                assert len(special_uses(client)) == len([each for each in account.roles if each.name != ("INBOX",)])
                roles += 1
    assert roles >= 3

    assert seen_by_others(lab.info.as_json(), accounts, members) >= 1

    store = ScriptStore(site.target)
    for change in installed:
        state = await store.state(Address.parse(change.subject))
        assert state.text == change.text
        assert state.runs == change.active
    assert [change for change in (await make_plan(site)).changes if isinstance(change, InstallScript)] == []
    again = await copy_site(site)
    assert (again.counts.copied, again.counts.updated, again.counts.expunged) == (0, 0, 0)
