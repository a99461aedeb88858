from __future__ import annotations

import contextlib
from array import array
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.errors import FormatError
from sterna.imap.codes import code_name, code_number, split_code
from sterna.imap.fragments import Fragments, Response
from sterna.imap.quirks import Quirk
from sterna.imap.responses import (
    ListRow,
    Namespace,
    Namespaces,
    StatusRow,
    fetched,
    kind,
    parse_capability,
    parse_exists,
    parse_fetch,
    parse_id,
    parse_list,
    parse_namespace,
    parse_search,
    parse_status,
    status_response,
)
from tests.unit.imap.streams import IMAP_BYTES


def whole(stream: bytes) -> Response:
    (response,) = Fragments().feed(stream)
    return response


NONE: frozenset[bytes] = frozenset()
SLASH = Namespace(b"", b"/")

KNOWN: dict[str, tuple[bytes, Callable[[Response], object], object]] = {
    "list": (
        b'* LIST (\\HasNoChildren \\Sent) "/" Sent\r\n',
        parse_list,
        ListRow(frozenset({b"\\hasnochildren", b"\\sent"}), b"/", b"Sent"),
    ),
    "list of CommuniGate": (
        b'* LIST (\\UnMarked) "/" INBOX\r\n',
        parse_list,
        ListRow(frozenset({b"\\unmarked"}), b"/", b"INBOX"),
    ),
    "list, quoted name": (b'* LIST () "/" "a \\"b\\" \\\\ c"\r\n', parse_list, ListRow(NONE, b"/", b'a "b" \\ c')),
    "list, delimiter is a backslash": (
        b'* LIST () "\\\\" a\\b\r\n'.replace(b"a\\b", b"ab"),
        parse_list,
        ListRow(NONE, b"\\", b"ab"),
    ),
    "list, literal name": (b"* LIST () NIL {3}\r\na\r\n\r\n", parse_list, ListRow(NONE, None, b"a\r\n")),
    "list, name with a bracket": (b'* LIST () "." a]b\r\n', parse_list, ListRow(NONE, b".", b"a]b")),
    "list, name that is a number": (b'* LIST () "/" 2020\r\n', parse_list, ListRow(NONE, b"/", b"2020")),
    "list, name called NIL": (b'* LIST () "/" "NIL"\r\n', parse_list, ListRow(NONE, b"/", b"NIL")),
    "extended list": (
        b'* LIST (\\NonExistent) "/" "Foo" ("CHILDINFO" ("SUBSCRIBED") "OLDNAME" ({1}\r\na))\r\n',
        parse_list,
        ListRow(frozenset({b"\\nonexistent"}), b"/", b"Foo"),
    ),
    "lsub": (b'* lsub () "/" Foo\r\n', parse_list, ListRow(NONE, b"/", b"Foo")),
    "status": (
        b'* STATUS "a b" (MESSAGES 231 uidnext 44292 X 9223372036854775807)\r\n',
        parse_status,
        StatusRow(b"a b", {b"MESSAGES": 231, b"UIDNEXT": 44292, b"X": 2**63 - 1}),
    ),
    "status with an id": (
        b"* STATUS {1}\r\nx (MAILBOXID (F1-2) MESSAGES 1)\r\n",
        parse_status,
        StatusRow(b"x", {b"MESSAGES": 1}),
    ),
    "status of nothing": (b"* STATUS x ()\r\n", parse_status, StatusRow(b"x", {})),
    "search": (b"* SEARCH 2 84 882\r\n", parse_search, array("L", [2, 84, 882])),
    "search finds nothing": (b"* SEARCH\r\n", parse_search, array("L")),
    "search with modseq": (b"* SEARCH 2 5 (MODSEQ 917162500)\r\n", parse_search, array("L", [2, 5])),
    "search, largest": (b"* SEARCH 4294967295\r\n", parse_search, array("L", [4294967295])),
    "esearch": (
        b'* ESEARCH (TAG "A282") UID MIN 2 ALL 2,10:12,15:14\r\n',
        parse_search,
        array("L", [2, 10, 11, 12, 14, 15]),
    ),
    "esearch finds nothing": (b'* ESEARCH (TAG "A283") UID\r\n', parse_search, array("L")),
    "esearch without tag": (b"* ESEARCH COUNT 23 ALL 1\r\n", parse_search, array("L", [1])),
    "exists": (b"* 23 EXISTS\r\n", parse_exists, 23),
    "namespace": (
        b'* NAMESPACE (("" "/")) (("~" "/")) (("#shared/" "/" "X" ("a"))("#public/" NIL))\r\n',
        parse_namespace,
        Namespaces((SLASH,), (Namespace(b"~", b"/"),), (Namespace(b"#shared/", b"/"), Namespace(b"#public/", None))),
    ),
    "no namespaces": (b"* NAMESPACE NIL NIL NIL\r\n", parse_namespace, Namespaces((), (), ())),
    "id": (
        b'* ID ("Name" "Cyrus IMAPD" "version" NIL "os" {5}\r\nLinux)\r\n',
        parse_id,
        {b"name": b"Cyrus IMAPD", b"version": None, b"os": b"Linux"},
    ),
    "no id": (b"* ID NIL\r\n", parse_id, {}),
    "status response": (b"* ok [UIDNEXT 5] Predicted\r\n", status_response, (b"OK", b"UIDNEXT 5", b"Predicted")),
    "status response without text": (b"* NO\r\n", status_response, (b"NO", None, b"")),
    "other response": (b"* 1 EXISTS\r\n", status_response, None),
}


