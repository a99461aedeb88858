"""Fresh real servers for each test, and a look at what they said when it is over."""

from __future__ import annotations

import contextlib
import imaplib
import os
import poplib
import re
import secrets
import shutil
import smtplib
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sterna.lab.errors import NoLabError
from sterna.lab.lab import MARKER, Lab, LabInfo, LabOptions
from sterna.lab.processes import Identity
from sterna.model.address import Address
from sterna.model.secret import Secret
from sterna.openldap.directory import Directory, Entry
from sterna.openldap.passwords import hash_password
from sterna.openldap.tree import LookupTable, Service, Tree
from sterna.site import declaration
from sterna.site.declaration import PasswordScheme
from tests.folders import lab_folders

HARMLESS = {
    r"saslauthd did not stop in": "it waits for its own processes now and then; it holds nothing that could be lost",
    r"cyrus/\w+\[\d+\]: (ldapdb|sql)\S* .*invalid parameter supplied": "a SASL plugin that is installed but not set up",
    r"cyrus/\w+\[\d+\]: unable to get.*ldapdb": "the same plugin",
    r"cyrus/\w+\[\d+\]: DIGEST-MD5 common mech free": "printed by libsasl2 at every exit",
    r"IDLE: error sending message \w+ to idled .* Resource temporarily unavailable": "idled is busy, not waited for",
    r"age:0\.\d+s .* signaled to death by signal 15": "the lab was ended while this process was just starting",
    r"SSL_accept\(\) failed: error:\w+:SSL routines::unsupported protocol": "a survey asks for old versions of TLS",
    r"auxpropfunc error": "a SASL plugin that is installed but not set up",
}
"""Lines of servers' logs that look like errors and are none, each with its reason."""

_LAB_FOLDERS = lab_folders()
"""Where servers' users can reach a lab; pytest's own folders are closed to them."""

_SUSPICIOUS = {
    "syslog.log": re.compile(r"^\S+ (emerg|alert|crit|error|warning) "),
    "mail.log": re.compile(r"\b(warning|error|fatal|panic): "),
    "supervisor.log": re.compile(r"DIED|is killed|Traceback|Error"),
}
_SUSPICIOUS_ELSEWHERE = re.compile(r"\b(error|fatal|panic|assert\w*|segfault|Traceback)\b", re.IGNORECASE)


