"""What every writer by replication commands must do: run by the fake in memory and by a real Cyrus."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from sterna.cyrus.mailbox_state import MailboxUpdate
from sterna.cyrus.names import internal
from sterna.cyrus.record import Record, sync_crc
from sterna.cyrus.replication import MailboxChangedError, ReplicationRefusedError
from sterna.model.address import Address
from sterna.model.mailbox import INBOX

ANNA = Address.parse("anna@lab.example")
NAME = internal(ANNA, INBOX)
UNIQUEID = b"0123456789abcdefghijklmn"
BODIES = {3: b"Subject: three \xe4\r\n\r\nx\r\n", 7: b"no header, no final newline", 8: b"\x00\r\n\n"}


def guid(data):
    return hashlib.sha1(data).digest()


def record(uid, *, flags=frozenset(), modseq=1, expunged=False):
    data = BODIES.get(uid, b"Subject: %d\r\n\r\n" % uid)
    return Record(uid, modseq, 1_700_000_000, flags, 1_262_304_000 + uid, len(data), guid(data), expunged)


def update(records, *, since=None, last_uid=None, modseq=1, after=None):
    """One MAILBOX command that leaves `after` (by default `records`) in the mailbox."""
    crc = sync_crc(after if after is not None else records)
    return MailboxUpdate(
        name=NAME,
        uniqueid=UNIQUEID,
        partition=b"default",
        uidvalidity=1_200_000_000,
        last_uid=last_uid if last_uid is not None else max(r.uid for r in records),
        highestmodseq=modseq,
        sync_crc=crc,
        owner=ANNA,
        now=1_700_000_000,
        records=records,
        since=since,
    )


class MailStoreContract:
    """Subclasses give a fixture `writer`: a store in which anna has an empty INBOX of somebody else's making."""

    @pytest.fixture
    async def loaded(self, writer):
        """The writer after a first load of three messages."""
        await writer.stage(b"default", [(guid(data), data) for data in BODIES.values()])
        await writer.apply(update([record(uid) for uid in BODIES], last_uid=20))
        await writer.restart()
        return writer

    async def test_an_empty_mailbox_of_another_identity_is_replaced(self, loaded):
        header = await loaded.header(NAME)
        assert (header.uniqueid, header.uidvalidity, header.last_uid) == (UNIQUEID, 1_200_000_000, 20)
        assert header.sync_crc == sync_crc(record(uid) for uid in BODIES)
        assert await loaded.records(NAME) == [record(uid) for uid in BODIES]

    async def test_a_mailbox_that_is_not_there_has_no_header(self, writer):
        assert await writer.header(NAME + b".nothing") is None
        assert await writer.records(NAME + b".nothing") == []

    async def test_new_mail_flags_and_expunges_go_in_one_command(self, loaded):
        since = await loaded.header(NAME)
        new, changed = record(21, modseq=2), record(7, flags=frozenset({"\\Seen", "Wichtig"}), modseq=2)
        data = b"Subject: 21\r\n\r\n"
        await loaded.stage(b"default", [(guid(data), data)])
        left = [record(8), changed, new]
        await loaded.apply(
            update([record(3, modseq=2, expunged=True), changed, new], since=since, modseq=2, after=left)
        )
        assert await loaded.records(NAME) == sorted(left, key=lambda r: r.uid)

    async def test_a_stale_view_is_refused_and_nothing_is_applied(self, loaded):
        since = await loaded.header(NAME)
        await loaded.apply(
            update(
                [record(7, flags=frozenset({"\\Seen"}), modseq=2)],
                since=since,
                last_uid=20,
                modseq=2,
                after=[record(3), record(8), record(7, flags=frozenset({"\\Seen"}), modseq=2)],
            )
        )
        before = await loaded.records(NAME)
        with pytest.raises(MailboxChangedError):
            await loaded.apply(
                update([record(8, flags=frozenset({"\\Draft"}), modseq=3)], since=since, last_uid=20, modseq=3)
            )
        assert await loaded.records(NAME) == before

    async def test_a_uid_that_was_given_out_is_refused(self, loaded):
        since = await loaded.header(NAME)
        data = b"Subject: 15\r\n\r\n"
        await loaded.stage(b"default", [(guid(data), data)])
        with pytest.raises(ReplicationRefusedError):
            await loaded.apply(update([record(15, modseq=2)], since=since, last_uid=20, modseq=2))
        assert [r.uid for r in await loaded.records(NAME)] == list(BODIES)

    async def test_a_mailbox_with_mail_is_not_replaced(self, loaded):
        with pytest.raises(ReplicationRefusedError):
            await loaded.apply(replace(update([], last_uid=20), uniqueid=b"z" * 24))
        assert [r.uid for r in await loaded.records(NAME)] == list(BODIES)

    async def test_uidnext_can_be_raised_without_a_message(self, loaded):
        since = await loaded.header(NAME)
        await loaded.apply(update([], since=since, last_uid=99, modseq=2, after=await loaded.records(NAME)))
        assert (await loaded.header(NAME)).last_uid == 99

    async def test_uids_out_of_order_never_reach_the_server(self, loaded):
        with pytest.raises(ValueError, match="ascend"):
            await loaded.apply(update([record(8), record(7)], since=await loaded.header(NAME), last_uid=20))
