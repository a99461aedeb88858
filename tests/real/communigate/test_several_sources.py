"""CLI, files and LDAP of the lab's old server, read beside each other: they agree, and what is changed is told."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sterna.communigate.cross_reading import cross_findings
from sterna.communigate.reading import open_source
from sterna.lab.source import cliprocess, directory
from sterna.lab.source.options import SourceOptions, SourcePorts
from sterna.lab.source.preparation import prepare
from sterna.model.account import Account
from sterna.model.finding import Finding, Outcome
from sterna.pki.authority import Authority
from sterna.site.declaration import Source
from tests.folders import lab_folders
from tests.loopback import free_port, wait_for

pytestmark = pytest.mark.real


@dataclass(slots=True)
class OldServer:
    """CLI and LDAP of an old server without mail, and its files."""

    folder: Path
    source: Source

    @property
    def base(self) -> Path:
        return self.folder / "source/base"

    def with_tables(self, **tables: object) -> Source:
        """The declaration with these tables instead of its own."""
        return Source.model_validate({**self.source.model_dump(), **tables})


@pytest.fixture
def old_server() -> Iterator[OldServer]:
    folder = lab_folders() / f"sterna-test-{os.getpid()}-{secrets.token_hex(4)}"
    folder.mkdir()
    own = folder / "source"
    ports = SourcePorts(*(free_port() for _ in range(4)))
    info = prepare(own, SourceOptions(messages=60), ports, Authority.create(folder / "ca", "Test"))
    password = folder / "password"
    password.touch(mode=0o600)
    password.write_text(info.admin_password.reveal() + "\n")
    login = {"host": "127.0.0.1", "tls": "none", "user": info.admin, "password_file": password}
    source = Source.model_validate(
        {
            "cli": {**login, "port": ports.cli},
            "imap": {**login, "port": ports.imap},
            "tree": {"path": own / "base"},
            "ldap": {
                "uri": f"ldap://127.0.0.1:{ports.ldap}",
                "start_tls": False,
                "bind_dn": directory.dn(info.admin),
                "password_file": password,
            },
        }
    )
    running: list[subprocess.Popen[bytes]] = []
    with (folder / "server.log").open("wb") as log:
        for spec in (cliprocess.process(own, ports), directory.process(own, ports)):
            environment = {**os.environ, **spec.environment}
            running.append(subprocess.Popen(spec.argv, env=environment, stdout=log, stderr=log))
    try:
        wait_for(ports.cli)
        wait_for(ports.ldap)
        yield OldServer(folder, source)
    finally:
        for each in running:
            each.terminate()
            each.wait()
        shutil.rmtree(folder)


async def differences(source: Source) -> list[Finding]:
    async with open_source(source) as server:
        return [finding async for finding in cross_findings(source, server)]


async def accounts(source: Source) -> dict[str, Account]:
    found: dict[str, Account] = {}
    async with open_source(source) as server:
        for domain in await server.domains():
            async for read in server.accounts(domain.name):
                if read.value is not None:
                    found[str(read.value.address)] = read.value
    return found


async def test_three_sources_of_one_server_agree(old_server: OldServer):
    assert await differences(old_server.source) == []


async def test_what_was_changed_in_one_source_is_told_with_both_values(old_server: OldServer):
    settings = old_server.base / "Accounts/anna.macnt/account.settings"
    copy = old_server.folder / "copy"
    shutil.copytree(old_server.base, copy)
    changed = copy / "Accounts/anna.macnt/account.settings"
    changed.write_bytes(settings.read_bytes().replace(b"Anna Bergmann", b"Anna Andere").replace(b"Apfel", b"Birne"))
    shutil.rmtree(copy / "Domains/fjord.example/kontor.macnt")
    (copy / "Accounts/geist.macnt").mkdir()
    (copy / "Accounts/geist.macnt/account.settings").write_bytes(b"{\n RealName = Geist;\n}\n")
    found = await differences(old_server.with_tables(tree={"path": copy}, ldap=None))
    by_object = {(finding.object, finding.what): finding for finding in found}
    name = by_object.pop(("anna@lab.example", "RealName"))
    assert "the CLI and the files differ: 'Anna Bergmann' and 'Anna Andere'" in name.why
    password = by_object.pop(("anna@lab.example", "Password"))
    assert password.why == "the CLI and the files differ; what comes from the CLI is taken"
    assert by_object.pop(("geist@lab.example", "account only in the files")).outcome is Outcome.DROPPED
    assert by_object.pop(("kontor@fjord.example", "account not in the files")).outcome is Outcome.KEPT
    assert by_object == {}
    assert "Apfel" not in str(found)


async def test_without_a_cli_the_files_are_the_source_also_from_an_archive(old_server: OldServer):
    by_cli = await accounts(old_server.source)
    packed = old_server.folder / "base.tar.gz"
    with tarfile.open(packed, "w:gz") as tar:
        tar.add(old_server.base, "var/CommuniGate")
    for path in (old_server.base, packed):
        source = old_server.with_tables(cli=None, tree={"path": path})
        by_files = await accounts(source)
        assert by_files.keys() == by_cli.keys()
        for name, account in by_files.items():
            other = by_cli[name]
            for part in ("real_name", "quota_bytes", "enabled", "roles", "grants", "contact"):
                assert getattr(account, part) == getattr(other, part), (name, part)
        assert await differences(source) == []


async def test_a_directory_that_gives_few_entries_at_a_time_is_read_whole(old_server: OldServer):
    # Whoever is not the administrator gets 100 entries at most; these are more.
    limited = {**(old_server.source.model_dump()["ldap"] or {}), "bind_dn": None, "password_file": None}
    found = await differences(old_server.with_tables(ldap=limited, tree=None))
    assert {finding.what for finding in found} == {"LDAP"}  # without a login it shows nothing, and that is told


async def test_a_source_that_is_not_there_is_a_finding_and_the_others_are_compared(old_server: OldServer):
    ldap = {**(old_server.source.model_dump()["ldap"] or {}), "uri": f"ldap://127.0.0.1:{free_port()}"}
    found = await differences(old_server.with_tables(ldap=ldap, tree={"path": old_server.folder / "nowhere"}))
    assert [(finding.kind, finding.what) for finding in found] == [
        ("server", "comparison with the files"),
        ("server", "comparison with LDAP"),
    ]