@pytest.mark.parametrize(("stream", "read", "value"), KNOWN.values(), ids=KNOWN)
def test_a_known_response_is_read(stream: bytes, read: Callable[[Response], object], value: object):
    assert read(whole(stream)) == value


WRONG: dict[str, tuple[bytes, Callable[[Response], object]]] = {
    "list without name": (b'* LIST () "/"\r\n', parse_list),
    "list without attributes": (b'* LIST "/" a\r\n', parse_list),
    "list, delimiter of two": (b'* LIST () "//" a\r\n', parse_list),
    "list, wildcard in the name": (b'* LIST () "/" a*\r\n', parse_list),
    "list, quote without end": (b'* LIST () "/" "a\r\n', parse_list),
    "list, wrong escape": (b'* LIST () "/" "a\\b"\r\n', parse_list),
    "list, extension without end": (b'* LIST () "/" a (\r\n', parse_list),
    "list is not status": (b"* STATUS x (MESSAGES 1)\r\n", parse_list),
    "status without number": (b"* STATUS x (MESSAGES NIL)\r\n", parse_status),
    "status, number too large": (b"* STATUS x (MESSAGES 9223372036854775808)\r\n", parse_status),
    "search zero": (b"* SEARCH 0\r\n", parse_search),
    "search too large": (b"* SEARCH 4294967296\r\n", parse_search),
    "search far too large": (b"* SEARCH " + b"9" * 5000 + b"\r\n", parse_search),
    "search for words": (b"* SEARCH a\r\n", parse_search),
    "esearch that would fill the memory": (b"* ESEARCH UID ALL 1:4294967295\r\n", parse_search),
    "esearch with a star": (b"* ESEARCH UID ALL 1:*\r\n", parse_search),
    "esearch zero": (b"* ESEARCH UID ALL 0:5\r\n", parse_search),
    "esearch, empty part": (b"* ESEARCH UID ALL 1,,2\r\n", parse_search),
    "exists of nothing": (b"* EXISTS\r\n", parse_exists),
    "recent is not exists": (b"* 1 RECENT\r\n", parse_exists),
    "namespace with two groups": (b'* NAMESPACE (("" "/")) NIL\r\n', parse_namespace),
    "id with half a pair": (b'* ID ("name")\r\n', parse_id),
}


@pytest.mark.parametrize(("stream", "read"), WRONG.values(), ids=WRONG)
def test_a_wrong_response_is_an_error(stream: bytes, read: Callable[[Response], object]):
    with pytest.raises(FormatError):
        read(whole(stream))


