"""Rows of mailing lists: whom Postfix sends their mail to, and who may write to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from sterna.migration.desired import Aim, Desired, WithoutAccount, desired
from sterna.migration.row_parts import with_leftover_parts
from sterna.model.account import Account, Domain, Forward, Forwarder, Group
from sterna.model.lists import Delivery, MailingList, Posters, Posting, Subscriber
from sterna.model.routes import DomainRoute, UnknownAction, UnknownPolicy
from sterna.openldap.tree import LookupTable
from sterna.postfix.config import LIST_CLASSES
from sterna.site.declaration import Lists
from tests.unit.migration.samples import (
    AIM,
    FJORD,
    LAB,
    TREE,
    account,
    address,
    facts_of,
    new_target,
    plan_and_apply,
    plan_for,
)

ANNA = account("anna", aliases=["ann"])
BOB = account("bob")


def subscriber(name: str, delivery: Delivery = Delivery.FEED, posting: Posting = Posting.FREE) -> Subscriber:
    return Subscriber(address(name), delivery=delivery, posting=posting)


def mailing_list(name: str, *subscribers: Subscriber, **fields: Any) -> MailingList:
    plain = MailingList(
        address=address(name), owner=address("anna"), posters=Posters.ANYBODY, subscribers=tuple(subscribers)
    )
    return replace(plain, **fields)


def want(
    *lists: MailingList,
    accounts: Sequence[Account] = (ANNA, BOB),
    aim: Aim = AIM,
    domains: Sequence[Domain] = (LAB, FJORD),
    **others: Any,
) -> Desired:
    return desired(aim, domains, accounts, WithoutAccount(lists=tuple(lists), **others), {})


def rows(wanted: Desired, table: LookupTable) -> Mapping[str, tuple[str, ...]]:
    prefix = f"{table}: "
    return {
        row.subject.removeprefix(prefix): row.attributes["lookupValue"]
        for row in wanted.rows
        if row.subject.startswith(prefix)
    }


def may_write(wanted: Desired, to: str, sender: str) -> bool:
    """What Postfix would decide by the rows: restrictions are asked one after the other, the first answer counts."""
    for restriction in rows(wanted, LookupTable.LIST_ACCESS).get(to, ("",))[0].split(", "):
        kind, _, number = restriction.rpartition("_")
        listed = sender in {
            value
            for key, values in rows(wanted, LookupTable.LIST_SENDERS).items()
            if key.split(" ")[0] == number
            for value in values
        }
        if kind == "list_allowed" and listed:
            return True
        if kind == "list_refused" and listed:
            return False
        if restriction in ("list_members_only", "list_owner_only", "list_moderated"):
            return False
    return True


def whats(wanted: Desired, subject: str) -> list[str]:
    return [finding.what for finding in wanted.findings if finding.object == subject]


def test_members_with_any_kind_of_delivery_get_mail_and_nobody_else() -> None:
    everybody = [subscriber(f"{mode}@other.example", mode) for mode in Delivery]
    wanted = want(mailing_list("news", *everybody))
    assert rows(wanted, LookupTable.LISTS)["news@lab.example"] == (
        "digest@other.example",
        "feed@other.example",
        "index@other.example",
    )


def test_a_list_exists_under_the_other_names_of_its_domain() -> None:
    wanted = want(mailing_list("news", subscriber("bob"), posters=Posters.OWNER))
    lists = rows(wanted, LookupTable.LISTS)
    assert lists["news@old-lab.example"] == lists["news@lab.example"] == ("bob@lab.example",)
    assert not may_write(wanted, "news@old-lab.example", "bob@lab.example")
    assert may_write(wanted, "news@old-lab.example", "ann@old-lab.example")


@pytest.mark.parametrize(
    ("posters", "who"),
    [
        (Posters.ANYBODY, {"anna", "feed", "null", "special", "x@y.example"}),
        (Posters.SUBSCRIBERS, {"anna", "feed", "null", "special"}),
        (Posters.MODERATE_GUESTS, {"anna", "feed", "null", "special"}),
        (Posters.MODERATED, {"anna", "special"}),
        (Posters.OWNER, {"anna"}),
        (None, {"anna"}),
    ],
)
def test_only_those_may_write_whose_mail_would_wait_for_nobody(posters: Posters | None, who: set[str]) -> None:
    accounts = [account(name) for name in ("anna", "feed", "null", "special", "held", "mute", "banned", "gone")]
    wanted = want(
        mailing_list(
            "news",
            subscriber("feed"),
            subscriber("null", Delivery.NULL),
            subscriber("special", posting=Posting.SPECIAL),
            subscriber("held", posting=Posting.MODERATED),
            subscriber("mute", posting=Posting.PROHIBITED),
            subscriber("banned", Delivery.BANNED),
            subscriber("gone", Delivery.LEFT),
            posters=posters,
        ),
        accounts=accounts,
    )
    tried = {"anna", "feed", "null", "special", "held", "mute", "banned", "gone", "x@y.example"}
    wanted_who = who | ({"gone"} if posters is Posters.ANYBODY else set())
    assert {name for name in tried if may_write(wanted, "news@lab.example", str(address(name)))} == wanted_who


def test_every_list_refuses_bounces() -> None:
    wanted = want(mailing_list("open", subscriber("bob")), mailing_list("own", posters=Posters.OWNER))
    access = rows(wanted, LookupTable.LIST_ACCESS)
    assert access["open@lab.example"] == ("list_no_bounces",)
    assert access["own@lab.example"][0].startswith("list_no_bounces, ")


def test_lists_with_the_same_senders_share_a_number_and_a_new_list_leaves_theirs_alone() -> None:
    lists = [mailing_list(name, subscriber("bob"), posters=Posters.SUBSCRIBERS) for name in ("a", "b")]
    before = want(*lists)
    assert len(rows(before, LookupTable.LIST_SENDERS)) == 1
    after = want(*lists, mailing_list("c", posters=Posters.OWNER))
    assert rows(before, LookupTable.LIST_SENDERS).items() <= rows(after, LookupTable.LIST_SENDERS).items()


def test_a_list_for_which_no_number_is_left_is_closed_and_reported() -> None:
    lists = [
        mailing_list(f"l{number}", subscriber(f"u{number}@other.example"), posters=Posters.SUBSCRIBERS)
        for number in range(LIST_CLASSES + 1)
    ]
    wanted = want(*lists)
    closed = [each for each in wanted.findings if each.what == "postings: nobody may write"]
    assert len(closed) == 1
    assert not may_write(wanted, closed[0].object, "anna@lab.example")


def test_a_large_list_has_several_rows_that_all_have_its_address() -> None:
    members = [subscriber(f"u{number:05}@other.example") for number in range(2500)]
    wanted = want(mailing_list("news", *members))
    parts = [row for row in wanted.rows if "news@lab.example" in row.attributes.get("lookupKey", ())]
    parts = [row for row in parts if row.subject.startswith("lists: ")]
    assert [len(row.attributes["lookupValue"]) for row in parts] == [1000, 1000, 500]
    assert {value for row in parts for value in row.attributes["lookupValue"]} == {str(m.address) for m in members}


async def test_a_list_that_became_smaller_reaches_nobody_who_left() -> None:
    target = new_target()
    members = [subscriber(f"u{number:05}@other.example") for number in range(2500)]
    await plan_and_apply(target, want(mailing_list("news", *members)))
    small = want(mailing_list("news", members[7]))
    wanted = with_leftover_parts(small, await facts_of(target, small), TREE)
    await plan_and_apply(target, wanted)
    found = {
        value
        for entry in target.directory.search(TREE.lookup_table(LookupTable.LISTS), "(objectClass=*)")
        if b"news@lab.example" in entry.attributes.get("lookupKey", ())
        for value in entry.attributes["lookupValue"]
    }
    assert found == {b"u00007@other.example"}
    again = with_leftover_parts(small, await facts_of(target, small), TREE)
    assert (await plan_for(target, again)).is_empty


async def test_nobody_may_write_any_more_when_the_last_who_might_has_left() -> None:
    target = new_target()
    inner = mailing_list("inner", subscriber("bob"), posters=Posters.SUBSCRIBERS)
    other = mailing_list("other", subscriber("bob"), posters=Posters.SUBSCRIBERS, owner=address("bob"))
    both = Group(address("all"), "", (address("inner"), address("other")))
    await plan_and_apply(target, want(inner, other, groups=(both,)))
    # Now nobody may write to both of them.
    emptied = want(inner, replace(other, subscribers=(), owner=address("carl")), groups=(both,))
    assert not may_write(emptied, "all@lab.example", "bob@lab.example")
    await plan_and_apply(target, emptied)
    number = rows(emptied, LookupTable.LIST_ACCESS)["all@lab.example"][0].split(", ")[1].rpartition("_")[2]
    entry = target.directory.get(TREE.lookup_row(LookupTable.LIST_SENDERS, number))
    assert entry is not None
    [value] = entry.attributes["lookupValue"]
    assert b"@" not in value
    assert b" " in value


def test_members_elsewhere_are_known_as_such_and_nobody_of_ours_is_among_them() -> None:
    passed_on = DomainRoute("far.example", "further.example", "Relay:far.example = further.example")
    names = ("bob", "bob@old-lab.example", "x@other.example", "y@far.example", "bjorn@fjord.example")
    news = mailing_list("news", *map(subscriber, names))
    wanted = want(news, accounts=(ANNA, BOB, account("bjorn@fjord.example")), routes=(passed_on,))
    assert set(rows(wanted, LookupTable.LISTS)["news@lab.example"]) == {
        "bob@lab.example",
        *names[1:],
    }
    assert rows(wanted, LookupTable.LIST_ELSEWHERE) == {"members": ("nobody@members.invalid", "x@other.example")}
    assert rows(want(), LookupTable.LIST_ELSEWHERE) == {}


def test_lists_that_contain_each_other_reach_everybody_once() -> None:
    a = mailing_list("a", subscriber("bob"), subscriber("b"), subscriber("a"))
    b = mailing_list("b", subscriber("anna"), subscriber("a"))
    lists = rows(want(a, b), LookupTable.LISTS)
    assert lists["a@lab.example"] == lists["b@lab.example"] == ("anna@lab.example", "bob@lab.example")


def test_a_list_in_an_open_list_is_not_opened_by_it() -> None:
    inner = mailing_list("inner", subscriber("bob"), posters=Posters.SUBSCRIBERS)
    outer = mailing_list("outer", subscriber("anna"), subscriber("inner@old-lab.example"))
    wanted = want(inner, outer)
    assert rows(wanted, LookupTable.LISTS)["outer@lab.example"] == ("anna@lab.example",)
    assert "member inner@old-lab.example" in whats(wanted, "outer@lab.example")
    allowed = replace(inner, subscribers=(*inner.subscribers, subscriber("outer", Delivery.NULL)))
    assert "inner@old-lab.example" in rows(want(allowed, outer), LookupTable.LISTS)["outer@lab.example"]


def test_groups_and_forwarders_that_lead_to_a_list_take_mail_only_from_those_who_may_write_to_it() -> None:
    news = mailing_list("news", subscriber("bob"), posters=Posters.SUBSCRIBERS)
    own = mailing_list("own", posters=Posters.OWNER)
    group = Group(address("all"), "", (address("bob"), address("news"), address("own")))
    around = Group(address("around"), "", (address("all"),))
    wanted = want(news, own, groups=(group, around), forwarders=(Forwarder(address("neu"), address("news")),))
    for to in ("all@lab.example", "around@lab.example"):
        assert may_write(wanted, to, "anna@lab.example")
        assert not may_write(wanted, to, "bob@lab.example")
    assert may_write(wanted, "neu@lab.example", "bob@lab.example")
    assert not may_write(wanted, "neu@lab.example", "x@y.example")
    assert "members" in whats(wanted, "all@lab.example")


def test_a_forward_and_a_catch_all_do_not_open_a_list() -> None:
    news = mailing_list("news", subscriber("bob"), posters=Posters.SUBSCRIBERS)
    carl = account("carl", forward=Forward((address("news"), address("x@y.example")), keep_copy=False))
    domain = replace(LAB, unknown=UnknownPolicy(UnknownAction.REROUTE, "news"))
    wanted = want(news, accounts=(ANNA, BOB, carl), domains=(domain,))
    entry = next(each for each in wanted.accounts if each.subject == "carl@lab.example")
    assert entry.attributes["mailForwardingAddress"] == ("x@y.example",)
    assert whats(wanted, "carl@lab.example") == ["forward to news@lab.example"]
    assert not rows(wanted, LookupTable.UNKNOWN)
    assert rows(want(replace(news, posters=Posters.ANYBODY), domains=(domain,)), LookupTable.UNKNOWN)


def rerouting(domain: Domain, target: str) -> Domain:
    return replace(domain, unknown=UnknownPolicy(UnknownAction.REROUTE, target))


FAR = Domain("far.example")
STAFF = mailing_list("staff@fjord.example", subscriber("bob"), posters=Posters.SUBSCRIBERS)
CHAIN = (rerouting(LAB, "*@far.example"), rerouting(FAR, "*@fjord.example"), FJORD)


def test_a_closed_list_stays_closed_in_domains_that_send_unknown_names_on_to_its_own() -> None:
    wanted = want(STAFF, domains=CHAIN)
    assert rows(wanted, LookupTable.UNKNOWN)["@lab.example"] == ("@far.example",)
    for domain in ("lab.example", "old-lab.example", "far.example", "fjord.example"):
        assert may_write(wanted, f"staff@{domain}", "bob@lab.example")
        assert not may_write(wanted, f"staff@{domain}", "x@y.example")


def test_a_name_that_a_domain_has_itself_is_not_closed_by_a_list_of_another() -> None:
    wanted = want(STAFF, accounts=(ANNA, BOB, account("staff")), domains=CHAIN)
    assert may_write(wanted, "staff@lab.example", "x@y.example")
    assert not may_write(wanted, "staff@far.example", "x@y.example")


def test_nothing_opens_a_closed_list_by_a_name_that_is_sent_on_to_it() -> None:
    carl = account("carl", forward=Forward((address("staff"),), keep_copy=True))
    all_of_them = Group(address("all"), "", (address("staff"), address("bob")))
    news = mailing_list("news", subscriber("staff"), subscriber("anna"))
    wanted = want(
        STAFF,
        news,
        accounts=(ANNA, BOB, carl),
        domains=CHAIN,
        groups=(all_of_them,),
        forwarders=(Forwarder(address("crew"), address("staff")),),
    )
    for to in ("all@lab.example", "crew@lab.example"):
        assert may_write(wanted, to, "bob@lab.example")
        assert not may_write(wanted, to, "x@y.example")
    assert whats(wanted, "carl@lab.example") == ["forward to staff@lab.example"]
    assert rows(wanted, LookupTable.LISTS)["news@lab.example"] == ("anna@lab.example",)


def test_mail_for_unknown_names_does_not_go_to_a_closed_list_by_another_domain() -> None:
    wanted = want(STAFF, domains=(CHAIN[1], rerouting(LAB, "staff@far.example"), FJORD))
    assert not {"@lab.example", "@old-lab.example"} & rows(wanted, LookupTable.UNKNOWN).keys()


def test_a_forward_to_nothing_but_a_closed_list_keeps_the_mail() -> None:
    news = mailing_list("news", subscriber("bob"), posters=Posters.OWNER)
    carl = account("carl", forward=Forward((address("news"),), keep_copy=False))
    wanted = want(news, accounts=(ANNA, BOB, carl))
    entry = next(each for each in wanted.accounts if each.subject == "carl@lab.example")
    assert set(entry.attributes["mailForwardingAddress"]) <= {"carl@lab.example"}


def test_members_that_nobody_is_are_left_out_and_a_list_without_members_goes_to_its_owner() -> None:
    wanted = want(mailing_list("news", subscriber("nobody"), subscriber("münch@other.example")))
    assert rows(wanted, LookupTable.LISTS)["news@lab.example"] == ("anna@lab.example",)
    assert {"member nobody@lab.example", "address münch@other.example"} <= set(whats(wanted, "news@lab.example"))


def test_the_addresses_that_serve_a_list_lead_to_its_owner_unless_somebody_has_them() -> None:
    lists = rows(want(mailing_list("news"), accounts=(ANNA, account("news-owner"))), LookupTable.LISTS)
    assert lists["news-off@lab.example"] == ("anna@lab.example",)
    assert "news-owner@lab.example" not in lists


def test_what_an_exploder_cannot_do_is_said_of_each_list() -> None:
    each = mailing_list(
        "news",
        subscriber("bob", Delivery.DIGEST),
        posters=Posters.MODERATED,
        size_limit_bytes=1000,
        subject_prefix="[news]",
        archive=True,
    )
    said = " ".join(f"{f.what}: {f.why}" for f in want(each).findings if f.object == "news@lab.example")
    for words in ("postings: moderated", "1 digest and 0 index", "bounces", "subject prefix", "1000 bytes", "archive"):
        assert words in said


def test_with_mailman_old_addresses_lead_to_the_lists_new_ones() -> None:
    aim = replace(AIM, lists=Lists.MAILMAN, list_domain="lists.{domain}")
    lists = rows(want(mailing_list("news", subscriber("bob")), aim=aim), LookupTable.LISTS)
    assert lists["news@lab.example"] == lists["news@old-lab.example"] == ("news@lists.lab.example",)
    assert lists["news-on@lab.example"] == ("news-join@lists.lab.example",)
    assert lists["news-off@old-lab.example"] == ("news-leave@lists.lab.example",)
    assert lists["news-report@lab.example"] == ("news-bounces@lists.lab.example",)


async def test_a_list_that_moves_to_mailman_under_its_old_address_is_no_exploder_any_more() -> None:
    target = new_target()
    news = mailing_list("news", *(subscriber(f"u{n}@other.example") for n in range(1500)), posters=Posters.OWNER)
    await plan_and_apply(target, want(news))
    moved = want(news, aim=replace(AIM, lists=Lists.MAILMAN))
    wanted = with_leftover_parts(moved, await facts_of(target, moved), TREE)
    await plan_and_apply(target, wanted)
    assert rows(wanted, LookupTable.LISTS)["news@lab.example"] == ("news@lab.example",)
    assert rows(wanted, LookupTable.LISTS)["news@lab.example 2"] == ("news@lab.example",)
    assert rows(wanted, LookupTable.LIST_ACCESS)["news@lab.example"] == ("DUNNO",)


def test_two_lists_that_would_have_one_address_in_mailman_are_reported() -> None:
    aim = replace(AIM, lists=Lists.MAILMAN, list_domain="lists.example")
    wanted = want(mailing_list("news"), mailing_list("news@fjord.example"), aim=aim)
    assert rows(wanted, LookupTable.LISTS)["news@fjord.example"] == ("news@lists.example",)
    assert "news@lab.example" not in rows(wanted, LookupTable.LISTS)
    assert whats(wanted, "news@lab.example") == ["address"]
