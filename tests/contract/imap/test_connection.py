"""What a connection promises, whether it is bare, by STARTTLS or by TLS."""

from __future__ import annotations

import asyncio
import base64
import re
import zlib
from collections.abc import Callable

import pytest

from sterna.errors import Retry, Scope
from sterna.imap.answers import Answer, CommandError
from sterna.imap.authentication import AccountLoginError, Credentials
from sterna.imap.codes import Status
from sterna.imap.connection import Connection
from sterna.imap.engine import Literal, ServerProtocolError
from sterna.imap.failures import ConnectionLostError, ServerTimeoutError
from sterna.imap.fragments import Limits, Response
from sterna.model.secret import Secret
from sterna.site.declaration import Mechanism, Server
from tests.contract.imap.conftest import Serve
from tests.contract.imap.peer import Peer, serving

MIB = 1 << 20


async def answer_everything(peer: Peer) -> None:
    """Say OK to each command, with one untagged response."""
    while line := await peer.line():
        tag, _, command = line.partition(b" ")
        await peer.say(b"* X " + command + b"\r\n" + tag + b" OK [CODE 1] done\r\n")


def tag_of(line: bytes) -> bytes:
    return line.partition(b" ")[0]


async def test_a_command_has_an_answer(serve: Serve):
    async with serve(answer_everything) as server, await Connection.open(server) as connection:
        answer = await connection.command(b"NOOP")
    assert answer == Answer(Status.OK, b"CODE 1", b"done", (Response((b"* X NOOP\r\n",)),))
    assert connection.greeting == b"hello"
    assert connection.capabilities == {b"IMAP4REV1", b"AUTH=PLAIN", b"SASL-IR", b"LITERAL+"}


async def test_login_learns_what_the_server_offers_then(serve: Serve):
    async def script(peer: Peer) -> None:
        line = await peer.line()
        assert line.endswith(b" AUTHENTICATE PLAIN AGFubmEAc2VjcmV0")
        await peer.say(tag_of(line) + b" OK [CAPABILITY IMAP4rev1 X-REPLICATION] in\r\n")
        await answer_everything(peer)

    async with serve(script) as server, await Connection.open(server) as connection:
        await connection.login("anna", Secret("secret"))
        assert connection.capabilities == {b"IMAP4REV1", b"X-REPLICATION"}


async def test_many_commands_are_in_flight_and_untagged_data_goes_to_the_oldest(serve: Serve):
    async def script(peer: Peer) -> None:
        tags = [tag_of(await peer.line()) for _ in range(100)]
        for number, tag in enumerate(tags):
            await peer.say(b"* %d EXISTS\r\n%b OK done\r\n" % (number, tag))
        await answer_everything(peer)

    async with serve(script) as server, await Connection.open(server) as connection:
        futures = [connection.submit(b"NOOP") for _ in range(100)]
        answers = [await future for future in futures]
    assert [answer.untagged[0].parts[0] for answer in answers] == [b"* %d EXISTS\r\n" % n for n in range(100)]


