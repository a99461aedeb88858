"""What is unusual in messages is counted, for each mailbox."""

from __future__ import annotations

import pytest

from sterna.migration.copy.oddities import BARE_LINE_ENDS, NULS, Oddities, Oddity

ROWS = {
    "usual": (b"Subject: x\r\n\r\n.\r\n", []),
    "no line end": (b"x", []),
    "bare line feeds": (b"Subject: x\n\n.\n", [BARE_LINE_ENDS]),
    "begins with one": (b"\nx\r\n", [BARE_LINE_ENDS]),
    "one in the body": (b"Subject: x\r\n\r\na\nb\r\n", []),
    "bare carriage returns": (b"Subject: x\r\rbody", []),
    "NUL": (b"Subject: x\r\n\r\na\0b\0c\r\n", [NULS]),
    "both": (b"a\0\nb", [BARE_LINE_ENDS, NULS]),
}


@pytest.mark.parametrize(("body", "what"), ROWS.values(), ids=ROWS)
def test_what_is_unusual_is_seen(body, what):
    oddities = Oddities()
    oddities.see(body)
    oddities.see(ROWS["usual"][0])
    assert [each.what for each in oddities.of(("INBOX",))] == sorted(what)


def test_a_mailbox_has_one_line_for_each_kind():
    oddities = Oddities()
    for _ in range(1200):
        oddities.see(b"a\n\nb")
    assert oddities.of(("Work", "Old")) == [Oddity(("Work", "Old"), 1200, BARE_LINE_ENDS)]
    assert str(oddities.of(("Work", "Old"))[0]).startswith("Work/Old: 1,200 have line ends without CR")
