"""The CLI and the directory of the running old server, by raw socket and by a plain LDAP client."""

from __future__ import annotations

import asyncio
import re
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import ldap  # type: ignore[import-untyped]  # python-ldap has no types
import pytest

from sterna.communigate.dataformat import read
from sterna.communigate.values import as_dictionary, as_number
from sterna.lab.source import SourceOptions, SourcePorts, Switches, cliprocess
from sterna.lab.source.cliprocess import SWITCHES, logged_commands
from sterna.lab.source.cliserver import Server
from sterna.lab.source.directory import dn
from sterna.lab.source.population import ADMIN, population
from sterna.lab.source.tree import write_base
from tests.real.source.conftest import OldServer, wire

pytestmark = pytest.mark.real


def test_the_dialogue_is_the_documented_one(old_server: OldServer):
    with socket.create_connection(("127.0.0.1", old_server.ports.cli), timeout=20) as connection:
        stream = connection.makefile("rwb")
        lines = [
            (b"", rb"200 mail\.lab\.example CommuniGate Pro PWD Server 6\.0\.5 ready <\d+\.\d+@mail\.lab\.example>"),
            (b"user postmaster@lab.example\n", rb"300 .*"),
            (b"pass wrong\r\n", rb"515 .*"),
            (b"USER postmaster@lab.example\r\n", rb"300 .*"),
            (b"PASS " + old_server.info.admin_password.reveal().encode() + b"\n", rb"200 login OK.*"),
            (b"GetAccountAliases rene.pfeiffer\n", rb"200 data follow"),
            (b"", rb'\("r\.pfeiffer",rpfeiffer,lynx\)'),
            (b"INLINE\n", rb"200 .*"),
            (b"GETACCOUNTALIASES rene.pfeiffer@old-lab.example\r\n", rb'201 \("r\.pfeiffer",rpfeiffer,lynx\)'),
            (b"GETACCOUNTSETTINGS nobody\r\n", rb"513 .*"),
            (b"QUIT\r\n", rb"200 .*"),
        ]
        for sent, wanted in lines:
            stream.write(sent)
            stream.flush()
            assert re.fullmatch(wanted + rb"\r\n", stream.readline()), (sent, wanted)
        assert stream.readline() == b""


def test_mailboxes_and_sizes_are_those_of_imap_for_every_account(old_server: OldServer):
    with old_server.cli() as say, old_server.imap() as client:
        for person in population().people:
            places = as_dictionary(read(say(f"LISTMAILBOXES {person.address}")[4:].encode()))
            assert places is not None
            counted = {}
            for box in person.mailboxes:
                value = places["/".join(box.name)]
                info = as_dictionary(value[0] if isinstance(value, tuple) else value) or {}
                counted[box.name] = (as_number(info["Messages"]), as_number(info["Size"]))
                status, answer = client.status(wire(box.name, person.address), "(MESSAGES SIZE)")
                assert status == "OK"
                found = re.search(rb"MESSAGES (\d+) SIZE (\d+)", answer[0])
                assert found is not None
                assert counted[box.name] == (int(found[1]), int(found[2])), box.name


def test_every_switch_that_the_cli_has_can_be_thrown_while_it_runs(old_server: OldServer):
    with old_server.cli() as say:
        assert say("GETACCOUNTPLAINPASSWORD karl") == "201 umkehrbar"
        assert '"Entwürfe"' in say("LISTMAILBOXES gudrun.moeller")
    Switches(plain_passwords_refused=True, mutf7_names=True, old_rule_commands=True).save(old_server.folder / SWITCHES)
    with old_server.cli() as say:
        assert say("GETACCOUNTPLAINPASSWORD karl").startswith("500 ")
        assert '"Entw&APw-rfe"' in say("LISTMAILBOXES gudrun.moeller")
        assert say("GETACCOUNTRULES eva.lang").startswith("201 ((")


def test_a_server_without_inline_sends_data_on_lines_of_their_own(
    start_old_server: Callable[[SourceOptions], OldServer],
):
    server = start_old_server(SourceOptions(messages=10, switches=Switches(inline_refused=True)))
    with server.cli(inline=False) as say:
        assert say("INLINE").startswith("500 ")
        assert say("MAINDOMAINNAME") == "200 data follow"
        assert say("NOOP") == '"lab.example"'


