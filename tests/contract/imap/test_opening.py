"""How a connection begins, and the ways in which it must not: no password leaves before everything is right."""

from __future__ import annotations

import asyncio
import datetime as dt
import socket
import ssl
from pathlib import Path

import pytest

from sterna.errors import Retry, Scope, SternaError
from sterna.imap.authentication import AuthorizationError, LoginError, LoginUnavailableError
from sterna.imap.connection import Connection
from sterna.imap.engine import ServerProtocolError
from sterna.imap.failures import ConnectError, ConnectionLostError, ServerTimeoutError
from sterna.imap.tls import TlsError
from sterna.model.secret import Secret
from sterna.pki.authority import Authority
from sterna.site.declaration import Server, Tls
from tests.contract.imap.conftest import server_context
from tests.contract.imap.peer import Peer, Script, serving

PLAIN = b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hello\r\n"


def never_asked(greeting: bytes = b"") -> tuple[list[bytes], Script]:
    """A script that greets and notes everything that the client says."""
    heard: list[bytes] = []

    async def script(peer: Peer) -> None:
        await peer.say(greeting)
        heard.append(await peer.rest())

    return heard, script


async def greet_and_wait(peer: Peer) -> None:
    await peer.say(PLAIN)
    await peer.rest()


async def test_capabilities_are_asked_for_where_the_greeting_does_not_say_them():
    async def script(peer: Peer) -> None:
        await peer.say(b"* OK hello\r\n")
        assert await peer.line() == b"T1 CAPABILITY"
        await peer.say(b"* CAPABILITY IMAP4rev1 ID\r\nT1 OK done\r\n")
        await peer.rest()

    async with serving(script) as server:
        connection = await Connection.open(server)
        assert connection.capabilities == {b"IMAP4REV1", b"ID"}
        await connection.close()


async def test_a_port_where_nobody_listens_is_named():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        server = Server(host="127.0.0.1", port=probe.getsockname()[1], tls=Tls.NONE)
        with pytest.raises(ConnectError, match=rf"127\.0\.0\.1:{server.port}") as caught:
            await Connection.open(server)
    assert (caught.value.scope, caught.value.retry, caught.value.exit_code) == (Scope.SERVER, Retry.LATER, 69)


async def test_a_host_that_does_not_exist_is_named():
    with pytest.raises(ConnectError, match=r"no-such-host\.invalid:143: "):
        await Connection.open(Server(host="no-such-host.invalid", port=143, tls=Tls.NONE))


async def test_a_server_that_says_bye_is_quoted():
    _, script = never_asked(b"* BYE [UNAVAILABLE] too many of you\r\n")
    async with serving(script) as server:
        with pytest.raises(ConnectError, match="'too many of you'"):
            await Connection.open(server)


async def test_a_server_of_another_kind_is_refused():
    _, script = never_asked(b"+OK POP3 ready\r\n")
    async with serving(script) as server:
        with pytest.raises(ServerProtocolError, match="no greeting"):
            await Connection.open(server)


async def test_a_server_that_closes_instead_of_greeting_is_lost():
    async def script(peer: Peer) -> None:
        peer.hang_up()

    async with serving(script) as server:
        with pytest.raises(ConnectionLostError):
            await Connection.open(server)


async def test_a_server_that_never_greets_is_given_up():
    _, script = never_asked()
    async with serving(script) as server:
        with pytest.raises(ServerTimeoutError):
            await Connection.open(server.model_copy(update={"timeout_s": 0.2}))


async def test_a_handshake_that_never_ends_is_given_up(authority: Authority):
    _, script = never_asked()
    async with serving(script, declared=Tls.TLS, ca_file=authority.certificate) as server:
        with pytest.raises(ConnectError, match=r"no answer within 0\.2 s"):
            await Connection.open(server.model_copy(update={"timeout_s": 0.2}))


async def test_whoever_stops_waiting_leaves_no_connection_behind():
    heard, script = never_asked()
    async with serving(script) as server:
        opening = asyncio.ensure_future(Connection.open(server))
        await asyncio.sleep(0.1)
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
    assert heard == [b""]


# TLS


async def refused(server: Server) -> TlsError:
    with pytest.raises(TlsError) as caught:
        await Connection.open(server)
    assert "No password was sent" in str(caught.value)
    assert (caught.value.scope, caught.value.retry, caught.value.exit_code) == (Scope.SERVER, Retry.NEVER, 78)
    return caught.value


@pytest.fixture(params=[Tls.TLS, Tls.STARTTLS])
def way(request: pytest.FixtureRequest) -> Tls:
    way: Tls = request.param
    return way


