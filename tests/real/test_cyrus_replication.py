"""Cyrus keeps the contract of the replication writer, and shows strangers what was written."""

from __future__ import annotations

import pytest

from sterna.cyrus.mailbox_state import MailboxUpdate
from sterna.cyrus.names import internal
from sterna.cyrus.record import Record, sync_crc
from sterna.cyrus.replication import NotAReplicationTargetError, ReplicationWriter
from sterna.imap.connection import Connection
from sterna.model.secret import Secret
from sterna.site.secrets import read_secret
from tests.contract.mail_store_contract import ANNA, BODIES, NAME, MailStoreContract, guid

pytestmark = pytest.mark.real


async def connect(platform) -> Connection:
    imap = platform.info.target.imap
    connection = await Connection.open(imap)
    await connection.login(imap.user, read_secret(imap.password_file))
    return connection


@pytest.fixture
async def writer(platform):
    platform.add_domain("lab.example")
    platform.add_account(str(ANNA))
    platform.expect(r"SYNCERROR|SYNCNOTICE|IOERROR: user .* failed|higher|Failed|mailbox uniqueid")
    connection = await connect(platform)
    writer = ReplicationWriter(connection)
    await writer.probe()
    yield writer
    await connection.logout()


class TestCyrus(MailStoreContract):
    @pytest.fixture
    async def writer(self, writer):
        return writer

    async def test_bytes_dates_and_flags_are_seen_by_a_stranger_as_they_were_sent(self, loaded, platform):
        with platform.imap(str(ANNA), "s3cret") as client:
            client.select("INBOX", readonly=True)
            assert client.untagged_responses["UIDVALIDITY"] == [b"1200000000"]
            assert client.untagged_responses["UIDNEXT"] == [b"21"]
            _, rows = client.uid("FETCH", "1:*", "(BODY.PEEK[])")
            assert [row[1] for row in rows if isinstance(row, tuple)] == list(BODIES.values())

    async def test_subscriptions_can_be_to_mailboxes_that_are_gone(self, loaded):
        gone = internal(ANNA, ("Müll", "2003"))
        await loaded.subscribe(ANNA, [NAME, gone], on=True)
        assert (await loaded.user(ANNA)).subscriptions == {NAME, gone}
        await loaded.subscribe(ANNA, [gone], on=False)
        assert (await loaded.user(ANNA)).subscriptions == {NAME}

    async def test_quota_is_still_in_force_after_the_inbox_was_replaced(self, writer, platform):
        with platform.imap(*platform.admin) as admin:
            assert admin.setquota(f"user/{ANNA}", "(STORAGE 10240)")[0] == "OK"
        data = b"Subject: big\r\n\r\n" + b"x" * 3_000_000
        records = [Record(1, 1, 1_700_000_000, frozenset(), 1_262_304_000, len(data), guid(data))]
        await writer.stage(b"default", [(guid(data), data)])
        await writer.apply(
            MailboxUpdate(
                NAME, b"0123456789abcdefghijklmn", b"default", 1_200_000_000, 1, 1, sync_crc(records), ANNA, 1, records
            )
        )
        with platform.imap(str(ANNA), "s3cret") as client:
            _, ((_,), (quota,)) = client.getquotaroot("INBOX")
        assert b"(STORAGE 2929 10240)" in quota


async def test_a_login_that_is_no_administrator_is_told_so(platform):
    platform.add_domain("lab.example")
    platform.add_account(str(ANNA))
    connection = await Connection.open(platform.info.target.imap)
    await connection.login(str(ANNA), Secret("s3cret"))
    with pytest.raises(NotAReplicationTargetError, match="admins"):
        await ReplicationWriter(connection).probe()
    await connection.logout()
