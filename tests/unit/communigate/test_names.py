"""Names of mailboxes in the CLI's answers, in either encoding."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.communigate.names import (
    NameEncoding,
    choose_name_encoding,
    guess_name_encoding,
    is_foreign,
    mailbox_name,
)
from sterna.imap import mutf7

NAMES = {
    "ascii": ("Work/2020", NameEncoding.UTF8, ("Work", "2020")),
    "UTF-8": ("Entwürfe", NameEncoding.UTF8, ("Entwürfe",)),
    "modified UTF-7": ("M&APw-ll/x", NameEncoding.MUTF7, ("Müll", "x")),
    "an ampersand in modified UTF-7": ("R&-D", NameEncoding.MUTF7, ("R&D",)),
    "an ampersand in UTF-8": ("R&D", NameEncoding.UTF8, ("R&D",)),
    "no modified UTF-7 after all": ("R&D/Müll", NameEncoding.MUTF7, ("R&D", "Müll")),
    "INBOX knows no case": ("Inbox/Sub", NameEncoding.UTF8, ("INBOX", "Sub")),
    "but others do": ("Sub/Inbox", NameEncoding.UTF8, ("Sub", "Inbox")),
}


@pytest.mark.parametrize(("path", "encoding", "name"), NAMES.values(), ids=NAMES)
def test_a_path_becomes_components(path, encoding, name):
    assert mailbox_name(path, encoding) == name


GUESSES = {
    "nothing to tell": (["INBOX", "Work/2020"], None),
    "umlauts": (["INBOX", "Müll"], NameEncoding.UTF8),
    "base64": (["INBOX", "M&APw-ll"], NameEncoding.MUTF7),
    "a bare ampersand": (["R&D", "M&APw-ll"], NameEncoding.UTF8),
    "both": (["M&APw-ll", "Müll"], NameEncoding.UTF8),
    "base64 of nothing that needs it": (["A&AEE-"], NameEncoding.UTF8),
}


@pytest.mark.parametrize(("names", "encoding"), GUESSES.values(), ids=GUESSES)
def test_names_tell_their_encoding_as_far_as_they_can(names, encoding):
    assert guess_name_encoding(names) is encoding


def test_names_are_compared_with_those_that_imap_lists():
    imap = [("INBOX",), ("Müll",), ("R&-D",)]
    assert choose_name_encoding(["INBOX", "M&APw-ll"], imap) is NameEncoding.MUTF7
    assert choose_name_encoding(["INBOX", "Müll"], imap) is NameEncoding.UTF8
    assert choose_name_encoding(["R&-D"], imap) is NameEncoding.UTF8
    assert choose_name_encoding([], []) is NameEncoding.UTF8


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), min_size=1, max_size=3))
def test_both_encodings_give_back_the_same_name(parts):
    path = "/".join(parts)
    wire = mutf7.encode(path).decode()
    assert mailbox_name(wire, NameEncoding.MUTF7) == mailbox_name(path, NameEncoding.UTF8)


def test_a_tilde_leads_to_another_account():
    assert is_foreign("~anna@fjord.example/Work")
    assert not is_foreign("Work/~anna")
