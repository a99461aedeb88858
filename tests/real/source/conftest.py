"""The old server alone, fresh for each test, in namespaces of its own so that nothing of it can be left behind."""

from __future__ import annotations

import imaplib
import re
import secrets
import shlex
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from sterna.imap import mutf7
from sterna.lab.ports import HeldPorts
from sterna.lab.source import SourceInfo, SourceOptions, SourcePorts, prepare, processes
from sterna.lab.source.population import ADMIN
from sterna.model.mailbox import MailboxName
from sterna.pki.authority import Authority
from tests.folders import lab_folders

_ENTER = ("unshare", "--pid", "--mount", "--propagation", "private", "--fork", "--kill-child", "--mount-proc")
_LISTED = re.compile(rb'\(([^)]*)\) "/" (?:"((?:[^"\\]|\\.)*)"|(\S+))')


@dataclass(frozen=True, slots=True)
class OldServer:
    """A running stand-in and short ways to talk to it with Python's own clients."""

    folder: Path
    options: SourceOptions
    ports: SourcePorts
    info: SourceInfo
    ca: Path

    def password(self, address: str) -> str:
        """The password that the lab tells for an account."""
        login = next(each for each in self.info.accounts if f"{each.name}@{each.domain}" == address)
        assert login.password is not None
        return login.password.reveal()

    @contextmanager
    def imap(self, user: str = ADMIN, password: str | None = None) -> Iterator[imaplib.IMAP4]:
        """A session without TLS, as old mail programs hold it."""
        with imaplib.IMAP4("127.0.0.1", self.ports.imap, timeout=20) as client:
            client.login(user, self.password(user) if password is None else password)
            yield client

    @contextmanager
    def impersonated(self, user: str) -> Iterator[imaplib.IMAP4]:
        """A session of the administrator as somebody else (RFC 4616)."""
        with imaplib.IMAP4("127.0.0.1", self.ports.imap, timeout=20) as client:
            words = f"{user}\0{ADMIN}\0{self.info.admin_password.reveal()}"
            client.authenticate("PLAIN", lambda _: words.encode())
            yield client

    @contextmanager
    def cli(self, *, inline: bool = True) -> Iterator[Callable[[str], str]]:
        """A CLI session of the administrator on a raw socket; what it yields sends a line and returns the reply."""
        with socket.create_connection(("127.0.0.1", self.ports.cli), timeout=20) as connection:
            stream = connection.makefile("rwb")

            def say(line: str) -> str:
                stream.write(line.encode() + b"\r\n")
                stream.flush()
                return stream.readline().decode().removesuffix("\r\n")

            assert stream.readline().startswith(b"200 ")
            assert say(f"USER {ADMIN}").startswith("300 ")
            assert say(f"PASS {self.info.admin_password.reveal()}").startswith("200 ")
            if inline:
                assert say("INLINE").startswith("200 ")
            yield say


def wire(name: MailboxName, owner: str = "") -> str:
    """A mailbox name as a quoted string, below ``~owner/`` when one is given."""
    text = (f"~{owner}/" if owner else "") + "/".join(mutf7.encode(each).decode() for each in name)
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def listed(client: imaplib.IMAP4, owner: str = "", command: str = "list") -> dict[MailboxName, bytes]:
    """Every mailbox below ``~owner/`` (one's own without an owner) with its attributes."""
    prefix = f"~{owner}/".encode() if owner else b""
    status, rows = getattr(client, command)('""', f'"{prefix.decode()}*"')
    assert status == "OK"
    found = {}
    for row in rows:
        if row is None:
            continue
        match = _LISTED.fullmatch(row)
        assert match is not None, row
        text = match[3] if match[2] is None else re.sub(rb"\\(.)", rb"\1", match[2])
        assert text.startswith(prefix)
        found[tuple(map(mutf7.decode, text.removeprefix(prefix).split(b"/")))] = match[1]
    return found


@pytest.fixture
def start_old_server() -> Iterator[Callable[[SourceOptions], OldServer]]:
    """Start the stand-in with options of the test's own; afterwards its logs must hold nothing but what is usual."""
    with _old_servers() as start:
        yield start


@pytest.fixture(scope="module")
def start_shared_old_server() -> Iterator[Callable[[SourceOptions], OldServer]]:
    """The same for all tests of a module that leave to the others what they need; it is an ``xdist_group``."""
    with _old_servers() as start:
        yield start


@contextmanager
def _old_servers() -> Iterator[Callable[[SourceOptions], OldServer]]:
    # A blank and a percent sign in the path, because every server's configuration could trip over them.
    folder = lab_folders() / f"sterna test 100% {secrets.token_hex(4)}"
    running: list[subprocess.Popen[bytes]] = []
    held = HeldPorts()

    def start(options: SourceOptions) -> OldServer:
        ports = SourcePorts(held.choose(), held.choose(), held.choose(), held.choose())
        authority = Authority.create(folder / "ca", "test")
        info = prepare(folder / "source", options, ports, authority)
        running.append(_run(folder / "source", ports))
        for port in (ports.imap, ports.pop3, ports.cli, ports.ldap):
            _wait_for(port, running[-1])
        return OldServer(folder / "source", options, ports, info, authority.certificate)

    yield start
    for process in running:
        process.kill()  # and with it, by --kill-child, everything in its namespaces
        process.wait(10)
    complaints = [] if not running else _complaints(folder / "source/log")
    held.close()
    shutil.rmtree(folder, ignore_errors=True)
    assert complaints == []


@pytest.fixture
def old_server(start_old_server: Callable[[SourceOptions], OldServer]) -> OldServer:
    """The stand-in with so many messages that every account which gets mail has some."""
    return start_old_server(SourceOptions(messages=150))


def _run(folder: Path, ports: SourcePorts) -> subprocess.Popen[bytes]:
    lines = []
    for spec in processes(folder, ports):
        environment = [f"{key}={value}" for key, value in spec.environment.items()]
        log = shlex.quote(str(folder / f"log/{spec.name}.log"))
        lines.append(f"{shlex.join(('env', *environment, *spec.argv))} >{log} 2>&1 &\n")
    return subprocess.Popen((*_ENTER, "sh", "-c", "".join(lines) + "wait"), start_new_session=True)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 20
    while True:
        assert process.poll() is None, "the old server ended"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < deadline, f"nobody listens on port {port}"
            time.sleep(0.02)
        else:
            return


def _complaints(logs: Path) -> list[str]:
    """Lines that are no everyday message of Dovecot; the other servers have nothing to say at all."""
    lines = [
        f"{log.name}: {line}"
        for log in sorted(logs.glob("*.log"))
        for line in log.read_text("utf-8", "replace").splitlines()
    ]
    return [line for line in lines if not line.startswith("dovecot.log: ") or ": Info: " not in line]
