"""Filter scripts in a plan: installed once, replaced while untouched, and never against their owner's will."""

from __future__ import annotations

from dataclasses import replace

from sterna.migration.changes import InstallScript
from sterna.migration.compare import compare
from sterna.migration.facts import read_facts
from sterna.migration.planned import plan_from_json
from sterna.migration.scripts import (
    NO_SCRIPTS,
    NOTHING,
    SCRIPT,
    Scripts,
    ScriptState,
    WantedScript,
    digest,
    emptied,
    is_ours,
    placeholder,
    script_change,
)
from sterna.migration.scripts_planned import compiled
from sterna.model.address import Address
from sterna.sieve.errors import ScriptInvalidError
from tests.fakes.scripts import FakeScripts
from tests.unit.migration.samples import (
    POLICY,
    TREE,
    account,
    address,
    facts_of,
    new_target,
    plan_and_apply,
    plan_for,
    want,
)

ANNA = address("anna")
WANTED = WantedScript(ANNA, 'require ["fileinto"];\nfileinto "Work";\n', active=True)
OURS = ScriptState(frozenset({SCRIPT}), SCRIPT, WANTED.text)


def test_a_script_that_is_missing_is_installed_and_runs() -> None:
    assert script_change(WANTED, NO_SCRIPTS) == (InstallScript(str(ANNA), None, WANTED.text, True), ())


def test_a_script_that_is_there_is_not_installed_again() -> None:
    assert script_change(WANTED, OURS) == (None, ())


def test_a_script_that_its_owner_has_switched_off_stays_off() -> None:
    change, (finding,) = script_change(WANTED, replace(OURS, active=None))
    assert change is None
    assert "switched" in finding.why
    older = replace(WANTED, body="keep;\n")
    change, (finding,) = script_change(WANTED, replace(OURS, active=None, text=older.text))
    assert change == InstallScript(str(ANNA), digest(older.text), WANTED.text, False)


def test_what_an_interrupted_run_has_left_is_finished() -> None:
    for active in (None, SCRIPT):
        half = ScriptState(frozenset({SCRIPT}), active, placeholder(ANNA))
        change, findings = script_change(WANTED, half)
        assert change == InstallScript(str(ANNA), digest(placeholder(ANNA)), WANTED.text, True)
        assert findings == ()


async def test_scripts_of_which_nothing_is_known_stay_as_they_are() -> None:
    target, site = new_target(), want(account("anna"))
    await plan_and_apply(target, site, [WANTED])
    facts = await facts_of(target, site)
    changes, _ = compare(site, facts, TREE, POLICY.password_scheme, scripts=Scripts(untouched=frozenset({ANNA})))
    assert changes == []


async def test_a_script_that_the_compiler_refuses_does_not_silence_the_one_that_runs() -> None:
    target, site = new_target(), want(account("anna"))
    await plan_and_apply(target, site, [WANTED])
    broken = replace(WANTED, body="broken\n")
    facts = await facts_of(target, site)
    scripts = await compiled(Scripts((broken,)), target.scripts, facts)
    assert (scripts.wanted, scripts.untouched) == ((), frozenset({ANNA}))
    (finding,) = scripts.findings
    assert "syntax error" in finding.why


async def test_one_account_whose_scripts_cannot_be_read_is_not_everybodys() -> None:
    class Refusing(FakeScripts):
        async def state(self, address: Address) -> ScriptState:
            if address == ANNA:
                raise ScriptInvalidError("sieve", "x", "not you")  # any error of one account
            return await super().state(address)

    target, site = new_target(), want(account("anna"), account("bo"))
    await plan_and_apply(target, site)
    facts = await read_facts(target.directory, target.stores[0], TREE, (), Refusing(), [ANNA, address("bo")])
    assert set(facts.unreadable_scripts) == {ANNA}
    assert set(facts.scripts) == {address("bo")}
    scripts = await compiled(Scripts((WANTED,)), Refusing(), facts)
    assert scripts.untouched == {ANNA}


def test_an_older_script_of_ours_is_replaced() -> None:
    older = replace(WANTED, body="keep;\n")
    change, _ = script_change(WANTED, replace(OURS, text=older.text))
    assert change == InstallScript(str(ANNA), digest(older.text), WANTED.text, True)


def test_a_script_that_its_owner_has_edited_stays() -> None:
    change, (finding,) = script_change(WANTED, replace(OURS, text=WANTED.text + "keep;\n"))
    assert change is None
    assert "edited" in finding.why


def test_another_active_script_stays_active() -> None:
    change, (finding,) = script_change(WANTED, ScriptState(frozenset({"mine"}), "mine", None))
    assert change == InstallScript(str(ANNA), None, WANTED.text, False)
    assert "mine" in finding.why


def test_a_script_of_inactive_filters_is_kept_and_does_not_run() -> None:
    quiet = replace(WANTED, active=False)
    assert script_change(quiet, NO_SCRIPTS) == (InstallScript(str(ANNA), None, WANTED.text, False), ())


def test_filters_that_are_gone_from_the_source_run_no_more() -> None:
    change = emptied(ANNA, OURS)
    assert change is not None
    assert change.text.endswith(NOTHING)
    assert emptied(ANNA, replace(OURS, text=change.text)) is None
    assert emptied(ANNA, replace(OURS, text="# mine\nkeep;\n")) is None
    assert emptied(ANNA, NO_SCRIPTS) is None


def test_only_an_untouched_script_is_ours() -> None:
    assert is_ours(WANTED.text)
    assert not is_ours(WANTED.text.replace("Work", "Trash"))
    assert not is_ours(WANTED.body)


async def test_a_plan_installs_scripts_behind_the_mailbox_and_is_then_empty() -> None:
    target, site = new_target(), want(account("anna"))
    plan = await plan_for(target, site, [WANTED])
    assert plan_from_json(plan.as_json()).changes == plan.changes
    assert "  store the filter script and let it run" in list(plan.lines())
    applied = await plan_and_apply(target, site, [WANTED])
    assert applied.failures == ()
    assert (await target.scripts.state(ANNA)) == OURS
    assert (await plan_for(target, site, [WANTED])).is_empty
    (change,) = (await plan_for(target, site)).changes
    assert isinstance(change, InstallScript)
