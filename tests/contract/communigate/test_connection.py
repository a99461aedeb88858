"""What a connection to the CLI promises, over a real socket."""

from __future__ import annotations

import asyncio
import socket
import ssl
from pathlib import Path

import pytest

from sterna.communigate.commands import Command, ReadCommand
from sterna.communigate.connection import CliConnection
from sterna.communigate.connection_errors import (
    CannotConnectError,
    CliLoginError,
    CliTimeoutError,
    CommandRefusedError,
    NoStartTlsError,
    ReplyCutError,
    ServerClosedError,
)
from sterna.communigate.pool import CliPool, together
from sterna.communigate.reply import CliProtocolError, ReplyTooLongError
from sterna.communigate.syntax import DataFormatError
from sterna.communigate.values import Value
from sterna.errors import Retry, Scope, SternaError
from sterna.imap.tls import TlsError
from sterna.pki.authority import Authority
from sterna.site.errors import SecretFileError
from tests.contract.communigate.peer import GREETING, Peer, serving

LIST = Command(ReadCommand.LISTDOMAINS)
NOOP = Command(ReadCommand.NOOP)


async def two_domains(peer: Peer) -> None:
    await peer.answer({b"LISTDOMAINS": b"201 (a,b)", b"NOOP": b"200 OK"})


async def asked(connection: CliConnection, command: Command = LIST) -> Value:
    try:
        return await connection.ask(command)
    finally:
        await connection.close()


async def test_a_question_has_an_answer(tmp_path: Path):
    async with serving(tmp_path, two_domains) as server:
        connection = CliConnection(server)
        assert await connection.ask(LIST) == ("a", "b")
        assert await connection.ask(NOOP) is None
        assert connection.greeting == "mail.lab.example ready"
        await connection.close()
        await connection.close()


async def test_an_answer_may_come_byte_by_byte(tmp_path: Path):
    async def slowly(peer: Peer) -> None:
        await peer.log_in()
        await peer.line()
        for byte in b"200 data follow\r\n(a,\r\n b)\r\n":
            await peer.say(bytes((byte,)))
            await asyncio.sleep(0)

    async with serving(tmp_path, slowly) as server:
        assert await asked(CliConnection(server)) == ("a", "b")


async def test_tls_is_used_when_it_is_declared(tmp_path: Path):
    authority = Authority.create(tmp_path / "ca", "Test")
    files = authority.issue(tmp_path / "tls", "cli", [], ["127.0.0.1"])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    async with serving(tmp_path, two_domains, context=context, ca_file=authority.certificate) as server:
        assert await asked(CliConnection(server)) == ("a", "b")
    other = Authority.create(tmp_path / "other", "Other")
    async with serving(tmp_path, two_domains, context=context, ca_file=other.certificate) as server:
        with pytest.raises(TlsError, match="is not trusted") as caught:
            await CliConnection(server).connect()
    assert caught.value.exit_code == 78


