"""Mail on the new platform: what comes in by SMTP, where it ends, and what is refused."""

from __future__ import annotations

import smtplib
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from sterna.lab.lab import LabOptions
from sterna.openldap.directory import Replace

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.real.conftest import Site

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("platform mail")]


@pytest.fixture(scope="module")
def platform(start_shared_lab: Callable[[LabOptions], Site]) -> Site:
    """A platform with two domains; each test has accounts of its own there."""
    platform = start_shared_lab(LabOptions(with_source=False))
    platform.add_domain("lab.example", "old-lab.example")
    platform.add_domain("fjord.example")
    return platform


def test_mail_to_an_address_arrives_unaltered(platform: Site) -> None:
    platform.add_account("rene.pfeiffer@lab.example")
    with platform.smtp() as client:
        message = b"From: x@example.org\r\nTo: y\r\nSubject: gr\xfc\xdfe\r\n\r\n\xe4\xf6\xfc\r\n"
        client.sendmail("x@example.org", ["Rene.Pfeiffer@LAB.example"], message)
    [arrived] = platform.inbox("rene.pfeiffer@lab.example")
    assert b"\r\nSubject: gr\xfc\xdfe\r\n" in arrived
    assert arrived.endswith(b"\r\n\r\n\xe4\xf6\xfc\r\n")


def test_mail_to_an_alias_and_to_an_alias_domain_arrives(platform: Site) -> None:
    alternates = ["lynx@lab.example", "lynx@old-lab.example", "rene@old-lab.example"]
    platform.add_account("rene@lab.example", mailAlternateAddress=alternates)
    for number, address in enumerate(alternates):
        platform.send(address, f"number {number}")
    assert {body.splitlines()[-1] for body in platform.inbox("rene@lab.example", messages=3)} == {
        b"number 0",
        b"number 1",
        b"number 2",
    }


def test_a_forward_with_the_own_address_among_its_targets_keeps_one_copy_and_does_not_loop(platform: Site) -> None:
    platform.add_account("bjorn.own@fjord.example")
    platform.add_account(
        "anna.own@lab.example",
        mailForwardingAddress=["bjorn.own@fjord.example", "anna.own@lab.example"],
        mailAlternateAddress=["ann.own@lab.example"],
    )
    platform.send("anna.own@lab.example", "by address")
    platform.send("ann.own@lab.example", "by alias")
    for address in ("bjorn.own@fjord.example", "anna.own@lab.example"):
        bodies = {body.splitlines()[-1] for body in platform.inbox(address, messages=2)}
        assert bodies == {b"by address", b"by alias"}


def test_a_forward_without_the_own_address_leaves_no_copy(platform: Site) -> None:
    platform.add_account("bjorn.on@lab.example")
    platform.add_account("anna.on@lab.example", mailForwardingAddress=["bjorn.on@lab.example"])
    platform.send("anna.on@lab.example", "onwards")
    platform.inbox("bjorn.on@lab.example", messages=1)
    platform.inbox("anna.on@lab.example", messages=0, within_s=0)


def test_mail_to_a_virtual_user_goes_to_its_target(platform: Site) -> None:
    platform.add_account("anna.v@lab.example")
    platform.add_virtual_user("info@lab.example", "anna.v@lab.example")
    platform.add_virtual_user("info@old-lab.example", "anna.v@lab.example")
    platform.send("info@lab.example", "one")
    platform.send("info@old-lab.example", "two")
    platform.inbox("anna.v@lab.example", messages=2)


def test_an_address_with_an_extension_arrives(platform: Site) -> None:
    platform.add_account("anna.e@lab.example")
    platform.send("anna.e+shop@lab.example", "tagged")
    platform.inbox("anna.e@lab.example", messages=1)


def test_an_unknown_or_disabled_recipient_is_refused_at_once(platform: Site) -> None:
    platform.add_account("gone@lab.example", accountStatus=["disabled"], mailbox=False)
    for address in ("nobody@lab.example", "nobody@old-lab.example", "gone@lab.example"):
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            platform.send(address, "?")
        assert refused.value.recipients[address][0] == 550


def test_who_may_not_log_in_still_gets_mail(platform: Site) -> None:
    dn = platform.add_account("anna.kept@lab.example", accountStatus=["noaccess"])
    platform.send("anna.kept@lab.example", "kept for later")
    with platform.directory() as directory:
        directory.modify(dn, [Replace("accountStatus", (b"active",))])
    platform.wait_for_consumer()
    platform.inbox("anna.kept@lab.example")


def test_a_stranger_may_not_send_to_strangers(platform: Site) -> None:
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        platform.send("somebody@example.com", "?")
    assert refused.value.recipients["somebody@example.com"][0] == 554


def test_nobody_is_told_who_exists(platform: Site) -> None:
    with platform.smtp() as client:
        assert client.verify("anna@lab.example")[0] == 502


def test_a_message_over_the_limit_is_refused_before_it_is_sent(platform: Site) -> None:
    with platform.smtp() as client:
        assert client.esmtp_features["size"] == str(64 * 1024 * 1024)
        assert client.mail("x@example.org", ["SIZE=67108865"])[0] == 552


def test_a_foreign_address_with_the_same_local_part_is_never_ours(platform: Site) -> None:
    """Also when somebody wrote a foreign address into an entry."""
    platform.add_account("bjorn.f@lab.example")
    platform.add_account(
        "anna.f@lab.example",
        mailForwardingAddress=["bjorn.f@lab.example"],
        mailAlternateAddress=["boss@example.com"],
    )
    platform.add_account("eva@lab.example", mailForwardingAddress=["anna.f@example.com", "boss@example.com"])
    platform.send("eva@lab.example", "to strangers")
    listing = queued(platform, "anna.f@example.com", "boss@example.com")
    assert "anna.f@example.com" in listing
    assert "boss@example.com" in listing
    platform.inbox("bjorn.f@lab.example", messages=0, within_s=0)
    platform.inbox("anna.f@lab.example", messages=0, within_s=0)


def test_mail_for_elsewhere_does_not_leave_the_lab(platform: Site) -> None:
    platform.add_account("eva.out@lab.example", mailForwardingAddress=["friend@example.com"])
    platform.send("eva.out@lab.example", "stay")
    listing = queued(platform, "friend@example.com")
    assert "this host sends no mail elsewhere" in listing[: listing.index("friend@example.com")].splitlines()[-2]


def queued(platform: Site, *recipients: str) -> str:
    """What waits in Postfix's queue, once mail for all of these was deferred."""
    conf = platform.info.dir / "target/postfix/etc"
    deadline = time.monotonic() + 10
    while True:
        listing = subprocess.run(
            ["postqueue", "-c", str(conf), "-p"], capture_output=True, text=True, check=True
        ).stdout
        deferred = [block.splitlines() for block in listing.split("\n\n") if "(" in block]
        if set(recipients) <= {line.strip() for lines in deferred for line in lines if line.startswith(" ")}:
            return listing
        assert time.monotonic() < deadline, listing
        time.sleep(0.05)
