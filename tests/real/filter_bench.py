"""One lab for many filters: scripts go in by ManageSieve, messages by LMTP, and what became of them is read back."""

from __future__ import annotations

import asyncio
import contextlib
import imaplib
import os
import re
import secrets
import smtplib
import socket
import socketserver
import ssl
import threading
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, TypeVar

import pytest

from sterna.imap import mutf7
from sterna.lab.lab import MARKER, Lab, LabInfo, LabOptions
from sterna.lab.processes import Identity
from sterna.model.secret import Secret
from sterna.sieve.managesieve import ManageSieve
from sterna.site.declaration import Server, Tls
from tests.folders import lab_folders
from tests.real.conftest import Site

ANNA = "anna@lab.example"
BOB = "bob@lab.example"
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that Cyrus sent out."""

    sender: str
    recipients: tuple[str, ...]
    data: bytes

    @property
    def message(self) -> EmailMessage:
        parsed = message_from_bytes(self.data, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed


class Sink(socketserver.ThreadingTCPServer):
    """An SMTP server that keeps everything."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.mail: list[Sent] = []
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()


class _Session(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True
    wbufsize = -1

    def handle(self) -> None:
        sender = ""
        recipients: list[str] = []
        self._say("220 sink")
        for line in self.rfile:
            word, _, rest = line.decode("utf-8").strip().partition(":")
            self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            match word.upper().split(" ")[0]:
                case "EHLO":
                    self._say("250-sink\r\n250-8BITMIME\r\n250 SMTPUTF8")
                case "MAIL":
                    sender, recipients = rest.partition(">")[0].strip("<"), []
                    self._say("250 ok")
                case "RCPT":
                    recipients.append(rest.partition(">")[0].strip("<"))
                    self._say("250 ok")
                case "DATA":
                    self._say("354 go on")
                    body = b"".join(iter(self.rfile.readline, b".\r\n"))
                    assert isinstance(self.server, Sink)
                    self.server.mail.append(Sent(sender, tuple(recipients), body.replace(b"\r\n..", b"\r\n.")))
                    self._say("250 ok")
                case "QUIT":
                    self._say("221 bye")
                    return
                case _:
                    self._say("250 ok")

    def _say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")
        self.wfile.flush()
        # Cyrus writes a message in small pieces, and each would wait for the acknowledgement of the one before.
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)


@dataclass(frozen=True, slots=True)
class Found:
    """A message in a mailbox."""

    flags: frozenset[str]
    message: EmailMessage