async def test_nobody_listens(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    async with serving(tmp_path, two_domains, port=port) as server:
        with pytest.raises(
            CannotConnectError, match=f"127.0.0.1:{port}: cannot connect: connection refused;"
        ) as caught:
            await CliConnection(server).connect()
    assert (caught.value.exit_code, caught.value.scope, caught.value.retry) == (69, Scope.SERVER, Retry.LATER)


@pytest.mark.filterwarnings("error")
async def test_a_wrong_password_is_refused_and_not_shown(tmp_path: Path):
    async def refuse(peer: Peer) -> None:
        await peer.say(GREETING)
        await peer.line()
        await peer.say(b"300 go\r\n")
        await peer.line()
        await peer.say(b"515 incorrect password\r\n")
        await peer.line()

    async with serving(tmp_path, refuse) as server:
        with pytest.raises(CliLoginError, match="login as postmaster refused: 515 incorrect password") as caught:
            await CliConnection(server).connect()
    assert caught.value.exit_code == 77
    assert "s3cret" not in str(caught.value)


async def test_a_password_file_that_is_not_there_is_told_before_anything_is_opened(tmp_path: Path):
    async with serving(tmp_path, two_domains, password_file=tmp_path / "none") as server:
        with pytest.raises(SecretFileError):
            await CliConnection(server).connect()


async def test_starttls_is_told_to_be_unknown(tmp_path: Path):
    async with serving(tmp_path, two_domains, tls="starttls") as server:
        with pytest.raises(NoStartTlsError, match="no STARTTLS") as caught:
            await CliConnection(server).connect()
    assert caught.value.exit_code == 78


async def test_a_server_that_says_nothing_is_not_waited_for(tmp_path: Path):
    async def silent(peer: Peer) -> None:
        await peer.line()

    async with serving(tmp_path, silent, timeout_s=0.1) as server:
        with pytest.raises(CliTimeoutError, match=r"no greeting within 0.1 s; check port and tls") as caught:
            await CliConnection(server).connect()
    assert (caught.value.exit_code, caught.value.retry) == (75, Retry.LATER)


async def test_an_answer_that_stays_away_is_not_waited_for_and_does_not_answer_the_next_question(tmp_path: Path):
    async def late(peer: Peer) -> None:
        await peer.log_in()
        await peer.line()
        await asyncio.sleep(0.3)
        await peer.say(b"201 (late)\r\n")

    async with serving(tmp_path, late, two_domains, timeout_s=0.2) as server:
        connection = CliConnection(server)
        with pytest.raises(CliTimeoutError, match="no answer within"):
            await connection.ask(LIST)
        assert await asked(connection) == ("a", "b")


async def test_a_question_that_is_given_up_does_not_answer_the_next_one(tmp_path: Path):
    async def late(peer: Peer) -> None:
        await peer.log_in()
        await peer.line()
        await asyncio.sleep(0.1)
        await peer.say(b"201 (late)\r\n")

    async with serving(tmp_path, late, two_domains) as server:
        connection = CliConnection(server)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await connection.ask(LIST)
        assert await asked(connection) == ("a", "b")


async def test_a_reply_that_is_cut_is_asked_for_once_more(tmp_path: Path):
    async def cut(peer: Peer) -> None:
        await peer.log_in()
        await peer.line()
        await peer.say(b"201 (a,")

    async with serving(tmp_path, cut, two_domains) as server:
        assert await asked(CliConnection(server)) == ("a", "b")


async def test_a_reply_that_is_cut_each_time_costs_only_that_question(tmp_path: Path):
    async def cut(peer: Peer) -> None:
        await peer.log_in()
        await peer.line()
        await peer.say(b"201 (a,")

    async with serving(tmp_path, cut, cut, two_domains) as server:
        connection = CliConnection(server)
        with pytest.raises(ReplyCutError, match="in the middle of its reply") as caught:
            await connection.ask(LIST)
        assert (caught.value.exit_code, caught.value.retry, caught.value.scope) == (75, Retry.LATER, Scope.ACCOUNT)
        assert await asked(connection) == ("a", "b")


async def test_a_connection_closed_while_idle_is_opened_again(tmp_path: Path):
    async def once(peer: Peer) -> None:
        await peer.log_in()
        await peer.line()
        await peer.say(b"201 (first)\r\n")

    async with serving(tmp_path, once, two_domains) as server:
        connection = CliConnection(server)
        assert await connection.ask(LIST) == ("first",)
        await asyncio.sleep(0.05)
        assert await asked(connection) == ("a", "b")


async def test_a_farewell_is_not_taken_for_an_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    async def farewell(peer: Peer) -> None:
        await peer.log_in()
        await peer.line()
        await peer.say(b"201 (first)\r\n")
        await asyncio.sleep(0.02)
        await peer.say(b"200 idle for too long, good-bye\r\n")

    monkeypatch.setattr("sterna.communigate.connection._CHECKED_AFTER_S", 0.01)
    async with serving(tmp_path, farewell, two_domains) as server:
        connection = CliConnection(server)
        assert await connection.ask(LIST) == ("first",)
        await asyncio.sleep(0.1)
        assert await asked(connection) == ("a", "b")


async def test_an_old_connection_is_opened_anew_before_the_server_closes_it(tmp_path: Path):
    async def first(peer: Peer) -> None:
        await peer.answer({b"LISTDOMAINS": b"201 (first)"})

    async with serving(tmp_path, first, two_domains) as server:
        connection = CliConnection(server, idle_s=0)
        assert await connection.ask(LIST) == ("first",)
        assert await asked(connection) == ("a", "b")


async def test_a_server_that_always_closes_is_not_asked_for_ever(tmp_path: Path):
    async def close(peer: Peer) -> None:
        await peer.log_in()
        await peer.line()

    async with serving(tmp_path, close) as server:
        with pytest.raises(ServerClosedError, match="instead of a reply"):
            await CliConnection(server).ask(LIST)


async def test_a_reply_that_is_too_long_is_an_error(tmp_path: Path):
    async def endless(peer: Peer) -> None:
        await peer.log_in()
        await peer.line()
        while True:
            await peer.say(b"201 " + b"a" * 10_000)

    async with serving(tmp_path, endless) as server:
        with pytest.raises(ReplyTooLongError, match="longer than 100000 bytes") as caught:
            await CliConnection(server, limit_bytes=100_000).ask(LIST)
    assert (caught.value.exit_code, caught.value.retry) == (76, Retry.NEVER)


async def test_a_reply_that_drips_for_ever_is_not_waited_for(tmp_path: Path):
    async def drip(peer: Peer) -> None:
        await peer.log_in()
        await peer.line()
        while True:
            await peer.say(b"2")
            await asyncio.sleep(0.02)

    async with serving(tmp_path, drip, timeout_s=0.1) as server:
        with pytest.raises(CliTimeoutError):
            await CliConnection(server).ask(LIST)


async def test_no_more_commands_are_sent_in_a_second_than_declared(tmp_path: Path):
    times: list[float] = []

    async def note(peer: Peer) -> None:
        await peer.log_in()
        while await peer.line():
            times.append(asyncio.get_running_loop().time())
            await peer.say(b"200 OK\r\n")

    async with serving(tmp_path, note, commands_per_s=100, connections=4) as server:
        pool = CliPool(server)
        await together(pool.ask(Command(ReadCommand.NOOP)) for _ in range(21))
        await pool.close()
    assert max(times) - min(times) >= 0.19


async def test_another_server_at_the_port_is_told(tmp_path: Path):
    async def smtp(peer: Peer) -> None:
        await peer.say(b"220 mail.lab.example ESMTP\r\n")

    async with serving(tmp_path, smtp) as server:
        with pytest.raises(CliProtocolError, match="greets with 220"):
            await CliConnection(server).connect()


async def test_a_refusal_leaves_the_connection_usable(tmp_path: Path):
    async with serving(tmp_path, two_domains) as server:
        connection = CliConnection(server)
        with pytest.raises(CommandRefusedError, match='GETGROUP "a b": 500 unknown command') as caught:
            await connection.ask(Command(ReadCommand.GETGROUP, ("a b",)))
        assert caught.value.unknown_command
        assert await asked(connection) == ("a", "b")


async def test_an_unreadable_object_leaves_the_connection_usable(tmp_path: Path):
    async def script(peer: Peer) -> None:
        await peer.answer({b"GETGROUP a": b"201 {a=b", b"LISTDOMAINS": b"201 (a,b)"})

    async with serving(tmp_path, script) as server:
        connection = CliConnection(server)
        with pytest.raises(DataFormatError):
            await connection.ask(Command(ReadCommand.GETGROUP, ("a",)))
        assert await asked(connection) == ("a", "b")


async def test_a_pool_asks_by_several_connections_and_no_more(tmp_path: Path):
    open_now = most = 0
    together_event = asyncio.Event()

    async def script(peer: Peer) -> None:
        nonlocal open_now, most
        open_now += 1
        most = max(most, open_now)
        if open_now == 3:
            together_event.set()
        await peer.log_in()
        while await peer.line():
            await together_event.wait()
            await peer.say(b"201 (a)\r\n")

    async with serving(tmp_path, script) as server:
        pool = CliPool(server, 3)
        await pool.connect()
        assert await together(pool.ask(LIST) for _ in range(20)) == [("a",)] * 20
        await pool.close()
    assert most == 3


async def test_what_fails_first_is_raised_as_itself():
    async def fail(error: Exception) -> None:
        raise error

    with pytest.raises(SternaError, match="expected"):
        await together([fail(SternaError("expected")), asyncio.sleep(10)])
    with pytest.raises(KeyError):
        await together([fail(SternaError("expected")), fail(KeyError("a bug is never hidden"))])