async def test_ten_mebibytes_each_way_at_once_do_not_block_each_other(serve: Serve):
    up, down = bytes(range(256)) * (10 * MIB // 256), b"\0\xff" * (5 * MIB)

    async def script(peer: Peer) -> None:
        line = await peer.line()
        assert line.endswith(b"{%d+}" % len(up))
        # Not an octet of the literal is read before everything of ours is gone.
        await peer.say(b"* 1 FETCH (UID 1 BODY[] {%d}\r\n" % len(down) + down + b")\r\n")
        assert await peer.octets(len(up)) == up
        assert await peer.line() == b")"
        await peer.say(tag_of(line) + b" OK done\r\n")
        await answer_everything(peer)

    async with serve(script) as server, await Connection.open(server) as connection:
        answer = await connection.command(b"SEND (", Literal(up, synchronizing=False), b")")
    assert answer.untagged[0].parts[1] == down


async def test_drain_waits_until_the_server_takes_what_is_sent(serve: Serve):
    reading = asyncio.Event()

    async def script(peer: Peer) -> None:
        await reading.wait()
        line = await peer.line()
        await peer.octets(16 * MIB)
        await peer.line()
        await peer.say(tag_of(line) + b" OK done\r\n")
        await answer_everything(peer)

    async with serve(script) as server, await Connection.open(server) as connection:
        future = connection.submit(b"SEND ", Literal(bytes(16 * MIB), synchronizing=False))
        draining = asyncio.ensure_future(connection.drain())
        await asyncio.sleep(0.1)
        assert not draining.done()
        reading.set()
        await draining
        assert (await future).status is Status.OK
        await connection.drain()


async def test_a_refused_literal_lets_the_next_command_pass(serve: Serve):
    async def script(peer: Peer) -> None:
        first = await peer.line()
        assert first.endswith(b" LOGIN {4}")
        await peer.say(tag_of(first) + b" NO too many of you\r\n")
        await answer_everything(peer)

    async with serve(script) as server, await Connection.open(server) as connection:
        refused = connection.submit(b"LOGIN ", Literal(b"anna"))
        after = connection.submit(b"NOOP")
        assert (await refused).status is Status.NO
        assert (await after).untagged[0].parts[0] == b"* X NOOP\r\n"


async def test_a_refused_command_is_an_error_only_where_one_asks_for_it(serve: Serve):
    async def script(peer: Peer) -> None:
        for _ in range(2):
            await peer.say(tag_of(await peer.line()) + b" NO [NOPERM] secret garden\r\n")
        await answer_everything(peer)

    async with serve(script) as server, await Connection.open(server) as connection:
        assert (await connection.command(b"EXAMINE x")).status is Status.NO
        with pytest.raises(CommandError, match=r"refused UID FETCH: NO \[NOPERM\] secret garden") as caught:
            await connection.run(b"UID FETCH 1 (UID)")
    assert caught.value.scope is Scope.MAILBOX


async def test_a_cancelled_command_leaves_the_connection_in_step(serve: Serve):
    asked = asyncio.Event()

    async def script(peer: Peer) -> None:
        line = await peer.line()
        asked.set()
        await peer.line()
        await peer.say(b"* 1 EXISTS\r\n" + tag_of(line) + b" OK done\r\n")
        await peer.say(b"T%d OK second\r\n" % (int(tag_of(line)[1:]) + 1))
        await answer_everything(peer)

    async with serve(script) as server, await Connection.open(server) as connection:
        waiting = asyncio.ensure_future(connection.command(b"SLOW"))
        await asked.wait()
        waiting.cancel()
        answer = await connection.command(b"NEXT")
        assert (answer.text, answer.untagged) == (b"second", ())
        assert (await connection.command(b"NOOP")).untagged[0].parts[0] == b"* X NOOP\r\n"


async def test_a_lost_connection_fails_everything_in_flight_and_after(serve: Serve):
    async def script(peer: Peer) -> None:
        await peer.line()
        await peer.say(b"* BYE [UNAVAILABLE] going down\r\n")
        peer.hang_up()

    async with serve(script) as server:
        connection = await Connection.open(server)
        futures = [connection.submit(b"NOOP") for _ in range(3)]
        for future in [*futures, connection.submit(b"NOOP")]:
            with pytest.raises(ConnectionLostError, match="'going down'") as caught:
                await future
            assert (caught.value.scope, caught.value.retry) == (Scope.SERVER, Retry.LATER)
        with pytest.raises(ConnectionLostError):
            await connection.submit(b"NOOP")
        with pytest.raises(ConnectionLostError):
            await connection.drain()
        await connection.logout()
        await connection.close()


async def test_what_breaks_the_protocol_ends_the_connection(serve: Serve):
    async def script(peer: Peer) -> None:
        await peer.line()
        await peer.say(b"T99 OK not yours\r\n")
        await peer.rest()

    async with serve(script) as server:
        connection = await Connection.open(server)
        first, second = connection.submit(b"NOOP"), connection.submit(Literal(bytes(MIB)))
        for future in (first, second, connection.submit(b"NOOP")):
            with pytest.raises(ServerProtocolError, match="T99"):
                await future
        await connection.close()


async def test_a_limit_that_is_exceeded_ends_the_connection(serve: Serve):
    async def script(peer: Peer) -> None:
        await peer.line()
        await peer.say(b"* " + b"x" * 2000)
        await peer.rest()

    async with serve(script) as server:
        connection = await Connection.open(server, Limits(line_bytes=1000))
        with pytest.raises(ServerProtocolError, match="CRLF within 1000 bytes"):
            await connection.command(b"NOOP")
        await connection.close()


def hasty(server: Server, timeout_s: float = 0.3) -> Server:
    return server.model_copy(update={"timeout_s": timeout_s})


async def test_a_server_that_falls_silent_is_given_up(serve: Serve):
    async def script(peer: Peer) -> None:
        await peer.rest()

    async with serve(script) as server:
        connection = await Connection.open(hasty(server))
        with pytest.raises(ServerTimeoutError, match=r"silent for 0\.3 s") as caught:
            await connection.command(b"NOOP")
        assert isinstance(caught.value, TimeoutError)
        assert (caught.value.scope, caught.value.retry) == (Scope.SERVER, Retry.LATER)
        await connection.close()


async def test_a_server_that_takes_nothing_is_given_up(serve: Serve):
    over = asyncio.Event()

    async def script(_: Peer) -> None:
        await over.wait()

    async with serve(script) as server:
        connection = await Connection.open(hasty(server))
        future = connection.submit(Literal(bytes(32 * MIB), synchronizing=False))
        with pytest.raises(ServerTimeoutError):
            await connection.drain()
        with pytest.raises(ServerTimeoutError):
            await future
        over.set()
        await connection.close()


async def test_a_server_that_is_slow_but_alive_is_waited_for(serve: Serve):
    async def script(peer: Peer) -> None:
        line = await peer.line()
        for _ in range(6):
            await asyncio.sleep(0.15)
            await peer.say(b"* OK still here\r\n")
        await peer.say(tag_of(line) + b" OK done\r\n")
        await answer_everything(peer)

    async with serve(script) as server, await Connection.open(hasty(server)) as connection:
        assert (await connection.command(b"SLOW")).status is Status.OK


async def test_silence_of_a_server_that_owes_nothing_is_no_error(serve: Serve):
    async with serve(answer_everything) as server, await Connection.open(hasty(server)) as connection:
        for _ in range(2):
            assert (await connection.command(b"NOOP")).status is Status.OK
            await asyncio.sleep(0.5)


async def test_the_time_in_which_nothing_was_owed_does_not_count(serve: Serve):
    async def script(peer: Peer) -> None:
        await peer.say(tag_of(await peer.line()) + b" OK done\r\n")
        line = await peer.line()
        await asyncio.sleep(0.5)
        await peer.say(tag_of(line) + b" OK done\r\n")
        await answer_everything(peer)

    async with serve(script) as server, await Connection.open(hasty(server, 0.6)) as connection:
        await connection.command(b"NOOP")
        await asyncio.sleep(0.5)
        assert (await connection.command(b"SLOW")).status is Status.OK


async def test_what_the_taker_of_untagged_data_raises_reaches_only_its_caller(serve: Serve):
    async def script(peer: Peer) -> None:
        line = await peer.line()
        await peer.say(b"* 1 EXISTS\r\n* 2 EXISTS\r\n" + tag_of(line) + b" OK done\r\n")
        await answer_everything(peer)

    calls: list[Response] = []

    def refuse(response: Response) -> None:
        calls.append(response)
        raise OSError(28, "disk full")

    async with serve(script) as server, await Connection.open(server) as connection:
        with pytest.raises(OSError, match="disk full"):
            await connection.submit(b"FETCH", on_untagged=refuse)
        assert len(calls) == 1
        assert (await connection.command(b"NOOP")).status is Status.OK


async def test_data_that_nobody_asked_for_is_no_error(serve: Serve):
    async def script(peer: Peer) -> None:
        await peer.say(b"* 5 EXISTS\r\n* CAPABILITY IMAP4rev1 NEW\r\n")
        await answer_everything(peer)

    async with serve(script) as server, await Connection.open(server) as connection:
        await asyncio.sleep(0.1)
        assert b"NEW" in connection.capabilities
        assert (await connection.command(b"NOOP")).status is Status.OK


ENDS: dict[str, Callable[[bytes], bytes]] = {
    "as the standard says": lambda tag: b"* BYE see you\r\n" + tag + b" OK done\r\n",
    "without an answer": lambda _: b"* BYE see you\r\n",
    "without a word": lambda _: b"",
    "with a refusal": lambda tag: tag + b" BAD what\r\n",
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
async def test_logout_ends_the_connection_however_the_server_takes_it(serve: Serve, end: Callable[[bytes], bytes]):
    async def script(peer: Peer) -> None:
        line = await peer.line()
        assert re.fullmatch(rb"T\d+ LOGOUT", line)
        await peer.say(end(tag_of(line)))

    async with serve(script) as server:
        connection = await Connection.open(server)
        await connection.logout()
        with pytest.raises(ConnectionLostError):
            await connection.command(b"NOOP")


async def test_an_error_inside_closes_without_waiting_for_the_server(serve: Serve):
    async def script(peer: Peer) -> None:
        assert await peer.rest() == b""

    async with serve(script) as server:
        with pytest.raises(KeyError):
            async with await Connection.open(server):
                raise KeyError


async def test_closing_fails_what_is_in_flight(serve: Serve):
    async def script(peer: Peer) -> None:
        await peer.rest()

    async with serve(script) as server:
        connection = await Connection.open(server)
        future = connection.submit(b"NOOP")
        await connection.close()
        with pytest.raises(ConnectionLostError, match="on our side"):
            await future


async def test_a_conversation_goes_on_compressed_in_both_directions():
    async def script(peer: Peer) -> None:
        await peer.say(b"* OK [CAPABILITY IMAP4REV1 COMPRESS=DEFLATE] ready\r\n")
        assert await peer.line() == b"T1 COMPRESS DEFLATE"
        await peer.say(b"T1 OK begin\r\n")
        said, heard = zlib.compressobj(wbits=-15), zlib.decompressobj(wbits=-15)
        command = b""
        while not command.endswith(b"\r\n"):
            command += heard.decompress(await peer.octets(1))
        assert command == b"T2 NOOP\r\n"
        answer = b"* 1 FETCH (UID 7 BODY[] {300000}\r\n" + bytes(300000) + b")\r\nT2 OK done\r\n"
        packed = said.compress(answer) + said.flush(zlib.Z_SYNC_FLUSH)
        assert len(packed) < 2000
        await peer.say(packed)

    async with serving(script) as server:
        connection = await Connection.open(server)
        assert await connection.compress()
        answer = await connection.run(b"NOOP")
        assert len(answer.untagged[0].parts[1]) == 300000
        await connection.close()


async def test_what_cannot_be_uncompressed_ends_the_connection_with_a_reason():
    async def script(peer: Peer) -> None:
        await peer.say(b"* OK [CAPABILITY IMAP4REV1 COMPRESS=DEFLATE] ready\r\n")
        await peer.line()
        await peer.say(b"T1 OK begin\r\n")
        await peer.octets(1)
        await peer.say(b"T2 OK in clear\r\n")
        await peer.rest()

    async with serving(script) as server:
        connection = await Connection.open(server)
        assert await connection.compress()
        with pytest.raises(ConnectionLostError, match="compressed"):
            await connection.run(b"NOOP")
        await connection.close()


async def test_a_refused_token_concerns_one_account_and_the_servers_reason_is_told():
    async def script(peer: Peer) -> None:
        await peer.say(b"* OK [CAPABILITY IMAP4REV1 SASL-IR AUTH=XOAUTH2] ready\r\n")
        assert (await peer.line()).startswith(b"T1 AUTHENTICATE XOAUTH2 ")
        await peer.say(b"+ " + base64.b64encode(b'{"status":"400","scope":"mail"}') + b"\r\n")
        assert await peer.line() == b""
        await peer.say(b"T1 NO [AUTHENTICATIONFAILED] Invalid credentials\r\n")
        await peer.rest()

    token = Credentials("anna", Secret("t0ken"), mechanism=Mechanism.XOAUTH2, one_account=True)
    async with serving(script) as server:
        connection = await Connection.open(server)
        with pytest.raises(AccountLoginError, match=r'Invalid credentials \{"status":"400"') as caught:
            await connection.log_in(token)
        assert (caught.value.scope, caught.value.retry) == (Scope.ACCOUNT, Retry.NEVER)
        assert "t0ken" not in str(caught.value)
        await connection.close()
