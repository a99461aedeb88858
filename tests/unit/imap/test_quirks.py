"""Every leniency has a sample: read with the quirk, refused without it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sterna.errors import SternaError
from sterna.imap.content import whole
from sterna.imap.dates import internal_date
from sterna.imap.engine import Engine, Literal
from sterna.imap.fragments import Fragments, Response
from sterna.imap.names import listed, mailbox_name
from sterna.imap.quirks import Quirk
from sterna.imap.responses import ListRow, parse_fetch, parse_search, parse_status


def conversation(first: bytes) -> Callable[[Quirk], object]:
    def run(quirks: Quirk) -> object:
        engine = Engine(quirks=quirks)
        list(engine.receive(b"* OK hi\r\n"))
        engine.submit(b"x ", Literal(b"abc"))
        engine.submit(b"NOOP")
        engine.bytes_to_send()
        list(engine.receive(first))
        return b"".join(map(whole, engine.bytes_to_send()))

    return run


SAMPLES: dict[str, tuple[Quirk, Callable[[Quirk], object], object]] = {
    "literal with a plus": (
        Quirk.PLUS_IN_ANSWER,
        lambda quirks: [r.parts for r in Fragments(quirks=quirks).feed(b"* X {1+}\r\na\r\n")],
        [(b"* X {1+}\r\n", b"a", b"\r\n")],
    ),
    "no text": (Quirk.MISSING_TEXT, conversation(b"T1 NO\r\n"), b"T2 NOOP\r\n"),
    "bare plus": (Quirk.BARE_CONTINUATION, conversation(b"+\r\n"), b"abc\r\nT2 NOOP\r\n"),
    "space after numbers": (
        Quirk.SPARE_SPACE,
        lambda quirks: parse_search(Response((b"* SEARCH 1 2 \r\n",)), quirks).tolist(),
        [1, 2],
    ),
    "two spaces between numbers": (
        Quirk.SPARE_SPACE,
        lambda quirks: parse_search(Response((b"* SEARCH 1  2\r\n",)), quirks).tolist(),
        [1, 2],
    ),
    "space in a status": (
        Quirk.SPARE_SPACE,
        lambda quirks: parse_status(Response((b"* STATUS x (MESSAGES 1 ) \r\n",)), quirks).items,
        {b"MESSAGES": 1},
    ),
    "two spaces between flags": (
        Quirk.SPARE_SPACE,
        lambda quirks: parse_fetch(Response((b"* 1 FETCH (FLAGS (\\Seen  x))\r\n",)), quirks).flags,
        {"\\Seen", "x"},
    ),
    "day in one place": (
        Quirk.UNPADDED_DAY,
        lambda quirks: internal_date(b"2-Jan-1970 00:00:00 +0000", quirks),
        86_400,
    ),
    "keyword in UTF-8": (
        Quirk.EIGHT_BIT_KEYWORD,
        lambda quirks: parse_fetch(Response(("* 1 FETCH (FLAGS (grün))\r\n".encode(),)), quirks).flags,
        {"grün"},
    ),
    "keyword in Latin-1": (
        Quirk.EIGHT_BIT_KEYWORD,
        lambda quirks: parse_fetch(Response((b"* 1 FETCH (FLAGS (gr\xfcn))\r\n",)), quirks).flags,
        {"grün"},
    ),
    "lone ampersand": (Quirk.PLAIN_NAME, lambda quirks: mailbox_name(b"Q&A/x", b"/", quirks), ("Q&A", "x")),
    "name in UTF-8": (Quirk.PLAIN_NAME, lambda quirks: mailbox_name("grün".encode(), b"/", quirks), ("grün",)),
    "name in Latin-1": (Quirk.PLAIN_NAME, lambda quirks: mailbox_name(b"gr\xfcn", b"/", quirks), ("grün",)),
}


@pytest.mark.parametrize(("quirk", "read", "value"), SAMPLES.values(), ids=SAMPLES)
def test_a_known_deviation_is_read_and_otherwise_refused(quirk: Quirk, read: Callable[[Quirk], object], value: object):
    assert read(Quirk.KNOWN) == value
    assert read(quirk) == value
    with pytest.raises(SternaError):
        read(Quirk.KNOWN & ~quirk)


def test_a_listed_name_that_ends_in_the_delimiter_only_holds_others():
    row = ListRow(frozenset(), b"/", b"Work/")
    (mailbox,) = listed([row], b"", Quirk.TRAILING_DELIMITER)
    assert (mailbox.name, mailbox.wire, mailbox.selectable) == (("Work",), b"Work", False)
    (mailbox,) = listed([row], b"", Quirk(0))
    assert (mailbox.name, mailbox.selectable) == (("Work", ""), True)


def test_every_quirk_is_known():
    assert set(Quirk) == set(Quirk.KNOWN)
