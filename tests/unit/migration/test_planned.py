"""Plans as data: what is stored can be read again, what is wrong is said, and the guard is asked first."""

from __future__ import annotations

import asyncio
import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.migration.applied import Applied, Failure
from sterna.migration.apply import PlanGuardError, PlanSiteError, apply_plan
from sterna.migration.changes import AddEntry, AttributeChange, CreateMailbox, ModifyEntry, PasswordChange, SetQuota
from sterna.migration.jobs import run_together
from sterna.migration.planned import Guard, Plan, PlanFileError, plan_from_json, read_plan
from sterna.model.account import ClearPassword
from sterna.model.finding import Finding, Outcome
from sterna.model.secret import Secret
from sterna.site.declaration import Directory, Site, Source, SourceCli, SourceImap, Target, TargetImap

NOWHERE: dict[str, Any] = {"host": "127.0.0.1", "port": 1, "user": "x", "password_file": Path("/nonexistent")}
SITE = Site(
    name="lab",
    source=Source(cli=SourceCli(**NOWHERE), imap=SourceImap(**NOWHERE)),
    target=Target(
        directory=Directory(
            uri="ldap://127.0.0.1:1/", suffix="dc=lab", bind_dn="cn=x", password_file=Path("/nonexistent")
        ),
        imap=TargetImap(**NOWHERE),
    ),
)


def plan(*changes, guard=None):
    return Plan("lab", changes, (), 1, 0, guard or Guard((), 0, 0.1, 3))


async def test_a_plan_that_takes_too_much_away_is_refused_before_anything_is_opened():
    subjects = tuple(f"user{number}@lab.example" for number in range(4))
    guarded = plan(*(SetQuota(subject, 9, 1) for subject in subjects), guard=Guard(subjects, 20, 0.1, 3))
    with pytest.raises(PlanGuardError, match="4 of 20 accounts") as caught:
        await apply_plan(SITE, guarded)
    assert caught.value.exit_code == 78
    with pytest.raises(Exception) as other:  # noqa: PT011  # whatever comes next: the guard is no longer in the way
        await apply_plan(SITE, guarded, override_guard=True)
    assert not isinstance(other.value, PlanGuardError)


GUARDS = {
    "nothing": (0, 100, False),
    "fewer than the least number, all of them": (2, 2, False),
    "as many as allowed": (10, 100, False),
    "one more": (11, 100, True),
    "nobody is on the target": (3, 0, True),
}


@pytest.mark.parametrize(("subjects", "accounts", "stops"), GUARDS.values(), ids=GUARDS)
def test_the_guard_stops_above_its_share(subjects, accounts, stops):
    assert Guard(tuple(str(number) for number in range(subjects)), accounts, 0.1, 3).stops is stops


async def test_a_plan_for_another_site_is_refused():
    with pytest.raises(PlanSiteError, match="made for the site 'lab', not for 'other'"):
        await apply_plan(SITE.model_copy(update={"name": "other"}), plan(CreateMailbox("anna@lab.example")))


async def test_an_empty_plan_opens_no_connection():
    assert await apply_plan(SITE, plan()) == Applied(0, 0, 0, (), 0.0)


def test_a_change_never_shows_its_password():
    secret = PasswordChange("argon2id", ClearPassword(Secret("geheim")))
    changes = (AddEntry("s", "uid=s", (), secret), ModifyEntry("s", "uid=s", (), secret))
    shown = repr(plan(*changes)) + "\n".join(plan(*changes).lines()) + json.dumps(plan(*changes).as_json())
    assert "geheim" not in shown
    assert "userPassword: set (argon2id)" in shown


def test_lines_name_each_subject_once():
    changes = (CreateMailbox("a@x.example"), SetQuota("a@x.example", None, 7), SetQuota("b@x.example", 7, None))
    assert list(plan(*changes).lines()) == [
        "a@x.example",
        "  create INBOX",
        "  quota: no limit -> 7 KiB",
        "b@x.example",
        "  quota: 7 KiB -> no limit",
    ]