@dataclass(slots=True)
class Site:
    """A running lab and short ways to talk to it as a stranger would, with Python's own clients."""

    info: LabInfo
    expected: list[str] = field(default_factory=list)

    def expect(self, pattern: str) -> None:
        """Say that the servers will complain about this, because the test makes them."""
        self.expected.append(pattern)

    @property
    def tree(self) -> Tree:
        return self.info.platform.tree

    @property
    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.info.ca))

    @contextmanager
    def directory(self) -> Iterator[Directory]:
        """The directory as Sterna sees it."""
        with Directory.open(self.info.target.directory) as directory:
            yield directory

    @staticmethod
    def entry(dn: str, **attributes: list[str]) -> Entry:
        """An entry from text."""
        return entry(dn, **attributes)

    def wait_for_consumer(self) -> None:
        """Return when the consumer holds what the provider holds."""
        login = (self.tree.service(Service.REPLICATOR), self.info.platform.passwords[Service.REPLICATOR])
        consumer_uri = self.info.platform.consumer_uri
        with (
            Directory.login(self.table(), *login) as provider,
            Directory.login(self.table(uri=consumer_uri), *login) as consumer,
        ):
            deadline = time.monotonic() + 10
            while (wanted := _context(provider, self.tree.suffix)) != _context(consumer, self.tree.suffix):
                assert time.monotonic() < deadline, f"the consumer has not reached {wanted}"
                time.sleep(0.01)

    def table(self, **changes: object) -> declaration.Directory:
        """The directory's declaration with some keys changed."""
        return self.info.target.directory.model_copy(update=changes)

    def add_domain(self, name: str, *aliases: str) -> None:
        """Make a domain ours, and other names of it."""
        rows = [(LookupTable.MYDESTINATION, name, name)]
        rows += [(LookupTable.VIRTUAL_DOMAINS, alias, name) for alias in aliases]
        with self.directory() as directory:
            directory.add(entry(self.tree.domain(name), objectClass=["organizationalUnit"], ou=[name]))
            for table, key, value in rows:
                directory.add(_row(self.tree, table, key, value))

    def add_virtual_user(self, address: str, target: str) -> None:
        """Make an address without an account."""
        with self.directory() as directory:
            directory.add(_row(self.tree, LookupTable.VIRTUAL_USERS, address, target))

    def add_account(self, address: str, password: str = "s3cret", *, mailbox: bool = True, **more: list[str]) -> str:
        """Make an account, its domain being there; return its DN."""
        parsed = Address.parse(address)
        dn = self.tree.account(parsed)
        attributes: dict[str, list[str]] = {
            "objectClass": ["inetOrgPerson", "greenUser"],
            "uid": [parsed.local],
            "cn": [parsed.local],
            "sn": [parsed.local],
            "mail": [address],
            "accountStatus": ["active"],
            "userPassword": [hash_password(Secret(password), PasswordScheme.SSHA512).reveal()],
        }
        with self.directory() as directory:
            directory.add(entry(dn, **(attributes | more)))
        if mailbox:
            self.add_mailbox(address)
        return dn

    def add_mailbox(self, address: str) -> None:
        """Make the account's INBOX."""
        with self.imap(*self.admin) as client:
            assert client.create(f"user/{address}")[0] == "OK"

    @property
    def admin(self) -> tuple[str, str]:
        """Cyrus's administrator and password."""
        login = self.info.as_json()["admin"]["target"]
        return login["user"], login["password"]

    @contextmanager
    def imap(self, user: str, password: str) -> Iterator[imaplib.IMAP4_SSL]:
        """A session by IMAPS."""
        client = imaplib.IMAP4_SSL("127.0.0.1", self.info.platform.ports.imaps, ssl_context=self.trust, timeout=10)
        try:
            client.login(user, password)
            yield client
        finally:
            client.shutdown()

    @contextmanager
    def pop3(self, user: str, password: str) -> Iterator[poplib.POP3_SSL]:
        """A session by POP3S."""
        client = poplib.POP3_SSL("127.0.0.1", self.info.platform.ports.pop3s, context=self.trust, timeout=10)
        try:
            client.user(user)
            client.pass_(password)
            yield client
        finally:
            client.close()

    @contextmanager
    def smtp(self) -> Iterator[smtplib.SMTP]:
        """A session by SMTP with STARTTLS."""
        with smtplib.SMTP("127.0.0.1", self.info.platform.ports.smtp, "client.example", timeout=20) as client:
            client.starttls(context=self.trust)
            client.ehlo()
            yield client

    def send(self, to: str, body: str) -> None:
        """Send a message from outside to `to`."""
        with self.smtp() as client:
            client.sendmail("stranger@example.org", [to], f"From: stranger@example.org\r\nTo: {to}\r\n\r\n{body}\r\n")

    def inbox(
        self, address: str, password: str = "s3cret", *, messages: int = 1, within_s: float = 15.0
    ) -> list[bytes]:
        """The messages in an INBOX by IMAPS, once there are `messages` of them."""
        deadline = time.monotonic() + within_s
        with self.imap(address, password) as client:
            while True:
                assert client.select("INBOX", readonly=True)[0] == "OK"
                numbers = client.search(None, "ALL")[1][0].split()
                if len(numbers) >= messages or time.monotonic() > deadline:
                    break
                time.sleep(0.05)
            bodies = [client.fetch(number.decode(), "(BODY.PEEK[])")[1][0][1] for number in numbers]  # type: ignore[index]
        assert len(bodies) == messages, f"{address} has {len(bodies)} messages instead of {messages}"
        return bodies  # type: ignore[return-value]

    def complaints(self) -> list[str]:
        """What the servers said that looks like an error and was not expected."""
        known = [re.compile(pattern) for pattern in (*HARMLESS, *self.expected)]
        found = []
        for log in sorted((self.info.dir / "log").glob("*.log")):
            suspicious = _SUSPICIOUS.get(log.name, _SUSPICIOUS_ELSEWHERE)
            found += [
                f"{log.name}: {line}"
                for line in log.read_text("utf-8", "replace").splitlines()
                if suspicious.search(line) and not any(pattern.search(line) for pattern in known)
            ]
        return found


