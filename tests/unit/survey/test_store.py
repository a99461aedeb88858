"""The rows of a survey, in and out."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from sterna.migration.survey.draw import CLASSES, last_months, years
from sterna.migration.survey.families import with_family
from sterna.migration.survey.rows import account_row, addresses_of
from sterna.model.account import Account, ClearPassword, Forward
from sterna.model.address import Address
from sterna.model.finding import Finding, Outcome
from sterna.model.secret import Secret
from sterna.state.survey_rows import Held, SurveyedMail, SurveyedMailbox
from sterna.state.survey_store import SurveyStore, SurveyStoreError

ANNA = Account(
    Address("lab.example", "anna"),
    "Anna",
    ClearPassword(Secret("sehr geheim")),
    aliases=(Address("lab.example", "a"),),
    forward=Forward((Address("x.example", "y"),), keep_copy=False),
)
FINDING = Finding("account", "anna@lab.example", Outcome.DROPPED, "Key = 1", "nobody knows")


@pytest.fixture
def store(tmp_path: Path) -> SurveyStore:
    return SurveyStore.create(tmp_path / "state" / "survey.sqlite")


def test_the_file_has_its_name_only_when_it_is_complete_and_is_its_owners_alone(tmp_path: Path, store) -> None:
    path = tmp_path / "state" / "survey.sqlite"
    assert not path.exists()
    store.add_account(account_row(ANNA))
    store.finish()
    assert path.stat().st_mode & 0o777 == 0o600
    assert sqlite3.connect(path).execute("SELECT address FROM account").fetchall() == [("anna@lab.example",)]


def test_a_survey_that_is_given_up_leaves_the_last_one(tmp_path: Path, store) -> None:
    store.add_account(account_row(ANNA))
    store.finish()
    again = SurveyStore.create(tmp_path / "state" / "survey.sqlite")
    again.close()
    path = tmp_path / "state" / "survey.sqlite"
    assert sqlite3.connect(path).execute("SELECT count(*) FROM account").fetchone() == (1,)
    assert [each.name for each in path.parent.iterdir()] == ["survey.sqlite"]


def test_a_folder_that_cannot_be_made_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    with pytest.raises(SurveyStoreError, match="cannot be used"):
        SurveyStore.create(tmp_path / "state" / "survey.sqlite")


def test_no_password_is_in_a_row() -> None:
    assert "geheim" not in repr(account_row(ANNA))


def test_what_planning_addresses_needs_comes_back(store) -> None:
    store.add_account(account_row(ANNA))
    (found,) = [addresses_of(each.as_json) for each in store.view.accounts()]
    assert (found.address, found.aliases, found.forward) == (ANNA.address, ANNA.aliases, ANNA.forward)


def test_a_finding_that_is_said_twice_is_there_once_and_every_text_can_be_kept(store) -> None:
    broken = Finding("mailbox", "a\udcff\x00b", Outcome.UNREADABLE, "name", "half a surrogate pair")
    store.add_findings([*map(with_family, (FINDING, FINDING, broken))])
    families = list(store.view.families())
    assert [each.findings for each in families] == [1, 1]
    assert [finding.object for finding in store.view.findings(families[0])] == ["a\\udcff\x00b"]
    assert store.view.outcomes() == {("account", Outcome.DROPPED): 1, ("mailbox", Outcome.UNREADABLE): 1}


def test_the_same_name_twice_is_noticed(store) -> None:
    assert store.add_account(account_row(ANNA))
    assert not store.add_account(account_row(ANNA))


def test_accounts_may_be_gone_through_while_their_mail_is_written(store) -> None:
    for number in range(1200):
        store.add_account(account_row(Account(Address("lab.example", f"u{number:04}"), "", ANNA.password)))
    seen = []
    for address in store.view.addresses():
        store.add_mail(address, SurveyedMail((SurveyedMailbox(("INBOX",), 1, 10, ("INBOX",)),), {202001: Held(1, 10)}))
        seen.append(address)
    assert seen == sorted(seen)
    assert len(seen) == 1200
    assert store.view.months() == {202001: Held(1200, 12000)}
    assert sum(each.accounts for each in store.view.size_classes(CLASSES)) == 1200


def test_accounts_with_more_mail_are_drawn_more_often_and_none_twice(store) -> None:
    for name, size in (("big", 1000), ("small", 1), ("empty", 0)):
        store.add_account(account_row(Account(Address("lab.example", name), "", ANNA.password)))
        store.add_mail(
            f"{name}@lab.example", SurveyedMail((SurveyedMailbox(("INBOX",), int(size > 0), size, ("INBOX",)),), {})
        )
    drawn = [[each.address for each in store.view.some_accounts(1, Random(n))] for n in range(50)]
    assert sum(each == ["big@lab.example"] for each in drawn) > 40
    both = [each.address for each in store.view.some_accounts(9, Random(1))]
    assert sorted(both) == ["big@lab.example", "small@lab.example"]


def test_years_have_no_gap_and_a_wrong_clock_spoils_no_picture() -> None:
    assert years({200001: Held(1, 1), 200203: Held(2, 2)}) == (
        (2000, Held(1, 1)),
        (2001, Held()),
        (2002, Held(2, 2)),
    )
    assert years({}) == ()
    assert len(years({197001: Held(1, 1), 202001: Held(1, 1), 209901: Held(1, 1)})) == 3


def test_the_last_months_end_with_the_newest_mail_that_is_not_of_the_future() -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    found = last_months({201201: Held(1, 1), 201203: Held(2, 2), 209912: Held(9, 9)}, now)
    assert found == ((201201, Held(1, 1)), (201202, Held()), (201203, Held(2, 2)))
    assert last_months({}, now) == ()