WRONG = {
    "no object": [],
    "another version": {"format": 2},
    "no changes": {"format": 1, "guard": {"accounts": 1, "share": 0.1, "least": 3}},
    "an unknown change": {
        "format": 1,
        "guard": {},
        "changes": [{"change": "delete entry", "subject": "anna@lab.example"}],
    },
    "a subject that is no address": {
        "format": 1,
        "guard": {},
        "changes": [{"change": "create mailbox", "subject": "anna"}],
    },
    "a limit that is no number": {
        "format": 1,
        "guard": {},
        "changes": [{"change": "set quota", "subject": "a@b.example", "old_kib": None, "new_kib": "7"}],
    },
}


@pytest.mark.parametrize("data", WRONG.values(), ids=WRONG)
def test_what_is_no_plan_is_an_error_of_its_own(data):
    with pytest.raises(PlanFileError, match=r"plan\.json is not a plan that can be applied"):
        plan_from_json(data, "plan.json")


def test_a_file_that_is_missing_or_no_json_is_an_error(tmp_path):
    with pytest.raises(PlanFileError, match="cannot be read"):
        read_plan(tmp_path / "none.json")
    broken = tmp_path / "broken.json"
    broken.write_bytes(b"\xff{")
    with pytest.raises(PlanFileError, match="not JSON"):
        read_plan(broken)


texts = st.text(max_size=8)
values = st.lists(texts, max_size=3).map(tuple)
passwords = st.none() | st.sampled_from(["argon2id", "ssha512", "crypt"]).map(PasswordChange)
attributes = st.dictionaries(texts, values, max_size=3).map(lambda each: tuple(each.items()))
changed = st.dictionaries(texts, st.tuples(values, values), max_size=3).map(
    lambda each: tuple(AttributeChange(name, old, new) for name, (old, new) in each.items())
)
limits = st.none() | st.integers(0, 2**40)
people = st.sampled_from(["anna@lab.example", "bo@fjord.example"])
changes = (
    st.builds(AddEntry, texts, texts, attributes, passwords)
    | st.builds(ModifyEntry, texts, texts, changed, passwords)
    | st.builds(CreateMailbox, people)
    | st.builds(SetQuota, people, limits, limits)
)


@given(st.lists(changes, max_size=5))
def test_a_stored_plan_is_the_plan(many):
    findings = (Finding("account", "anna", Outcome.KEPT, "what", "why", "todo"),)
    made = Plan("lab", tuple(many), findings, 3, 2, Guard((), 3, 0.1, 3))
    stored = plan_from_json(json.loads(json.dumps(made.as_json())))
    assert (stored.changes, stored.findings) == (made.changes, made.findings)
    assert (stored.site, stored.accounts, stored.unchanged) == ("lab", 3, 2)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


@given(
    st.fixed_dictionaries(
        {"format": st.just(1)},
        optional=dict.fromkeys(("site", "guard", "changes", "findings", "accounts", "unchanged"), json_values),
    )
)
def test_any_json_is_a_plan_or_an_error_of_its_own(data):
    with contextlib.suppress(PlanFileError):
        assert isinstance(plan_from_json(data), Plan)


def test_a_result_with_failures_has_its_exit_code():
    assert Applied(1, 0, 0, (), 1.0).exit_code == 0
    failed = Applied(1, 0, 2, (Failure("anna", "create INBOX", "refused"),), 1.0)
    assert (failed.exit_code, failed.as_json()["skipped"]) == (75, 2)


async def test_the_first_error_of_a_worker_ends_the_others():
    ended = []

    async def waits():
        try:
            await asyncio.sleep(30)
        finally:
            ended.append("cancelled")

    async def fails():
        raise PlanFileError("x", "y")

    with pytest.raises(PlanFileError):
        await run_together([waits(), fails()])
    assert ended == ["cancelled"]


async def test_a_bug_in_a_worker_stays_a_bug():
    async def bug():
        raise ZeroDivisionError

    with pytest.raises(BaseExceptionGroup):
        await run_together([bug()])
