"""Access tokens from an endpoint that speaks HTTPS, as far as RFC 6749 says how."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from sterna.errors import Retry, Scope
from sterna.migration.tokens import TokenError, Tokens, TokenUnavailableError
from sterna.model.secret import Secret
from sterna.pki.authority import Authority
from sterna.site.declaration import SourceOAuth

REFRESH = Secret("1//r3fresh")


@dataclass(slots=True)
class Endpoint:
    """A token endpoint: what it was asked, and what it answers next."""

    url: str = ""
    ca_file: Path = Path()
    asked: list[dict[str, str]] = field(default_factory=list)
    answers: list[tuple[int, dict[str, object]]] = field(default_factory=list)

    def declared(self, tmp_path: Path, **more: object) -> SourceOAuth:
        secret = tmp_path / "client"
        secret.touch(mode=0o600)
        secret.write_text("cl13nt\n")
        values = {"token_url": self.url, "client_id": "sterna", "client_secret_file": secret, "ca_file": self.ca_file}
        return SourceOAuth.model_validate({**values, **more})


@pytest.fixture
def endpoint(authority: Authority, tmp_path: Path) -> Iterator[Endpoint]:
    files = authority.issue(tmp_path / "endpoint", "token", ["localhost"], ["127.0.0.1"])
    found = Endpoint(ca_file=authority.certificate)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            found.asked.append({name: values[0] for name, values in parse_qs(body).items()})
            status, answer = found.answers.pop(0)
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    found.url = f"https://127.0.0.1:{server.server_address[1]}/token"
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


async def test_a_token_is_asked_for_once_and_again_shortly_before_its_end(endpoint: Endpoint, tmp_path: Path):
    now = 1000.0
    tokens = Tokens(endpoint.declared(tmp_path, scope="mail"), lambda: now)
    endpoint.answers = [(200, {"access_token": name, "token_type": "Bearer", "expires_in": 3600}) for name in "ab"]
    assert [(await tokens.token("anna", REFRESH)).reveal() for _ in range(2)] == ["a", "a"]
    assert endpoint.asked == [
        {
            "grant_type": "refresh_token",
            "client_id": "sterna",
            "client_secret": "cl13nt",
            "refresh_token": "1//r3fresh",
            "scope": "mail",
        }
    ]
    now += 3600 - 59
    assert (await tokens.token("anna", REFRESH)).reveal() == "b"


async def test_a_refused_token_is_replaced_and_so_is_a_refresh_token(endpoint: Endpoint, tmp_path: Path):
    tokens = Tokens(endpoint.declared(tmp_path))
    endpoint.answers = [(200, {"access_token": "a", "refresh_token": "newer"}), (200, {"access_token": "b"})]
    first = await tokens.token("anna", REFRESH)
    assert (await tokens.token("anna", REFRESH, refused=first)).reveal() == "b"
    assert endpoint.asked[1]["refresh_token"] == "newer"


async def test_with_the_applications_own_right_one_token_serves_all(endpoint: Endpoint, tmp_path: Path):
    tokens = Tokens(endpoint.declared(tmp_path, grant="client_credentials"))
    endpoint.answers = [(200, {"access_token": "a", "expires_in": 3600})]
    assert await tokens.token("anna", None) == await tokens.token("ben", None)
    assert "refresh_token" not in endpoint.asked[0]


async def test_a_refusal_is_the_accounts_alone_and_shows_no_secret(endpoint: Endpoint, tmp_path: Path):
    tokens = Tokens(endpoint.declared(tmp_path))
    endpoint.answers = [(400, {"error": "invalid_grant", "error_description": "Token has been revoked."})]
    with pytest.raises(TokenError, match=r"400 invalid_grant: Token has been revoked\.") as caught:
        await tokens.token("anna", REFRESH)
    assert (caught.value.scope, caught.value.retry) == (Scope.ACCOUNT, Retry.NEVER)
    assert "r3fresh" not in str(caught.value)
    with pytest.raises(TokenError, match="no refresh token"):
        await tokens.token("ben", None)


async def test_a_busy_endpoint_is_asked_later(endpoint: Endpoint, tmp_path: Path):
    tokens = Tokens(endpoint.declared(tmp_path))
    endpoint.answers = [(503, {})]
    with pytest.raises(TokenUnavailableError) as caught:
        await tokens.token("anna", REFRESH)
    assert (caught.value.scope, caught.value.retry) == (Scope.SERVER, Retry.LATER)


async def test_no_secret_goes_to_an_endpoint_that_is_not_trusted(endpoint: Endpoint, tmp_path: Path):
    tokens = Tokens(endpoint.declared(tmp_path, ca_file=None))
    with pytest.raises(TokenError, match="certificate is not trusted"):
        await tokens.token("anna", REFRESH)
    assert endpoint.asked == []