async def serve_refused(way: Tls, context: ssl.SSLContext, ca_file: Path | None) -> TlsError:
    """Offer TLS with `context` to a client that trusts `ca_file`, and return its complaint."""

    async def script(peer: Peer) -> None:
        if way is Tls.STARTTLS:
            await peer.say(PLAIN)
            await peer.line()
            await peer.say(b"T1 OK go\r\n")
            await peer.start_tls(context)
        assert await peer.rest() == b""

    tls = context if way is Tls.TLS else None
    async with serving(script, tls=tls, declared=way, ca_file=ca_file) as server:
        return await refused(server)


async def test_a_certificate_of_a_strange_authority_is_not_trusted(way: Tls, protected: ssl.SSLContext, tmp_path: Path):
    other = Authority.create(tmp_path / "other", "Other")
    error = await serve_refused(way, protected, other.certificate)
    assert f"the certificate of 127.0.0.1:{error.port} is not trusted by ca_file {other.certificate}" in str(error)


async def test_without_a_ca_file_the_systems_certificates_count(way: Tls, protected: ssl.SSLContext):
    assert "the system's certificates (no ca_file is set)" in str(await serve_refused(way, protected, None))


async def test_a_certificate_for_another_name_is_refused(way: Tls, authority: Authority, tmp_path: Path):
    files = authority.issue(tmp_path, "other", ["mail.lab.example"], ["127.0.0.2"])
    error = await serve_refused(way, server_context(files), authority.certificate)
    assert "is for other names" in str(error)


