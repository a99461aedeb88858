"""What is known of a person in plans: what the source says is made equal, what it does not say is left alone."""

from __future__ import annotations

from dataclasses import replace

from sterna.migration.changes import AddEntry, AttributeChange
from sterna.migration.compare import compare
from sterna.openldap.directory import Replace
from sterna.openldap.tree import LookupTable
from sterna.site.declaration import PasswordScheme
from tests.fakes.directory import FakeDirectory
from tests.unit.migration.samples import (
    TREE,
    account,
    address,
    entry_of,
    facts_of,
    new_target,
    only_modification,
    plan_and_apply,
    plan_for,
    want,
)

ANNA = TREE.account(address("anna"))
PHONE = (("telephoneNumber", ("+47 22",)), ("sn", ("van Berg",)))


async def test_what_is_known_comes_with_the_entry():
    target = new_target()
    await plan_and_apply(target, want(account("anna", contact=PHONE)))
    assert entry_of(target, ANNA)["telephoneNumber"] == (b"+47 22",)
    assert entry_of(target, ANNA)["sn"] == (b"van Berg",)
    assert (await plan_for(target, want(account("anna", contact=PHONE)))).is_empty


async def test_an_edit_on_the_target_of_what_the_source_says_is_shown_before_it_is_changed():
    target = new_target()
    wanted = want(account("anna", contact=PHONE))
    await plan_and_apply(target, wanted)
    target.directory.modify(ANNA, [Replace("telephoneNumber", (b"+47 99",))])
    change = only_modification(await plan_for(target, wanted))
    assert change.attributes == (AttributeChange("telephoneNumber", ("+47 99",), ("+47 22",)),)


async def test_what_the_source_does_not_say_is_left_alone_on_the_target():
    target = new_target()
    wanted = want(account("anna", contact=PHONE))
    await plan_and_apply(target, wanted)
    target.directory.modify(ANNA, [Replace("title", (b"Captain",))])
    assert (await plan_for(target, wanted)).is_empty
    await plan_and_apply(target, want(account("anna")))
    assert entry_of(target, ANNA)["telephoneNumber"] == (b"+47 22",)
    assert entry_of(target, ANNA)["title"] == (b"Captain",)


async def test_a_value_that_the_schema_refuses_does_not_keep_the_entry_out():
    target = new_target()
    wanted = want(account("anna", contact=(("mobile", ("ring_me", "12")),)))
    assert (await plan_and_apply(target, wanted)).exit_code == 0
    assert entry_of(target, ANNA)["mobile"] == (b"12",)
    [finding] = [finding for finding in wanted.findings if finding.what == "mobile"]
    assert (finding.object, finding.detail) == ("anna@lab.example", "ring_me")


async def test_a_directory_that_lacks_tables_gets_them():
    tables = [TREE.lookup_table(table) for table in LookupTable if table is not LookupTable.GROUPS]
    target = replace(
        new_target(), directory=FakeDirectory(TREE.suffix, TREE.accounts, TREE.users, TREE.postfix, *tables)
    )
    wanted = want(domains=[])
    [change], findings = compare(wanted, await facts_of(target, wanted), TREE, PasswordScheme.SSHA512)
    assert (change, findings) == (
        AddEntry(
            "table groups",
            TREE.lookup_table(LookupTable.GROUPS),
            (("objectClass", ("lookupTable",)), ("lookupName", ("groups",))),
        ),
        [],
    )
    await plan_and_apply(target, wanted)
    assert (await plan_for(target, wanted)).is_empty
