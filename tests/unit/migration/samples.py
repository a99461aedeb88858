"""A small site to plan for: values and shorthand used by the tests beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sterna.migration.applied import Applied
from sterna.migration.carry_out import Target, carry_out
from sterna.migration.changes import ModifyEntry
from sterna.migration.compare import compare
from sterna.migration.desired import Aim, Desired, WithoutAccount, desired
from sterna.migration.facts import Facts, read_facts
from sterna.migration.password_check import differing_passwords
from sterna.migration.planned import Plan, new_plan
from sterna.migration.scripts import Scripts, WantedScript
from sterna.model.account import Account, ClearPassword, Domain, Forwarder
from sterna.model.address import Address
from sterna.model.secret import Secret
from sterna.openldap.tree import LookupTable, Tree
from sterna.site.declaration import PasswordScheme, Policy
from tests.fakes.directory import FakeDirectory
from tests.fakes.scripts import FakeScripts
from tests.fakes.store_admin import FakeStoreAdmin

TREE = Tree("dc=lab,dc=example")
AIM = Aim(TREE, "store1.lab.example", quota_headroom_bytes=5 * 1024 * 1024)
POLICY = Policy(password_scheme=PasswordScheme.SSHA512)  # fast
LAB = Domain("lab.example", aliases=("old-lab.example",), main=True)
FJORD = Domain("fjord.example")


def address(text: str) -> Address:
    return Address.parse(text, domain="lab.example")


def account(name: str, *, aliases: Sequence[str] = (), **fields: Any) -> Account:
    """An account with a password of its own; `fields` are those of `Account`."""
    plain = Account(
        address=address(name),
        real_name="Anna Berg",
        password=ClearPassword(Secret(f"secret of {name}")),
        aliases=tuple(address(alias) for alias in aliases),
    )
    return replace(plain, **fields)


def forwarder(name: str, target: str) -> Forwarder:
    return Forwarder(address(name), address(target))


def want(
    *accounts: Account,
    domains: Sequence[Domain] = (LAB, FJORD),
    forwarders: Sequence[Forwarder] = (),
    use_bytes: Mapping[Address, int] | None = None,
) -> Desired:
    return desired(AIM, domains, accounts, WithoutAccount(tuple(forwarders)), use_bytes or {})


def new_directory() -> FakeDirectory:
    """A directory as it is after its first LDIF: branches, no accounts."""
    tables = [TREE.lookup_table(table) for table in LookupTable]
    return FakeDirectory(TREE.suffix, TREE.accounts, TREE.users, TREE.postfix, *tables)


def new_target(store: FakeStoreAdmin | None = None) -> Target:
    return Target(new_directory(), [store or FakeStoreAdmin()], FakeScripts(), TREE, POLICY.password_scheme)


async def facts_of(target: Target, wanted: Desired) -> Facts:
    mailboxes = [mailbox.address for mailbox in wanted.mailboxes]
    # Of a real server everybody's scripts would be asked one by one; who has any is the planner's to know.
    filtered = mailboxes if isinstance(target.scripts, FakeScripts) else []
    return await read_facts(target.directory, target.stores[0], target.tree, mailboxes, target.scripts, filtered)


async def plan_for(target: Target, wanted: Desired, scripts: Sequence[WantedScript] = ()) -> Plan:
    facts = await facts_of(target, wanted)
    differing = await differing_passwords(wanted, facts)
    changes, findings = compare(wanted, facts, TREE, POLICY.password_scheme, differing, Scripts(tuple(scripts)))
    return new_plan(("lab", POLICY), wanted, facts, changes, findings)


async def plan_and_apply(target: Target, wanted: Desired, scripts: Sequence[WantedScript] = ()) -> Applied:
    return await carry_out(await plan_for(target, wanted, scripts), target, {})


def store_of(target: Target) -> FakeStoreAdmin:
    """The mail store of a target made by `new_target`."""
    (store,) = target.stores
    assert isinstance(store, FakeStoreAdmin)
    return store


def entry_of(target: Target, dn: str) -> Mapping[str, tuple[bytes, ...]]:
    """The attributes of an entry that has to be there."""
    entry = target.directory.get(dn)
    assert entry is not None
    return entry.attributes


def only_modification(plan: Plan) -> ModifyEntry:
    """The one change that the plan has, which changes an entry."""
    (change,) = plan.changes
    assert isinstance(change, ModifyEntry)
    return change
