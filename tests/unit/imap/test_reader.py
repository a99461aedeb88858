from __future__ import annotations

import ast
import asyncio
import gc
import inspect
import re
from array import array

import pytest

from sterna.errors import FormatError
from sterna.imap import reader as reader_module
from sterna.imap import reading
from sterna.imap.answers import CommandDeferredError, CommandError
from sterna.imap.content import Content
from sterna.imap.engine import Literal
from sterna.imap.quirks import Quirk
from sterna.imap.reader import MailboxReader
from sterna.imap.windows import IncompleteFetchError
from sterna.model.mailbox import ListedMailbox, MailboxState, MessageFacts
from tests.unit.imap.conversation import TableConversation

EXAMINED = b"* 2 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 9] x\r\n* FLAGS ()\r\nOK [READ-ONLY] x\r\n"
FACTS = b"(UID FLAGS INTERNALDATE RFC822.SIZE)"
EPOCH = b'INTERNALDATE " 1-Jan-1970 00:00:00 +0000"'


def fetch(uid: int, size: int = 5) -> bytes:
    return b"* 1 FETCH (UID %d FLAGS (\\Seen) %b RFC822.SIZE %d)\r\n" % (uid, EPOCH, size)


def fact(uid: int, size: int = 5) -> MessageFacts:
    return MessageFacts(uid, frozenset({"\\Seen"}), 0, size)


async def test_mailboxes_of_another_user_are_asked_for_by_their_prefix():
    server = TableConversation(
        {b'LIST "" "~a@b/*"': b'* LIST () "/" "~a@b/INBOX"\r\n* LIST () "/" "~a@b/&AOQ-/x"\r\nOK\r\n'}
    )
    assert await MailboxReader(server).mailboxes(b"~a@b/") == [
        ListedMailbox(("INBOX",), b"INBOX"),
        ListedMailbox(("ä", "x"), b"&AOQ-/x"),
    ]


async def test_without_a_prefix_other_users_mailboxes_are_left_out():
    table = {
        b"NAMESPACE": b'* NAMESPACE (("" "/")) (("~" "/")) NIL\r\nOK\r\n',
        b'LIST "" "*"': b'* LIST () "/" INBOX\r\n* LIST () "/" "~berta/INBOX"\r\nOK\r\n',
    }
    server = TableConversation(table, [b"NAMESPACE"])
    assert [mailbox.wire for mailbox in await MailboxReader(server).mailboxes()] == [b"INBOX"]


async def test_subscriptions_are_read_with_lsub():
    server = TableConversation({b'LSUB "" "*"': b'* LSUB () "/" Gone\r\n* LIST () "/" No\r\nOK\r\n'})
    assert [mailbox.wire for mailbox in await MailboxReader(server).subscribed()] == [b"Gone"]


async def test_examine_says_the_state_of_a_mailbox():
    server = TableConversation({b'EXAMINE "~a@b/Sent Items"': EXAMINED})
    assert await MailboxReader(server).examine(b"~a@b/Sent Items") == MailboxState(7, 9, 2)


async def test_uidnext_is_asked_for_where_examine_does_not_say_it():
    table = {
        b"EXAMINE a": b"* 2 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\nOK x\r\n",
        b"STATUS a (UIDNEXT)": b"* STATUS a (UIDNEXT 9)\r\nOK x\r\n",
    }
    assert await MailboxReader(TableConversation(table)).examine(b"a") == MailboxState(7, 9, 2)
    with pytest.raises(FormatError):
        await MailboxReader(TableConversation(table), Quirk(0)).examine(b"a")


@pytest.mark.parametrize(
    "answer", [b"* 2 EXISTS\r\nOK x\r\n", b"* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 3] x\r\nOK x\r\n"]
)
async def test_a_mailbox_without_uidvalidity_or_count_is_an_error(answer: bytes):
    with pytest.raises(FormatError):
        await MailboxReader(TableConversation({b"EXAMINE a": answer})).examine(b"a")


async def test_a_mailbox_that_cannot_be_opened_is_the_servers_word():
    with pytest.raises(CommandError, match=r"refused EXAMINE: NO \[NOPERM\] not yours") as caught:
        await MailboxReader(TableConversation({b"EXAMINE a": b"NO [NOPERM] not yours\r\n"})).examine(b"a")
    assert (caught.value.command, caught.value.code, caught.value.text) == ("EXAMINE", b"NOPERM", b"not yours")