async def test_an_old_certificate_is_refused(
    way: Tls, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("sterna.pki.authority.LEAF_LIFETIME", dt.timedelta(minutes=-1))
    files = authority.issue(tmp_path, "old", [], ["127.0.0.1"])
    error = await serve_refused(way, server_context(files), authority.certificate)
    assert "has expired" in str(error)


async def test_old_versions_of_tls_are_refused(way: Tls, authority: Authority, protected: ssl.SSLContext):
    protected.set_ciphers("ALL:@SECLEVEL=0")
    protected.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        protected.maximum_version = ssl.TLSVersion.TLSv1_1

    async def script(peer: Peer) -> None:
        await peer.say(PLAIN)
        await peer.line()
        await peer.say(b"T1 OK go\r\n")
        await peer.start_tls(protected)

    tls = protected if way is Tls.TLS else None
    async with serving(script, tls=tls, declared=way, ca_file=authority.certificate) as server:
        with pytest.raises(SternaError, match="TLS") as caught:
            await Connection.open(server)
    # A server on asyncio loses the alert that would have said more, and just closes.
    assert isinstance(caught.value, TlsError | ConnectError | ConnectionLostError)


async def test_a_port_that_speaks_in_clear_is_no_tls_port(authority: Authority):
    async with serving(greet_and_wait, declared=Tls.TLS, ca_file=authority.certificate) as server:
        assert "Check port and tls" in str(await refused(server))


@pytest.mark.parametrize(("content", "why"), [(None, "No such file"), ("nonsense", "no certificate in PEM form")])
async def test_a_ca_file_that_is_none_is_named(tmp_path: Path, content: str | None, why: str):
    ca_file = tmp_path / "ca.pem"
    if content is not None:
        ca_file.write_text(content)
    error = await refused(Server(host="127.0.0.1", port=1, tls=Tls.TLS, ca_file=ca_file))
    assert str(ca_file) in str(error)
    assert why in str(error)


async def test_a_server_that_refuses_starttls_gets_no_password(authority: Authority):
    async def script(peer: Peer) -> None:
        await peer.say(PLAIN)
        assert await peer.line() == b"T1 STARTTLS"
        await peer.say(b"T1 BAD what is that\r\n")
        assert await peer.rest() == b""

    async with serving(script, declared=Tls.STARTTLS, ca_file=authority.certificate) as server:
        assert "it refused STARTTLS: what is that" in str(await refused(server))


@pytest.mark.parametrize("smuggled", [b"* CAPABILITY EVIL\r\n", b"* CAPAB", b"+ go\r\n", b"T2 OK done\r\n"])
async def test_clear_text_behind_the_answer_to_starttls_is_refused(authority: Authority, smuggled: bytes):
    async def script(peer: Peer) -> None:
        await peer.say(PLAIN)
        await peer.line()
        await peer.say(b"T1 OK go\r\n" + smuggled)
        assert await peer.rest() == b""

    async with serving(script, declared=Tls.STARTTLS, ca_file=authority.certificate) as server:
        with pytest.raises(SternaError) as caught:
            await Connection.open(server)
        assert isinstance(caught.value, TlsError | ServerProtocolError)


async def test_what_was_offered_in_clear_does_not_count_after_tls(authority: Authority, protected: ssl.SSLContext):
    async def script(peer: Peer) -> None:
        await peer.say(PLAIN)
        await peer.line()
        await peer.say(b"T1 OK go\r\n")
        await peer.start_tls(protected)
        await peer.line()
        await peer.say(b"T2 OK nothing to offer\r\n")
        await peer.rest()

    async with serving(script, declared=Tls.STARTTLS, ca_file=authority.certificate) as server:
        connection = await Connection.open(server)
        assert connection.capabilities == frozenset()
        await connection.close()


async def test_clear_text_that_comes_later_breaks_the_handshake(authority: Authority, protected: ssl.SSLContext):
    async def script(peer: Peer) -> None:
        await peer.say(PLAIN)
        await peer.line()
        await peer.say(b"T1 OK go\r\n")
        await asyncio.sleep(0.05)
        await peer.say(b"* CAPABILITY EVIL\r\n")
        await peer.start_tls(protected)

    async with serving(script, declared=Tls.STARTTLS, ca_file=authority.certificate) as server:
        await refused(server)


async def test_a_server_that_logs_in_by_itself_before_tls_is_refused(authority: Authority):
    heard, script = never_asked(b"* PREAUTH welcome\r\n")
    async with serving(script, declared=Tls.STARTTLS, ca_file=authority.certificate) as server:
        assert "logged the connection in by itself" in str(await refused(server))
    assert heard == [b""]


async def test_a_server_that_closes_in_the_handshake_is_lost(authority: Authority):
    async def script(peer: Peer) -> None:
        await peer.say(PLAIN)
        await peer.line()
        await peer.say(b"T1 OK go\r\n")
        peer.hang_up()

    async with serving(script, declared=Tls.STARTTLS, ca_file=authority.certificate) as server:
        with pytest.raises(SternaError) as caught:
            await Connection.open(server)
        assert isinstance(caught.value, TlsError | ConnectionLostError)


# Logging in


async def login(*answers: bytes, capabilities: bytes = b"AUTH=PLAIN", authorize_as: str | None = None) -> list[bytes]:
    """Log in to a server that gives these answers to what it hears; return what it heard."""
    heard: list[bytes] = []

    async def script(peer: Peer) -> None:
        await peer.say(b"* OK [CAPABILITY " + capabilities + b"] hello\r\n")
        for answer in answers:
            heard.append(await peer.line())
            await peer.say(answer)
        heard.append(await peer.rest())

    async with serving(script) as server:
        connection = await Connection.open(server)
        try:
            await connection.login("anna", Secret("secret"), authorize_as=authorize_as)
        finally:
            await connection.close()
    return heard


async def test_the_password_waits_for_the_server_where_it_must():
    heard = await login(b"+ \r\n", b"T1 OK [CAPABILITY X] in\r\n")
    assert heard == [b"T1 AUTHENTICATE PLAIN", b"AGFubmEAc2VjcmV0", b""]


async def test_login_is_used_where_plain_is_not_offered_and_capabilities_are_asked_for_again():
    heard = await login(
        *(b"+ \r\n", b"+ \r\n", b"T1 OK in\r\n", b"* CAPABILITY X\r\nT2 OK done\r\n"), capabilities=b"IMAP4rev1"
    )
    assert heard == [b"T1 LOGIN {4}", b"anna {6}", b"secret", b"T2 CAPABILITY", b""]


async def test_a_password_that_the_server_does_not_want_to_hear_is_not_sent():
    heard: list[bytes] = []

    async def script(peer: Peer) -> None:
        await peer.say(b"* OK [CAPABILITY IMAP4rev1] hello\r\n")
        await peer.line()
        await peer.say(b"+ \r\n")
        await peer.line()
        await peer.say(b"T1 NO not you\r\n")
        heard.append(await peer.rest())

    async with serving(script) as server:
        connection = await Connection.open(server)
        with pytest.raises(LoginError, match="not you"):
            await connection.login("anna", Secret("secret"))
        await connection.close()
    assert heard == [b""]


async def test_a_wrong_password_names_user_and_server_and_nothing_else():
    with pytest.raises(LoginError, match=r"127\.0\.0\.1:\d+ does not let anna in: Login failed") as caught:
        await login(b"T1 NO [AUTHENTICATIONFAILED] Login failed\r\n", capabilities=b"AUTH=PLAIN SASL-IR")
    assert caught.value.exit_code == 77
    assert "secret" not in str(vars(caught.value))


async def test_an_account_we_may_not_act_for_is_named():
    with pytest.raises(AuthorizationError, match=r"anna on behalf of berta@lab\.example in: no") as caught:
        await login(b"T1 NO no\r\n", capabilities=b"AUTH=PLAIN SASL-IR", authorize_as="berta@lab.example")
    assert caught.value.scope is Scope.ACCOUNT


async def test_a_server_that_cannot_check_passwords_now_is_asked_later():
    with pytest.raises(LoginUnavailableError, match="later") as caught:
        await login(b"T1 NO [UNAVAILABLE] LDAP is down\r\n", capabilities=b"AUTH=PLAIN SASL-IR")
    assert caught.value.retry is Retry.LATER


async def test_a_login_that_no_command_can_hold_sends_nothing():
    with pytest.raises(LoginError, match='set tls to "starttls"'):
        await login(capabilities=b"IMAP4rev1 LOGINDISABLED")
