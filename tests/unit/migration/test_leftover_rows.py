"""Rows on the target at addresses that have become something else on the source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sterna.migration.carry_out import Target
from sterna.migration.changes import ModifyEntry
from sterna.migration.desired import Desired, WithoutAccount, desired
from sterna.migration.leftover_rows import with_leftover_rows
from sterna.migration.row_parts import with_leftover_parts
from sterna.model.account import Account, Domain, Forward, Forwarder, Group
from sterna.model.lists import MailingList, Posters, Subscriber
from sterna.model.routes import UnknownAction, UnknownPolicy
from sterna.openldap.tree import LookupTable
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

PEOPLE = (account("anna"), account("bo"))


def make(
    *,
    people: Sequence[Account] = PEOPLE,
    domains: Sequence[Domain] = (LAB, FJORD),
    forwarders: Sequence[Forwarder] = (),
    groups: Sequence[Group] = (),
    lists: Sequence[MailingList] = (),
) -> Desired:
    others = WithoutAccount(forwarders=tuple(forwarders), groups=tuple(groups), lists=tuple(lists))
    return desired(AIM, domains, people, others, {})


def forwarder(name: str, target: str) -> Forwarder:
    return Forwarder(address(name), address(target))


def group(name: str, *members: str, enabled: bool = True) -> Group:
    return Group(address(name), "", tuple(address(member) for member in members), enabled=enabled)


def mailing_list(name: str, *members: str, posters: Posters = Posters.ANYBODY) -> MailingList:
    some = tuple(Subscriber(address(member)) for member in members)
    return MailingList(address=address(name), owner=address("anna"), posters=posters, subscribers=some)


async def after(first: Desired, then: Desired) -> Target:
    """A target that was made as `first` says and then changed as `then` says; it is as it should be afterwards."""
    target = new_target()
    assert not (await plan_and_apply(target, first)).failures
    assert not (await plan_and_apply(target, await completed(target, then))).failures
    assert (await plan_for(target, await completed(target, then))).is_empty
    return target


async def completed(target: Target, wanted: Desired) -> Desired:
    facts = await facts_of(target, wanted)
    return with_leftover_rows(with_leftover_parts(wanted, facts, TREE), facts, TREE)


def says(target: Target, table: LookupTable, key: str) -> set[str]:
    """All values that Postfix finds under `key`."""
    return {
        value.decode()
        for entry in target.directory.search(TREE.lookup_table(table), "(objectClass=*)")
        if key.encode() in entry.attributes.get("lookupKey", ())
        for value in entry.attributes["lookupValue"]
    }


async def test_a_forwarder_to_nobody_that_is_corrected_is_refused_no_more_and_the_plan_shows_it() -> None:
    target = new_target()
    await plan_and_apply(target, make(forwarders=[forwarder("info", "ghost")]))
    plan = await plan_for(target, await completed(target, make(forwarders=[forwarder("info", "anna")])))
    [change] = [each for each in plan.changes if each.subject == "refused: info@lab.example"]
    assert isinstance(change, ModifyEntry)
    [values] = change.attributes
    assert values.old[0].startswith("550 ")
    assert values.new == ("DUNNO",)
    assert "refused: info@lab.example" in {finding.object for finding in plan.findings}


async def test_a_group_that_takes_mail_again_is_refused_no_more() -> None:
    target = await after(
        make(groups=[group("team", "anna", enabled=False)]), make(groups=[group("team", "anna", enabled=True)])
    )
    assert says(target, LookupTable.REFUSED, "team@lab.example") == {"DUNNO"}
    assert says(target, LookupTable.REFUSED, "team@old-lab.example") == {"DUNNO"}


async def test_a_group_that_takes_no_mail_any_more_reaches_nobody_by_its_old_row() -> None:
    target = await after(make(groups=[group("team", "anna")]), make(groups=[group("team", "anna", enabled=False)]))
    assert says(target, LookupTable.GROUPS, "team@lab.example") == {"team@lab.example"}


async def test_an_account_gets_the_mail_that_a_forwarder_of_its_name_sent_elsewhere() -> None:
    target = await after(
        make(forwarders=[forwarder("carl", "old@elsewhere.example")]), make(people=[*PEOPLE, account("carl")])
    )
    assert says(target, LookupTable.VIRTUAL_USERS, "carl@lab.example") == {"carl@lab.example"}
    assert says(target, LookupTable.VIRTUAL_USERS, "carl@old-lab.example") == {"carl@lab.example"}


async def test_an_account_that_sends_its_mail_on_does_so_in_spite_of_an_old_row() -> None:
    carl = account("carl", forward=Forward((address("bo"),), keep_copy=True))
    target = await after(make(forwarders=[forwarder("carl", "old@elsewhere.example")]), make(people=[*PEOPLE, carl]))
    assert says(target, LookupTable.VIRTUAL_USERS, "carl@lab.example") == {"carl@lab.example", "bo@lab.example"}


async def test_everybody_may_write_to_a_group_from_which_a_closed_list_was_taken() -> None:
    own = mailing_list("own", "bo", posters=Posters.OWNER)
    target = await after(
        make(groups=[group("team", "anna", "own")], lists=[own]), make(groups=[group("team", "anna")], lists=[own])
    )
    assert says(target, LookupTable.LIST_ACCESS, "team@lab.example") == {"DUNNO"}
    assert says(target, LookupTable.LIST_ACCESS, "own@lab.example") != {"DUNNO"}


async def test_an_account_with_the_name_of_an_old_large_list_gets_its_mail_alone() -> None:
    news = mailing_list("news", *(f"u{number}@elsewhere.example" for number in range(2500)), posters=Posters.OWNER)
    target = await after(make(lists=[news]), make(people=[*PEOPLE, account("news")]))
    assert says(target, LookupTable.LISTS, "news@lab.example") == {"news@lab.example"}
    assert says(target, LookupTable.LIST_ACCESS, "news@lab.example") == {"DUNNO"}


async def test_a_large_list_with_the_name_of_an_old_group_reaches_all_its_members() -> None:
    members = [f"u{number}@elsewhere.example" for number in range(2500)]
    target = await after(make(groups=[group("news", "anna")]), make(lists=[mailing_list("news", *members)]))
    assert says(target, LookupTable.GROUPS, "news@lab.example") == set(members)
    smaller = make(lists=[mailing_list("news", members[0])])
    assert not (await plan_and_apply(target, await completed(target, smaller))).failures
    assert says(target, LookupTable.GROUPS, "news@lab.example") == {members[0]}


async def test_rows_at_addresses_that_are_nothing_any_more_are_left_alone() -> None:
    own = mailing_list("own", "bo", posters=Posters.OWNER)
    before = make(forwarders=[forwarder("info", "anna"), forwarder("lost", "ghost")], lists=[own])
    target = await after(before, make())
    assert says(target, LookupTable.VIRTUAL_USERS, "info@lab.example") == {"anna@lab.example"}
    assert says(target, LookupTable.REFUSED, "lost@lab.example")
    assert says(target, LookupTable.LIST_ACCESS, "own@lab.example") != {"DUNNO"}
    plan = await plan_for(target, await completed(target, make()))
    assert "virtualusers: info@lab.example" in {finding.object for finding in plan.findings}


async def test_a_name_that_is_sent_on_to_another_domain_is_guarded_as_long_as_the_list_there_may_exist() -> None:
    lab = replace(LAB, unknown=UnknownPolicy(UnknownAction.REROUTE, "*@fjord.example"))
    staff = mailing_list("staff@fjord.example", "bo", posters=Posters.OWNER)
    first = make(domains=[lab, FJORD], lists=[staff])
    gone = await after(first, make(domains=[lab, FJORD]))
    assert says(gone, LookupTable.LIST_ACCESS, "staff@lab.example") != {"DUNNO"}
    person = await after(first, make(domains=[lab, FJORD], people=[*PEOPLE, account("staff@fjord.example")]))
    assert says(person, LookupTable.LIST_ACCESS, "staff@lab.example") == {"DUNNO"}


async def test_an_old_row_for_unknown_names_does_not_open_a_list_and_leads_round_nowhere() -> None:
    lab = replace(LAB, unknown=UnknownPolicy(UnknownAction.REROUTE, "news"))
    open_, closed = (mailing_list("news", "bo", posters=each) for each in (Posters.ANYBODY, Posters.OWNER))
    target = await after(make(domains=[lab], lists=[open_]), make(domains=[lab], lists=[closed]))
    assert says(target, LookupTable.UNKNOWN, "@lab.example") == {"@lab.example"}
    onward = replace(LAB, unknown=UnknownPolicy(UnknownAction.REROUTE, "*@fjord.example"))
    target = await after(make(domains=[onward, FJORD]), make())
    assert says(target, LookupTable.UNKNOWN, "@lab.example") == {"@lab.example"}
    person = replace(LAB, unknown=UnknownPolicy(UnknownAction.REROUTE, "anna"))
    target = await after(make(domains=[person, FJORD]), make())
    assert says(target, LookupTable.UNKNOWN, "@lab.example") == {"anna@lab.example"}
