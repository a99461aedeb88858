"""Logins on the new platform: who gets in, by which protocol, and what is never sent in clear."""

from __future__ import annotations

import base64
import imaplib
import poplib
import smtplib
import socket
import ssl
from typing import TYPE_CHECKING

import pytest

from sterna.lab.lab import LabOptions
from sterna.model.secret import Secret
from sterna.openldap.directory import Replace
from sterna.openldap.passwords import hash_password
from sterna.openldap.tree import Administrator
from sterna.site.declaration import PasswordScheme

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.real.conftest import Site

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("platform logins")]


@pytest.fixture(scope="module")
def anna(start_shared_lab: Callable[[LabOptions], Site]) -> Site:
    """A platform with one account, anna@lab.example, whose password is s3cret; no test changes it."""
    platform = start_shared_lab(LabOptions(with_source=False))
    platform.add_domain("lab.example")
    platform.add_account("anna@lab.example", mailAlternateAddress=["ann@lab.example"])
    platform.wait_for_consumer()
    return platform


def test_the_directorys_password_opens_imaps_and_pop3s(anna: Site) -> None:
    with anna.imap("anna@lab.example", "s3cret") as client:
        assert client.select("INBOX")[0] == "OK"
    with anna.pop3("anna@lab.example", "s3cret") as pop:
        assert pop.stat() == (0, 0)


def test_nothing_else_opens_a_mailbox(anna: Site) -> None:
    anna.expect("saslauthd.* NULL password received")
    anna.expect("SASL bad userid authenticated")
    for what, user, password in [
        ("a wrong password", "anna@lab.example", "wrong"),
        ("an empty password", "anna@lab.example", ""),
        ("an alias", "ann@lab.example", "s3cret"),
        ("a name without domain", "anna", "s3cret"),
        ("another domain", "anna@fjord.example", "s3cret"),
        ("a wildcard", "*@lab.example", "s3cret"),
        ("a filter", "anna@lab.example)(mail=*", "s3cret"),
    ]:
        for way in (anna.imap, anna.pop3):
            try:
                with way(user, password):
                    pytest.fail(f"{what} opened a mailbox")
            except (imaplib.IMAP4.error, poplib.error_proto):
                continue


def test_an_account_without_access_is_kept_out(anna: Site) -> None:
    with anna.directory() as directory:
        dn = anna.add_account("bjorn@lab.example", accountStatus=["noaccess"])
        anna.wait_for_consumer()
        with pytest.raises(imaplib.IMAP4.error), anna.imap("bjorn@lab.example", "s3cret"):
            pass
        directory.modify(dn, [Replace("accountStatus", (b"active",))])
    anna.wait_for_consumer()
    with anna.imap("bjorn@lab.example", "s3cret"):
        pass


def test_no_password_is_taken_in_clear(anna: Site) -> None:
    for port, refused in (("imap", b"a NO"), ("pop3", b"-ERR"), ("sieve", b"NO")):
        _refuses_a_clear_password(anna, port, refused)


def _refuses_a_clear_password(anna: Site, port: str, refused: bytes) -> None:
    token = base64.b64encode(b"\0anna@lab.example\0s3cret")
    commands = {
        "imap": b"a AUTHENTICATE PLAIN " + token + b"\r\n",
        "pop3": b"USER anna@lab.example\r\n",
        "sieve": b'AUTHENTICATE "PLAIN" "' + token + b'"\r\n',
    }
    with socket.create_connection(("127.0.0.1", getattr(anna.info.platform.ports, port)), timeout=10) as connection:
        stream = connection.makefile("rwb")
        if port == "sieve":
            while not (line := stream.readline()).startswith(b"OK"):
                assert b"PLAIN" not in line.upper(), "a mechanism for clear passwords is offered before TLS"
        else:
            assert b"AUTH=PLAIN" not in stream.readline()
        stream.write(commands[port])
        stream.flush()
        assert stream.readline().startswith(refused)
        stream.write(_GOODBYE[port])
        stream.flush()
        stream.read()
        stream.close()


_GOODBYE = {"imap": b"b LOGOUT\r\n", "pop3": b"QUIT\r\n", "sieve": b"LOGOUT\r\n"}