def test_an_error_says_where_and_what():
    with pytest.raises(FormatError) as caught:
        parse_status(whole(b"* STATUS x (MESSAGES abc)\r\n"))
    assert (caught.value.what, caught.value.offset, caught.value.near) == ("number", 21, b"abc)\r\n")


READERS: list[Callable[[Response], object]] = [parse_exists, parse_namespace, parse_id, parse_fetch, fetched]
LENIENT: list[Callable[[Response, Quirk], object]] = [parse_list, parse_status, parse_search, parse_fetch, fetched]
HEADS = [
    b"",
    b"* LIST ",
    b"* LSUB (",
    b"* STATUS x (",
    b"* SEARCH ",
    b"* ESEARCH ",
    b"* ID (",
    b"* NAMESPACE ((",
    b"* 1 FETCH (",
]


@given(st.sampled_from(HEADS), IMAP_BYTES, st.sampled_from([Quirk.KNOWN, Quirk(0)]))
def test_any_response_gives_a_value_or_a_format_error(head: bytes, tail: bytes, quirks: Quirk):
    for response in [
        *Fragments().feed(head + tail.replace(b"{99999999999}", b"") + b")\r\n"),
        Response((head + tail,)),
    ]:
        kind(response)
        status_response(response)
        for read in READERS:
            with contextlib.suppress(FormatError):
                read(response)
        for lenient in LENIENT:
            with contextlib.suppress(FormatError):
                lenient(response, quirks)


@given(st.lists(st.integers(1, 2**32 - 1), max_size=30))
def test_numbers_found_are_read_back(numbers: list[int]):
    line = b"* SEARCH" + b"".join(b" %d" % number for number in numbers) + b"\r\n"
    assert parse_search(whole(line)).tolist() == numbers


def test_a_search_over_a_million_messages_is_one_response():
    numbers = array("L", range(1, 1_000_001))
    line = b"* SEARCH " + b" ".join(b"%d" % number for number in numbers) + b"\r\n"
    assert parse_search(whole(line)) == numbers
    assert len(parse_search(whole(b"* ESEARCH UID ALL 1:1000000\r\n"))) == 1_000_000


CODES = {
    b"[UIDNEXT 4392] Predicted": (b"UIDNEXT 4392", b"Predicted"),
    b"[READ-ONLY]": (b"READ-ONLY", b""),
    b"[PERMANENTFLAGS (\\Seen \\*)] Limited": (b"PERMANENTFLAGS (\\Seen \\*)", b"Limited"),
    b'[BADCHARSET ("a]b" "c\\"]")] no': (b'BADCHARSET ("a]b" "c\\"]")', b"no"),
    b"no code [here]": (None, b"no code [here]"),
    b"[never closed": (None, b"[never closed"),
    b"": (None, b""),
}


@pytest.mark.parametrize(("text", "parts"), CODES.items())
def test_a_response_code_is_told_from_its_text(text: bytes, parts: tuple[bytes | None, bytes]):
    assert split_code(text) == parts


def test_a_code_has_a_name_and_may_have_a_number():
    assert (code_name(b"uidnext 5"), code_name(None), code_name(b"READ-ONLY")) == (b"UIDNEXT", b"", b"READ-ONLY")
    assert code_number(b"uidnext 5", b"UIDNEXT") == 5
    assert code_number(b"UIDNEXT x", b"UIDNEXT") is None
    assert code_number(b"UIDVALIDITY 5", b"UIDNEXT") is None
    assert code_number(None, b"UIDNEXT") is None


def test_capabilities_know_no_case():
    assert parse_capability(b"CAPABILITY imap4rev1 Literal+\r\n") == {b"IMAP4REV1", b"LITERAL+"}


KINDS = {b"* 12 FETCH (": b"FETCH", b"* list ()": b"LIST", b"* OK x": b"OK", b"T1 OK": b"", b"* 5": b"", b"": b""}


@pytest.mark.parametrize(("line", "word"), KINDS.items())
def test_the_kind_of_a_response_is_its_word(line: bytes, word: bytes):
    assert kind(Response((line,))) == word