async def test_uids_come_ascending_from_either_form_of_search():
    plain = TableConversation({b"UID SEARCH ALL": b"* SEARCH 9 2 5\r\nOK x\r\n"})
    extended = TableConversation({b"UID SEARCH RETURN (ALL) ALL": b"* ESEARCH UID ALL 9,2,5\r\nOK x\r\n"}, [b"ESEARCH"])
    assert await MailboxReader(plain).uids() == await MailboxReader(extended).uids() == array("L", [2, 5, 9])


async def test_silence_means_nothing_was_found_only_in_an_empty_mailbox():
    table = {b"EXAMINE a": EXAMINED, b"EXAMINE b": EXAMINED.replace(b"2 E", b"0 E"), b"UID SEARCH ALL": b"OK x\r\n"}
    reader = MailboxReader(TableConversation(table))
    await reader.examine(b"b")
    assert await reader.uids() == array("L")
    await reader.examine(b"a")
    with pytest.raises(FormatError):
        await reader.uids()
    with pytest.raises(FormatError):
        await MailboxReader(TableConversation(table), Quirk(0)).uids()


async def test_facts_come_ascending():
    server = TableConversation({b"UID FETCH 1:9 " + FACTS: fetch(5) + fetch(2) + b"* 3 EXPUNGE\r\nOK x\r\n"})
    assert await MailboxReader(server).facts(1, 9) == [fact(2), fact(5)]


async def test_two_windows_in_flight_get_their_own_messages_whoever_answers_first():
    table = {
        b"UID FETCH 1:9 " + FACTS: fetch(2) + b"OK x\r\n",
        b"UID FETCH 10:19 " + FACTS: fetch(11) + b"OK x\r\n",
        b"UID FETCH 2,11 (UID BODY.PEEK[])": b'* 1 FETCH (BODY[] "x" UID 2)\r\n'
        b'* 2 FETCH (BODY[] "y" UID 11)\r\nOK x\r\n',
    }
    server = TableConversation(table, at_once=False)
    reader = MailboxReader(server)
    bodies: list[tuple[int, bytes]] = []
    first, second, third = reader.facts(1, 9), reader.facts(10, 19), reader.bodies([2, 11], lambda *b: bodies.append(b))
    for answer in (server.waiting[2], server.waiting[1], server.waiting[0]):
        answer()
    assert [await first, await second] == [[fact(2)], [fact(11)]]
    await third
    assert bodies == [(2, b"x"), (11, b"y")]


async def test_data_of_a_later_window_that_comes_early_is_not_lost():
    server = TableConversation(
        {b"UID FETCH 1:9 " + FACTS: fetch(11) + fetch(2) + b"OK x\r\n", b"UID FETCH 10:19 " + FACTS: b"OK x\r\n"},
        at_once=False,
    )
    reader = MailboxReader(server)
    first, second = reader.facts(1, 9), reader.facts(10, 19)
    for answer in server.waiting:
        answer()
    assert [await first, await second] == [[fact(2)], [fact(11)]]


async def test_two_windows_over_the_same_messages_both_get_them():
    reader = MailboxReader(
        server := TableConversation({b"UID FETCH 1:9 " + FACTS: fetch(2) + b"OK x\r\n"}, at_once=False)
    )
    first, second = reader.facts(1, 9), reader.facts(1, 9)
    for answer in server.waiting:
        answer()
    assert [await first, await second] == [[fact(2)], [fact(2)]]


async def test_new_flags_told_in_between_count():
    server = TableConversation({b"UID FETCH 1:9 " + FACTS: fetch(2) + b"* 1 FETCH (UID 2 FLAGS (\\Draft))\r\nOK x\r\n"})
    assert await MailboxReader(server).facts(1, 9) == [MessageFacts(2, frozenset({"\\Draft"}), 0, 5)]


async def test_a_message_told_in_two_responses_is_put_together():
    split = b"* 1 FETCH (UID 2 FLAGS ())\r\n* 1 FETCH (UID 2 " + EPOCH + b" RFC822.SIZE 5)\r\nOK x\r\n"
    server = TableConversation({b"UID FETCH 1:9 " + FACTS: split})
    assert await MailboxReader(server).facts(1, 9) == [MessageFacts(2, frozenset(), 0, 5)]


async def test_a_message_told_by_half_is_an_error():
    server = TableConversation({b"UID FETCH 1:9 " + FACTS: b"* 1 FETCH (UID 2 FLAGS ())\r\nOK x\r\n"})
    with pytest.raises(IncompleteFetchError, match="UID 2"):
        await MailboxReader(server).facts(1, 9)


