"""What the target should hold, from what the source has."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.model.account import ClearPassword, Domain, Forward, UnreadablePassword
from sterna.model.finding import Outcome
from sterna.model.secret import Secret
from tests.unit.migration.samples import AIM, FJORD, LAB, account, address, forwarder, want

MIB = 1024 * 1024

ATTRIBUTES = {
    "a plain account": (
        account("anna"),
        {"mail": ("anna@lab.example",), "cn": ("Anna Berg",), "sn": ("Berg",), "accountStatus": ("active",)},
    ),
    "aliases exist under each name of the domain": (
        account("anna", aliases=["a.berg"]),
        {"mailAlternateAddress": ("a.berg@lab.example", "a.berg@old-lab.example", "anna@old-lab.example")},
    ),
    "a domain without other names": (account("anna@fjord.example"), {"mailAlternateAddress": ()}),
    "a forward without copy": (
        account("anna", forward=Forward((address("x@else.example"), address("bo@else.example")), keep_copy=False)),
        {"mailForwardingAddress": ("bo@else.example", "x@else.example")},
    ),
    "a forward with copy has the own address too": (
        account("anna", forward=Forward((address("x@else.example"),), keep_copy=True)),
        {"mailForwardingAddress": ("anna@lab.example", "x@else.example")},
    ),
    "a forward to nobody is none": (
        account("anna", forward=Forward((), keep_copy=True)),
        {"mailForwardingAddress": ()},
    ),
    "a quota is in KiB": (account("anna", quota_bytes=30 * MIB), {"mailQuotaSize": ("30720",)}),
    "a quota is rounded up": (account("anna", quota_bytes=1025), {"mailQuotaSize": ("2",)}),
    "no limit": (account("anna"), {"mailQuotaSize": ()}),
    "nobody may log in": (account("anna", enabled=False), {"accountStatus": ("noaccess",)}),
    "without a real name the local part stands in": (
        account("anna.berg", real_name="  "),
        {"cn": ("anna.berg",), "sn": ("anna.berg",)},
    ),
    "a real name of several words and umlauts": (
        account("anna", real_name="Änne  von der\tBerg "),
        {"cn": ("Änne von der Berg",), "sn": ("Berg",)},
    ),
}


@pytest.mark.parametrize(("one", "expected"), ATTRIBUTES.values(), ids=ATTRIBUTES)
def test_an_account_becomes_an_entry(one, expected):
    (entry,) = want(one).accounts
    assert {name: entry.attributes.get(name, ()) for name in expected} == expected
    assert entry.subject == str(one.address)


def test_entries_stand_below_their_domain():
    wanted = want(account("anna"), account("bo@fjord.example"))
    users = "ou=users,ou=accounts,dc=lab,dc=example"
    assert [entry.dn for entry in wanted.accounts] == [
        f"uid=bo,ou=fjord.example,{users}",
        f"uid=anna,ou=lab.example,{users}",
    ]
    assert [entry.dn for entry in wanted.domains] == [f"ou=lab.example,{users}", f"ou=fjord.example,{users}"]


def test_lookup_tables_have_domains_their_other_names_and_forwarders_under_each_of_them():
    wanted = want(forwarders=[forwarder("sales", "x@else.example"), forwarder("s@fjord.example", "bo@else.example")])
    rows = [entry for entry in wanted.rows if "lookupValue" in entry.attributes]
    assert [(entry.subject, entry.attributes["lookupValue"]) for entry in rows] == [
        ("mydestination: lab.example", ("lab.example",)),
        ("mydestination: fjord.example", ("fjord.example",)),
        ("virtualdomains: old-lab.example", ("lab.example",)),
        ("virtualusers: s@fjord.example", ("bo@else.example",)),
        ("virtualusers: sales@lab.example", ("x@else.example",)),
        ("virtualusers: sales@old-lab.example", ("x@else.example",)),
    ]
    assert not wanted.findings


QUOTAS = {
    "no limit": (None, 10**12, None),
    "little used": (30 * MIB, 1, 35 * 1024),
    "used beyond the limit": (30 * MIB, 40 * MIB, 45 * 1024),
    "rounded up": (1, 0, 5 * 1024 + 1),
}


@pytest.mark.parametrize(("limit", "use", "quota"), QUOTAS.values(), ids=QUOTAS)
def test_a_quota_is_the_larger_of_limit_and_use_and_some_room(limit, use, quota):
    wanted = want(account("anna", quota_bytes=limit), use_bytes={address("anna"): use})
    assert [mailbox.quota_kib for mailbox in wanted.mailboxes] == [quota]


COLLISIONS = {
    "an alias is another account's name": (
        {"accounts": [account("anna"), account("bo", aliases=["anna"])]},
        ("bo@lab.example", "alias anna@lab.example", "anna@lab.example"),
    ),
    "two accounts have the same alias": (
        {"accounts": [account("bo", aliases=["x"]), account("anna", aliases=["x"])]},
        ("bo@lab.example", "alias x@lab.example", "anna@lab.example"),
    ),
    "a forwarder is an account's name": (
        {"accounts": [account("anna")], "forwarders": [forwarder("anna", "x@else.example")]},
        ("anna@lab.example", "forwarder to x@else.example", "anna@lab.example"),
    ),
    "a forwarder is an alias": (
        {"accounts": [account("anna", aliases=["a"])], "forwarders": [forwarder("a", "x@else.example")]},
        ("a@lab.example", "forwarder to x@else.example", "anna@lab.example"),
    ),
    "a forwarder exists twice": (
        {"accounts": [], "forwarders": [forwarder("a", "x@else.example"), forwarder("a", "y@else.example")]},
        ("a@lab.example", "forwarder to y@else.example", "a@lab.example"),
    ),
    "a forwarder to itself": (
        {"accounts": [], "forwarders": [forwarder("a", "a")]},
        ("a@lab.example", "forwarder to a@lab.example", "itself"),
    ),
    "two domains have the same other name": (
        {"accounts": [], "domains": [LAB, Domain("fjord.example", aliases=("old-lab.example",))]},
        ("fjord.example", "domain alias old-lab.example", "lab.example"),
    ),
    "a domain's other name is a domain": (
        {"accounts": [], "domains": [FJORD, Domain("lab.example", aliases=("fjord.example",))]},
        ("lab.example", "domain alias fjord.example", "fjord.example"),
    ),
}


@pytest.mark.parametrize(("given_", "expected"), COLLISIONS.values(), ids=COLLISIONS)
def test_an_address_that_two_claim_goes_to_one_and_the_other_is_a_finding(given_, expected):
    wanted = want(*given_["accounts"], **{name: given_[name] for name in given_ if name != "accounts"})
    (finding,) = wanted.findings
    subject, what, owner = expected
    assert (finding.object, finding.what, finding.outcome) == (subject, what, Outcome.DROPPED)
    assert owner in finding.why
    rows = [entry.dn for entry in (*wanted.domains, *wanted.accounts, *wanted.rows)]
    assert len(set(rows)) == len(rows)


def test_an_alias_that_is_the_own_name_is_no_finding():
    wanted = want(account("anna", aliases=["anna"]))
    assert not wanted.findings
    assert wanted.accounts[0].attributes["mailAlternateAddress"] == ("anna@old-lab.example",)


def test_an_empty_password_is_none_and_is_reported():
    wanted = want(account("anna", password=ClearPassword(Secret(""))))
    assert isinstance(wanted.accounts[0].password, UnreadablePassword)
    assert [(finding.what, finding.outcome) for finding in wanted.findings] == [("Password", Outcome.UNREADABLE)]


def test_an_unreadable_password_is_not_reported_once_more():
    wanted = want(account("anna", password=UnreadablePassword("it is in the vendor's own cipher")))
    assert (wanted.findings, isinstance(wanted.accounts[0].password, UnreadablePassword)) == ((), True)


def test_an_account_that_cyrus_cannot_hold_is_left_out_and_reported():
    wanted = want(account("odd!name"), account("anna"))
    assert [entry.subject for entry in wanted.accounts] == ["anna@lab.example"]
    assert [mailbox.address for mailbox in wanted.mailboxes] == [address("anna")]
    assert [(finding.object, finding.outcome) for finding in wanted.findings] == [
        ("odd!name@lab.example", Outcome.DROPPED)
    ]


names = st.sampled_from(["anna", "bo", "cy", "a", "b"])


@given(
    st.lists(st.tuples(names, st.lists(names, max_size=3)), max_size=5, unique_by=lambda pair: pair[0]),
    st.lists(st.tuples(names, names), max_size=4),
)
def test_no_address_is_given_twice_and_none_is_lost_silently(accounts, forwarders):
    wanted = want(
        *(account(name, aliases=aliases) for name, aliases in accounts),
        forwarders=[forwarder(name, target) for name, target in forwarders],
    )
    given_out: list[str] = []
    for entry in wanted.accounts:
        given_out += entry.attributes["mail"] + entry.attributes.get("mailAlternateAddress", ())
    given_out += [entry.subject.partition(": ")[2] for entry in wanted.rows if entry.subject.startswith("virtualusers")]
    assert len(set(given_out)) == len(given_out)
    named = set(given_out) | {finding.what.split()[-1] for finding in wanted.findings}
    named |= {finding.object for finding in wanted.findings}
    for name in [name for name, _ in accounts] + [alias for _, some in accounts for alias in some]:
        assert f"{name}@lab.example" in named
    for name, _ in forwarders:
        assert f"{name}@lab.example" in named


def test_the_order_of_the_source_does_not_matter():
    accounts = [account("anna", aliases=["x"]), account("bo", aliases=["x", "y"]), account("cy")]
    assert want(*accounts) == want(*reversed(accounts))
    assert AIM.mail_server == want(*accounts).accounts[0].attributes["mailServer"][0]
