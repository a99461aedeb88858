"""What the source refuses to tell takes nothing away from the target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import pytest

from sterna.communigate.server import SourceServer
from sterna.migration.changes import AddEntry, InstallScript, ModifyEntry
from sterna.migration.copy.furniture import NONE
from sterna.migration.desired import Desired, WithoutAccount, desired
from sterna.migration.desired.wanted import ALL_READ, Unread
from sterna.migration.leftover_rows import with_leftover_rows
from sterna.migration.origin.communigate import told_furniture
from sterna.migration.planned import Plan
from sterna.migration.row_parts import with_leftover_parts
from sterna.migration.scripts_planned import scripts_of
from sterna.migration.source import SourceFacts
from sterna.model.account import Account, Domain, Forward, Forwarder, Group, Part
from sterna.model.lists import Delivery, MailingList, Posters, Subscriber
from sterna.model.routes import UnknownAction, UnknownPolicy
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

ANNA = account("anna", aliases=["ann"], forward=Forward((address("bob"), address("x@else.example")), keep_copy=True))
BOB = account("bob")
EVE = account("eve", forward=Forward((address("ann"),), keep_copy=True))
TEAM = Group(address("team"), "Team", (address("ann"), address("bob"), address("sales"), address("helpdesk")))
SALES = Group(address("sales"), "Sales", (address("bob"), address("eve")))
HELP = Forwarder(address("helpdesk"), address("bob"))
STAFF = MailingList(
    address=address("staff"),
    owner=address("anna"),
    posters=Posters.SUBSCRIBERS,
    subscribers=tuple(Subscriber(address(name), delivery=Delivery.FEED) for name in ("ann", "bob", "x@else.example")),
)
NEWS = replace(STAFF, address=address("news"), owner=address("bob"), subscribers=STAFF.subscribers[1:])
CATCH = Domain("lab.example", ("old-lab.example",), True, UnknownPolicy(UnknownAction.REROUTE, "bob@lab.example"))


def want(  # noqa: PLR0913 - each is a kind of thing that a source has
    accounts: Sequence[Account] = (ANNA, BOB, EVE),
    lists: Sequence[MailingList] = (STAFF, NEWS),
    groups: Sequence[Group] = (TEAM, SALES),
    forwarders: Sequence[Forwarder] = (HELP,),
    *,
    unread: Unread = ALL_READ,
    domains: Sequence[Domain] = (LAB, FJORD),
    mailman: bool = False,
) -> Desired:
    aim = replace(AIM, lists=Lists.MAILMAN) if mailman else AIM
    others = WithoutAccount(tuple(forwarders), tuple(groups), tuple(lists), unread=unread)
    return desired(aim, domains, accounts, others, {})


def shrinking(plan: Plan) -> list[str]:
    """What the plan takes away: values of attributes that are there, and scripts that run."""
    return [
        f"{change.subject} {each.name}: {each.old} -> {each.new}"
        for change in plan.changes
        if isinstance(change, ModifyEntry)
        for each in change.attributes
        if set(each.old) - set(each.new)
    ] + [change.subject for change in plan.changes if isinstance(change, InstallScript)]


REFUSALS = {
    "aliases": want([replace(ANNA, aliases=(), unread=frozenset({Part.ALIASES})), BOB, EVE]),
    "rules": want([replace(ANNA, forward=None, unread=frozenset({Part.FILTERS})), BOB, EVE]),
    "an account": want([BOB, EVE], unread=Unread(accounts=(address("anna"),))),
    "all accounts": want([], unread=Unread(accounts=(address("anna"), address("bob"), address("eve")))),
    "subscribers": want(lists=[replace(STAFF, subscribers=(), complete=False), NEWS]),
    "a list": want(lists=[NEWS], unread=Unread(others=(address("staff"),), lists=True)),
    "all lists": want(lists=[], unread=Unread(domains=frozenset({"lab.example"}), lists=True)),
    "a group": want(groups=[TEAM], unread=Unread(others=(address("sales"),))),
    "all groups": want(groups=[], unread=Unread(domains=frozenset({"lab.example"}))),
    "a forwarder": want(forwarders=[], unread=Unread(others=(address("helpdesk"),))),
    "all forwarders": want(forwarders=[], unread=Unread(domains=frozenset({"lab.example"}))),
}


@pytest.mark.parametrize("wanted", REFUSALS.values(), ids=REFUSALS)
async def test_a_refusal_takes_nothing_away(wanted):
    target = new_target()
    assert (await plan_and_apply(target, want())).exit_code == 0
    facts = await facts_of(target, wanted)
    wanted = with_leftover_rows(with_leftover_parts(wanted, facts, TREE), facts, TREE)
    plan = await plan_for(target, wanted)
    assert plan.changes == ()
    assert not [each.object for each in plan.findings if "not on the source" in each.why]


async def test_without_a_refusal_the_same_would_be_taken_away():
    target = new_target()
    await plan_and_apply(target, want())
    assert shrinking(await plan_for(target, want([replace(ANNA, aliases=()), BOB, EVE])))
    assert shrinking(await plan_for(target, want([BOB, EVE])))
    assert shrinking(await plan_for(target, want(lists=[replace(STAFF, subscribers=STAFF.subscribers[:1]), NEWS])))


async def test_what_the_source_does_not_tell_is_not_said_to_be_gone_from_it():
    target = new_target()
    await plan_and_apply(target, want())
    wanted = want(
        [BOB, EVE], lists=[], unread=Unread(accounts=(address("anna"),), others=(address("staff"),), lists=True)
    )
    plan = await plan_for(target, wanted)
    gone = [each.object for each in plan.findings if "not on the source" in each.why]
    assert not [each for each in gone if "anna@" in each or "staff" in each]


async def test_a_new_account_of_which_parts_are_not_told_is_made_without_them():
    plan = await plan_for(new_target(), REFUSALS["aliases"])
    (entry,) = [each for each in plan.changes if each.subject == "anna@lab.example" and isinstance(each, AddEntry)]
    assert "ann@lab.example" not in dict(entry.attributes).get("mailAlternateAddress", ())


async def test_a_catch_all_does_not_take_the_mail_of_an_account_that_cannot_be_read():
    wanted = want([BOB, EVE], unread=Unread(accounts=(address("anna"),)), domains=[CATCH, FJORD])
    assert not [row.subject for row in wanted.rows if row.subject.partition(": ")[2] == "@lab.example"]
    assert [row.subject for row in want(domains=[CATCH, FJORD]).rows if row.subject.endswith(": @lab.example")]


async def test_a_new_list_whose_subscribers_are_not_told_is_not_made():
    plan = await plan_for(new_target(), REFUSALS["subscribers"])
    assert not [change.subject for change in plan.changes if "staff@" in change.subject]


def test_with_mailman_a_list_that_is_not_complete_stops_no_other():
    wanted = want(lists=[replace(STAFF, complete=False), NEWS], mailman=True)
    subjects = [row.subject for row in wanted.rows]
    assert any("lists: news@lab.example" in subject for subject in subjects)
    assert not any("staff@lab.example" in subject for subject in subjects)


async def test_a_script_stays_while_the_filters_are_not_told():
    untold = replace(account("anna"), unread=frozenset({Part.FILTERS}))
    source = SourceFacts((LAB,), (untold, BOB), (), (), (), ())
    scripts = await scripts_of(cast("SourceServer", None), source)
    assert scripts.untouched == {address("anna")}


async def test_the_guard_counts_groups_and_lists_that_become_smaller():
    target = new_target()
    await plan_and_apply(target, want())
    fewer = want(lists=[replace(STAFF, subscribers=STAFF.subscribers[:1]), NEWS], groups=[TEAM])
    assert set((await plan_for(target, fewer)).guard.subjects) == {
        f"{table}: {name}@{domain}"
        for table, name in (("lists", "staff"), ("groups", "team"))
        for domain in ("lab.example", "old-lab.example")
    }


async def test_the_guard_does_not_count_what_moves_between_the_rows_of_a_list():
    many = [Subscriber(address(f"m{number:04}@else.example")) for number in range(1500)]
    target = new_target()
    await plan_and_apply(target, want(lists=[replace(STAFF, subscribers=tuple(many))]))
    more = (Subscriber(address("a@else.example")), *many)
    plan = await plan_for(target, want(lists=[replace(STAFF, subscribers=more)]))
    assert plan.changes
    assert plan.guard.subjects == ()


def test_rights_stay_while_the_source_does_not_tell_them():
    told = account("anna")
    assert told_furniture(told, {}) == replace(NONE, one_seen=True)
    assert told_furniture(replace(told, unread=frozenset({Part.GRANTS})), {}) is None
    assert told_furniture(None, {}) is None
