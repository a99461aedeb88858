"""What has to change, from what is wanted and what is there."""

from __future__ import annotations

import pytest

from sterna.migration.changes import AddEntry, AttributeChange, CreateMailbox, ModifyEntry, PasswordChange, SetQuota
from sterna.migration.compare import compare
from sterna.model.account import Domain, Forward, HashedPassword, UnreadablePassword
from sterna.model.finding import Outcome
from sterna.model.secret import Secret
from sterna.openldap.directory import Add, Delete, Entry, Replace
from sterna.openldap.entries import dn_key
from sterna.openldap.tree import LookupTable
from sterna.site.declaration import PasswordScheme
from tests.unit.migration.samples import (
    LAB,
    TREE,
    account,
    address,
    entry_of,
    facts_of,
    forwarder,
    new_directory,
    new_target,
    only_modification,
    plan_and_apply,
    plan_for,
    store_of,
    want,
)

ANNA = TREE.account(address("anna"))
KIB = 1024


async def after_first_apply(*accounts, **more):
    """A target that holds everything wanted."""
    target = new_target()
    assert (await plan_and_apply(target, want(*accounts, **more))).exit_code == 0
    return target


async def test_on_an_empty_target_everything_is_made_in_the_order_in_which_it_can_be():
    wanted = want(account("anna", quota_bytes=KIB), account("bo"), domains=[LAB], forwarders=[forwarder("s", "anna")])
    plan = await plan_for(new_target(), wanted)
    assert [(type(change), change.subject) for change in plan.changes] == [
        (AddEntry, "lab.example"),
        (AddEntry, "anna@lab.example"),
        (AddEntry, "bo@lab.example"),
        (AddEntry, "mydestination: lab.example"),
        (AddEntry, "virtualdomains: old-lab.example"),
        (AddEntry, "virtualusers: s@lab.example"),
        (AddEntry, "virtualusers: s@old-lab.example"),
        (CreateMailbox, "anna@lab.example"),
        (SetQuota, "anna@lab.example"),
        (CreateMailbox, "bo@lab.example"),
    ]
    anna = plan.changes[1]
    assert isinstance(anna, AddEntry)
    assert anna.password == PasswordChange("ssha512")


MODIFIED = {
    "a new alias": (
        account("anna", aliases=["a"]),
        [
            AttributeChange(
                "mailAlternateAddress",
                ("anna@old-lab.example",),
                ("a@lab.example", "a@old-lab.example", "anna@old-lab.example"),
            )
        ],
    ),
    "a new name": (
        account("anna", real_name="Anna Tal"),
        [AttributeChange("cn", ("Anna Berg",), ("Anna Tal",)), AttributeChange("sn", ("Berg",), ("Tal",))],
    ),
    "a new forward": (
        account("anna", forward=Forward((address("x@else.example"),), keep_copy=False)),
        [AttributeChange("mailForwardingAddress", (), ("x@else.example",))],
    ),
    "a limit": (account("anna", quota_bytes=KIB), [AttributeChange("mailQuotaSize", (), ("1",))]),
    "no login": (account("anna", enabled=False), [AttributeChange("accountStatus", ("active",), ("noaccess",))]),
}


@pytest.mark.parametrize(("now", "changes"), MODIFIED.values(), ids=MODIFIED)
async def test_what_changed_on_the_source_changes_on_the_target_and_nothing_else(now, changes):
    target = await after_first_apply(account("anna"), account("bo"))
    plan = await plan_for(target, want(now, account("bo")))
    (change,) = [change for change in plan.changes if not isinstance(change, SetQuota)]
    assert change == ModifyEntry("anna@lab.example", ANNA, tuple(changes))


SPELLINGS = {
    "addresses in capitals": [
        Replace("mail", (b"ANNA@Lab.example",)),
        Replace("mailAlternateAddress", (b"A@lab.example", b"a@old-lab.example", b"Anna@old-lab.example")),
    ],
    "attributes of others": [Add("description", (b"x",)), Add("mailReplyText", (b"y",)), Add("objectClass", (b"z",))],
    "values in another order": [
        Replace("mailAlternateAddress", (b"anna@old-lab.example", b"a@old-lab.example", b"a@lab.example"))
    ],
    "the server in capitals": [Replace("mailServer", (b"STORE1.lab.example",))],
}


