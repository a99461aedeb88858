from __future__ import annotations

import itertools

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sterna.errors import FormatError
from sterna.imap import fetch
from sterna.imap.fetch import Fetched, fetched, parse_any_fetch, parse_fetch
from sterna.imap.fragments import Fragments, Response
from sterna.imap.quirks import Quirk
from tests.unit.imap.streams import IMAP_BYTES


def whole(stream: bytes) -> Response:
    (response,) = Fragments().feed(stream)
    return response


SEEN = frozenset({"\\Seen"})
NONE: frozenset[str] = frozenset()
NOON = b'INTERNALDATE "02-Jan-1970 12:00:00 +0000"'

KNOWN: dict[str, tuple[bytes, Fetched]] = {
    "as asked": (
        b"* 12 FETCH (UID 7 FLAGS (\\Seen) " + NOON + b" RFC822.SIZE 4286)\r\n",
        Fetched(12, 7, SEEN, 129_600, 4286),
    ),
    "in Cyrus's order": (
        b"* 12 FETCH (FLAGS (\\Seen) UID 7 " + NOON + b" RFC822.SIZE 4286)\r\n",
        Fetched(12, 7, SEEN, 129_600, 4286),
    ),
    "in lower case": (
        b"* 12 fetch (flags (\\seen \\RECENT) uid 7 rfc822.size 0)\r\n",
        Fetched(12, 7, SEEN, None, 0),
    ),
    "recent is a session's": (b"* 1 FETCH (FLAGS (\\Recent))\r\n", Fetched(1, flags=NONE)),
    "keywords keep their case": (
        b"* 1 FETCH (FLAGS ($Forwarded wichtig NonJunk [x))\r\n".replace(b"[x", b"x]"),
        Fetched(1, flags=frozenset({"$Forwarded", "wichtig", "NonJunk", "x]"})),
    ),
    "body as literal": (b"* 1 FETCH (UID 7 BODY[] {5}\r\na)\r\nb)\r\n", Fetched(1, 7, body=b"a)\r\nb")),
    "body as quoted string": (b'* 1 FETCH (BODY[] "a\\"b" UID 7)\r\n', Fetched(1, 7, body=b'a"b')),
    "body with NUL, as Cyrus writes it": (
        b"* 1 FETCH (UID 7 BODY[] ~{2}\r\n\x00\x01)\r\n",
        Fetched(1, 7, body=b"\x00\x01"),
    ),
    "empty body": (b"* 1 FETCH (UID 7 BODY[] {0}\r\n)\r\n", Fetched(1, 7, body=b"")),
    "body gone": (b"* 1 FETCH (UID 7 BODY[] NIL)\r\n", Fetched(1, 7)),
    "part of a body is not the body": (b"* 1 FETCH (UID 7 BODY[]<0> {1}\r\na)\r\n", Fetched(1, 7)),
    "other sections are passed over": (
        b'* 1 FETCH (BODY[1.2.MIME] "x" BODY[HEADER.FIELDS ("X]" {2}\r\nab)]<5> NIL UID 7)\r\n',
        Fetched(1, 7),
    ),
    "unknown items are passed over": (
        b'* 1 FETCH (MODSEQ (5) X-GM-LABELS ("\\\\Inbox" ()) ENVELOPE ("a" {1}\r\nb NIL ((NIL "x" "y"))) UID 7)\r\n',
        Fetched(1, 7),
    ),
    "binary literal": (b"* 1 FETCH (BINARY[1] ~{2}\r\n\x00\x01 UID 7)\r\n", Fetched(1, 7)),
    "largest numbers": (
        b"* 4294967295 FETCH (UID 4294967295 RFC822.SIZE 999999999999999999)\r\n",
        Fetched(4294967295, 4294967295, size_bytes=999999999999999999),
    ),
    "said twice, the last one counts": (b"* 1 FETCH (UID 7 UID 8)\r\n", Fetched(1, 8)),
}


@pytest.mark.parametrize(("stream", "value"), KNOWN.values(), ids=KNOWN)
def test_a_known_response_is_read(stream: bytes, value: Fetched):
    response = whole(stream)
    assert parse_fetch(response) == value
    assert parse_any_fetch(response) == value
    assert fetched(response) == value


WRONG = {
    "another response": b"* 1 EXISTS\r\n",
    "no number": b"* FETCH (UID 7)\r\n",
    "number zero": b"* 0 FETCH (UID 7)\r\n",
    "UID zero": b"* 1 FETCH (UID 0)\r\n",
    "UID too large": b"* 1 FETCH (UID 4294967296)\r\n",
    "leading sign": b"* 1 FETCH (UID +7)\r\n",
    "bad date": b'* 1 FETCH (UID 7 INTERNALDATE "31-Feb-1996 02:44:25 -0700")\r\n',
    "no date": b"* 1 FETCH (UID 7 INTERNALDATE NIL)\r\n",
    "bad flag": b'* 1 FETCH (FLAGS (\\Seen "x"))\r\n',
    "flag with a star": b"* 1 FETCH (FLAGS (\\*))\r\n",
    "no space between items": b"* 1 FETCH (UID 7FLAGS ())\r\n",
    "no end": b"* 1 FETCH (UID 7\r\n",
    "something behind": b"* 1 FETCH (UID 7) x\r\n",
    "size negative": b"* 1 FETCH (RFC822.SIZE -1)\r\n",
    "empty": b"* 1 FETCH ()\r\n",
    "literal announced, none there": b"* 1 FETCH (BODY[] {5} UID 7)\r\n",
    "nested too deep": b"* 1 FETCH (BODYSTRUCTURE " + b"(" * 5000 + b")" * 5000 + b")\r\n",
    "section without end": b"* 1 FETCH (BODY[1 NIL UID 7)\r\n",
}


