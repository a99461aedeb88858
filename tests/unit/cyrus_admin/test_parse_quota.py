"""QUOTA responses become values or errors with a place."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.cyrus.admin import NO_QUOTA, Quota, parse_quota
from sterna.errors import FormatError
from sterna.imap.fragments import Response

ROWS = {
    "a limit": (b"* QUOTA user/anna@lab.example (STORAGE 12 5120)\r\n", Quota(12, 5120)),
    "a root without limits": (b"* QUOTA user/anna@lab.example ()\r\n", NO_QUOTA),
    "a root in quotes": (b'* QUOTA "user/a b@lab.example" (STORAGE 0 1)\r\n', Quota(0, 1)),
    "messages are limited too": (b"* QUOTA r (MESSAGE 3 10 STORAGE 7 8)\r\n", Quota(7, 8)),
    "only messages are limited": (b"* QUOTA r (MESSAGE 3 10)\r\n", NO_QUOTA),
    "small letters": (b"* quota r (storage 7 8)\r\n", Quota(7, 8)),
}

WRONG = {
    "a number is missing": b"* QUOTA r (STORAGE 7)\r\n",
    "no number": b"* QUOTA r (STORAGE a b)\r\n",
    "no list": b"* QUOTA r\r\n",
    "another response": b"* QUOTAROOT INBOX r\r\n",
    "text behind it": b"* QUOTA r () x\r\n",
}


@pytest.mark.parametrize(("line", "quota"), ROWS.values(), ids=ROWS)
def test_a_quota_is_read(line, quota):
    assert parse_quota(Response((line,))) == quota


@pytest.mark.parametrize("line", WRONG.values(), ids=WRONG)
def test_what_is_no_quota_is_an_error(line):
    with pytest.raises(FormatError):
        parse_quota(Response((line,)))


@given(st.binary().map(lambda tail: b"* QUOTA " + tail.replace(b"\r\n", b"") + b"\r\n"))
def test_any_bytes_give_a_quota_or_a_format_error(line):
    with contextlib.suppress(FormatError):
        assert isinstance(parse_quota(Response((line,))), Quota)