@pytest.mark.parametrize("changes", SPELLINGS.values(), ids=SPELLINGS)
async def test_what_means_the_same_or_is_not_ours_is_left_alone(changes):
    anna = account("anna", aliases=["a"])
    target = await after_first_apply(anna)
    target.directory.modify(ANNA, changes)
    assert (await plan_for(target, want(anna))).is_empty


async def test_a_missing_object_class_is_added_and_the_others_stay():
    target = await after_first_apply(account("anna"))
    target.directory.modify(ANNA, [Replace("objectClass", (b"top", b"INETORGPERSON", b"pkiUser"))])
    change = only_modification(await plan_for(target, want(account("anna"))))
    old = ("top", "INETORGPERSON", "pkiUser")
    assert change.attributes == (AttributeChange("objectClass", old, (*old, "greenUser")),)


async def test_a_password_that_is_missing_is_set():
    target = await after_first_apply(account("anna"))
    target.directory.modify(ANNA, [Delete("userPassword")])
    change = only_modification(await plan_for(target, want(account("anna"))))
    assert (change.attributes, change.password) == ((), PasswordChange("ssha512"))


async def test_a_password_that_was_changed_on_the_target_is_kept_and_reported():
    target = await after_first_apply(account("anna"), account("bo"))
    target.directory.modify(ANNA, [Replace("userPassword", (b"{CLEARTEXT}a new one",))])
    plan = await plan_for(target, want(account("anna"), account("bo")))
    assert plan.is_empty
    assert [(finding.kind, finding.object, finding.outcome) for finding in plan.findings] == [
        ("password", "anna@lab.example", Outcome.KEPT)
    ]
    assert "differs on the target" in plan.findings[0].why


async def test_a_password_whose_scheme_only_slapd_knows_is_no_finding():
    target = await after_first_apply(account("anna"))
    target.directory.modify(ANNA, [Replace("userPassword", (b"{CRYPT}$6$salt$hash",))])
    plan = await plan_for(target, want(account("anna")))
    assert (plan.is_empty, plan.findings) == (True, ())


async def test_a_carried_hash_is_compared_as_it_stands():
    hashed = HashedPassword(Secret("{SSHA}c2FsdGVkIGhhc2ggb2Ygc29tZXRoaW5nISE="))
    target = await after_first_apply(account("anna", password=hashed))
    assert entry_of(target, ANNA)["userPassword"] == (b"{SSHA}c2FsdGVkIGhhc2ggb2Ygc29tZXRoaW5nISE=",)
    assert not (await plan_for(target, want(account("anna", password=hashed)))).findings
    other = HashedPassword(Secret("{SSHA}b3RoZXI="))
    assert [f.kind for f in (await plan_for(target, want(account("anna", password=other)))).findings] == ["password"]


async def test_an_unreadable_password_leaves_the_entry_without_one():
    target = await after_first_apply(account("anna", password=UnreadablePassword("a cipher")))
    assert "userPassword" not in entry_of(target, ANNA)
    assert (await plan_for(target, want(account("anna", password=UnreadablePassword("a cipher"))))).is_empty


