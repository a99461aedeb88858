"""Writing to a server that exists as a table: what is sent, and what its answers come to."""

from __future__ import annotations

import pytest

from sterna.imap.answers import CommandError
from sterna.imap.appending import Outgoing
from sterna.imap.responses import Namespace
from sterna.imap.writer import AppendWriter, MailboxUnusableError, Refusal
from tests.unit.imap.conversation import TableConversation

DATE = b'" 1-Jan-2010 00:00:00 +0000" '
SELECTED = b"* 0 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT 1] ok\r\nOK [READ-WRITE] done\r\n"


class Server(TableConversation):
    async def drain(self) -> None:
        pass


def message(data: bytes) -> Outgoing:
    return Outgoing(data, frozenset({"\\Seen"}), 1_262_304_000)


def one(data: bytes) -> bytes:
    return b"APPEND INBOX (\\Seen) " + DATE + data


def several(*data: bytes) -> bytes:
    return b"APPEND INBOX" + b"".join(b" (\\Seen) " + DATE + each for each in data)


async def opened(table: dict[bytes, bytes], *capabilities: bytes) -> tuple[AppendWriter, Server]:
    server = Server({b"SELECT INBOX": SELECTED, **table}, capabilities)
    writer = AppendWriter(server)
    await writer.open(b"INBOX")
    return writer, server


async def test_several_messages_go_in_one_command_where_the_server_takes_that():
    writer, server = await opened({several(b"a", b"b"): b"OK [APPENDUID 7 1:2] done\r\n"}, b"MULTIAPPEND")
    assert await writer.append([message(b"a"), message(b"b")]) == [1, 2]
    assert server.sent[1:] == [several(b"a", b"b")]


async def test_a_refused_command_is_sent_again_one_by_one_to_learn_which_message_is_meant():
    table = {
        several(b"a", b"bad", b"c"): b"NO Message contains NUL\r\n",
        one(b"a"): b"OK [APPENDUID 7 1] done\r\n",
        one(b"bad"): b"NO [CANNOT] Message contains NUL\r\n",
        one(b"c"): b"OK done\r\n",
    }
    writer, _ = await opened(table, b"MULTIAPPEND", b"UIDPLUS")
    outcomes = await writer.append([message(b"a"), message(b"bad"), message(b"c")])
    assert outcomes == [1, Refusal("[CANNOT] Message contains NUL"), None]


@pytest.mark.parametrize("code", [b"OVERQUOTA", b"LIMIT", b"UNAVAILABLE", b"NOPERM"])
async def test_a_refusal_that_is_not_about_the_message_is_an_error(code):
    table = {several(b"a", b"b"): b"NO [" + code + b"] no\r\n", one(b"a"): b"NO [" + code + b"] no\r\n"}
    writer, server = await opened(table, b"MULTIAPPEND")
    with pytest.raises(CommandError):
        await writer.append([message(b"a"), message(b"b")])
    with pytest.raises(CommandError):
        await writer.append([message(b"a")])
    assert len(server.sent) == 3, "nothing is tried again"


async def test_without_multiappend_each_message_has_a_command():
    table = {one(b"a"): b"OK [APPENDUID 7 1] ok\r\n", one(b"b"): b"OK [APPENDUID 7 2] ok\r\n"}
    writer, _ = await opened(table)
    assert await writer.append([message(b"a"), message(b"b")]) == [1, 2]


async def test_messages_are_removed_by_uid_only_and_only_where_that_touches_no_others():
    table = {b"UID STORE 3,5 +FLAGS.SILENT (\\Deleted)": b"OK ok\r\n", b"UID EXPUNGE 3,5": b"OK ok\r\n"}
    writer, server = await opened(table, b"UIDPLUS")
    assert writer.can_expunge
    await writer.expunge([5, 3])
    assert server.sent[1:] == list(table)
    without, server = await opened({})
    assert not without.can_expunge
    with pytest.raises(ValueError, match="UIDPLUS"):
        await without.expunge([3])
    assert server.sent == [b"SELECT INBOX"]


async def test_equal_flags_are_set_together():
    table = {b"UID STORE 1:2 FLAGS.SILENT (\\Seen)": b"OK ok\r\n", b"UID STORE 3 FLAGS.SILENT ()": b"OK ok\r\n"}
    writer, server = await opened(table)
    await writer.set_flags({2: frozenset({"\\Seen"}), 1: frozenset({"\\Seen"}), 3: frozenset()})
    assert sorted(server.sent[1:]) == sorted(table)


@pytest.mark.parametrize(
    "answer",
    [
        b"* 0 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\nOK [READ-ONLY] done\r\n",
        b"* 0 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* NO [UIDNOTSTICKY] no\r\nOK [READ-WRITE] done\r\n",
    ],
    ids=["read-only", "forgets UIDs"],
)
async def test_a_mailbox_that_is_of_no_use_is_refused(answer):
    with pytest.raises(MailboxUnusableError):
        await AppendWriter(Server({b"SELECT INBOX": answer})).open(b"INBOX")


SPACES = {
    "said": ({b"NAMESPACE": b'* NAMESPACE (("INBOX." ".")) NIL NIL\r\nOK ok\r\n'}, (b"NAMESPACE",), (b"INBOX.", b".")),
    "not said": ({b'LIST "" ""': b'* LIST (\\Noselect) "/" ""\r\nOK ok\r\n'}, (), (b"", b"/")),
}


@pytest.mark.parametrize(("table", "offers", "wanted"), SPACES.values(), ids=SPACES)
async def test_where_mailboxes_begin_is_asked(table, offers, wanted):
    assert await AppendWriter(Server(table, offers)).personal() == Namespace(*wanted)


async def test_a_role_is_given_only_where_the_server_can():
    table = {b"CREATE Sent (USE (\\Sent))": b"OK ok\r\n", b"CREATE Sent": b"OK ok\r\n"}
    for offers, sent in (((b"CREATE-SPECIAL-USE",), b"CREATE Sent (USE (\\Sent))"), ((), b"CREATE Sent")):
        server = Server(table, offers)
        await AppendWriter(server).create(b"Sent", b"\\Sent")
        assert server.sent == [sent]
