from __future__ import annotations

from sterna.imap.names import foreign, listed
from sterna.imap.responses import ListRow, Namespace, Namespaces
from sterna.model.mailbox import ListedMailbox

NONE: frozenset[bytes] = frozenset()


def row(name: bytes, *attributes: bytes, delimiter: bytes | None = b"/") -> ListRow:
    return ListRow(frozenset(attributes), delimiter, name)


def test_names_are_split_and_decoded_and_keep_their_spelling_on_the_wire():
    assert listed([row(b"Entw&APw-rfe/Q&-A")], b"") == [
        ListedMailbox(("Entwürfe", "Q&A"), b"Entw&APw-rfe/Q&-A", selectable=True)
    ]


def test_a_prefix_is_taken_off_and_what_does_not_have_it_is_left_out():
    rows = [row(b"~anna@lab.example/INBOX"), row(b"~anna@lab.example"), row(b"~ann/x"), row(b"~anna@lab.example/")]
    assert listed(rows, b"~anna@lab.example/") == [ListedMailbox(("INBOX",), b"INBOX")]


def test_without_a_delimiter_nothing_is_split():
    assert listed([row(b"a/b", delimiter=None)], b"")[0].name == ("a/b",)


def test_a_delimiter_may_be_any_character():
    assert listed([row(b"INBOX.a/b.c", delimiter=b".")], b"")[0].name == ("INBOX", "a/b", "c")


def test_what_cannot_be_opened_is_not_selectable():
    found = listed([row(b"a", b"\\noselect"), row(b"b", b"\\nonexistent"), row(b"c", b"\\haschildren")], b"")
    assert [mailbox.selectable for mailbox in found] == [False, False, True]


def test_a_mailbox_listed_twice_comes_once():
    assert listed([row(b"a", b"\\noselect"), row(b"a"), row(b"a", b"\\noselect")], b"") == [ListedMailbox(("a",), b"a")]


def test_inbox_knows_no_case():
    assert listed([row(b"Inbox"), row(b"Inbox/x")], b"") == [
        ListedMailbox(("INBOX",), b"Inbox"),
        ListedMailbox(("Inbox", "x"), b"Inbox/x"),
    ]


def test_spellings_of_inbox_that_a_server_holds_apart_stay_apart():
    for names in ([b"INBOX", b"inbox"], [b"inbox", b"INBOX"], [b"Inbox", b"inbox"]):
        assert [mailbox.name for mailbox in listed(map(row, names), b"")] == [(name.decode(),) for name in names]


def test_what_begins_like_another_namespace_is_foreign():
    spaces = Namespaces((Namespace(b"", b"/"),), (Namespace(b"~", b"/"),), (Namespace(b"#news.", b"."),))
    assert [foreign(name, spaces) for name in (b"INBOX", b"~anna/x", b"#news.x", b"a~")] == [False, True, True, False]


def test_a_shared_namespace_at_the_top_makes_nothing_foreign():
    assert not foreign(b"INBOX", Namespaces((), (), (Namespace(b"", b"/"),)))


INBOX_ONLY = Namespaces((Namespace(b"INBOX.", b"."),), (Namespace(b"user.", b"."),), (Namespace(b"", b"."),))
"""What Courier and Cyrus with ``altnamespace: no`` say."""


def test_what_is_below_no_prefix_of_ones_own_is_everybodys_where_the_server_says_so():
    names = (b"INBOX", b"inbox", b"INBOX.Sent", b"user.ben", b"news.local")
    assert [foreign(name, INBOX_ONLY) for name in names] == [False, False, False, True, True]


def test_the_prefix_of_ones_own_mailboxes_is_no_part_of_their_names():
    rows = [row(name, delimiter=b".") for name in (b"INBOX", b"INBOX.Sent", b"INBOX.Work.2020")]
    found = listed(rows, b"", namespaces=INBOX_ONLY)
    assert [mailbox.name for mailbox in found] == [("INBOX",), ("Sent",), ("Work", "2020")]
    assert [mailbox.wire for mailbox in found] == [b"INBOX", b"INBOX.Sent", b"INBOX.Work.2020"]


def test_no_two_mailboxes_get_one_name_by_losing_the_prefix():
    names = (b"INBOX", b"INBOX.INBOX", b"INBOX.inbox.x", b"INBOX.INBOX.INBOX", b"Sent", b"INBOX.Sent")
    found = listed([row(name, delimiter=b".") for name in names], b"", namespaces=INBOX_ONLY)
    assert len({mailbox.name for mailbox in found}) == len(names)
    assert found[1].name == ("INBOX", "INBOX")


def test_what_a_mailbox_is_for_is_kept_in_the_words_of_today():
    rows = [row(b"a", b"\\sent", b"\\hasnochildren"), row(b"b", b"\\spam"), row(b"c", b"\\allmail", b"\\marked")]
    assert [set(mailbox.uses) for mailbox in listed(rows, b"")] == [{"\\sent"}, {"\\junk"}, {"\\all"}]
