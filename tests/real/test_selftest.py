"""The self-test on a user of its own: a sound server passes and keeps nothing of it, any other ends the pass."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from sterna.cyrus import selftest
from sterna.cyrus.mailbox_state import UserState
from sterna.cyrus.replication import ReplicationWriter
from sterna.cyrus.selftest import SelfTestError, self_test
from sterna.imap.content import whole
from sterna.imap.reader import MailboxReader
from sterna.migration.copy.run import copy_site
from sterna.migration.links import open_writer
from sterna.site.load import load_site

pytestmark = pytest.mark.real


class LosesKeywords(ReplicationWriter):
    """A server that does not tell of keywords."""

    async def records(self, name):
        held = await super().records(name)
        return [replace(each, flags=frozenset(f for f in each.flags if f.startswith("\\"))) for each in held]


class Munges(MailboxReader):
    """A server that shows X in place of 8-bit bytes."""

    def bodies(self, uids, sink):
        return super().bodies(uids, lambda uid, body: sink(uid, whole(body).replace(b"\xe4", b"X")))


class CannotRemove(ReplicationWriter):
    """A server that goes on showing what was there once."""

    shown = UserState({}, frozenset(), frozenset(), frozenset())

    async def header(self, name):
        found = await super().header(name)
        if found is not None:
            self.shown = replace(self.shown, mailboxes={name: found})
        return found

    async def user(self, address):
        return self.shown


BAD = {
    "loses keywords": ("ReplicationWriter", LosesKeywords, "flags or date of UID 3"),
    "munges headers": ("MailboxReader", Munges, "by IMAP, the bytes of UID 3 are others"),
    "cannot remove": ("ReplicationWriter", CannotRemove, "could not be removed"),
}


async def test_a_sound_server_passes_any_other_is_told_by_what_it_does_and_no_pass_begins(lab, monkeypatch):
    site = load_site(lab.info.site)

    async def run() -> None:
        connection, _ = await open_writer(site)
        try:
            await self_test(connection, partition="default", now=int(time.time()))
        finally:
            await connection.logout()

    await run()
    for name, bad, said in BAD.values():
        with monkeypatch.context() as patch:
            patch.setattr(selftest, name, bad)
            with pytest.raises(SelfTestError, match=said):
                await run()
            with pytest.raises(SelfTestError, match=said):
                await copy_site(site, accounts=["anna@lab.example"])
    with lab.imap(*lab.admin) as admin:
        assert admin.list('""', "user/sterna-*")[1] == [None], "nothing of it is left"
        assert admin.list('""', "DELETED/*")[1] == [None]
    tried = []

    async def counted(connection, **more):
        tried.append(more)
        await self_test(connection, **more)

    monkeypatch.setattr("sterna.migration.copy.proof.self_test", counted)
    for _ in range(2):
        await copy_site(site, accounts=["anna@lab.example"])
    assert len(tried) == 1, "once, not before every pass"
