"""A site filled up with accounts: what the CLI says of them is what IMAP serves."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable
from itertools import islice

import pytest

from sterna.communigate.dataformat import read
from sterna.communigate.values import as_array, as_dictionary, as_number
from sterna.lab.source import SourceOptions, Switches, faults
from sterna.lab.source.crowd import crowds
from sterna.lab.source.directory import dn
from sterna.lab.source.faults import Fault, Trouble
from sterna.lab.source.population import ADMIN, population
from tests.real.source.conftest import OldServer, listed, wire

pytestmark = pytest.mark.real

OPTIONS = SourceOptions(messages=10, accounts=len(population().people) + 60)


def uses(server: OldServer, address: str) -> dict[str, tuple[int | None, int | None]]:
    """What the CLI says is in each mailbox."""
    with server.cli() as say:
        places = as_dictionary(read(say(f"LISTMAILBOXES {address}")[4:].encode())) or {}
    rows = {name: as_dictionary(value) for name, value in places.items()}
    return {name: (as_number(row["Messages"]), as_number(row["Size"])) for name, row in rows.items() if row}


def test_imap_serves_what_the_cli_tells_of_the_crowd(start_old_server: Callable[[SourceOptions], OldServer]):
    server = start_old_server(OPTIONS)
    assert len(server.info.accounts) == OPTIONS.accounts
    everybody = [person for crowd in crowds(60, OPTIONS.seed).values() for person in crowd]
    messages = 0
    for person in islice(everybody, 0, None, 5):
        wanted = uses(server, person.address)
        assert set(wanted) == {"/".join(box.name) for box in person.mailboxes}
        with server.impersonated(person.address) as client, server.imap() as administrator:
            selectable = {name for name, attributes in listed(client).items() if b"\\Noselect" not in attributes}
            assert selectable == {box.name for box in person.mailboxes}
            for box in person.mailboxes:
                status, answer = client.status(wire(box.name), "(MESSAGES SIZE UIDVALIDITY UIDNEXT)")
                assert status == "OK"
                found = re.search(rb"MESSAGES (\d+) .*SIZE (\d+)", answer[0])
                assert found is not None
                assert (int(found[1]), int(found[2])) == wanted["/".join(box.name)], (person.address, box.name)
                messages += int(found[1])
                also = administrator.status(wire(box.name, person.address), "(MESSAGES SIZE UIDVALIDITY UIDNEXT)")[1][0]
                assert also.partition(b"(MESSAGES")[2] == answer[0].partition(b"(MESSAGES")[2]
    assert messages


def test_uids_of_the_crowd_are_the_same_in_every_session(start_old_server: Callable[[SourceOptions], OldServer]):
    server = start_old_server(OPTIONS)
    person = next(each for each in crowds(60, OPTIONS.seed)["lab.example"] if uses(server, each.address)["INBOX"][0])
    seen = []
    for _ in range(2):
        with server.impersonated(person.address) as client:
            assert client.select("INBOX", readonly=True)[0] == "OK"
            seen.append(
                (client.response("UIDVALIDITY"), client.uid("FETCH", "1:*", "(UID FLAGS INTERNALDATE BODY.PEEK[])"))
            )
    assert seen[0] == seen[1]
    assert b"X-UID" not in str(seen).encode()


def test_all_pages_of_a_full_domain_are_read_and_its_directory_knows_it(
    start_old_server: Callable[[SourceOptions], OldServer],
):
    server = start_old_server(SourceOptions(messages=10, accounts=400, switches=Switches(directory_suffix=True)))
    names: list[str] = []
    total: object = None
    with server.cli() as say:
        cookie: object = ""
        while cookie != "" or not names:
            line = f'LISTDOMAINOBJECTS lab.example 50 ACCOUNTS COOKIE "{cookie}"'
            total, objects, _, _, cookie = as_array(read(say(line)[4:].encode())) or ()
            names += as_dictionary(objects) or {}
    assert str(len(names)) == str(len(set(names))) == total
    assert sum(login.domain == "lab.example" for login in server.info.accounts) == len(names)
    assert dn(f"{names[0]}@lab.example", suffix=True).endswith(",cn=lab.example,o=lab")


def test_faults_strike_while_the_server_runs(old_server: OldServer):
    faults.save(old_server.folder, [Trouble(Fault.GARBAGE, "LISTDOMAINS", times=1), Trouble(Fault.SLOW, "NOOP")])
    with old_server.cli() as say:
        with pytest.raises(UnicodeDecodeError):
            say("LISTDOMAINS")
        assert say("LISTDOMAINS").startswith("201 (")
        began = time.monotonic()
        assert say("NOOP") == "200 OK"
        assert time.monotonic() - began > 0.3
    for fault, part in ((Fault.CLOSE_AT_ONCE, ""), (Fault.CLOSE_IN_REPLY, "201 ")):
        faults.save(old_server.folder, [Trouble(fault, "GETGROUP")])
        with old_server.cli() as say:
            reply = say("GETGROUP vertrieb")
            assert reply.startswith(part)
            assert not reply.endswith(";}")
            assert say("NOOP") == ""
    faults.save(old_server.folder, [Trouble(Fault.ENDLESS, "GETGROUP")])
    with socket.create_connection(("127.0.0.1", old_server.ports.cli), timeout=20) as connection:
        stream = connection.makefile("rwb")
        stream.write(f"USER {ADMIN}\nPASS {old_server.info.admin_password.reveal()}\nGETGROUP vertrieb\n".encode())
        stream.flush()
        for _ in range(3):
            stream.readline()
        assert len(stream.read(3_000_000)) == 3_000_000
    with old_server.cli() as say:
        assert say("MAINDOMAINNAME").startswith("201 ")
