from __future__ import annotations

import ssl
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from sterna.pki.authority import Authority, CertificateFiles
from sterna.site.declaration import Server, Tls
from tests.contract.imap.peer import Peer, Script, serving


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority.create(tmp_path / "authority", "Test")


def server_context(files: CertificateFiles) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    return context


@pytest.fixture
def protected(authority: Authority, tmp_path: Path) -> ssl.SSLContext:
    """What a server for 127.0.0.1 is configured with."""
    return server_context(authority.issue(tmp_path / "server", "imap", [], ["127.0.0.1"]))


Serve = Callable[[Script], AbstractAsyncContextManager[Server]]


@pytest.fixture(params=list(Tls))
def serve(request: pytest.FixtureRequest, authority: Authority, protected: ssl.SSLContext) -> Serve:
    """A server that greets, protects the connection as declared, and then follows the script. Once for each way."""
    declared: Tls = request.param

    def start(script: Script) -> AbstractAsyncContextManager[Server]:
        async def greet_first(peer: Peer) -> None:
            if declared is Tls.STARTTLS:
                await peer.say(b"* OK [CAPABILITY STARTTLS LOGINDISABLED] hello\r\n")
                assert await peer.line() == b"T1 STARTTLS"
                await peer.say(b"T1 OK go\r\n")
                await peer.start_tls(protected)
                assert await peer.line() == b"T2 CAPABILITY"
                await peer.say(b"* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR LITERAL+\r\nT2 OK done\r\n")
            else:
                await peer.say(b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR LITERAL+] hello\r\n")
            await script(peer)

        return serving(
            greet_first,
            tls=protected if declared is Tls.TLS else None,
            declared=declared,
            ca_file=authority.certificate if declared is not Tls.NONE else None,
        )

    return start
