"""What is written about mailboxes, as servers tell it."""

from __future__ import annotations

import pytest

from sterna.errors import FormatError
from sterna.imap.comments import parse_metadata
from sterna.imap.fragments import Response

ROWS = {
    "one": ((b'* METADATA "INBOX" (/shared/comment "Shared")\r\n',), {b"/shared/comment": b"Shared"}),
    "none": ((b"* METADATA INBOX (/shared/comment NIL /private/comment NIL)\r\n",), {}),
    "a literal": (
        (b"* METADATA Work (/private/comment {4}\r\n", b"a\r\nb", b' /Shared/Comment "x")\r\n'),
        {b"/private/comment": b"a\r\nb", b"/shared/comment": b"x"},
    ),
}


@pytest.mark.parametrize(("parts", "found"), ROWS.values(), ids=ROWS)
def test_entries_are_read(parts, found):
    assert parse_metadata(Response(parts)) == found


def test_what_is_no_metadata_is_an_error():
    with pytest.raises(FormatError):
        parse_metadata(Response((b'* METADATA "" /shared/comment\r\n',)))
