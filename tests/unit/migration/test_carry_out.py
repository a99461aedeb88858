"""Carrying a plan out: idempotent, interruptible, one account's error is one row."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sterna.cyrus.admin import MailStoreRefusedError
from sterna.errors import SternaError
from sterna.imap.codes import Status
from sterna.imap.connection import Answer
from sterna.imap.failures import ConnectionLostError
from sterna.migration.applied import ApplyEvent, ChangeFailed, ChangeMade
from sterna.migration.carry_out import carry_out
from sterna.migration.planned import plan_from_json
from sterna.migration.standing import PlanOutdatedError
from sterna.model.account import ClearPassword, Forward
from sterna.model.secret import Secret
from sterna.openldap.directory import Delete, EntryInvalidError, Replace
from sterna.openldap.hashing import Match, match_any
from sterna.site.declaration import Server
from tests.fakes.directory import FakeDirectory
from tests.fakes.store_admin import FakeStoreAdmin
from tests.unit.migration.samples import (
    TREE,
    account,
    address,
    entry_of,
    forwarder,
    new_target,
    plan_and_apply,
    plan_for,
    store_of,
    want,
)

ANNA, BO = TREE.account(address("anna")), TREE.account(address("bo"))


class Killed(BaseException):
    """The process ends here; no handler can swallow it."""


class Tripwire:
    """Counts the effects of what it wraps, and kills before or after one of them."""

    def __init__(self, at: int | None = None) -> None:
        self.count = 0
        self._at = at

    def step(self) -> None:
        if self.count == self._at:
            raise Killed
        self.count += 1


def tripped(target, wire):
    """Make every effect on `target` pass over `wire` twice, before and after."""
    directory, store = target.directory, target.stores[0]
    effects = ((directory, ("add", "modify")), (store, ("create", "set_quota")), (target.scripts, ("install",)))
    for owner, names in effects:
        for name in names:
            setattr(owner, name, _wrapped(getattr(owner, name), wire))
    return target


def _wrapped(method, wire):
    if method.__name__ in ("add", "modify"):

        def effect(*args):
            wire.step()
            method(*args)
            wire.step()

        return effect

    async def effect_async(*args, **kwargs):
        wire.step()
        await method(*args, **kwargs)
        wire.step()

    return effect_async


def state(target):
    """Everything on the target, passwords as whether there is one: salts differ from run to run."""
    entries = {}
    for entry in target.directory.search(TREE.suffix, "(objectClass=*)"):
        attributes = {name: sorted(values) for name, values in entry.attributes.items() if name != "userPassword"}
        entries[entry.dn] = (attributes, len(entry.attributes.get("userPassword", ())))
    return entries, dict(store_of(target).limits), dict(target.scripts.states)


def site():
    return want(
        account("anna", aliases=["a"], quota_bytes=5000),
        account("bo", forward=Forward((address("x@else.example"),), keep_copy=True)),
        forwarders=[forwarder("s", "anna")],
    )


async def test_a_plan_that_was_applied_leaves_nothing_to_do():
    target = new_target()
    applied = await plan_and_apply(target, site())
    assert (applied.failures, applied.exit_code, applied.already) == ((), 0, 0)
    again = await plan_for(target, site())
    assert (again.is_empty, again.findings) == (True, ())


async def test_passwords_are_hashed_and_fit():
    target = new_target()
    await plan_and_apply(target, site())
    (value,) = entry_of(target, ANNA)["userPassword"]
    assert value.startswith(b"{SSHA512}")
    assert match_any(Secret("secret of anna"), [Secret(value.decode())]) is Match.SAME


async def test_applying_the_same_plan_twice_finds_everything_done():
    target = new_target()
    plan = await plan_for(target, site())
    first = await carry_out(plan, target, {})
    before = state(target)
    second = await carry_out(plan, target, {})
    assert (second.made, second.already) == (0, first.made)
    assert state(target) == before


async def test_killed_anywhere_the_same_plan_and_a_new_plan_both_go_on():
    whole = new_target()
    wire = Tripwire()
    tripped(whole, wire)
    await plan_and_apply(whole, site())
    wanted, steps = state(whole), wire.count
    assert steps > 20
    for at in range(steps):
        for resume_with_a_new_plan in (False, True):
            target = new_target()
            plan = await plan_for(target, site())
            bombs = Tripwire(at)
            tripped(target, bombs)
            with pytest.raises(Killed):
                await killed_alone(carry_out(plan, target, {}))
            bombs._at = None
            plan = await plan_for(target, site()) if resume_with_a_new_plan else plan
            await carry_out(plan, target, {})
            assert state(target) == wanted, f"killed at step {at}"
            assert (await plan_for(target, site())).is_empty


async def killed_alone(coroutine):
    """Run it and take a `Killed` out of the group that a TaskGroup makes of it."""
    try:
        await coroutine
    except BaseExceptionGroup as group:
        if group.subgroup(Killed) is None:
            raise
        raise Killed from group


async def test_an_entry_that_the_directory_refuses_is_a_row_and_the_rest_goes_on():
    class Refusing(FakeDirectory):
        def add(self, entry):
            if entry.dn == ANNA:
                raise EntryInvalidError(entry.dn, "add", "constraint violation")
            super().add(entry)

    target = new_target()
    target.directory.__class__ = Refusing
    events: list[ApplyEvent] = []
    plan = await plan_for(target, site())
    applied = await carry_out(plan, target, {}, events.append)
    (failure,) = applied.failures
    assert (failure.subject, failure.change) == ("anna@lab.example", f"add {ANNA}")
    assert "constraint violation" in failure.error
    assert (applied.exit_code, applied.skipped) == (75, 2), "her INBOX and quota are not made"
    assert store_of(target).limits == {address("bo"): None}
    assert [type(event) for event in events].count(ChangeFailed) == 1
    assert events[-1].number == events[-1].total == len(plan.changes)
    assert applied.made == len([event for event in events if isinstance(event, ChangeMade)])


async def test_below_a_branch_that_could_not_be_made_nothing_is_tried():
    class Refusing(FakeDirectory):
        def add(self, entry):
            if entry.dn == TREE.domain("lab.example"):
                raise EntryInvalidError(entry.dn, "add", "no")
            super().add(entry)

    target = new_target()
    target.directory.__class__ = Refusing
    applied = await plan_and_apply(target, site())
    assert [failure.subject for failure in applied.failures] == ["lab.example"]
    assert not store_of(target).limits


async def test_a_mailbox_that_the_store_refuses_is_a_row_and_its_quota_is_not_tried():
    class Refusing(FakeStoreAdmin):
        async def create(self, address_):
            if address_ == address("anna"):
                raise MailStoreRefusedError(address_, "create the INBOX", Answer(Status.NO, None, b"no partition"))
            await super().create(address_)

    target = new_target(Refusing())
    applied = await plan_and_apply(target, site())
    assert [failure.change for failure in applied.failures] == ["create INBOX"]
    assert (applied.skipped, store_of(target).limits) == (1, {address("bo"): None})


async def test_a_store_that_is_lost_ends_the_run_with_its_error():
    class Lost(FakeStoreAdmin):
        async def create(self, address_):
            raise ConnectionLostError(Server(host="127.0.0.1", port=143), "it went away")

    with pytest.raises(ConnectionLostError):
        await plan_and_apply(new_target(Lost()), site())


async def test_a_directory_that_shows_something_else_than_was_written_is_a_row():
    class Forgetful(FakeDirectory):
        def add(self, entry):
            super().add(entry)
            if entry.dn == ANNA:
                super().modify(entry.dn, [Delete("mailQuotaSize")])

    target = new_target()
    target.directory.__class__ = Forgetful
    applied = await plan_and_apply(target, site())
    assert [failure.subject for failure in applied.failures] == ["anna@lab.example"]
    assert "does not show it" in applied.failures[0].error


async def _rename(target):
    target.directory.modify(ANNA, [Replace("cn", (b"Somebody Else",))])


async def _delete(target):
    target.directory.delete(ANNA)


async def _quota(target):
    store_of(target).limits[address("anna")] = 77


async def _no_inbox(target):
    del store_of(target).limits[address("anna")]


OUTDATED = {
    "an attribute": (_rename, "cn changed meanwhile"),
    "the entry is gone": (_delete, "is gone"),
    "the quota": (_quota, "its quota is 77 KiB now"),
    "the INBOX is gone": (_no_inbox, "its INBOX is gone"),
}


@pytest.mark.parametrize(("meanwhile", "said"), OUTDATED.values(), ids=OUTDATED)
async def test_a_plan_whose_ground_has_shifted_changes_nothing(meanwhile, said):
    target = new_target()
    await plan_and_apply(target, want(account("anna", quota_bytes=5000), account("bo")))
    plan = await plan_for(target, want(account("anna", quota_bytes=9000, real_name="Anna Tal"), account("cy")))
    await meanwhile(target)
    before = state(target)
    with pytest.raises(PlanOutdatedError, match=said) as caught:
        await carry_out(plan, target, {})
    assert {row.subject for row in caught.value.rows} == {"anna@lab.example"}
    assert state(target) == before


async def test_an_entry_made_by_another_hand_meanwhile_outdates_the_plan():
    target = new_target()
    await plan_and_apply(target, want(account("bo")))
    plan = await plan_for(target, want(account("anna"), account("bo")))
    await plan_and_apply(target, want(account("anna", real_name="Another Anna"), account("bo")))
    with pytest.raises(PlanOutdatedError, match="differs from what was to be added"):
        await carry_out(plan, target, {})


async def test_what_changes_elsewhere_does_not_outdate_a_plan():
    target = new_target()
    await plan_and_apply(target, want(account("anna"), account("bo")))
    plan = await plan_for(target, want(account("anna", real_name="Anna Tal"), account("bo")))
    target.directory.modify(BO, [Replace("cn", (b"Somebody Else",))])
    target.directory.modify(ANNA, [Replace("description", (b"a note",))])
    assert (await carry_out(plan, target, {})).made == 1
    assert entry_of(target, ANNA)["description"] == (b"a note",)


async def test_a_stored_plan_holds_no_password_and_gets_it_when_it_is_applied():
    target = new_target()
    text = json.dumps((await plan_for(target, site())).as_json())
    assert "secret of" not in text
    assert "{SSHA512}" not in text
    assert '"userPassword": "set (ssha512)"' in text
    stored = plan_from_json(json.loads(text))
    applied = await carry_out(stored, target, {"anna@lab.example": ClearPassword(Secret("secret of anna"))})
    assert [failure.subject for failure in applied.failures] == ["bo@lab.example"]
    assert "does not give its password" in applied.failures[0].error
    assert len(entry_of(target, ANNA)["userPassword"]) == 1


local_parts = st.sampled_from(["anna", "bo", "c.d", "o'neil", "x+y", "d_e", "#e", "f,g".replace(",", "-")])


@st.composite
def sites(draw):
    """Any small site: accounts, aliases that may collide, forwards, quotas, forwarders."""
    names = draw(st.lists(local_parts, max_size=4, unique=True))
    accounts = [
        account(
            name,
            aliases=draw(st.lists(local_parts, max_size=2)),
            real_name=draw(st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=12)),
            quota_bytes=draw(st.none() | st.integers(0, 10**10)),
            enabled=draw(st.booleans()),
            forward=draw(
                st.none()
                | st.builds(Forward, st.lists(local_parts.map(address), max_size=2).map(tuple), keep_copy=st.booleans())
            ),
        )
        for name in names
    ]
    forwarders = [forwarder(name, target) for name, target in draw(st.lists(st.tuples(local_parts, local_parts)))]
    return want(*accounts, forwarders=forwarders)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(sites(), sites())
async def test_whatever_the_source_was_and_is_one_apply_is_enough(before, now):
    target = new_target()
    assert (await plan_and_apply(target, before)).failures == ()
    plan = await plan_for(target, now)
    assert plan_from_json(json.loads(json.dumps(plan.as_json()))) == plan
    try:
        assert (await carry_out(plan, target, {})).failures == ()
    except SternaError as error:  # pragma: no cover  # shown by pytest
        raise AssertionError(str(error)) from error
    assert (await plan_for(target, now)).is_empty
