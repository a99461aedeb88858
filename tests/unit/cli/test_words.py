"""The texts of plan, apply, copy and demo, from values made by hand."""

from __future__ import annotations

from sterna.cli import demo
from sterna.lab.demo.events import StepDone
from sterna.migration.applied import Applied, Failure
from sterna.migration.changes import AddEntry, CreateMailbox, SetQuota
from sterna.migration.copy.events import AccountResult, CopyReport, Counts, Renamed
from sterna.migration.copy.events import Failure as CopyFailure
from sterna.migration.planned import Guard, Plan
from sterna.migration.report import passes, plans
from sterna.model.address import Address
from sterna.model.finding import Finding, Outcome

ANNA = Address("lab.example", "anna")
BERND = Address("lab.example", "bernd")
LOST = Finding("filter", "anna@lab.example", Outcome.DROPPED, "rule 'x'", "not moved yet", "make it again")


def plan(*, subjects: tuple[str, ...] = ()) -> Plan:
    return Plan(
        site="lab",
        changes=(
            AddEntry("anna@lab.example", "uid=anna,dc=lab", (("mail", ("anna@lab.example",)),)),
            CreateMailbox("anna@lab.example"),
            SetQuota("bernd@lab.example", 2048, 1024),
        ),
        findings=(LOST,),
        accounts=2,
        unchanged=5,
        guard=Guard(subjects, accounts=2, share=0.1, least=1),
    )


def test_a_plan_has_each_subject_its_changes_the_findings_and_the_sums_last() -> None:
    assert plans.text(plan()).splitlines() == [
        "anna@lab.example",
        "  add uid=anna,dc=lab",
        "  mail: anna@lab.example",
        "  create INBOX",
        "bernd@lab.example",
        "  quota: 2048 KiB -> 1024 KiB",
        "",
        "Findings (1)",
        "  dropped: anna@lab.example: rule 'x': not moved yet",
        "      make it again",
        "",
        "2 accounts on the source: 1 entries to add, 1 mailboxes to create, 1 quotas to set; 5 as they should be.",
    ]


def test_a_plan_that_takes_away_says_stop_and_from_whom() -> None:
    said = plans.text(plan(subjects=("bernd@lab.example",)))
    assert "Stop: this would disable, or give a smaller quota to, 1 of 2 accounts on the target." in said
    assert said.endswith("--override-guard:\n  bernd@lab.example\n")


def test_what_was_applied_is_counted_and_what_failed_is_named() -> None:
    result = Applied(3, 1, 1, (Failure("bernd@lab.example", "create INBOX", "it refused"),), 2.04)
    assert plans.applied(result).splitlines() == [
        "3 changes made, 1 were made before, 1 not tried, in 2.0 s",
        "",
        "Not done (1); the rest is. Plan and apply again when they are mended:",
        "  bernd@lab.example: create INBOX: it refused",
    ]


def test_a_pass_says_how_much_how_quick_what_is_renamed_and_what_failed() -> None:
    result = AccountResult(
        ANNA,
        3,
        Counts(copied=4, unchanged=6, bytes=4096),
        renamed=(Renamed(ANNA, "a^b", "a_b"),),
        failures=(CopyFailure(ANNA, ("INBOX",), 7, "the target refuses it"),),
    )
    assert passes.text(CopyReport((result,), 2.0)).splitlines() == [
        "10 messages in 3 mailboxes of 1 account, in 2.0 s, 5 messages/s, 2.0 KiB/s",
        "4 copied (4.0 KiB), 0 updated, 6 unchanged, 0 expunged",
        "",
        "Under another name on the target (1):",
        "  anna@lab.example: a^b -> a_b",
        "",
        "Needs a look (1):",
        "  anna@lab.example: INBOX: UID 7: the target refuses it",
    ]


def test_a_step_of_the_demonstration_shows_whether_it_went_well_how_long_and_what_came_out() -> None:
    good, bad = StepDone("Copy", 1.0, "3 copied"), StepDone("Verify", 61.0, "one\ntwo", good=False)
    assert demo.step_in_words(good).split() == ["✓", "Copy", "1.0", "s", "3", "copied"]
    assert demo.step_in_words(bad).splitlines()[0].split() == ["✗", "Verify", "1", "min", "1", "s"]
    assert demo.step_in_words(bad).splitlines()[1:] == ["  one", "  two"]