def entry(dn: str, **attributes: list[str]) -> Entry:
    """An entry from text."""
    return Entry(dn, {name: tuple(value.encode() for value in values) for name, values in attributes.items()})


def _context(directory: Directory, suffix: str) -> tuple[bytes, ...]:
    """How far a server is, by the time of the last change it has."""
    top = directory.get(suffix, ["contextCSN"])
    assert top is not None
    return top.attributes.get("contextCSN", ())


def _row(tree: Tree, table: LookupTable, key: str, value: str) -> Entry:
    dn = tree.lookup_row(table, key)
    return entry(dn, objectClass=["lookupTableEntry"], lookupKey=[key], lookupValue=[value])


@pytest.fixture(scope="session", autouse=True)
def no_labs_of_the_dead() -> None:
    """End and remove what tests have left whose process was killed before it could."""
    for folder in _LAB_FOLDERS.glob("sterna-test-*-*-*"):
        pid, ticks = map(int, folder.name.split("-")[2:4])
        living = Identity.of(pid)
        if (living is None or living.start_ticks != ticks) and (folder / MARKER).exists():
            with contextlib.suppress(FileNotFoundError, NoLabError):  # another session does the same
                Lab.down(folder, remove=True)


@pytest.fixture
def lab_folder() -> Iterator[Path]:
    """A folder that does not exist yet, where servers' users can reach it; ended and removed afterwards."""
    with _fresh_folder() as folder:
        yield folder


@contextmanager
def _fresh_folder() -> Iterator[Path]:
    ours = Identity.of(os.getpid())
    assert ours is not None
    folder = _LAB_FOLDERS / f"sterna-test-{ours.pid}-{ours.start_ticks}-{secrets.token_hex(2)}"
    yield folder
    if (folder / MARKER).exists():
        Lab.down(folder, remove=True)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def start_lab(lab_folder: Path) -> Iterator[Callable[[LabOptions], Site]]:
    """Start a lab with options of the test's own; afterwards its servers must have had nothing to complain about."""
    with _labs(lab_folder) as start:
        yield start


@contextmanager
def _labs(folder: Path) -> Iterator[Callable[[LabOptions], Site]]:
    started: list[Site] = []

    def start(options: LabOptions) -> Site:
        site = Site(Lab.up(folder, options))
        started.append(site)
        return site

    yield start
    for site in started:
        Lab.down(site.info.dir)
        assert site.complaints() == []


@pytest.fixture(scope="module")
def start_shared_lab() -> Iterator[Callable[[LabOptions], Site]]:
    """Like `start_lab`, for all tests of a module that leave to the others what they need.

    Such a module is an ``xdist_group``, so that its tests run one after the other and one lab does for all.
    """
    with _fresh_folder() as folder, _labs(folder) as start:
        yield start


@pytest.fixture
def platform(start_lab: Callable[[LabOptions], Site]) -> Site:
    """A fresh new platform, without an old server."""
    return start_lab(LabOptions(with_source=False))


@pytest.fixture
def lab(start_lab: Callable[[LabOptions], Site]) -> Site:
    """A fresh lab: an old server with a few hundred messages, and a new platform."""
    return start_lab(LabOptions(messages=300))