async def test_a_bad_date_is_an_error_and_the_next_window_is_good():
    bad = b'* 1 FETCH (UID 2 FLAGS () INTERNALDATE "31-Feb-1970 00:00:00 +0000" RFC822.SIZE 5)\r\nOK x\r\n'
    server = TableConversation({b"UID FETCH 1:9 " + FACTS: bad, b"UID FETCH 2:9 " + FACTS: fetch(3) + b"OK x\r\n"})
    reader = MailboxReader(server)
    with pytest.raises(FormatError, match="date-time"):
        await reader.facts(1, 9)
    assert await reader.facts(2, 9) == [fact(3)]


async def test_what_cannot_be_read_fails_every_window_it_may_belong_to():
    bad = b"* 1 FETCH (UID 2 FLAGS oops)\r\n"
    table = {b"UID FETCH 1:9 " + FACTS: bad + fetch(11) + b"OK x\r\n", b"UID FETCH 10:19 " + FACTS: b"OK x\r\n"}
    server = TableConversation(table, at_once=False)
    reader = MailboxReader(server)
    first, second = reader.facts(1, 9), reader.facts(10, 19)
    for answer in server.waiting:
        answer()
    for window in (first, second):
        with pytest.raises(FormatError, match="list of flags"):
            await window


async def test_a_failed_window_that_nobody_waits_for_any_more_makes_no_noise():
    noise: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: noise.append(context))
    MailboxReader(TableConversation({})).facts(1, 9)
    await asyncio.sleep(0)
    gc.collect()
    assert noise == []


async def test_messages_that_are_gone_are_not_given_and_no_error():
    gone = b'* 1 FETCH (UID 2 BODY[] "x")\r\n* 2 FETCH (UID 3 BODY[] NIL)\r\nNO [EXPUNGEISSUED] some are gone\r\n'
    server = TableConversation({b"UID FETCH 2:4 (UID BODY.PEEK[])": gone})
    bodies: list[tuple[int, bytes]] = []
    await MailboxReader(server).bodies([2, 3, 4], lambda *body: bodies.append(body))
    assert bodies == [(2, b"x")]


async def test_a_refused_fetch_is_an_error():
    with pytest.raises(CommandError, match="refused UID FETCH: NO broken"):
        await MailboxReader(TableConversation({b"UID FETCH 1:9 " + FACTS: b"NO broken\r\n"})).facts(1, 9)


async def test_what_the_sink_raises_reaches_the_caller():
    server = TableConversation({b"UID FETCH 2 (UID BODY.PEEK[])": b'* 1 FETCH (UID 2 BODY[] "x")\r\nOK x\r\n'})

    def full(uid: int, body: Content) -> None:
        raise OSError(28, "disk full")

    with pytest.raises(OSError, match="disk full"):
        await MailboxReader(server).bodies([2], full)


async def test_a_cancelled_caller_gets_nothing_more():
    server = TableConversation(
        {b"UID FETCH 2 (UID BODY.PEEK[])": b'* 1 FETCH (UID 2 BODY[] "x")\r\nOK x\r\n'}, at_once=False
    )
    bodies: list[object] = []
    asked = MailboxReader(server).bodies([2], lambda *body: bodies.append(body))
    asked.cancel()
    server.waiting[0]()
    await asyncio.sleep(0)
    assert bodies == []


async def test_no_messages_asked_for_is_nothing_sent():
    server = TableConversation({})
    await MailboxReader(server).bodies([], lambda *_: None)
    assert server.sent == []


async def test_many_scattered_messages_are_asked_for_in_several_commands():
    server = TableConversation({}, at_once=False)
    uids = list(range(1_000_000_000, 1_000_002_000, 2))
    MailboxReader(server).bodies(uids, lambda *_: None)
    sets = [re.fullmatch(rb"UID FETCH (\S+) \(UID BODY\.PEEK\[\]\)", command) for command in server.sent]
    assert all(found is not None and len(found[0]) < 8000 for found in sets)
    assert [int(uid) for found in sets if found for uid in found[1].split(b",")] == uids


async def test_status_tells_the_gone_from_the_there():
    items = b" (MESSAGES UIDNEXT UIDVALIDITY)"
    table = {
        b"STATUS a" + items: b"* STATUS a (MESSAGES 2 UIDNEXT 9 UIDVALIDITY 7)\r\nOK x\r\n",
        b"STATUS b" + items: b"NO [NONEXISTENT] gone\r\n",
    }
    assert await MailboxReader(TableConversation(table)).status([b"a", b"b", b"a"]) == [
        MailboxState(7, 9, 2),
        None,
        MailboxState(7, 9, 2),
    ]


