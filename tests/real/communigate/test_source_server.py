"""The reader against the lab's old server: what it finds, whatever that server's habits, and that it only reads."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path

import pytest

from sterna.communigate.connection import CliConnection
from sterna.communigate.connection_errors import CliLoginError
from sterna.communigate.read import MailboxUse
from sterna.communigate.sample.questions import OF_ACCOUNT, OF_DOMAIN, OF_SERVER
from sterna.communigate.sample.sampler import Sampler
from sterna.communigate.server import SourceServer
from sterna.lab.source import cliprocess
from sterna.lab.source.options import SourceInfo, SourceOptions, SourcePorts
from sterna.lab.source.preparation import prepare
from sterna.lab.source.switches import Switches
from sterna.model.account import Account, ClearPassword, UnreadablePassword
from sterna.model.address import Address
from sterna.model.finding import Finding
from sterna.model.mailbox import MailboxName
from sterna.pki.authority import Authority
from sterna.site.declaration import Source
from tests.folders import lab_folders
from tests.loopback import free_port, wait_for

pytestmark = pytest.mark.real

EVERYTHING_ELSE = tuple(
    each.name
    for each in fields(Switches)
    if each.name not in ("plain_passwords_refused", "impersonation", "colliding_names", "directory_suffix")
)
"""The switches that must not matter at all: of the others one takes passwords away, one adds names, and two are about
IMAP and LDAP."""


@dataclass(slots=True)
class OldServer:
    """The lab's old server with its CLI running."""

    folder: Path
    info: SourceInfo
    source: Source

    def turn(self, **positions: bool) -> None:
        """Change its habits; that counts for every new connection."""
        replace(Switches(), **positions).save(self.folder / cliprocess.SWITCHES)

    def digest(self) -> str:
        """What its base directory holds, in one number."""
        found = hashlib.sha256()
        for path in sorted(self.info.tree.rglob("*")):
            found.update(str(path).encode() + b"\0" + (path.read_bytes() if path.is_file() else b""))
        return found.hexdigest()


@dataclass(frozen=True, slots=True)
class Reading:
    """All that was read."""

    accounts: tuple[Account, ...]
    others: tuple[object, ...]
    mailboxes: dict[Address, dict[MailboxName, MailboxUse]]
    subscriptions: dict[Address, list[MailboxName]]
    findings: frozenset[Finding]

    def account(self, address: str) -> Account:
        return next(each for each in self.accounts if str(each.address) == address)


@pytest.fixture
def old_server() -> Iterator[OldServer]:
    folder = lab_folders() / f"sterna-test-{os.getpid()}-{secrets.token_hex(4)}"
    folder.mkdir()
    ports = SourcePorts(*(free_port() for _ in range(4)))
    info = prepare(folder / "source", SourceOptions(messages=60), ports, Authority.create(folder / "ca", "Test"))
    password = folder / "password"
    password.touch(mode=0o600)
    password.write_text(info.admin_password.reveal() + "\n")
    login = {"host": "127.0.0.1", "tls": "none", "user": info.admin, "password_file": str(password)}
    source = Source.model_validate({"cli": {**login, "port": ports.cli}, "imap": {**login, "port": ports.imap}})
    spec = cliprocess.process(folder / "source", ports)
    with (folder / "cli.log").open("wb") as log:
        running = subprocess.Popen(spec.argv, env={**os.environ, **spec.environment}, stdout=log, stderr=log)
    try:
        wait_for(ports.cli)
        yield OldServer(folder / "source", info, source)
    finally:
        running.terminate()
        running.wait()
        said = (folder / "cli.log").read_text()
        shutil.rmtree(folder)
    assert said == ""


