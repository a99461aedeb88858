"""What of the mail is moved: leaving out is not deleting, and no two mailboxes become one."""

from __future__ import annotations

import datetime as dt

import hypothesis.strategies as st
import pytest
from hypothesis import given
from pydantic import ValidationError

from sterna.migration.selection import ALL, Choice, NamesCollideError, Selection, declared, for_pass, midnight, renamed
from sterna.model.mailbox import INBOX, MessageFacts
from sterna.site.selection import SelectionTable, size_bytes

NAMES = st.lists(st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map(tuple), max_size=8)


def message(date=0, size=0):
    return MessageFacts(1, frozenset(), date, size)


@pytest.mark.parametrize(
    ("include", "exclude", "name", "taken"),
    {
        "everything": ((), (), ("Work",), True),
        "one that fits": (("W*",), (), ("Work", "2020"), True),
        "one that does not": (("W*",), (), ("Trash",), False),
        "whole names only": (("Work",), (), ("Work", "2020"), False),
        "left out": ((), ("Archive/*",), ("Archive", "2001"), False),
        "not its parent": ((), ("Archive/*",), ("Archive",), True),
        "left out beats let in": (("*",), ("Spam",), ("Spam",), False),
        "letters of patterns are text": (("a.b",), (), ("axb",), False),
        "INBOX always": (("Work",), ("INBOX",), INBOX, True),
    }.values(),
)
def test_mailboxes_are_chosen_by_pattern(include, exclude, name, taken):
    assert Selection(include, exclude).takes_mailbox(name) is taken


def test_messages_are_chosen_by_date_and_size():
    chosen = Selection(since=100, before=200, max_bytes=10)
    assert [chosen.takes_message(message(date)) for date in (99, 100, 199, 200)] == [False, True, True, False]
    assert [chosen.takes_message(message(100, size)) for size in (10, 11)] == [True, False]


def test_a_pass_for_recent_mail_moves_mailboxes_whole_unless_new_uids_are_allowed():
    whole = Choice(now=for_pass(((), ()), dt.date(2006, 1, 1), None, without_uids=False))
    assert whole.takes_all_messages
    assert whole.takes_message(message(0))
    single = Choice(now=for_pass(((), ()), dt.date(2006, 1, 1), None, without_uids=True))
    assert not single.takes_all_messages
    assert not single.takes_message(message(0))
    assert not for_pass((("x",), ()), None, None, without_uids=False).whole_mailboxes


def test_what_the_site_leaves_out_no_pass_brings():
    choice = Choice(site=declared(SelectionTable(max_size="1K", exclude=("Spam",))))
    assert not choice.takes_mailbox(("Spam",))
    assert not choice.takes_message(message(size=1025))
    assert ALL.takes_all_messages
    assert declared(SelectionTable()).takes_everything


def test_dates_and_sizes_are_read():
    assert midnight(dt.date(1970, 1, 2)) == 86400
    assert [size_bytes(text) for text in ("7", "2K", "1 MiB", "1g")] == [7, 2048, 1 << 20, 1 << 30]
    with pytest.raises(ValidationError, match="earlier"):
        SelectionTable(since=dt.date(2006, 1, 2), before=dt.date(2006, 1, 2))


def test_what_is_below_a_mailbox_goes_with_it_and_what_was_copied_stays():
    wanted = {("Sent Items",): ("Sent",), ("Work", "Old"): ("Archive",)}
    names = [("Sent Items",), ("Sent Items", "2020"), ("Work",), ("Work", "Old", "1")]
    assert list(renamed(names, wanted).values()) == [("Sent",), ("Sent", "2020"), ("Work",), ("Archive", "1")]
    assert renamed(names, wanted, known=[("Sent Items",)])[("Sent Items",)] == ("Sent Items",)


def test_two_mailboxes_that_would_become_one_are_refused_with_both_names():
    with pytest.raises(NamesCollideError, match="Sent and Sent Items would both become Sent"):
        renamed([("Sent",), ("Sent Items",)], {("Sent Items",): ("Sent",)})


@given(NAMES, st.dictionaries(st.sampled_from([("a",), ("b",), ("a", "b")]), st.sampled_from([("x",), ("c",)])))
def test_no_two_mailboxes_ever_have_one_name(names, wanted):
    try:
        found = renamed(names, wanted)
    except NamesCollideError:
        return
    assert found.keys() == set(names)
    assert len(set(found.values())) == len(found)
