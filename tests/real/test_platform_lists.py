"""Mailing lists on the new platform as long as Postfix alone sends their mail."""

from __future__ import annotations

import smtplib
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest

from sterna.migration.carry_out import Target
from sterna.migration.desired import WithoutAccount, desired
from sterna.migration.row_parts import with_leftover_parts
from sterna.migration.script_store import ScriptStore
from sterna.migration.target import open_directory, open_store
from sterna.model.account import Group
from sterna.model.lists import Delivery, MailingList, Posters, Posting, Subscriber
from sterna.openldap.tree import Tree
from sterna.site.declaration import PasswordScheme
from tests.unit.migration.samples import AIM, FJORD, LAB, account, address, facts_of, plan_and_apply, plan_for

if TYPE_CHECKING:
    from tests.real.conftest import Site

pytestmark = pytest.mark.real

NAMES = ("anna", "feed", "digest", "index", "null", "banned", "pending", "left", "held")
REFUSED = r"NOQUEUE: reject: RCPT"


@pytest.fixture
async def target(platform: Site):
    """The platform as a plan sees it."""
    settings = platform.info.target
    async with open_directory(settings) as directory, open_store(settings) as one, open_store(settings) as two:
        yield Target(
            directory, [one, two], ScriptStore(settings), Tree(settings.directory.suffix), PasswordScheme.SSHA512
        )


def subscriber(name: str, delivery: Delivery = Delivery.FEED, posting: Posting = Posting.FREE) -> Subscriber:
    return Subscriber(address(name), delivery=delivery, posting=posting)


def mailing_list(name: str, posters: Posters, *subscribers: Subscriber) -> MailingList:
    return MailingList(
        address=address(name), owner=address("anna"), posters=posters, subscribers=subscribers, settings=()
    )


EVERYBODY = (
    subscriber("feed"),
    subscriber("digest", Delivery.DIGEST),
    subscriber("index", Delivery.INDEX),
    subscriber("null", Delivery.NULL),
    subscriber("banned", Delivery.BANNED),
    subscriber("pending", Delivery.PENDING),
    subscriber("left", Delivery.LEFT),
    subscriber("held", Delivery.NULL, Posting.MODERATED),
)


def site(*lists: MailingList, **others: Any):
    accounts = [account(name, aliases=["ann"] if name == "anna" else []) for name in NAMES]
    return desired(AIM, (LAB, FJORD), accounts, WithoutAccount(lists=lists, **others), {})


async def apply(target: Target, platform: Site, *lists: MailingList, **others: Any) -> None:
    applied = await plan_and_apply(target, site(*lists, **others))
    assert applied.failures == ()
    platform.wait_for_consumer()


def send(platform: Site, sender: str, to: str, body: str) -> str:
    """What Postfix says to the recipient; empty when it takes the message."""
    with platform.smtp() as client:
        assert client.sock is not None
        client.sock.settimeout(120)  # each member is looked up meanwhile
        try:
            client.sendmail(sender, [to], f"From: {sender}\r\nTo: {to}\r\n\r\n{body}\r\n")
        except smtplib.SMTPRecipientsRefused as refused:
            [(_, said)] = refused.recipients.values()
            return said.decode()
    return ""


def bodies(platform: Site, name: str, messages: int) -> list[str]:
    found = platform.inbox(f"{name}@lab.example", f"secret of {name}", messages=messages)
    return sorted(body.decode().split("\r\n\r\n")[1].strip() for body in found)


async def test_a_message_reaches_exactly_the_members_who_get_mail(target: Target, platform: Site) -> None:
    await apply(target, platform, mailing_list("news", Posters.ANYBODY, *EVERYBODY))
    assert send(platform, "stranger@example.org", "news@lab.example", "one") == ""
    assert send(platform, "stranger@example.org", "News@old-lab.example", "two") == ""
    for name in ("feed", "digest", "index"):
        assert bodies(platform, name, 2) == ["one", "two"]
    for name in ("anna", "null", "banned", "pending", "left", "held"):
        assert bodies(platform, name, 0) == []


