"""The journal: what it says after each step, and that it never takes "sent" for "stored"."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.model.copied import CopiedMessage, Fingerprint
from sterna.state.journal import Journal, JournalError, SkippedMessage
from sterna.state.lock import SiteBusyError, locked

ONE = CopiedMessage(17, bytes(20), 34, 1577869200, frozenset({"\\Seen", "Wichtig"}), 2, 1577872800)
MARKS = Fingerprint(17, 2, 4711)


@pytest.fixture
def journal(tmp_path):
    journal = Journal.open(tmp_path / "journal.sqlite")
    yield journal
    journal.close()


@pytest.fixture
def mailbox(journal):
    return journal.open_mailbox("anna@lab.example", ("Work", "2020"), ("Work", "2020"), 1262304000, "x" * 24)


def test_what_was_begun_is_unknown_until_it_is_finished(journal, mailbox):
    journal.finish(mailbox.id, [], [], Fingerprint(0, 1, 0))
    journal.begin(mailbox.id, [ONE])
    assert journal.has_unsettled(mailbox.id)
    assert not journal.rows(mailbox.id)[17].stored
    assert journal.mailboxes("anna@lab.example")[("Work", "2020")].fingerprint is None
    journal.finish(mailbox.id, [ONE], [], MARKS)
    assert not journal.has_unsettled(mailbox.id)
    assert journal.rows(mailbox.id) == {17: ONE}
    assert journal.mailboxes("anna@lab.example")[("Work", "2020")].fingerprint == MARKS


def test_it_survives_being_closed(tmp_path):
    path = tmp_path / "deep" / "journal.sqlite"
    journal = Journal.open(path)
    row = journal.open_mailbox("a@b", ("INBOX",), ("INBOX",), 1, "u")
    journal.finish(row.id, [ONE], [], MARKS)
    journal.close()
    again = Journal.open(path)
    assert again.open_mailbox("a@b", ("INBOX",), ("INBOX",), 1, "u").id == row.id
    assert again.rows(row.id) == {17: ONE}
    again.close()


def test_another_uidvalidity_forgets_the_messages_of_the_first(journal, mailbox):
    journal.finish(mailbox.id, [ONE], [], MARKS)
    anew = journal.open_mailbox("anna@lab.example", ("Work", "2020"), ("Work", "2020"), 1999999999, "y" * 24)
    assert journal.rows(anew.id) == {}
    assert anew.fingerprint is None


def test_reasons_of_skipped_messages_are_replaced_for_just_these_messages(journal):
    three, fifteen = (SkippedMessage("a@b", ("INBOX",), uid, "empty", "nothing") for uid in (3, 15))
    seven = SkippedMessage("a@b", ("INBOX",), 7, "refused", "look", "NO disk full", "/kept/7.eml", 1_700_000_000)
    journal.settle_skipped("a@b", ("INBOX",), [3, 7], [three, seven])
    journal.settle_skipped("a@b", ("INBOX",), [15], [fifteen])
    journal.settle_skipped("a@b", ("INBOX",), [3, 4, 7], [seven])
    assert journal.skipped("a@b") == [seven, fifteen]
    assert list(journal.all_skipped()) == [seven, fifteen]


def test_the_messages_of_an_account_are_counted_over_its_mailboxes(journal, mailbox):
    other = journal.open_mailbox("anna@lab.example", ("INBOX",), ("INBOX",), 1, "u")
    somebody = journal.open_mailbox("bernd@lab.example", ("INBOX",), ("INBOX",), 1, "v")
    for row in (mailbox, other, somebody):
        journal.finish(row.id, [ONE], [], MARKS)
    assert journal.messages("anna@lab.example") == 2
    assert journal.messages("nobody@lab.example") == 0


def test_subscriptions_we_made_are_known(journal):
    journal.set_subscriptions("a@b", [("INBOX",), ("Müll", "x/y")])
    journal.set_subscriptions("a@b", [("Müll", "x/y")])
    assert journal.subscriptions("a@b") == {("Müll", "x/y")}


@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1), min_size=1, max_size=4).map(tuple))
def test_any_mailbox_name_comes_back_as_it_went_in(tmp_path_factory, name):
    journal = Journal.open(tmp_path_factory.mktemp("names") / "journal.sqlite")
    journal.open_mailbox("a@b", name, name, 1, "u")
    assert list(journal.mailboxes("a@b")) == [name]
    journal.close()


def test_a_file_that_is_no_journal_is_one_clear_error(tmp_path):
    path = tmp_path / "journal.sqlite"
    path.write_bytes(b"this is not a database, not even a short one" * 100)
    with pytest.raises(JournalError, match=r"journal\.sqlite cannot be used"):
        Journal.open(path)


def test_the_journal_of_a_newer_sterna_is_left_alone(tmp_path):
    path = tmp_path / "journal.sqlite"
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version=99")
    db.close()
    with pytest.raises(JournalError, match="newer Sterna"):
        Journal.open(path)


def test_two_cannot_work_on_one_site(tmp_path):
    with (
        locked(tmp_path / "lock"),
        pytest.raises(SiteBusyError, match="already working"),
        locked(tmp_path / "lock"),
    ):
        pass
    with locked(tmp_path / "lock"):
        pass