@dataclass(slots=True)
class Bench:
    """A running lab with two people, Anna, whose filters are tried, and Bob, in whose mailbox she may post."""

    info: LabInfo
    sink: Sink
    loop: asyncio.AbstractEventLoop

    @property
    def server(self) -> Server:
        port = self.info.platform.ports.sieve
        return Server(host="127.0.0.1", port=port, tls=Tls.STARTTLS, ca_file=self.info.ca, timeout_s=20)

    @property
    def admin(self) -> tuple[str, Secret]:
        login = self.info.as_json()["admin"]["target"]
        return login["user"], Secret(login["password"])

    def run(self, work: Coroutine[Any, Any, _T]) -> _T:
        return self.loop.run_until_complete(work)

    @contextlib.contextmanager
    def scripts(self, account: str = ANNA) -> Iterator[ManageSieve]:
        """An account's scripts, for as long as the block lasts."""
        user, password = self.admin
        context = ManageSieve.open(self.server, user, password, authorize_as=account)
        box = self.run(context.__aenter__())
        try:
            yield box
        finally:
            self.run(context.__aexit__(None, None, None))

    def install(self, box: ManageSieve, text: str) -> None:
        self.run(box.put_script("filters", text))
        self.run(box.set_active("filters"))

    @contextlib.contextmanager
    def lmtp(self) -> Iterator[smtplib.LMTP]:
        with smtplib.LMTP(str(self.info.dir / "run/lmtp/socket"), 0) as client:
            client.ehlo_or_helo_if_needed()
            yield client

    @contextlib.contextmanager
    def imap(self, account: str | None = None) -> Iterator[imaplib.IMAP4_SSL]:
        """A session in the name of `account`, or the administrator's own."""
        user, password = self.admin
        context = ssl.create_default_context(cafile=str(self.info.ca))
        client = imaplib.IMAP4_SSL("127.0.0.1", self.info.platform.ports.imaps, ssl_context=context, timeout=20)
        try:
            client.authenticate("PLAIN", lambda _: f"{account or ''}\0{user}\0{password.reveal()}".encode())
            yield client
        finally:
            client.shutdown()

    def found(self, account: str = ANNA) -> dict[str, dict[str, Found]]:
        """Everything in an account: by Message-ID, by mailbox."""
        found: dict[str, dict[str, Found]] = {}
        with self.imap(account) as client:
            for row in client.list()[1]:
                assert isinstance(row, bytes)
                name = row.split(b' "/" ')[1].strip(b'"')
                status, _ = client.select(f'"{name.decode()}"', readonly=True)
                if status != "OK":
                    continue
                for line, body in (
                    row for row in client.fetch("1:*", "(FLAGS BODY.PEEK[])")[1] if isinstance(row, tuple)
                ):
                    message = message_from_bytes(body, policy=policy.default)
                    assert isinstance(message, EmailMessage)
                    flags = {flag.decode() for flag in imaplib.ParseFlags(line)} - {"\\Recent"}
                    identity = str(message["Message-ID"]).strip()
                    where = found.setdefault(identity, {})
                    assert mutf7.decode(name) not in where, f"{identity} is twice in {name!r}"
                    where[mutf7.decode(name)] = Found(frozenset(flags), message)
        return found


def deliver(client: smtplib.LMTP, sender: str, recipient: str, data: bytes) -> int:
    """Deliver a message; return the server's answer for its one recipient."""
    client.rset()
    assert client.mail(sender)[0] == 250
    assert client.rcpt(recipient)[0] in {250, 251}
    client.putcmd("data")
    assert client.getreply()[0] == 354
    quoted = smtplib._quote_periods(smtplib._fix_eols(data.decode("latin-1")).encode("latin-1"))  # type: ignore[attr-defined]
    client.send(quoted + b"\r\n.\r\n" if not quoted.endswith(b"\r\n") else quoted + b".\r\n")
    return client.getreply()[0]


def identity() -> str:
    """A Message-ID that nobody has."""
    return f"<{secrets.token_hex(8)}@test.example>"


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    ours = Identity.of(os.getpid())
    assert ours is not None
    folder = lab_folders() / f"sterna-test-{ours.pid}-{ours.start_ticks}-{secrets.token_hex(2)}"
    sink = Sink()
    loop = asyncio.new_event_loop()
    try:
        info = Lab.up(folder, LabOptions(with_source=False))
        conf = folder / "target/cyrus/imapd.conf"
        conf.write_text(
            re.sub(r"(?m)^smtp_host:.*", f"smtp_host: 127.0.0.1:{sink.server_address[1]}/noauth", conf.read_text())
        )
        bench = Bench(info, sink, loop)
        with bench.imap() as admin:
            for account in (ANNA, BOB):
                assert admin.create(f"user/{account}")[0] == "OK"
        with bench.imap(BOB) as bob:
            assert bob.create('"Post office"')[0] == "OK"
            assert bob.setacl('"Post office"', ANNA, "lrsp")[0] == "OK"
        yield bench
        Lab.down(folder)
        site = Site(info)
        site.expect("Lost connection to client|STARTTLS negotiation failed|Password verification failed")
        assert site.complaints() == []
    finally:
        loop.close()
        sink.shutdown()
        sink.server_close()
        if (folder / MARKER).exists():
            Lab.down(folder, remove=True)