@pytest.mark.parametrize("stream", WRONG.values(), ids=WRONG)
def test_a_wrong_response_is_an_error(stream: bytes):
    response = whole(stream)
    for read in (parse_fetch, parse_any_fetch):
        with pytest.raises(FormatError):
            read(response)


FACTS = [b"UID 7", b"FLAGS (\\Seen x)", NOON, b"RFC822.SIZE 4286"]


@pytest.mark.parametrize("order", list(itertools.permutations(FACTS)))
def test_the_facts_of_a_message_take_the_short_cut_in_any_order(order: tuple[bytes, ...]):
    line = b"* 12 FETCH (" + b" ".join(order) + b")\r\n"
    value = Fetched(12, 7, frozenset({"\\Seen", "x"}), 129_600, 4286)
    assert fetch._quickly(Response((line,)), Quirk.KNOWN) == value
    assert parse_any_fetch(Response((line,))) == value


def test_what_is_no_fetch_is_told_apart_without_an_error():
    assert fetched(whole(b"* 1 EXISTS\r\n")) is None
    assert fetched(whole(b"* OK FETCH\r\n")) is None


NUMBERS = st.one_of(
    st.integers(0, 20), st.sampled_from([999999999, 1000000000, 4294967295, 4294967296, 10**18, 10**20])
)
FLAGS = st.sampled_from([b"", b"\\Seen", b"\\seen $x", b"\\Recent", b"a  b", b" ", b"\xe9", b"\\*", b'"', b"a)", b"\\"])
DATES = st.one_of(
    st.sampled_from([b" 1-Jan-1970 00:00:00 +0000", b"1-Jan-1970 00:00:00 +0000", b"31-Feb-2020 00:00:00 +0000"]),
    st.from_regex(
        rb"[ 0-3][0-9]-(Jan|feb|XXX)-[0-2][0-9]{3} [0-2][0-9]:[0-6][0-9]:[0-6][0-9] [+-][0-2][0-9]{3}", fullmatch=True
    ),
)
ITEMS = st.one_of(
    NUMBERS.map(lambda n: b"UID %d" % n),
    NUMBERS.map(lambda n: b"RFC822.SIZE %d" % n),
    FLAGS.map(lambda flags: b"FLAGS (" + flags + b")"),
    DATES.map(lambda date: b'INTERNALDATE "' + date + b'"'),
    st.sampled_from([b"MODSEQ (1)", b"uid 3", b"UID 03", b'BODY[] "x"', b"", b"UID", b"BODY[]"]),
)
GAPS = st.sampled_from([b" ", b" ", b" ", b" ", b"  ", b"", b")"])


@st.composite
def lines(draw: st.DrawFn) -> bytes:
    items = draw(st.lists(ITEMS, max_size=5))
    text = b"".join(item + draw(GAPS) for item in items[:-1]) + (items[-1] if items else b"")
    end = draw(st.sampled_from([b")\r\n", b")\r\n", b" )\r\n", b") \r\n", b"\r\n", b")x\r\n"]))
    return b"* %d FETCH (" % draw(NUMBERS) + text + end


def reading(read: object, response: Response, quirks: Quirk) -> object:
    assert callable(read)
    try:
        return read(response, quirks)
    except FormatError as error:
        return str(error)


@given(
    st.one_of(lines(), IMAP_BYTES.map(lambda raw: b"* 1 FETCH (" + raw + b")\r\n")),
    st.sampled_from([Quirk.KNOWN, Quirk(0)]),
)
@example(b'* 1 FETCH (INTERNALDATE "31-Feb-2020 00:00:00 +0000" ' + NOON + b")\r\n", Quirk.KNOWN)
def test_the_quick_reader_and_the_full_one_give_the_same(line: bytes, quirks: Quirk):
    response = Response((line,))
    assert reading(parse_fetch, response, quirks) == reading(parse_any_fetch, response, quirks)


@given(
    st.permutations([0, 1, 2, 3]),
    st.integers(1, 2**32 - 1),
    st.integers(0, 10**18 - 1),
    st.sets(st.sampled_from(["\\Seen", "\\Draft", "$Forwarded", "grün", "x"])),
    st.integers(0, 2**33),
)
def test_what_is_written_is_read_back_in_any_order(order: list[int], uid: int, size: int, flags: set[str], day: int):
    items = [
        b"UID %d" % uid,
        b"RFC822.SIZE %d" % size,
        b"FLAGS (" + b" ".join(flag.encode() for flag in sorted(flags)) + b")",
        b'INTERNALDATE "01-Jan-2000 00:00:%02d +0000"' % (day % 60),
    ]
    line = b"* 1 FETCH (" + b" ".join(items[at] for at in order) + b")\r\n"
    assert parse_fetch(whole(line)) == Fetched(1, uid, frozenset(flags), 946_684_800 + day % 60, size)
