"""Counting dates and sizes of many mailboxes in one go."""

from __future__ import annotations

import asyncio

import pytest

from sterna.errors import FormatError
from sterna.imap.answers import CommandError
from sterna.imap.failures import ConnectionLostError
from sterna.imap.meter import Metered
from sterna.imap.reader import MailboxReader
from sterna.site.declaration import Server
from tests.unit.imap.conversation import TableConversation

ASK = b"(UID INTERNALDATE RFC822.SIZE)"


def fetch(uid: int, size: int, date: bytes = b" 1-Jan-1970 00:00:07 +0000") -> bytes:
    return b'* 1 FETCH (UID %d INTERNALDATE "%b" RFC822.SIZE %d)\r\n' % (uid, date, size)


async def counted(server: TableConversation, *mailboxes: Metered) -> tuple[list[tuple[int, ...]], list[object]]:
    rows: list[tuple[int, ...]] = []
    failures = await MailboxReader(server).measure(mailboxes, lambda *row: rows.append(row))
    return rows, [type(failure) if failure else None for failure in failures]


async def test_every_message_of_every_mailbox_is_counted_and_empty_ones_are_not_opened() -> None:
    server = TableConversation(
        {
            b"EXAMINE a": b"OK\r\n",
            b"EXAMINE c": b"OK\r\n",
            b"UID FETCH 1:* " + ASK: fetch(3, 10) + b"* 2 FETCH (FLAGS (\\Seen))\r\n" + fetch(4, 20) + b"OK x\r\n",
        }
    )
    rows, failures = await counted(server, Metered(b"a", 5, 2), Metered(b"b", 1, 0), Metered(b"c", 5, 2))
    assert rows == [(0, 3, 7, 10), (0, 4, 7, 20), (2, 3, 7, 10), (2, 4, 7, 20)]
    assert failures == [None, None, None]
    assert b"EXAMINE b" not in server.sent


async def test_commands_of_all_mailboxes_are_sent_without_waiting_for_answers() -> None:
    server = TableConversation({}, at_once=False)
    task = asyncio.create_task(counted(server, *(Metered(b"m%d" % n, 5, 2) for n in range(10))))
    await asyncio.sleep(0)
    assert len(server.sent) == 20
    for answer in server.waiting:
        answer()
    await task


async def test_not_more_than_a_few_commands_are_under_way() -> None:
    server = TableConversation({}, at_once=False)
    task = asyncio.create_task(counted(server, *(Metered(b"m%d" % n, 5, 2) for n in range(100))))
    await asyncio.sleep(0)
    assert len(server.sent) < 30
    while not task.done():
        for answer in list(server.waiting):
            answer()
            server.waiting.remove(answer)
        await asyncio.sleep(0)
    assert len(server.sent) == 200


async def test_a_mailbox_that_is_refused_does_not_hide_the_others() -> None:
    server = TableConversation({b"EXAMINE b": b"OK\r\n", b"UID FETCH 1:* " + ASK: b"OK x\r\n"})
    _, failures = await counted(server, Metered(b"a", 5, 2), Metered(b"b", 5, 2))
    assert failures == [CommandError, None]


async def test_a_message_that_cannot_be_read_is_told_and_the_others_are_counted() -> None:
    answer = fetch(1, 10) + fetch(2, 10, b"31-Feb-2020 00:00:00 +0000") + fetch(3, 10) + b"OK x\r\n"
    server = TableConversation({b"EXAMINE a": b"OK\r\n", b"UID FETCH 1:* " + ASK: answer})
    rows, failures = await counted(server, Metered(b"a", 5, 3))
    assert [row[1] for row in rows] == [1, 3]
    assert failures == [FormatError]


async def test_a_large_mailbox_is_asked_for_in_windows_and_its_last_message_counts_once() -> None:
    first, second = b"UID FETCH 1:15000 " + ASK, b"UID FETCH 15001:* " + ASK
    server = TableConversation(
        {
            b"EXAMINE a": b"OK\r\n",
            first: fetch(9000, 10) + b"OK x\r\n",
            second: fetch(9000, 10) + b"OK x\r\n",  # "15001:*" is 9000 when there is nothing above
        }
    )
    rows, _ = await counted(server, Metered(b"a", 30_001, 20_000))
    assert [row[1] for row in rows] == [9000]


async def test_a_lost_connection_is_nobodys_finding() -> None:
    lost = ConnectionLostError(Server(host="mail.example", port=143), "gone")

    class Gone(TableConversation):
        def submit(self, *pieces, on_untagged=None):
            future = asyncio.get_running_loop().create_future()
            future.set_exception(lost)
            future.exception()
            return future

    with pytest.raises(ConnectionLostError):
        await counted(Gone({}), Metered(b"a", 5, 2))
