"""A real Mailman 3 in a folder of its own, as Debian ships it, and a place where its outgoing mail ends."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import smtplib
import socket
import socketserver
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sterna.mailman.api import MailmanApi
from sterna.site.declaration import Mailman

PREFIX = Path(os.environ.get("STERNA_MAILMAN_PREFIX", "/var/cache/sterna/mailman"))
MASTER = PREFIX / "usr/lib/mailman3/bin/master"
USER = "list"
"""Debian's user for mailing lists, whom Mailman runs as there."""

_CONFIG = """
[mailman]
site_owner: postmaster@lab.example
layout: here
listname_chars: [-_.0-9a-z]

[paths.here]
var_dir: {folder}/var
bin_dir: {bin}
template_dir: {folder}/templates

[webservice]
hostname: 127.0.0.1
port: {rest}
admin_user: restadmin
admin_pass: {password}
workers: 1

[mta]
incoming: mailman.mta.null.NullMTA
outgoing: mailman.mta.deliver.deliver
smtp_host: 127.0.0.1
smtp_port: {smtp}
lmtp_host: 127.0.0.1
lmtp_port: {lmtp}

[logging.root]
level: info
"""

_MAIL_RUNNERS = ("in", "lmtp", "out", "pipeline")
_OTHER_RUNNERS = ("archive", "bounces", "command", "digest", "nntp", "retry", "shunt", "task", "virgin")
"""Each is a process; what a test does not need is not started."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One message that left Mailman."""

    sender: str
    recipients: tuple[str, ...]
    data: bytes


class _Talk(socketserver.StreamRequestHandler):
    """Takes every message (RFC 5321) and says so."""

    def handle(self) -> None:
        self._say("220 sink")
        sender = ""
        recipients: list[str] = []
        for line in self.rfile:
            word, _, rest = line.decode("latin-1").strip().partition(" ")
            match word.upper():
                case "MAIL":
                    sender, recipients = _address(rest), []
                    self._say("250 ok")
                case "RCPT":
                    recipients.append(_address(rest))
                    self._say("250 ok")
                case "DATA":
                    self._say("354 go on")
                    data = b"".join(iter(self.rfile.readline, b".\r\n"))
                    self.server.sent.append(Sent(sender, tuple(recipients), data))  # type: ignore[attr-defined]
                    self._say("250 ok")
                case "QUIT":
                    self._say("221 bye")
                    return
                case _:
                    self._say("250 ok")

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


def _address(rest: str) -> str:
    return rest.partition("<")[2].partition(">")[0].lower()


class Sink(socketserver.ThreadingTCPServer):
    """Where outgoing mail ends."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.sent: list[Sent] = []


@dataclass(slots=True)
class RunningMailman:
    """Mailman, its declaration in a site file, and its outgoing mail."""

    folder: Path
    declared: Mailman
    lmtp_port: int
    sink: Sink
    ignored: list[str] = field(default_factory=list)

    @contextmanager
    def api(self) -> Iterator[MailmanApi]:
        """Its REST API."""
        with MailmanApi.open(self.declared) as api:
            yield api

    def send(self, sender: str, to: str, text: str) -> None:
        """Hand a message in, as a mail server does."""
        client = smtplib.LMTP("127.0.0.1", self.lmtp_port)
        try:
            client.sendmail(sender, [to], text.replace("\n", "\r\n").encode())
        finally:
            client.close()

    def outgoing(self, *, messages: int, within_s: float = 30.0) -> list[Sent]:
        """What left, once there are so many."""
        deadline = time.monotonic() + within_s
        while len(self.sink.sent) < messages and time.monotonic() < deadline:
            time.sleep(0.05)
        return list(self.sink.sent)

    def complaints(self) -> list[str]:
        """What its logs say that looks like an error."""
        found = []
        for log in sorted((self.folder / "var/logs").glob("*")):
            lines = log.read_text("utf-8", "replace").splitlines()
            found += [f"{log.name}: {line}" for line in lines if "Traceback" in line or "Error" in line]
        return [line for line in found if not any(each in line for each in self.ignored)]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(folder: Path, *, mail: bool = False) -> Iterator[RunningMailman]:
    """Start Mailman in `folder`, which its user must be able to reach; end it afterwards and remove the folder.

    Without `mail` it only answers its REST API.
    """
    sink = Sink()
    threading.Thread(target=sink.serve_forever, daemon=True).start()
    rest, lmtp, password = _free_port(), _free_port(), secrets.token_urlsafe(12)
    folder.mkdir(parents=True)
    (folder / "templates").mkdir()
    config = folder / "mailman.cfg"
    off = _OTHER_RUNNERS if mail else (*_MAIL_RUNNERS, *_OTHER_RUNNERS)
    config.write_text(
        _CONFIG.format(
            folder=folder, bin=MASTER.parent, rest=rest, lmtp=lmtp, password=password, smtp=sink.server_address[1]
        )
        + "".join(f"\n[runner.{name}]\nstart: no\n" for name in off)
    )
    secret = folder / "password"
    secret.touch(mode=0o600)
    secret.write_text(f"{password}\n")
    for path in (folder, folder / "templates", config):
        shutil.chown(path, USER, USER)
    log = (folder / "start.log").open("wb")
    environment = {
        "PYTHONPATH": str(PREFIX / "usr/lib/python3/dist-packages"),
        "PATH": "/usr/bin:/bin",
        "LC_ALL": "C.UTF-8",
    }
    master = subprocess.Popen(
        ["/usr/bin/python3", str(MASTER), "-C", str(config)],
        cwd=folder,
        env=environment,
        user=USER,
        group=USER,
        extra_groups=[],
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    try:
        _wait(master, (rest, lmtp) if mail else (rest,), folder)
        declared = Mailman(
            url=f"http://127.0.0.1:{rest}", password_file=secret, template_dir=folder / "templates", timeout_s=30
        )
        yield RunningMailman(folder, declared, lmtp, sink)
    finally:
        # Nothing of it is kept, and ending in order would take it seconds.
        os.killpg(master.pid, signal.SIGKILL)
        master.wait()
        log.close()
        sink.shutdown()
        sink.server_close()
        shutil.rmtree(folder, ignore_errors=True)


def _wait(master: subprocess.Popen[bytes], ports: tuple[int, ...], folder: Path) -> None:
    deadline = time.monotonic() + 40
    for port in ports:
        while True:
            assert master.poll() is None, (folder / "start.log").read_text()
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            assert time.monotonic() < deadline, f"Mailman does not listen: {(folder / 'start.log').read_text()}"
            time.sleep(0.05)