async def test_only_those_may_write_whom_the_list_lets(target: Target, platform: Site) -> None:
    await apply(
        target,
        platform,
        mailing_list("members", Posters.SUBSCRIBERS, *EVERYBODY),
        mailing_list("open", Posters.ANYBODY, *EVERYBODY),
        mailing_list("owner", Posters.OWNER, *EVERYBODY),
        mailing_list("moderated", Posters.MODERATED, *EVERYBODY, subscriber("s@x.example", posting=Posting.SPECIAL)),
    )
    said = {
        (sender, to): send(platform, sender, f"{to}@lab.example", f"{sender} to {to}")
        for to in ("members", "open", "owner", "moderated")
        for sender in (
            *("x@example.org", "feed@lab.example", "null@lab.example", "held@lab.example", "banned@lab.example"),
            *("ANNA@lab.example", "ann@old-lab.example", "s@x.example", ""),
        )
    }
    taken = {key for key, words in said.items() if not words}
    owner = {"ANNA@lab.example", "ann@old-lab.example"}
    assert {sender for sender, to in taken if to == "owner"} == owner
    assert {sender for sender, to in taken if to == "moderated"} == owner | {"s@x.example"}
    assert {sender for sender, to in taken if to == "members"} == owner | {"feed@lab.example", "null@lab.example"}
    assert {sender for sender, to in taken if to == "open"} == owner | {
        "x@example.org",
        "feed@lab.example",
        "null@lab.example",
        "s@x.example",
    }
    assert "only its members may write to this list" in said["x@example.org", "members"]
    assert "moderated" in said["x@example.org", "moderated"]
    assert "you may not write to this list" in said["held@lab.example", "open"]
    assert "takes no bounces" in said["", "open"]


async def test_no_detour_opens_a_list(target: Target, platform: Site) -> None:
    inner = mailing_list("inner", Posters.SUBSCRIBERS, subscriber("feed"))
    outer = mailing_list("outer", Posters.ANYBODY, subscriber("digest"), subscriber("inner"), subscriber("outer"))
    group = Group(address("all"), "", (address("index"), address("inner")))
    await apply(target, platform, inner, outer, groups=(group,))
    assert send(platform, "x@example.org", "outer@lab.example", "by a list") == ""
    assert "only its members" in send(platform, "x@example.org", "all@lab.example", "by a group")
    assert "only its members" in send(platform, "x@example.org", "inner+all@lab.example", "by an extension")
    assert send(platform, "feed@lab.example", "all@lab.example", "a member") == ""
    assert bodies(platform, "digest", 1) == ["by a list"]
    assert bodies(platform, "index", 1) == ["a member"]
    assert bodies(platform, "feed", 1) == ["a member"]


async def test_the_addresses_that_serve_a_list_reach_its_owner(target: Target, platform: Site) -> None:
    await apply(target, platform, mailing_list("news", Posters.OWNER, subscriber("feed")))
    assert send(platform, "x@example.org", "news-off@lab.example", "let me go") == ""
    assert bodies(platform, "anna", 1) == ["let me go"]


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_a_list_of_thousands_reaches_them_all_and_later_only_those_who_stayed(
    target: Target, platform: Site
) -> None:
    many = [subscriber(f"u{number:04}@members.example") for number in range(1500)]
    large = mailing_list("news", Posters.ANYBODY, subscriber("feed"), *many)
    await apply(target, platform, large)
    assert send(platform, "x@example.org", "news@lab.example", "to all") == ""
    assert bodies(platform, "feed", 1) == ["to all"]
    assert _queued(platform, 1500) == {str(each.address) for each in many}
    small = site(mailing_list("news", Posters.ANYBODY, subscriber("feed")))
    applied = await plan_and_apply(target, with_leftover_parts(small, await facts_of(target, small), target.tree))
    assert applied.failures == ()
    again = with_leftover_parts(small, await facts_of(target, small), target.tree)
    assert (await plan_for(target, again)).is_empty
    platform.wait_for_consumer()
    assert send(platform, "x@example.org", "news@lab.example", "to one") == ""
    assert bodies(platform, "feed", 2) == ["to all", "to one"]
    assert len(_queued(platform, 1500)) == 1500


def _queued(platform: Site, recipients: int) -> set[str]:
    """Who mail waits for in the queue, once there are so many: this platform sends nothing elsewhere."""
    config = platform.info.dir / "target/postfix/etc"
    deadline = time.monotonic() + 20
    while True:
        lines = subprocess.run(
            ["/usr/sbin/postqueue", "-c", str(config), "-p"], capture_output=True, text=True, check=True
        ).stdout.splitlines()
        found = {line.strip() for line in lines if line.startswith("  ") and line.strip().endswith("members.example")}
        if len(found) >= recipients or time.monotonic() > deadline:
            return found
        time.sleep(0.2)
