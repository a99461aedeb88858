"""Groups, forwarders, lines of the router, mail for unknown names: what becomes of them in the lookup tables."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.migration.desired import Desired, WithoutAccount, desired
from sterna.migration.desired.circles import circles
from sterna.model.account import Domain, Forward, Forwarder, Group
from sterna.model.address import Address
from sterna.model.finding import Outcome
from sterna.model.lists import MailingList
from sterna.model.routes import AddressRoute, DomainRoute, UnknownAction, UnknownPolicy
from tests.unit.migration.samples import AIM, FJORD, LAB, account, address

PEOPLE = (account("anna", aliases=["a.berg"]), account("bo"), account("cleo@fjord.example"))


def group(name: str, *members: str, **fields) -> Group:
    return Group(address(name), "", tuple(address(member) for member in members), **fields)


def forwarder(name: str, target: str) -> Forwarder:
    return Forwarder(address(name), address(target))


def route(name: str, target: str, prefix: str = "") -> AddressRoute:
    return AddressRoute(address(name), address(target), f"{prefix}<{name}> = {target}")


def whole(domain: str, target: str, prefix: str = "") -> DomainRoute:
    return DomainRoute(domain, target, f"{prefix}{domain} = {target}")


def unknown(action: UnknownAction, target: str = "") -> Domain:
    return Domain("lab.example", aliases=("old-lab.example",), main=True, unknown=UnknownPolicy(action, target))


def make(*, domains=(LAB, FJORD), people=PEOPLE, **without) -> Desired:
    kept: dict[str, Any] = {name: tuple(values) for name, values in without.items()}
    return desired(AIM, domains, people, WithoutAccount(**kept), {})


def rows(made: Desired, *tables: str) -> dict[str, tuple[str, ...]]:
    """The rows of the tables, without those under another name of their domain."""
    found = {}
    for entry in made.rows:
        table, _, key = entry.subject.partition(": ")
        if table in tables and not key.endswith("old-lab.example"):
            found[key] = entry.attributes["lookupValue"]
    return found


def outcomes(made: Desired) -> list[tuple[str, str, Outcome]]:
    return [(finding.object, finding.what, finding.outcome) for finding in made.findings]


def test_a_group_is_a_row_with_its_members_under_each_name_of_its_domain() -> None:
    made = make(groups=[group("team", "anna", "x@else.example", "cleo@fjord.example", "a.berg@old-lab.example")])
    members = ("a.berg@old-lab.example", "anna@lab.example", "cleo@fjord.example", "x@else.example")
    found = {
        entry.subject: entry.attributes["lookupValue"] for entry in made.rows if entry.subject.startswith("groups")
    }
    assert found == {"groups: team@lab.example": members, "groups: team@old-lab.example": members}
    assert made.findings == ()


def test_a_group_in_a_group_stays_one_so_that_a_change_of_it_counts_everywhere() -> None:
    made = make(groups=[group("all", "team", "bo"), group("team", "anna")])
    assert rows(made, "groups") == {
        "all@lab.example": ("bo@lab.example", "team@lab.example"),
        "team@lab.example": ("anna@lab.example",),
    }
    assert made.findings == ()


def test_a_member_that_nobody_is_is_left_out_and_said() -> None:
    made = make(groups=[group("team", "anna", "gone", "ghost@old-lab.example", "anna+tag")])
    assert rows(made, "groups") == {"team@lab.example": ("anna+tag@lab.example", "anna@lab.example")}
    assert outcomes(made) == [
        ("team@lab.example", "member gone@lab.example", Outcome.DROPPED),
        ("team@lab.example", "member ghost@old-lab.example", Outcome.DROPPED),
    ]


def test_groups_that_contain_each_other_each_reach_everybody_of_both() -> None:
    made = make(
        groups=[group("one", "two", "anna"), group("two", "three", "bo"), group("three", "one@old-lab.example")]
    )
    everybody = ("anna@lab.example", "bo@lab.example")
    assert rows(made, "groups", "refused") == {
        "one@lab.example": everybody,
        "two@lab.example": everybody,
        "three@lab.example": everybody,
    }
    assert {what for _, what, _ in outcomes(made)} == {"members"}
    assert [object_ for object_, _, _ in outcomes(made)] == ["one@lab.example", "three@lab.example", "two@lab.example"]


def test_a_group_that_is_its_own_member_reaches_the_others() -> None:
    made = make(groups=[group("team", "team@old-lab.example", "anna")])
    assert rows(made, "groups") == {"team@lab.example": ("anna@lab.example",)}
    assert outcomes(made) == [("team@lab.example", "member team@old-lab.example", Outcome.CHANGED)]


def test_a_group_without_anybody_is_refused_by_name_and_said() -> None:
    made = make(groups=[group("empty"), group("round", "again"), group("again", "round")])
    assert rows(made, "groups") == {}
    assert set(rows(made, "refused")) == {"empty@lab.example", "round@lab.example", "again@lab.example"}
    assert ("empty@lab.example", "group", Outcome.DROPPED) in outcomes(made)
    assert ("round@lab.example", "members", Outcome.DROPPED) in outcomes(made)


def test_settings_that_postfix_cannot_honour_are_said() -> None:
    made = make(groups=[group("team", "anna", reply_to_group=True, reject_automatic=True, without_author=True)])
    assert [what for _, what, _ in outcomes(made)] == ["SetReplyTo", "RejectAutomatic", "RemoveAuthor"]


def test_a_group_that_takes_no_mail_is_refused_by_name_so_that_no_row_for_its_domain_takes_it() -> None:
    made = make(groups=[group("closed", "anna", enabled=False)], domains=[unknown(UnknownAction.REROUTE, "bo"), FJORD])
    assert rows(made, "groups") == {}
    assert rows(made, "refused") == {"closed@lab.example": ("550 5.2.1 This address takes no mail",)}


def test_a_group_with_the_name_of_an_account_is_left_out() -> None:
    made = make(groups=[group("a.berg", "bo")])
    assert rows(made, "groups") == {}
    assert outcomes(made) == [("a.berg@lab.example", "group", Outcome.DROPPED)]


def test_people_who_forward_to_each_other_both_keep_a_copy() -> None:
    people = [
        account("anna", forward=Forward((address("bo"),), keep_copy=False)),
        account("bo", forward=Forward((address("anna@old-lab.example"),), keep_copy=False)),
    ]
    made = make(people=people)
    forwards = [entry.attributes["mailForwardingAddress"] for entry in made.accounts]
    assert forwards == [("anna@lab.example", "bo@lab.example"), ("anna@old-lab.example", "bo@lab.example")]
    assert outcomes(made) == [
        ("anna@lab.example", "forward", Outcome.CHANGED),
        ("bo@lab.example", "forward", Outcome.CHANGED),
    ]


def test_a_circle_in_which_somebody_keeps_a_copy_ends_there() -> None:
    people = [
        account("anna", forward=Forward((address("bo"),), keep_copy=True)),
        account("bo", forward=Forward((address("anna"),), keep_copy=False)),
    ]
    assert make(people=people).findings == ()


def test_a_forwarder_to_another_one_works_and_is_said() -> None:
    made = make(forwarders=[forwarder("one", "two"), forwarder("two", "anna")])
    assert rows(made, "virtualusers") == {
        "one@lab.example": ("two@lab.example",),
        "two@lab.example": ("anna@lab.example",),
    }
    assert outcomes(made) == [("one@lab.example", "forwarder to two@lab.example", Outcome.KEPT)]


def test_forwarders_that_lead_to_each_other_or_to_nobody_are_refused() -> None:
    made = make(forwarders=[forwarder("one", "two"), forwarder("two", "one"), forwarder("lost", "ghost")])
    assert rows(made, "virtualusers") == {}
    assert set(rows(made, "refused")) == {"one@lab.example", "two@lab.example", "lost@lab.example"}
    assert {outcome for _, _, outcome in outcomes(made)} == {Outcome.DROPPED}


def test_a_line_of_the_router_takes_the_mail_of_an_account_and_that_is_said() -> None:
    made = make(routes=[route("anna", "x@else.example", "Relay:")])
    assert rows(made, "virtualusers") == {"anna@lab.example": ("x@else.example",)}
    [finding] = made.findings
    assert (finding.kind, finding.what, finding.outcome) == ("route", "Relay:<anna> = x@else.example", Outcome.CHANGED)
    assert "anna@lab.example gets no mail" in finding.why


def test_a_line_of_the_router_is_stronger_than_a_forwarder() -> None:
    made = make(routes=[route("sales", "bo")], forwarders=[forwarder("sales", "anna")])
    assert rows(made, "virtualusers") == {"sales@lab.example": ("bo@lab.example",)}


LINES = {
    "to one's own alias": ([route("a.berg", "anna")], {}, Outcome.KEPT),
    "to somebody here": ([route("new", "anna")], {"new@lab.example": ("anna@lab.example",)}, Outcome.KEPT),
    "to elsewhere with Relay:": (
        [route("new", "x@else.example", "Relay:")],
        {"new@lab.example": ("x@else.example",)},
        Outcome.KEPT,
    ),
    "to elsewhere without Relay:": (
        [route("new", "x@else.example", "NoRelay:")],
        {"new@lab.example": ("x@else.example",)},
        Outcome.CHANGED,
    ),
    "of a domain that is none of ours": ([route("x@else.example", "anna")], {}, Outcome.DROPPED),
}


@pytest.mark.parametrize(("lines", "wanted", "outcome"), LINES.values(), ids=LINES)
def test_a_line_of_the_router_for_one_address(lines, wanted, outcome) -> None:
    made = make(routes=lines)
    assert rows(made, "virtualusers") == wanted
    assert [finding.outcome for finding in made.findings] == [outcome]


def test_of_two_lines_for_one_address_the_first_counts() -> None:
    made = make(routes=[route("new", "anna"), route("new", "bo")])
    assert rows(made, "virtualusers") == {"new@lab.example": ("anna@lab.example",)}
    assert [finding.outcome for finding in made.findings] == [Outcome.KEPT, Outcome.DROPPED]


def test_a_line_to_nobody_refuses_the_mail() -> None:
    made = make(routes=[route("new", "ghost")])
    assert (rows(made, "virtualusers"), list(rows(made, "refused"))) == ({}, ["new@lab.example"])


def test_a_domain_that_a_line_makes_another_name_of_ours_has_all_its_addresses() -> None:
    made = make(routes=[whole("lab.test", "old-lab.example")], groups=[group("team", "anna")])
    assert rows(made, "virtualdomains") == {"lab.test": ("lab.example",)}
    assert "team@lab.test" in rows(made, "groups")
    assert "anna@lab.test" in made.accounts[1].attributes["mailAlternateAddress"]


def test_mail_for_a_domain_elsewhere_is_passed_on_only_where_the_line_says_relay() -> None:
    made = make(routes=[whole("far.test", "else.example", "Relay:"), whole("shut.test", "else.example")])
    assert rows(made, "virtualdomains") == {"far.test": ("else.example",)}
    assert rows(made, "unknown") == {"@far.test": ("@else.example",)}
    assert [finding.outcome for finding in made.findings] == [Outcome.KEPT, Outcome.DROPPED]


def test_a_domain_of_ours_whose_mail_goes_to_another_keeps_the_names_that_it_has() -> None:
    people = [*PEOPLE, account("bo@fjord.example")]
    made = make(routes=[whole("fjord.example", "lab.example")], people=people)
    assert rows(made, "virtualusers") == {
        "anna@fjord.example": ("anna@lab.example",),
        "a.berg@fjord.example": ("a.berg@lab.example",),
    }
    [finding] = made.findings
    assert finding.outcome is Outcome.CHANGED


def test_a_domain_of_ours_whose_mail_goes_elsewhere_keeps_the_names_that_it_has() -> None:
    made = make(routes=[whole("fjord.example", "else.example")])
    assert rows(made, "unknown") == {"@fjord.example": ("@else.example",)}
    assert [finding.outcome for finding in made.findings] == [Outcome.CHANGED]


def test_lines_that_lead_domains_round_in_a_circle_are_refused() -> None:
    made = make(routes=[whole("a.test", "b.test", "Relay:"), whole("b.test", "a.test", "Relay:")])
    assert rows(made, "virtualdomains", "unknown") == {}
    assert [finding.outcome for finding in made.findings] == [Outcome.DROPPED] * 2


POLICIES = {
    "to an account": ("bo", {"@lab.example": ("bo@lab.example",)}, Outcome.KEPT),
    "to elsewhere": ("x@else.example", {"@lab.example": ("x@else.example",)}, Outcome.KEPT),
    "to the same name elsewhere": ("*@else.example", {"@lab.example": ("@else.example",)}, Outcome.KEPT),
    "to the same name in the same domain": ("*@old-lab.example", {}, Outcome.DROPPED),
    "to a name made of the unknown one": ("*-lost@else.example", {}, Outcome.DROPPED),
    "to a domain made of the unknown one": ("x@*.else.example", {}, Outcome.DROPPED),
    "to nobody": ("ghost", {}, Outcome.DROPPED),
    "to no address": ("two words", {}, Outcome.UNREADABLE),
}


@pytest.mark.parametrize(("target", "wanted", "outcome"), POLICIES.values(), ids=POLICIES)
def test_mail_for_unknown_names_goes_where_it_went(target, wanted, outcome) -> None:
    made = make(domains=[unknown(UnknownAction.REROUTE, target), FJORD])
    assert rows(made, "unknown") == wanted
    assert [finding.outcome for finding in made.findings] == [outcome]


def test_mail_for_unknown_names_goes_there_under_each_name_of_the_domain() -> None:
    made = make(domains=[unknown(UnknownAction.REROUTE, "bo"), FJORD])
    keys = [entry.subject for entry in made.rows if entry.subject.startswith("unknown: ")]
    assert keys == ["unknown: @lab.example", "unknown: @old-lab.example"]


@pytest.mark.parametrize("action", [UnknownAction.DISCARD, UnknownAction.BOUNCE])
def test_mail_for_unknown_names_is_refused_instead_of_thrown_away_or_bounced(action) -> None:
    made = make(domains=[unknown(action), FJORD])
    assert rows(made, "unknown") == {}
    assert [finding.outcome for finding in made.findings] == [Outcome.CHANGED]


def test_where_no_name_is_unknown_no_member_is_left_out() -> None:
    made = make(domains=[unknown(UnknownAction.REROUTE, "bo"), FJORD], groups=[group("team", "anyone")])
    assert rows(made, "groups") == {"team@lab.example": ("anyone@lab.example",)}


def forwards(made: Desired, name: str) -> tuple[str, ...]:
    entry = next(each for each in made.accounts if each.subject == str(address(name)))
    return entry.attributes.get("mailForwardingAddress", ())


def test_an_account_that_gets_mail_for_unknown_names_and_sends_it_to_one_keeps_it() -> None:
    anna = account("anna", forward=Forward((address("nosuch"),), keep_copy=False))
    made = make(people=[anna, account("bo")], domains=[unknown(UnknownAction.REROUTE, "anna"), FJORD])
    assert set(forwards(made, "anna")) <= {"anna@lab.example"}
    assert rows(made, "unknown") == {"@lab.example": ("anna@lab.example",)}
    assert ("anna@lab.example", "forward to nosuch@lab.example", Outcome.CHANGED) in outcomes(made)


def test_a_circle_by_way_of_a_name_that_nobody_has_is_broken_up() -> None:
    people = [
        account("anna", forward=Forward((address("bo"),), keep_copy=False)),
        account("bo", forward=Forward((address("nosuch@fjord.example"),), keep_copy=False)),
    ]
    domains = [
        unknown(UnknownAction.REROUTE, "anna"),
        Domain("fjord.example", unknown=UnknownPolicy(UnknownAction.REROUTE, "*@lab.example")),
    ]
    made = make(people=people, domains=domains)
    assert "anna@lab.example" in forwards(made, "anna")
    assert "bo@lab.example" in forwards(made, "bo")
    assert {what for _, what, _ in outcomes(made)} == {"forward", "mail for unknown names"}


def test_unknown_names_that_would_go_round_between_domains_are_refused_and_that_is_said() -> None:
    third = Domain("third.example", unknown=UnknownPolicy(UnknownAction.REROUTE, "*@lab.example"))
    domains = [
        unknown(UnknownAction.REROUTE, "*@fjord.example"),
        Domain("fjord.example", unknown=UnknownPolicy(UnknownAction.REROUTE, "*@old-lab.example")),
        third,
    ]
    made = make(domains=domains, groups=[group("team", "anna", "nosuch")])
    assert rows(made, "unknown") == {"@third.example": ("@lab.example",)}
    dropped = {subject for subject, _, outcome in outcomes(made) if outcome is Outcome.DROPPED}
    assert dropped == {"lab.example", "fjord.example", "team@lab.example"}


def test_unknown_names_that_go_on_to_a_name_which_comes_back_are_refused() -> None:
    fjord = Domain("fjord.example", unknown=UnknownPolicy(UnknownAction.REROUTE, "ghost@lab.example"))
    made = make(domains=[unknown(UnknownAction.REROUTE, "*@fjord.example"), fjord])
    assert rows(made, "unknown") == {}


def test_mail_for_unknown_names_does_not_go_to_what_takes_none() -> None:
    made = make(
        domains=[unknown(UnknownAction.REROUTE, "one"), FJORD],
        forwarders=[forwarder("one", "nosuch")],
    )
    assert (rows(made, "unknown"), rows(made, "virtualusers")) == ({}, {})
    assert list(rows(made, "refused")) == ["one@lab.example"]


def test_the_tables_themselves_are_wanted_before_their_rows() -> None:
    made = make(groups=[group("team", "anna")])
    subjects = [entry.subject for entry in made.rows]
    assert subjects.index("table groups") < subjects.index("groups: team@lab.example")


def test_a_list_among_a_groups_members_is_somebody() -> None:
    news = MailingList(address=address("news"), owner=address("anna"))
    made = make(groups=[group("team", "news")], lists=[news])
    assert not [what for _, what, outcome in outcomes(made) if what.startswith("member") and outcome is Outcome.DROPPED]


LOCAL = st.sampled_from([Address("d.example", letter) for letter in "abcdefgh"])


@given(st.dictionaries(LOCAL, st.lists(LOCAL, max_size=4)))
def test_circles_are_the_sets_of_those_who_lead_to_each_other(edges) -> None:
    def reached(start):
        seen, waiting = set(), list(edges.get(start, ()))
        while waiting:
            each = waiting.pop()
            if each not in seen:
                seen.add(each)
                waiting += edges.get(each, ())
        return seen

    reach = {each: reached(each) for each in edges}
    wanted = {
        tuple(sorted({each, *(other for other in reach[each] if each in reach.get(other, ()))}))
        for each in edges
        if each in reach[each]
    }
    assert circles(edges) == sorted(wanted)


def test_a_long_chain_needs_no_recursion() -> None:
    chain = [Address("d.example", f"f{number:05}") for number in range(20_000)]
    edges = {one: [other] for one, other in zip(chain, [*chain[1:], chain[0]], strict=True)}
    assert circles(edges) == [tuple(chain)]


@given(st.dictionaries(LOCAL, st.lists(LOCAL, min_size=1, max_size=4), min_size=1))
def test_no_row_ever_leads_back_to_itself(members) -> None:
    people = [account("x@d.example")]
    groups = [Group(each, "", tuple(dict.fromkeys([*some, address("x@d.example")]))) for each, some in members.items()]
    made = make(domains=[Domain("d.example", main=True)], people=people, groups=groups)
    found = {
        Address.parse(key): [Address.parse(value) for value in values] for key, values in rows(made, "groups").items()
    }
    assert circles(found) == []
    assert set(found) == set(members)
