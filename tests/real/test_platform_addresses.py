"""Where Postfix sends mail by the rows that groups, lines of a router and policies for unknown names become."""

from __future__ import annotations

import json
import smtplib
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest

from sterna.migration.desired import WithoutAccount, desired
from sterna.model.account import Domain, Forward, Forwarder, Group
from sterna.model.address import Address
from sterna.model.routes import AddressRoute, DomainRoute, UnknownAction, UnknownPolicy
from sterna.openldap.directory import Directory, Entry, Replace
from sterna.openldap.entries import raw
from tests.unit.migration.samples import AIM, FJORD, LAB, account, address

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sterna.model.account import Account
    from tests.real.conftest import Site

pytestmark = pytest.mark.real

ANNA, BO, CLEO = "anna@lab.example", "bo@lab.example", "cleo@fjord.example"
CATCH_ALL = Domain(
    "lab.example",
    aliases=("old-lab.example",),
    main=True,
    unknown=UnknownPolicy(UnknownAction.REROUTE, "bo"),
)


def fill(site: Site, *, domains=(LAB, FJORD), people: Sequence[Account] = (), **without) -> None:
    """Make everything that is wanted for the accounts of these tests and for what is given besides."""
    everybody = [account("anna", aliases=["a.berg"]), account("bo"), account(CLEO), *people]
    kept: dict[str, Any] = {name: tuple(values) for name, values in without.items()}
    given = WithoutAccount(**kept)
    made = desired(AIM, domains, everybody, given, {})
    with site.directory() as directory:
        for wanted in (*made.domains, *made.accounts, *made.rows):
            add(directory, wanted.dn, wanted.attributes)
    for mailbox in made.mailboxes:
        site.add_mailbox(str(mailbox.address))
    site.wait_for_consumer()


def add(directory: Directory, dn: str, attributes) -> None:
    if directory.get(dn) is None:
        directory.add(Entry(dn, {name: raw(values) for name, values in attributes.items()}))


def group(name: str, *members: str, **fields) -> Group:
    return Group(address(name), "", tuple(address(member) for member in members), **fields)


def arrived(site: Site, who: str, messages: int) -> list[str]:
    """The last line of each message in an INBOX, seen as the administrator sees it."""
    deadline = time.monotonic() + 20
    with site.imap(*site.admin) as client:
        mailbox = f"user/{who}"
        client.setacl(mailbox, site.admin[0], "lrs")
        while True:
            assert client.select(mailbox, readonly=True)[0] == "OK"
            numbers = client.search(None, "ALL")[1][0].split()
            if len(numbers) >= messages or time.monotonic() > deadline:
                break
            time.sleep(0.05)
        bodies = [client.fetch(number.decode(), "(BODY.PEEK[])")[1][0][1] for number in numbers]  # type: ignore[index]
    lines = sorted(body.decode().splitlines()[-1] for body in bodies)  # type: ignore[union-attr]
    assert len(lines) == messages, f"{who} has {lines}"
    return lines


def refused(site: Site, to: str) -> tuple[int, bytes]:
    with pytest.raises(smtplib.SMTPRecipientsRefused) as error:
        site.send(to, "?")
    return error.value.recipients[to]


def waiting(site: Site, recipients: int) -> list[str]:
    """For whom mail waits in Postfix's queue, which leads nowhere."""
    conf = site.info.dir / "target/postfix/etc"
    deadline = time.monotonic() + 20
    while True:
        listing = subprocess.run(
            ["postqueue", "-c", str(conf), "-j"], capture_output=True, text=True, check=True
        ).stdout
        queued = [each["address"] for line in listing.splitlines() for each in json.loads(line)["recipients"]]
        if len(queued) >= recipients or time.monotonic() > deadline:
            return sorted(queued)
        time.sleep(0.05)


def test_a_group_reaches_its_members_and_those_of_groups_in_it_here_and_elsewhere_each_once(platform: Site) -> None:
    fill(
        platform,
        groups=[group("all", "team", "bo", CLEO, "x@else.example"), group("team", "anna", "bo", "y@else.example")],
    )
    platform.send("all@lab.example", "to all")
    platform.send("team@old-lab.example", "to the team")
    assert arrived(platform, ANNA, 2) == ["to all", "to the team"]
    assert arrived(platform, BO, 2) == ["to all", "to the team"]
    assert arrived(platform, CLEO, 1) == ["to all"]
    assert waiting(platform, 3) == ["x@else.example", "y@else.example", "y@else.example"]


def test_groups_and_people_that_lead_to_each_other_do_not_keep_mail_out(platform: Site) -> None:
    fill(
        platform,
        groups=[group("one", "two", "anna"), group("two", "one", "dora")],
        people=[
            account("dora", forward=Forward((address("emil"),), keep_copy=False)),
            account("emil", forward=Forward((address("dora"),), keep_copy=False)),
        ],
    )
    platform.send("one@lab.example", "round")
    for who in (ANNA, "dora@lab.example", "emil@lab.example"):
        assert arrived(platform, who, 1) == ["round"]


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_group_of_more_than_a_thousand_is_reached_with_one_message(platform: Site) -> None:
    """More than virtual_alias_expansion_limit and what a row of a table holds by default; each member is looked up."""
    many = [f"m{number}@else.example" for number in range(1200)]
    fill(platform, groups=[group("everybody", "anna", *many)])
    with smtplib.SMTP("127.0.0.1", platform.info.platform.ports.smtp, "client.example", timeout=120) as client:
        client.sendmail("stranger@example.org", ["everybody@lab.example"], "Subject: x\r\n\r\nto everybody\r\n")
    assert arrived(platform, ANNA, 1) == ["to everybody"]
    assert len(set(waiting(platform, len(many)))) == len(many)