def test_what_writes_is_refused_and_on_record_and_nothing_is_changed(old_server: OldServer):
    before = {path: path.read_bytes() for path in (old_server.folder / "base").rglob("*") if path.is_file()}
    with old_server.cli() as say:
        say("LISTDOMAINS")
        for line in (
            "DELETEACCOUNT anna",
            "UPDATEACCOUNTSETTINGS anna {Password=x;}",
            "CREATEMAILBOX anna MAILBOX Neu",
        ):
            assert say(line).startswith("501 ")
    rows = logged_commands(old_server.folder)
    assert [row.word for row in rows if row.writes] == ["DELETEACCOUNT", "UPDATEACCOUNTSETTINGS", "CREATEMAILBOX"]
    assert {row.user for row in rows if row.writes} == {ADMIN}
    assert [row.word for row in rows][-4] == "LISTDOMAINS"
    log = (old_server.folder / "log/cli-commands.jsonl").read_text()
    assert old_server.info.admin_password.reveal() not in log
    assert "Password=x" not in log
    assert {path: path.read_bytes() for path in (old_server.folder / "base").rglob("*") if path.is_file()} == before


def test_an_account_that_vanishes_or_changes_shows_at_once(old_server: OldServer):
    account = old_server.folder / "base/Accounts/karl.macnt"
    with old_server.cli() as say:
        assert say("GETACCOUNTSETTINGS karl").startswith("201 ")
        (account / "account.settings").write_text('{\n RealName = "Karl Neu";\n}\n')
        assert say("GETACCOUNTSETTINGS karl") == '201 {RealName="Karl Neu";}'
        account.rename(account.with_name("karl.gone"))
        assert say("GETACCOUNTSETTINGS karl").startswith("513 ")


def test_a_line_without_end_and_a_client_that_leaves_harm_nobody(old_server: OldServer):
    address = ("127.0.0.1", old_server.ports.cli)
    with socket.create_connection(address, timeout=20) as connection, suppress(ConnectionError):
        connection.sendall(b"x" * 200_000)
        while connection.recv(65536):
            pass
    with socket.create_connection(("127.0.0.1", old_server.ports.cli), timeout=20) as connection:
        connection.sendall(b"USER post")
    with old_server.cli() as say:
        assert say("NOOP") == "200 OK"


async def test_an_idle_client_is_let_go(tmp_path: Path):
    (tmp_path / "log").mkdir()
    write_base(tmp_path / "base", population())
    cliprocess.write_files(tmp_path, SourcePorts(0, 0, 0, 0), Switches(), idle_s=0.2)
    listener = await asyncio.start_server(Server(tmp_path).talk, "127.0.0.1", 0)
    async with listener, asyncio.timeout(10):
        reader, writer = await asyncio.open_connection(*listener.sockets[0].getsockname())
        assert (await reader.read()).count(b"\n") == 1
        writer.close()


def test_the_directory_has_accounts_aliases_and_groups_in_communigates_shape(old_server: OldServer):
    client = ldap.initialize(f"ldap://127.0.0.1:{old_server.ports.ldap}")
    client.set_option(ldap.OPT_REFERRALS, 0)
    client.set_option(ldap.OPT_NETWORK_TIMEOUT, 10)
    client.simple_bind_s(dn(ADMIN), old_server.info.admin_password.reveal())
    base = "cn=lab.example"

    def search(text: str) -> dict[str, dict[str, list[bytes]]]:
        return dict(client.search_s(base, ldap.SCOPE_SUBTREE, text))

    rene = dn("rene.pfeiffer@lab.example")
    assert search("(&(objectClass=CommuniGateAccount)(uid=rene.pfeiffer))")[rene]["cn"] == ["René Pfeiffer".encode()]
    aliases = search(f"(&(objectClass=alias)(aliasedObjectName={rene}))")
    assert set(aliases) == {dn(f"{name}@lab.example") for name in ("r.pfeiffer", "rpfeiffer", "lynx")}
    groups = search("(&(objectClass=CommuniGateGroup)(groupMember=bernd))")
    assert set(groups) == {dn("vertrieb@lab.example"), dn("kreis-a@lab.example")}
    accounts = search("(objectClass=CommuniGateAccount)")
    assert len(accounts) == sum(person.domain == "lab.example" for person in population().people)
    client.unbind_s()


def test_the_directory_shows_nothing_to_strangers(old_server: OldServer):
    client = ldap.initialize(f"ldap://127.0.0.1:{old_server.ports.ldap}")
    client.set_option(ldap.OPT_NETWORK_TIMEOUT, 10)
    with pytest.raises((ldap.NO_SUCH_OBJECT, ldap.INSUFFICIENT_ACCESS)):
        client.search_s("cn=lab.example", ldap.SCOPE_SUBTREE)
    client.unbind_s()


def test_three_thousand_messages_take_a_few_seconds_of_work(start_old_server: Callable[[SourceOptions], OldServer]):
    """Processor time, because other tests run at the same time; by the clock it is about three seconds."""
    began = time.process_time()
    server = start_old_server(SourceOptions(messages=3000))
    assert time.process_time() - began < 8
    assert server.info.messages == 3000
    assert 50_000_000 < server.info.size_bytes < 90_000_000
