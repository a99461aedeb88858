"""The IMAP conversation with a real Cyrus, compared with what Python's own client sees."""

from __future__ import annotations

import asyncio
import random

import pytest

from sterna.imap import (
    CommandError,
    Connection,
    Literal,
    LoginError,
    MailboxReader,
    Status,
    TlsError,
    mutf7,
)
from sterna.imap.content import Content
from sterna.imap.meter import Metered
from sterna.imap.quoting import astring, literal
from sterna.model.mailbox import MailboxState
from sterna.model.secret import Secret
from sterna.pki.authority import Authority
from sterna.site.declaration import Server, Tls

pytestmark = pytest.mark.real

ANNA = "anna@lab.example"
PASSWORD = 's3cret pä"ss\\{5}'
MAIL = b"From: a@lab.example\r\nSubject: %b\r\n\r\n%b\r\n"
DATES = {
    b'"17-Jul-1996 02:44:25 -0700"': 837_596_665,
    b'" 1-Jan-1970 00:00:01 +0000"': 1,
    b'"31-Dec-2037 23:59:59 +1400"': 2_145_866_399,
}


@pytest.fixture
def anna(platform):
    platform.add_domain("lab.example")
    platform.add_account(ANNA, PASSWORD)
    return platform


def declared(platform, tls: Tls) -> Server:
    ports = platform.info.platform.ports
    port = ports.imaps if tls is Tls.TLS else ports.imap
    return Server(host="127.0.0.1", port=port, tls=tls, ca_file=platform.info.ca, timeout_s=20)


async def logged_in(platform, tls: Tls = Tls.STARTTLS) -> Connection:
    connection = await Connection.open(declared(platform, tls))
    await connection.login(ANNA, Secret(PASSWORD))
    return connection


async def test_the_right_ones_get_in_and_the_others_do_not(anna, tmp_path):
    anna.expect(r"STARTTLS negotiation failed|TLS server engine|starttls|alert|badlogin|Password verification failed")
    user, password = anna.admin
    other = Authority.create(tmp_path, "Other")
    for tls in (Tls.STARTTLS, Tls.TLS):
        server = declared(anna, tls)
        with pytest.raises(TlsError, match="is not trusted by ca_file"):
            await Connection.open(server.model_copy(update={"ca_file": other.certificate}))
        async with await Connection.open(server) as connection:
            assert b"Cyrus IMAP 3." in connection.greeting
            await connection.login(user, Secret(password))
            assert b"X-REPLICATION" in connection.capabilities
    server = declared(anna, Tls.TLS)
    async with await Connection.open(server) as connection:
        with pytest.raises(LoginError, match=ANNA):
            await connection.login(ANNA, Secret("wrong"))
        await connection.login(ANNA, Secret(PASSWORD))
    async with await Connection.open(server) as connection:
        await connection.login(user, Secret(password), authorize_as=ANNA)
        assert [mailbox.name for mailbox in await MailboxReader(connection).mailboxes()] == [("INBOX",)]


async def append(connection: Connection, mailbox: bytes, body: bytes, *rest: bytes, waits: bool = True) -> None:
    await connection.run(b"APPEND ", astring(mailbox), *rest, b" ", Literal(body, synchronizing=waits))