def test_mail_for_unknown_names_goes_to_one_address_and_real_names_keep_theirs(platform: Site) -> None:
    platform.expect("NOQUEUE: reject")
    fill(
        platform,
        domains=[CATCH_ALL, FJORD],
        people=[account("gone"), account("away", aliases=["far"], forward=Forward((address(CLEO),), keep_copy=False))],
        forwarders=[Forwarder(address("sales"), address("anna"))],
        groups=[group("team", "anna"), group("shut", "anna", enabled=False)],
    )
    own = [
        "anna@lab.example",
        "a.berg@old-lab.example",
        "anna+tag@lab.example",
        "sales@lab.example",
        "team@lab.example",
    ]
    for to in own:
        platform.send(to, to)
    for to in ("nobody@lab.example", "anne+x@old-lab.example", "bo@lab.example"):
        platform.send(to, to)
    platform.send("far@lab.example", "forwarded")
    assert arrived(platform, ANNA, len(own)) == sorted(own)
    assert arrived(platform, BO, 3) == ["anne+x@old-lab.example", "bo@lab.example", "nobody@lab.example"]
    assert arrived(platform, CLEO, 1) == ["forwarded"]
    assert refused(platform, "shut@lab.example")[0] == 550
    assert refused(platform, "nobody@fjord.example")[0] == 550
    assert refused(platform, "nobody@else.example")[0] == 554
    assert refused(platform, "anna@else.example")[0] == 554


def test_who_takes_no_mail_is_refused_though_all_unknown_names_are_taken(platform: Site) -> None:
    platform.expect("NOQUEUE: reject")
    fill(platform, domains=[CATCH_ALL, FJORD], groups=[group("team", "anna", "gone")], people=[account("gone")])
    with platform.directory() as directory:
        dn = platform.tree.account(address("gone"))
        directory.modify(dn, [Replace("accountStatus", (b"disabled",))])
        directory.modify(dn, [Replace("mailAlternateAddress", (b"left@lab.example",))])
    platform.wait_for_consumer()
    for to in ("gone@lab.example", "left@lab.example", "gone+tag@lab.example"):
        code, said = refused(platform, to)
        assert (code, b"takes no mail" in said) == (550, True)
    platform.send("team@lab.example", "to the team")
    assert arrived(platform, ANNA, 1) == ["to the team"]
    assert arrived(platform, BO, 0) == []


def test_mail_for_unknown_names_can_go_to_the_same_names_elsewhere(platform: Site) -> None:
    policy = UnknownPolicy(UnknownAction.REROUTE, "*@else.example")
    fill(platform, domains=[Domain("lab.example", main=True, unknown=policy), FJORD])
    platform.send("nobody@lab.example", "elsewhere")
    platform.send("anna@lab.example", "here")
    assert arrived(platform, ANNA, 1) == ["here"]
    assert waiting(platform, 1) == ["nobody@else.example"]


def test_lines_of_the_router_decide_before_everything_else(platform: Site) -> None:
    platform.expect("NOQUEUE: reject")
    fill(
        platform,
        routes=[
            AddressRoute(address("anna"), address("bo"), "<anna> = bo"),
            AddressRoute(address("team"), address("x@else.example"), "Relay:<team> = x@else.example"),
            DomainRoute("lab.test", "lab.example", "lab.test = lab.example"),
            DomainRoute("far.test", "else.example", "Relay:far.test = else.example"),
            DomainRoute("shut.test", "else.example", "shut.test = else.example"),
        ],
        groups=[group("team", CLEO)],
    )
    for to in ("anna@lab.example", "bo@lab.test", "anna@lab.test"):
        platform.send(to, to)
    assert arrived(platform, BO, 3) == ["anna@lab.example", "anna@lab.test", "bo@lab.test"]
    platform.send("team@lab.example", "team")
    platform.send("who@far.test", "far")
    assert waiting(platform, 2) == ["who@else.example", "x@else.example"]
    assert arrived(platform, ANNA, 0) == []
    assert arrived(platform, CLEO, 0) == []
    for to in ("ghost@lab.test", "ghost@lab.example"):
        assert refused(platform, to)[0] == 550
    for to in ("who@shut.test", "who@else.example"):
        assert refused(platform, to)[0] == 554


CONTACT = (
    ("telephoneNumber", ("+47 (22) 33-44/5.6", "12 34", "1-234", "١٢")),
    ("facsimileTelephoneNumber", ("+47 22", "$x")),
    ("title", ("Ärztin ", "ärztin", "\u200f\u05d0\u05d1", "a\x00b", "\ud800", "\u200d", "ﬁ", "fi")),
    ("postalAddress", ("Way 1\nOslo", "one line")),
    ("homePostalAddress", ("a\\b\n$",)),
    ("displayName", ("Anna", "anna", "Other")),
    ("preferredLanguage", ("no",)),
    ("labeledURI", ("https://lab.example/ Anna",)),
    ("l", ("", "Oslo")),
    ("c", ("Norway",)),
)


def test_the_directory_takes_whatever_is_not_refused_of_what_is_known_of_a_person(platform: Site) -> None:
    fill(platform, people=[account("dora", contact=CONTACT)])
    with platform.directory() as directory:
        entry = directory.get(platform.tree.account(Address.parse("dora@lab.example")))
    assert entry is not None
    assert entry.attributes["telephoneNumber"] == (b"+47 (22) 33-44/5.6", b"12 34")
    assert entry.attributes["title"] == ("Ärztin".encode(), "\u200f\u05d0\u05d1".encode(), "ﬁ".encode())
    assert entry.attributes["homePostalAddress"] == (b"a\\5Cb$\\24",)