async def read_everything(source: Source) -> Reading:
    accounts: list[Account] = []
    others: list[object] = []
    findings: list[Finding] = []
    async with SourceServer.open(source) as server:
        for domain in await server.domains():
            others.append(domain)
            async for read in server.accounts(domain.name):
                assert read.value is not None, read.findings
                accounts.append(read.value)
                findings += read.findings
            others += await server.routes()
            for ask in (server.forwarders, server.groups, server.lists):
                for other in await ask(domain.name):
                    others.append(other.value)
                    findings += other.findings
            findings += await server.domain_findings(domain.name)
        mailboxes = {each.address: await server.mailboxes(each.address) for each in accounts}
        subscriptions = {each.address: await server.subscriptions(each.address) for each in accounts}
        findings += await server.server_findings()
    # The kind of an account's files is a name of the server's, which says nothing about the account.
    told = frozenset(finding for finding in findings if not finding.what.startswith("kind "))
    return Reading(tuple(accounts), tuple(others), mailboxes, subscriptions, told)


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_what_is_read_does_not_depend_on_the_servers_habits(old_server: OldServer):
    before = old_server.digest()
    usual = await read_everything(old_server.source)
    assert {(each.address.local, each.address.domain) for each in usual.accounts} == {
        (each.name, each.domain) for each in old_server.info.accounts
    }
    for name in EVERYTHING_ELSE:
        old_server.turn(**{name: True})
        assert await read_everything(old_server.source) == usual, name
    old_server.turn(**dict.fromkeys(EVERYTHING_ELSE, True))
    assert await read_everything(old_server.source) == usual
    assert old_server.digest() == before
    assert [each for each in cliprocess.logged_commands(old_server.folder) if each.writes] == []


async def test_passwords_are_those_that_people_log_in_with(old_server: OldServer):
    usual = await read_everything(old_server.source)
    for login in old_server.info.accounts:
        password = usual.account(f"{login.name}@{login.domain}").password
        if isinstance(password, ClearPassword) and login.password is not None:
            assert password.secret == login.password
        assert isinstance(password, UnreadablePassword) <= (login.password is None)


async def test_a_server_that_tells_no_password_costs_only_those_in_its_own_cipher(old_server: OldServer):
    usual = await read_everything(old_server.source)
    old_server.turn(plain_passwords_refused=True)
    silent = await read_everything(old_server.source)
    for told, untold in zip(usual.accounts, silent.accounts, strict=True):
        if untold.password != told.password:
            assert isinstance(untold.password, UnreadablePassword)
            assert "A-crpt" in untold.password.reason
    assert [each.what for each in silent.findings - usual.findings if each.kind == "server"] == [
        "GETACCOUNTPLAINPASSWORD"
    ]


async def test_the_settings_of_the_article_are_understood(old_server: OldServer):
    rene = (await read_everything(old_server.source)).account("rene.pfeiffer@lab.example")
    assert [str(alias) for alias in rene.aliases] == [
        f"{local}@lab.example" for local in ("r.pfeiffer", "rpfeiffer", "lynx")
    ]
    assert (rene.real_name, rene.forward, rene.enabled) == ("René Pfeiffer", None, True)


async def test_a_wrong_password_is_told(old_server: OldServer):
    assert old_server.source.cli is not None
    old_server.source.cli.password_file.write_text("wrong\n")
    with pytest.raises(CliLoginError) as caught:
        await read_everything(old_server.source)
    assert caught.value.exit_code == 77


async def test_a_sample_has_a_reply_of_each_kind_and_nothing_of_the_site(old_server: OldServer):
    connection = CliConnection(old_server.source.cli or pytest.fail("no CLI"))
    sampler = Sampler(connection)
    await sampler.cli(())
    await connection.close()
    sample = sampler.finished()
    titles = {line.removeprefix("== ").split(" ")[0] for line in sample.text.splitlines() if line.startswith("== ")}
    asked = {
        *OF_SERVER,
        *OF_DOMAIN,
        *OF_ACCOUNT,
        "GETGROUP",
        "GETLIST",
        "GETFORWARDER",
        "READSUBSCRIBERS",
        "GETMAILBOXACL",
    }
    assert asked <= titles
    assert sample.replies > 40
    words = set(re.split(r"[\W_]+", sample.text.lower()))
    site = {"lab", "fjord", "anna", "bernd", "bergmann", "seglerinnen", "vertrieb", "provider", "s3cret", "hafenstraße"}
    assert words & site == set()
    assert [each for each in cliprocess.logged_commands(old_server.folder) if each.writes] == []
