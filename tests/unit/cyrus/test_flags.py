"""Which flags the target can hold."""

from __future__ import annotations

from sterna.cyrus.flags import MAX_KEYWORDS, Keywords


def test_system_flags_get_their_usual_spelling_and_recent_is_a_sessions():
    assert Keywords().representable(frozenset({"\\SEEN", "\\Recent", "\\deleted"})) == {"\\Seen", "\\Deleted"}


def test_an_unknown_system_flag_is_dropped_and_counted():
    keywords = Keywords()
    for _ in range(3):
        assert keywords.representable(frozenset({"\\Foo", "Wichtig"})) == {"Wichtig"}
    assert keywords.dropped == {"\\Foo": 3}


def test_a_keyword_keeps_the_spelling_it_had_first_in_the_mailbox():
    keywords = Keywords()
    assert keywords.representable(frozenset({"Wichtig"})) == {"Wichtig"}
    assert keywords.representable(frozenset({"WICHTIG"})) == {"Wichtig"}


def test_keywords_beyond_the_limit_are_dropped_and_those_before_stay():
    keywords = Keywords()
    for number in range(MAX_KEYWORDS):
        assert keywords.representable(frozenset({f"k{number}"}))
    assert keywords.representable(frozenset({"one-too-many", "k7"})) == {"k7"}
    assert keywords.dropped == {"one-too-many": 1}


def test_what_is_no_atom_is_dropped():
    assert Keywords().representable(frozenset({"a b", "ü", "a(b", "nil", "NIL", "$Forwarded"})) == {"$Forwarded"}


def test_keywords_that_the_mailbox_was_given_before_keep_their_places():
    keywords = Keywords(f"k{number}" for number in range(MAX_KEYWORDS))
    assert keywords.representable(frozenset({"new", "K5"})) == {"k5"}
    assert keywords.dropped == {"new": 1}
    assert keywords.names[5] == "k5"


def test_a_message_that_is_looked_at_twice_is_counted_once():
    keywords = Keywords()
    for flags in ({"ü"}, {"ü", "\\Foo"}, {"ü", "\\Foo"}):
        keywords.representable(frozenset(flags), 7)
    keywords.representable(frozenset({"ü"}), 8)
    assert keywords.dropped == {"ü": 2, "\\Foo": 1}
    assert keywords.left == {7: ("\\Foo", "ü"), 8: ("ü",)}
