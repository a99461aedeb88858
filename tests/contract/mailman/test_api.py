"""Mailman's API when it is not as it should be: every kind of bad answer is one clear error."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from sterna.errors import Scope, SternaError
from sterna.mailman.api import MailmanApi
from sterna.mailman.errors import MailmanAnswerError, MailmanConnectError, MailmanLoginError, MailmanRefusedError
from sterna.site.declaration import Mailman

VERSIONS = json.dumps({"mailman_version": "GNU Mailman 3.3.8"}).encode()
Answers = dict[str, tuple[int, bytes]]
"""What is answered, by method and path."""


class _Talk(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        server = self.server
        assert isinstance(server, _Server)
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        server.asked.append(f"{self.command} {self.path}")
        status, body = server.answers.get(f"{self.command} {self.path}", (404, b'{"title": "404 Not Found"}'))
        if not status:
            self.close_connection = True
            return
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = server.hangs_up

    do_GET = do_POST = do_PATCH = do_DELETE = _answer  # noqa: N815  # http.server finds them by these names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # as there
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, answers: Answers, *, hangs_up: bool) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.answers = {"GET /3.1/system/versions": (200, VERSIONS)} | answers
        self.asked: list[str] = []
        self.hangs_up = hangs_up


Serve = Callable[..., tuple[Mailman, _Server]]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    started: list[_Server] = []
    secret = tmp_path / "password"
    secret.touch(mode=0o600)
    secret.write_text("s3cret\n")

    def start(answers: Answers, *, hangs_up: bool = False) -> tuple[Mailman, _Server]:
        server = _Server(answers, hangs_up=hangs_up)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        started.append(server)
        url = f"http://127.0.0.1:{server.server_address[1]}"
        return Mailman(url=url, password_file=secret, timeout_s=5), server

    yield start
    for server in started:
        server.shutdown()
        server.server_close()


BAD: dict[str, tuple[Answers, type[SternaError]]] = {
    "another server": ({"GET /3.1/system/versions": (200, b"{}")}, MailmanAnswerError),
    "no JSON": ({"GET /3.1/system/versions": (200, b"<html>")}, MailmanAnswerError),
    "JSON that is no object": ({"GET /3.1/system/versions": (200, b"[1]")}, MailmanAnswerError),
    "not UTF-8": ({"GET /3.1/system/versions": (200, b'{"\xff": 1}')}, MailmanAnswerError),
    "nothing there": ({"GET /3.1/system/versions": (404, b"")}, MailmanAnswerError),
    "an error of the server": ({"GET /3.1/system/versions": (500, b"oh")}, MailmanAnswerError),
    "a wrong password": ({"GET /3.1/system/versions": (401, b"")}, MailmanLoginError),
    "hangs up": ({"GET /3.1/system/versions": (0, b"")}, MailmanConnectError),
}


@pytest.mark.parametrize(("answers", "error"), BAD.values(), ids=BAD)
def test_what_is_no_mailman_is_told(serve: Serve, answers: Answers, error: type[SternaError]) -> None:
    declared, _ = serve(answers)
    with pytest.raises(error) as caught, MailmanApi.open(declared):
        pass
    assert caught.value.scope is Scope.SERVER
    assert "s3cret" not in str(caught.value)


def test_nobody_listening_is_told(serve: Serve) -> None:
    declared, server = serve({})
    server.shutdown()
    server.server_close()
    with pytest.raises(MailmanConnectError), MailmanApi.open(declared):
        pass


def test_a_server_that_closes_idle_connections_is_asked_again(serve: Serve) -> None:
    declared, server = serve({"GET /3.1/a": (200, b'{"b": 1}')}, hangs_up=True)
    with MailmanApi.open(declared) as api:
        assert api.get("/a") == {"b": 1}
        assert api.get("/a") == {"b": 1}
    assert server.asked.count("GET /3.1/a") == 2


def test_a_refusal_is_told_in_mailmans_words(serve: Serve) -> None:
    answers: Answers = {
        "POST /3.1/members": (400, b'{"title": "400 Bad Request", "description": "Membership is banned"}'),
        "PATCH /3.1/x": (500, b"A server error occurred."),
        "DELETE /3.1/gone": (404, b""),
    }
    declared, _ = serve(answers)
    with MailmanApi.open(declared) as api:
        with pytest.raises(MailmanRefusedError, match=r"refused to add a@b \(400\): Membership is banned"):
            api.post("/members", {"subscriber": "a@b"}, "add a@b")
        with pytest.raises(MailmanRefusedError, match="A server error occurred"):
            api.patch("/x", {"a": True}, "set a")
        api.delete("/gone", "remove")


def test_a_collection_is_read_page_by_page_to_its_end(serve: Serve) -> None:
    pages: Answers = {
        f"GET /3.1/roster?count=1000&page={page}": (
            200,
            json.dumps({"entries": [{"email": f"{page}-{number}"} for number in range(size)]}).encode(),
        )
        for page, size in ((1, 1000), (2, 1000), (3, 5))
    }
    declared, _ = serve(pages)
    with MailmanApi.open(declared) as api:
        assert len({str(entry["email"]) for entry in api.entries("/roster")}) == 2005


def test_entries_that_are_none_are_told(serve: Serve) -> None:
    declared, _ = serve({"GET /3.1/roster?count=1000&page=1": (200, b'{"entries": ["x"]}')})
    with MailmanApi.open(declared) as api, pytest.raises(MailmanAnswerError):
        list(api.entries("/roster"))