async def test_messages_are_read_as_they_are_and_stay_unseen(anna):
    names = [("Entwürfe",), ("a.b", "Q&A"), ("2020",), ("Sent Items", "日本語")]
    async with await logged_in(anna) as connection:
        for name in names:
            wire = b"/".join(mutf7.encode(part) for part in name)
            await connection.run(b"CREATE ", astring(wire))
        stored: dict[int, bytes] = {}
        for uid, (date, waits) in enumerate(zip(DATES, (True, False, True), strict=True), start=1):
            stored[uid] = MAIL % (b"s%d" % uid, b"(*) {7}\r\n* BYE\r\nT1 OK\r\n" * uid)
            await append(connection, b"INBOX", stored[uid], b" (\\Flagged $Forwarded Wichtig) " + date, waits=waits)
    async with await logged_in(anna, Tls.TLS) as connection:
        reader = MailboxReader(connection)
        assert {mailbox.name for mailbox in await reader.mailboxes()} >= {("INBOX",), *names}
        state = await reader.examine(b"INBOX")
        assert (state.messages, state.uidnext) == (3, 4)
        assert (await reader.uids()).tolist() == [1, 2, 3]
        facts = await reader.facts(1, 4_294_967_295)
        bodies: dict[int, Content] = {}
        await reader.bodies([1, 2, 3], bodies.__setitem__)
        assert bodies == stored
        assert [fact.internaldate for fact in facts] == list(DATES.values())
        assert {fact.flags for fact in facts} == {frozenset({"\\Flagged", "$Forwarded", "Wichtig"})}
        assert [fact.size_bytes for fact in facts] == [len(body) for body in stored.values()]
        sizes: dict[int, int] = {}
        metered = [Metered(b"No Such", 9, 9), Metered(b"INBOX", state.uidnext, state.messages), Metered(b"2020", 1, 0)]
        failures = await reader.measure(
            metered, lambda number, uid, _, size: sizes.__setitem__(10 * number + uid, size)
        )
        assert [failure is None for failure in failures] == [False, True, True]
        assert sizes == {10 + uid: len(body) for uid, body in stored.items()}
        assert await reader.status([b"INBOX", b"No Such", b"2020"]) == [
            state,
            None,
            MailboxState((await reader.examine(b"2020")).uidvalidity, 1, 0, 1),
        ]
        again = await connection.run(b"EXAMINE INBOX")
        assert b"* 3 RECENT\r\n" in [response.parts[0] for response in again.untagged]
        unseen = await connection.run(b"SEARCH UNSEEN")
        assert [response.parts[0] for response in unseen.untagged] == [b"* SEARCH 1 2 3\r\n"]


async def test_what_is_refused_lets_the_next_command_pass(anna):
    with anna.imap(*anna.admin) as client:
        assert client.setquota(f"user/{ANNA}", "(STORAGE 10)")[0] == "OK"
    async with await logged_in(anna) as connection:
        large = connection.submit(b"APPEND INBOX ", Literal(b"x" * 1_000_000))
        small = connection.submit(b"APPEND INBOX ", Literal(MAIL % (b"s", b"b")))
        assert (await large).status is Status.NO
        assert (await small).status is Status.OK
        assert (await MailboxReader(connection).examine(b"INBOX")).messages == 1
        with pytest.raises(CommandError, match="refused FROBNICATE: BAD "):
            await connection.run(b"FROBNICATE INBOX")


async def test_megabytes_go_up_while_megabytes_come_down(anna):
    big = MAIL % (b"big", random.Random(1).randbytes(6_000_000).hex().encode())
    async with await logged_in(anna) as connection:
        await append(connection, b"INBOX", big)
        reader = MailboxReader(connection)
        await reader.examine(b"INBOX")
        got: list[Content] = []
        asked = [reader.bodies([1], lambda _, body: got.append(body)) for _ in range(2)]
        sent = [connection.submit(b"APPEND INBOX ", literal(big, connection.capabilities)) for _ in range(2)]
        await connection.drain()
        for answer in sent:
            assert (await answer).status is Status.OK
        await asyncio.gather(*asked)
        assert got == [big, big]


async def test_many_appends_in_flight_and_windows_of_facts(anna):
    async with await logged_in(anna) as connection:
        futures = [
            connection.submit(
                b"APPEND INBOX (k%d) " % (n % 7), literal(MAIL % (b"s", b"x" * n), connection.capabilities)
            )
            for n in range(90)
        ]
        assert {(await future).status for future in futures} == {Status.OK}
        reader = MailboxReader(connection)
        await reader.examine(b"INBOX")
        windows = [reader.facts(first, first + 29) for first in range(1, 91, 30)]
        facts = [fact for window in windows for fact in await window]
        assert [fact.uid for fact in facts] == list(range(1, 91))
        assert [fact.size_bytes for fact in facts] == [len(MAIL % (b"s", b"x" * n)) for n in range(90)]
