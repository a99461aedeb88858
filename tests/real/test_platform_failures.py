"""What the new platform does while a part of it is down: mail is never refused for good, and never lost."""

from __future__ import annotations

import imaplib
import os
import signal
import smtplib
import time
from typing import TYPE_CHECKING

import pytest

from sterna.lab.lab import Lab

if TYPE_CHECKING:
    from tests.real.conftest import Site

pytestmark = pytest.mark.real


@pytest.fixture
def anna(platform: Site) -> Site:
    """A platform with one account."""
    platform.add_domain("lab.example", "old-lab.example")
    platform.add_account("anna@lab.example", mailAlternateAddress=["ann@lab.example"])
    platform.wait_for_consumer()
    return platform


def end(site: Site, *names: str) -> None:
    """Kill servers, and wait until the supervisor has noticed."""
    for server in Lab.status(site.info.dir).servers:
        if server.name in names:
            assert server.pid is not None
            os.kill(server.pid, signal.SIGKILL)
            site.expect(f"{server.name} DIED")
    while sum(server.pid is None for server in Lab.status(site.info.dir).servers) < len(names):
        time.sleep(0.01)


def test_without_the_consumer_the_provider_is_asked(anna: Site) -> None:
    anna.expect(r"mail.log|dict_ldap|saslauthd\[")
    anna.send("ann@lab.example", "before")
    anna.inbox("anna@lab.example", messages=1)
    end(anna, "slapd-consumer")
    anna.send("ann@lab.example", "after")
    anna.inbox("anna@lab.example", messages=2)


@pytest.mark.parametrize("asked_before", [True, False], ids=["connections open", "no connection yet"])
def test_without_any_directory_mail_is_asked_to_come_later_and_nobody_gets_in(anna: Site, asked_before: bool) -> None:
    anna.expect(
        r"(warning|error): (dict_ldap|proxy|virtual_alias|mydestination|unable|table|domain)|saslauthd\[|lookup"
    )
    anna.expect(r"slapd-(provider|consumer) ")
    if asked_before:
        anna.send("ann@lab.example", "before")
        anna.inbox("anna@lab.example", messages=1)
    end(anna, "slapd-provider", "slapd-consumer")
    for address in ("anna@lab.example", "ann@lab.example", "nobody@lab.example", "ann@old-lab.example"):
        with anna.smtp() as client:
            assert client.mail("stranger@example.org")[0] in (250, 451)
            code, words = client.rcpt(address)
            assert 400 <= code < 500, f"{address}: {code} {words!r}"
    with pytest.raises(imaplib.IMAP4.error), anna.imap("anna@lab.example", "s3cret"):
        pass


def test_without_the_mail_store_mail_waits(anna: Site) -> None:
    anna.expect(r"warning: connect to|connect to .*socket")
    end(anna, "cyrus")
    with anna.smtp() as client:
        refused = client.sendmail("x@example.org", ["anna@lab.example"], "Subject: wait\r\n\r\n.\r\n")
    assert refused == {}


def test_a_mailbox_over_its_quota_does_not_lose_mail(anna: Site) -> None:
    with anna.imap(*anna.admin) as admin:
        assert admin.setquota("user/anna@lab.example", "(STORAGE 1)")[0] == "OK"
    # The message that crosses the limit is still taken, the next one is not.
    for number in (1, 2):
        anna.send("anna@lab.example", "x" * 2000 if number == 1 else "waits")
        anna.inbox("anna@lab.example", messages=1)
    queue = anna.info.dir / "target/postfix/queue/deferred"
    deadline = time.monotonic() + 10
    while not any(path.is_file() for path in queue.rglob("*")) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert any(path.is_file() for path in queue.rglob("*")), "the message neither arrived nor waits"


def test_new_mail_is_announced_to_a_client_that_idles(anna: Site) -> None:
    with anna.imap("anna@lab.example", "s3cret") as client:
        client.select("INBOX")
        client.send(b"i IDLE\r\n")
        assert client.readline().startswith(b"+")
        anna.send("anna@lab.example", "ping")
        assert b"EXISTS" in client.readline()
        client.send(b"DONE\r\n")


def test_a_refused_message_is_refused_while_the_sender_is_there(anna: Site) -> None:
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        anna.send("nobody@lab.example", "?")
    assert not any(path.is_file() for path in (anna.info.dir / "target/postfix/queue/deferred").rglob("*"))
