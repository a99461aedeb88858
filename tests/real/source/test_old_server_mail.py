"""Dovecot serves exactly what was generated, to everybody who may see it and to nobody else."""

from __future__ import annotations

import imaplib
import poplib
import re
import ssl
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from sterna.lab.source import SourceOptions, Switches
from sterna.lab.source.arrivals import Arrivals
from sterna.lab.source.contents import StoredMailbox, contents
from sterna.lab.source.kinds import Person
from sterna.lab.source.population import ADMIN, population
from sterna.model.mailbox import INBOX
from tests.real.source.conftest import OldServer, listed, wire

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("old server's mail")]


@pytest.fixture(scope="module")
def old_server(start_shared_old_server: Callable[[SourceOptions], OldServer]) -> OldServer:
    """One stand-in for all: who changes something does so in an account that no other test looks into."""
    return start_shared_old_server(SourceOptions(messages=150))


_ITEM = re.compile(rb"UID (\d+) FLAGS \(([^)]*)\) INTERNALDATE \"[^\"]+\" RFC822.SIZE (\d+) BODY\[\]")


def _same(answer: bytes, _challenge: bytes) -> bytes:
    return answer


def check_mailbox(client: imaplib.IMAP4, name: str, box: StoredMailbox) -> None:
    """Compare everything IMAP can say of one mailbox with what was generated."""
    status, count = client.select(name, readonly=True)
    assert status == "OK", (name, count)
    state = [int(client.response(code)[1][0]) for code in ("UIDVALIDITY", "UIDNEXT")]
    assert (int(count[0] or 0), *state) == (len(box.messages), box.uidvalidity, box.uidnext), name
    if not box.messages:
        return
    _, rows = client.uid("FETCH", "1:*", "(UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])")
    served = []
    for row in rows:
        if not isinstance(row, tuple):
            continue
        item = _ITEM.search(row[0])
        assert item is not None, row[0]
        moment = imaplib.Internaldate2tuple(row[0])
        assert moment is not None
        flags = frozenset(item[2].decode().split()) - {"\\Recent"}
        served.append((int(item[1]), flags, int(time.mktime(moment)), int(item[3]), row[1]))
    wanted = [(each.uid, each.flags, each.internaldate, each.served_bytes, each.served) for each in box.messages]
    assert served == wanted, name


def check_account(client: imaplib.IMAP4, person: Person, boxes: list[StoredMailbox], owner: str = "") -> None:
    """Compare all mailboxes of an account."""
    selectable = {name for name, attributes in listed(client, owner).items() if b"\\Noselect" not in attributes}
    assert selectable == {box.name for box in boxes}, person.address
    for box in boxes:
        check_mailbox(client, wire(box.name, owner), box)


def everything(server: OldServer) -> list[tuple[Person, list[StoredMailbox]]]:
    """What was generated."""
    return [(person, list(boxes)) for person, boxes in contents(population().people, server.options)]


def test_every_person_and_the_administrator_see_exactly_what_was_generated(
    start_old_server: Callable[[SourceOptions], OldServer], tmp_path: Path
):
    for number, text in enumerate(
        (b"Subject: unix\n\nlines\n", b"\xff\xfe no header", b"A: b\r\n\r\nmixed\nlines\rhere")
    ):
        (tmp_path / f"{number}.eml").write_bytes(text)
    server = start_old_server(SourceOptions(messages=600, corpus=tmp_path))
    assert server.info.messages == 603
    with server.imap() as administrator:
        for person, boxes in everything(server):
            check_account(administrator, person, boxes, person.address)
            if person.may_log_in and person.password.known is not None:
                with server.imap(person.address) as client:
                    check_account(client, person, boxes)


def test_an_administrator_may_act_for_somebody_when_the_switch_is_on(old_server: OldServer):
    for person, boxes in everything(old_server)[:4]:
        with old_server.impersonated(person.address) as client:
            check_account(client, person, boxes)


def test_an_administrator_may_not_act_for_somebody_when_the_switch_is_off(
    start_old_server: Callable[[SourceOptions], OldServer],
):
    server = start_old_server(SourceOptions(messages=30, switches=Switches(impersonation=False)))
    with pytest.raises(imaplib.IMAP4.error), server.impersonated("anna@lab.example"):
        pass
    with server.imap() as administrator:
        assert INBOX in listed(administrator, "anna@lab.example")


def test_nobody_else_may_act_for_others(old_server: OldServer):
    with imaplib.IMAP4("127.0.0.1", old_server.ports.imap, timeout=20) as client:
        words = f"bernd@lab.example\0anna@lab.example\0{old_server.password('anna@lab.example')}"
        with pytest.raises(imaplib.IMAP4.error):
            client.authenticate("PLAIN", lambda _: words.encode())


def test_names_are_those_of_communigate(old_server: OldServer):
    with old_server.imap() as client:
        assert re.match(rb"\* OK (\[.*\] )?CommuniGate Pro IMAP Server ", client.welcome)
        assert client.namespace()[1] == [b'(("" "/")) (("~" "/")) NIL']
        own = listed(client)
        assert not [name for name in own if name[0].startswith("~")]
    with old_server.imap("archiv@lab.example") as client:
        places = listed(client)
        assert b"\\Noselect" in places["Archiv", "Firma", "Kunden"]
        assert max(map(len, places)) == 8