async def test_what_only_the_target_has_is_reported_and_left_alone():
    target = await after_first_apply(account("anna"), account("bo"), forwarders=[forwarder("s", "anna")])
    target.directory.add(Entry(f"lookupName=blacklist,{TREE.postfix}", {"objectClass": (b"lookupTable",)}))
    target.directory.add(Entry(f"lookupKey=x,lookupName=blacklist,{TREE.postfix}", {"lookupValue": (b"REJECT",)}))
    target.directory.add(Entry(TREE.domain("own.example"), {"objectClass": (b"organizationalUnit",)}))
    plan = await plan_for(target, want(account("anna"), domains=[Domain("lab.example")]))
    kept = {(finding.kind, finding.object) for finding in plan.findings if finding.outcome is Outcome.KEPT}
    assert kept == {
        ("account", "bo@lab.example"),
        ("mailbox", "bo@lab.example"),
        ("domain", "fjord.example"),
        ("domain", "own.example"),
        ("table", "mydestination: fjord.example"),
        ("table", "virtualdomains: old-lab.example"),
        ("table", "virtualusers: s@lab.example"),
        ("table", "virtualusers: s@old-lab.example"),
    }
    assert [change.subject for change in plan.changes] == ["anna@lab.example"], "the alias under old-lab.example goes"


async def test_an_address_that_an_entry_of_the_target_has_too_is_reported():
    target = await after_first_apply(account("anna"))
    dn = TREE.account(address("guest"))
    target.directory.add(Entry(dn, {"mail": (b"guest@lab.example",), "mailAlternateAddress": (b"Anna@lab.example",)}))
    findings = (await plan_for(target, want(account("anna")))).findings
    assert ("alias", "anna@lab.example", Outcome.CHANGED) in {(f.kind, f.object, f.outcome) for f in findings}


QUOTAS = {
    "another limit": (40 * KIB * KIB, 35 * KIB, 0, [SetQuota("anna@lab.example", 35 * KIB, 45 * KIB)]),
    "no limit any more": (None, 35 * KIB, 0, [SetQuota("anna@lab.example", 35 * KIB, None)]),
    "as it should be": (30 * KIB * KIB, 35 * KIB, 0, []),
    "the first limit": (30 * KIB * KIB, None, 0, [SetQuota("anna@lab.example", None, 35 * KIB)]),
    "less than is in use on the target": (30 * KIB * KIB, 99 * KIB, 50 * KIB, []),
}


@pytest.mark.parametrize(("limit", "now_kib", "use_kib", "changes"), QUOTAS.values(), ids=QUOTAS)
async def test_a_quota_follows_the_source_but_never_below_what_is_in_use(limit, now_kib, use_kib, changes):
    anna = account("anna", quota_bytes=limit)
    target = await after_first_apply(anna)
    store = store_of(target)
    store.limits[anna.address] = now_kib
    store.use[anna.address] = use_kib
    plan = await plan_for(target, want(anna))
    assert list(plan.changes) == changes
    assert [finding.kind for finding in plan.findings] == (["quota"] if use_kib else [])


async def test_the_tables_of_the_tree_are_no_rows():
    directory = new_directory()
    assert all(directory.get(TREE.lookup_table(table)) for table in LookupTable)
    target = new_target()
    wanted = want(domains=[])
    facts = await facts_of(target, wanted)
    assert compare(wanted, facts, TREE, PasswordScheme.SSHA512) == ([], [])
    assert dn_key(TREE.users) in facts.entries


async def test_the_guard_counts_accounts_that_are_disabled_or_shrunk():
    names = [f"user{number}" for number in range(20)]
    limit = 30 * KIB * KIB
    target = await after_first_apply(*(account(name, quota_bytes=limit) for name in names))
    fewer = [account(name, quota_bytes=limit, enabled=False) for name in names[:2]]
    fewer += [account(name, quota_bytes=limit // 2) for name in names[2:4]]
    rest = [account(name, quota_bytes=limit) for name in names[4:]]
    plan = await plan_for(target, want(*fewer, *rest))
    assert sorted(plan.guard.subjects) == [f"user{number}@lab.example" for number in range(4)]
    assert (plan.guard.accounts, plan.guard.stops) == (20, True)
    still = [account(name, quota_bytes=limit) for name in names[2:]]
    assert not (await plan_for(target, want(*fewer[:2], *still))).guard.stops, "two are below the least number"


async def test_a_first_plan_never_trips_the_guard():
    target = new_target()
    many = [account(f"user{number}", quota_bytes=KIB, enabled=number % 2 == 0) for number in range(20)]
    assert not (await plan_for(target, want(*many))).guard.subjects