async def test_a_mailbox_that_cannot_be_looked_at_now_is_not_taken_for_gone():
    table = {b"STATUS a (MESSAGES UIDNEXT UIDVALIDITY)": b"NO [INUSE] locked\r\n"}
    with pytest.raises(CommandDeferredError, match="INUSE"):
        await MailboxReader(TableConversation(table)).status([b"a"])


@pytest.mark.parametrize("answer", [b"BAD what\r\n", b"NO [NOPERM] not yours\r\n", b"NO [CONTACTADMIN] broken\r\n"])
async def test_a_mailbox_that_may_not_be_looked_at_is_not_taken_for_gone(answer: bytes):
    table = {b"STATUS a (MESSAGES UIDNEXT UIDVALIDITY)": answer}
    with pytest.raises(CommandError, match="refused STATUS"):
        await MailboxReader(TableConversation(table)).status([b"a"])


async def test_a_status_that_says_too_little_is_an_error():
    table = {b"STATUS a (MESSAGES UIDNEXT UIDVALIDITY)": b"* STATUS a (MESSAGES 1)\r\nOK x\r\n"}
    with pytest.raises(FormatError):
        await MailboxReader(TableConversation(table)).status([b"a"])


async def test_closing_the_reader_closes_its_connection():
    server = TableConversation({})
    await MailboxReader(server).close()
    assert server.closed


# The source is only read.

HARMLESS = {
    "namespace": reading.namespace(),
    "list_mailboxes": reading.list_mailboxes(b"*", frozenset()),
    "list_subscribed": reading.list_subscribed(b"*", frozenset()),
    "examine": reading.examine(b"INBOX", frozenset()),
    "status": reading.status(b"INBOX", b"MESSAGES", frozenset()),
    "all_uids": reading.all_uids(frozenset({b"ESEARCH"})),
    "some_uids": reading.some_uids(b"KEYWORD $Forwarded", frozenset()),
    "fetch_facts": reading.fetch_facts(b"1:9"),
    "fetch_flags": reading.fetch_flags(1, 9),
    "fetch_changed": reading.fetch_changed(12),
    "fetch_dates": reading.fetch_dates(1, None),
    "fetch_bodies": reading.fetch_bodies(b"1:3,5"),
    "fetch_message_ids": reading.fetch_message_ids(),
    "quota_roots": reading.quota_roots(b"INBOX", frozenset()),
    "access_list": reading.access_list(b"INBOX", frozenset()),
    "metadata": reading.metadata(b"INBOX", frozenset()),
}


def test_every_command_that_can_be_composed_only_reads():
    made = {
        name
        for name, value in vars(reading).items()
        if inspect.isfunction(value) and value.__module__ == reading.__name__
    }
    assert made == set(HARMLESS), "a new command needs a row here"
    for command in HARMLESS.values():
        first = command.pieces[0]
        assert isinstance(first, bytes)
        words = rb"(NAMESPACE|LIST|LSUB|EXAMINE|STATUS|GETQUOTAROOT|GETACL|GETMETADATA|UID SEARCH|UID FETCH)\b"
        assert re.match(words, first)
        assert b"BODY[" not in first


@pytest.mark.parametrize(
    "text",
    [
        *(
            b"SELECT INBOX",
            b"UID STORE 1 +FLAGS (x)",
            b"UID FETCH 1 (BODY[])",
            b"UID FETCH 1:9 (UID BODY.PEEK[] BODY[])",
        ),
        *(
            b"DELETE x",
            b"EXPUNGE",
            b"CLOSE",
            b"APPEND x",
            b"UID FETCH 1 (RFC822)",
            b"UID SEARCH ALL\r\nT2 EXPUNGE",
            b"NOOP",
        ),
        *(b"UID MOVE 1 x", b"EXAMINE", b"", b"SETACL", b"SETMETADATA x", b"UID FETCH 1 (UID) x"),
    ],
)
def test_a_command_that_writes_cannot_be_composed(text: bytes):
    with pytest.raises(ValueError, match="only reads"):
        reading.ReadCommand((text,))


def test_a_command_cannot_begin_with_a_literal():
    with pytest.raises(ValueError, match="only reads"):
        reading.ReadCommand((Literal(b"EXPUNGE"),))


def test_the_reader_reaches_its_connection_in_one_place():
    calls = [
        node.func.attr
        for node in ast.walk(ast.parse(inspect.getsource(reader_module)))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Attribute)
        and node.func.value.attr == "_connection"
    ]
    assert sorted(calls) == ["close", "submit"]