def test_starttls_on_the_plain_port_opens_the_way(anna: Site) -> None:
    with imaplib.IMAP4("127.0.0.1", anna.info.platform.ports.imap) as client:
        assert "LOGINDISABLED" in client.capabilities
        client.starttls(anna.trust)
        assert client.login("anna@lab.example", "s3cret")[0] == "OK"


def test_a_certificate_for_another_name_is_not_accepted(anna: Site) -> None:
    with (
        socket.create_connection(("127.0.0.1", anna.info.platform.ports.imaps), timeout=10) as raw,
        pytest.raises(ssl.SSLCertVerificationError, match="mismatch"),
    ):
        anna.trust.wrap_socket(raw, server_hostname="imap.example.org")


def test_the_administrator_may_act_for_a_user(anna: Site) -> None:
    name, password = anna.admin
    client = imaplib.IMAP4_SSL("127.0.0.1", anna.info.platform.ports.imaps, ssl_context=anna.trust)
    client.authenticate("PLAIN", lambda _challenge: f"anna@lab.example\0{name}\0{password}".encode())
    assert client.create("Administrator")[0] == "OK"
    client.shutdown()
    with anna.imap("anna@lab.example", "s3cret") as own:
        assert b" Administrator" in b"".join(own.list()[1])  # type: ignore[arg-type]


def test_a_user_may_not_act_for_another(anna: Site) -> None:
    anna.add_account("carl@lab.example")
    anna.wait_for_consumer()
    anna.expect("SASL user carl@lab.example is not allowed to proxy")
    client = imaplib.IMAP4_SSL("127.0.0.1", anna.info.platform.ports.imaps, ssl_context=anna.trust)
    with pytest.raises(imaplib.IMAP4.error):
        client.authenticate("PLAIN", lambda _challenge: b"anna@lab.example\0carl@lab.example\0s3cret")
    client.shutdown()


def test_delivery_by_tcp_asks_for_the_login_of_an_administrator_of_delivery(anna: Site) -> None:
    anna.add_account("dora@lab.example")
    anna.wait_for_consumer()
    port = anna.info.platform.ports.lmtp
    password = anna.info.platform.passwords[Administrator.LMTP].reveal()
    with smtplib.LMTP("127.0.0.1", port, local_hostname="gateway.example") as client:
        client.ehlo("gateway.example")
        assert client.mail("x@example.org")[0] == 430
        client.starttls(context=anna.trust)
        client.ehlo("gateway.example")
        client.login(Administrator.LMTP, password)
        client.sendmail("x@example.org", ["dora@lab.example"], "Subject: by tcp\r\n\r\n.\r\n")
    anna.inbox("dora@lab.example", messages=1)


def test_an_argon2_hash_opens_a_mailbox(anna: Site) -> None:
    hashed = hash_password(Secret("pässwörd"), PasswordScheme.ARGON2ID)
    anna.add_account("eva@lab.example", userPassword=[hashed.reveal()])
    anna.wait_for_consumer()
    client = imaplib.IMAP4_SSL("127.0.0.1", anna.info.platform.ports.imaps, ssl_context=anna.trust)
    client.authenticate("PLAIN", lambda _challenge: "\0eva@lab.example\0pässwörd".encode())
    client.shutdown()


def test_managesieve_takes_a_script(anna: Site) -> None:
    script = b"keep;"
    with socket.create_connection(("127.0.0.1", anna.info.platform.ports.sieve), timeout=10) as raw:
        _sieve_answer(raw)
        raw.sendall(b"STARTTLS\r\n")
        _sieve_answer(raw)
        with anna.trust.wrap_socket(raw, server_hostname="127.0.0.1") as connection:
            _sieve_answer(connection)
            token = base64.b64encode(b"\0anna@lab.example\0s3cret")
            for command in (
                b'AUTHENTICATE "PLAIN" "' + token + b'"',
                b'PUTSCRIPT "main" {%d+}\r\n%s' % (len(script), script),
                b'SETACTIVE "main"',
                b"LOGOUT",
            ):
                connection.sendall(command + b"\r\n")
                assert _sieve_answer(connection).startswith(b"OK"), command


def _sieve_answer(connection: socket.socket) -> bytes:
    """The last line of an answer (RFC 5804 section 1.2)."""
    received = b""
    while True:
        received += connection.recv(4096)
        last = received.rstrip(b"\r\n").rpartition(b"\n")[2]
        if received.endswith(b"\n") and last[:2] in (b"OK", b"NO", b"BY"):
            return last