def test_login_names_are_all_addresses_of_an_account(old_server: OldServer):
    password = old_server.password("rene.pfeiffer@lab.example")
    for name in ("lynx@lab.example", "rpfeiffer@old-lab.example", "rene.pfeiffer@old-lab.example", "LYNX@Lab.Example"):
        with old_server.imap(name, password) as client:
            assert ("Lists", "linux-kernel") in listed(client)
    with pytest.raises(imaplib.IMAP4.error), old_server.imap("lynx@fjord.example", password):
        pass


def test_who_may_not_log_in_cannot_and_can_still_be_read(old_server: OldServer):
    site = population()
    for name in ("gesperrt@lab.example", "unix@lab.example"):
        words = f"\0{name}\0{site.person(name).password.text}".encode()
        with (
            imaplib.IMAP4("127.0.0.1", old_server.ports.imap, timeout=20) as client,
            pytest.raises(imaplib.IMAP4.error),
        ):
            client.authenticate("PLAIN", partial(_same, words))
        with old_server.imap() as administrator:
            assert INBOX in listed(administrator, name)


def test_subscriptions_are_served_also_of_what_is_gone(old_server: OldServer):
    with old_server.imap("rene.pfeiffer@lab.example") as client:
        subscribed = listed(client, command="lsub")
    assert ("Lists", "openldap-software") in subscribed
    assert ("Spam",) not in subscribed
    assert INBOX in subscribed


def test_a_shared_mailbox_is_open_to_those_it_is_shared_with_only(old_server: OldServer):
    shared, private = wire(("Projekte", "Hafen"), "anna@lab.example"), wire(INBOX, "anna@lab.example")
    with old_server.imap("bernd@lab.example") as client:
        assert client.select(shared)[0] == "OK"
        assert client.select(private)[0] == "NO"
        assert set(listed(client, "anna@lab.example")) >= {("Projekte", "Hafen")}
        assert INBOX not in listed(client, "anna@lab.example")
    with old_server.imap("eva.lang@lab.example") as client:
        assert client.select(shared)[0] == "NO"


def test_tls_is_offered_with_a_certificate_of_the_labs_authority(old_server: OldServer):
    trust = ssl.create_default_context(cafile=str(old_server.ca))
    with imaplib.IMAP4("127.0.0.1", old_server.ports.imap, timeout=20) as client:
        client.starttls(trust)
        client.login("anna@fjord.example", old_server.password("anna@fjord.example"))


def test_pop3_serves_the_inbox_with_lasting_identifiers(old_server: OldServer):
    _, boxes = everything(old_server)[1]
    address = "rene.pfeiffer@lab.example"

    def session() -> tuple[list[bytes], list[bytes]]:
        client = poplib.POP3("127.0.0.1", old_server.ports.pop3, timeout=20)
        try:
            assert client.getwelcome().startswith(b"+OK CommuniGate Pro POP3 Server")
            client.user(address)
            client.pass_(old_server.password(address))
            return client.uidl()[1], client.retr(1)[1]
        finally:
            client.close()

    identifiers, lines = session()
    inbox = boxes[0]
    wanted = [f"{number} {each.uid:08x}{inbox.uidvalidity:08x}" for number, each in enumerate(inbox.messages, 1)]
    assert [row.decode() for row in identifiers] == wanted
    assert b"\r\n".join(lines) == inbox.messages[0].served.removesuffix(b"\r\n")
    assert session() == (identifiers, lines)


def test_what_happens_later_is_served_too(old_server: OldServer):
    users = Arrivals(old_server.ports.imap, old_server.info.admin_password)
    address, letter = "neu@lab.example", b"Subject: new\r\n\r\nThe first one.\r\n"
    users.deliver(address, INBOX, letter, flags=("\\Seen", "Wichtig"), internaldate=1_000_000_000)
    users.deliver(address, INBOX, letter.replace(b"first", b"second"))
    users.create(address, ("Nachträge & mehr",))
    users.flag(address, INBOX, "2", "+FLAGS", ("\\Flagged",))
    users.expunge(address, INBOX, "1")
    with old_server.imap(address) as client:
        assert ("Nachträge & mehr",) in listed(client)
        assert client.select("INBOX", readonly=True) == ("OK", [b"1"])
        _, rows = client.uid("FETCH", "1:*", "(UID FLAGS BODY.PEEK[])")
        assert isinstance(rows[0], tuple)
        assert b"UID 2 " in rows[0][0]
        assert b"\\Flagged" in rows[0][0]
        assert rows[0][1] == letter.replace(b"first", b"second")
    with old_server.cli() as say:
        assert say(f"LISTMAILBOXES {address}") == (
            f'201 {{INBOX={{Messages=#1;Size=#{len(letter) + 1};}};"Nachträge & mehr"={{Messages=#0;Size=#0;}};}}'
        )


def test_the_administrators_flags_are_the_owners(old_server: OldServer):
    with old_server.imap() as administrator:
        assert administrator.select(wire(INBOX, "karl@lab.example"))[0] == "OK"
        administrator.uid("STORE", "1:*", "FLAGS.SILENT", "(\\Seen Eigenes)")
    with old_server.imap("karl@lab.example") as client:
        _, count = client.select("INBOX", readonly=True)
        assert len(client.search(None, "SEEN", "KEYWORD", "Eigenes")[1][0].split()) == int(count[0] or 0) > 0
    assert ADMIN != "karl@lab.example"
