from __future__ import annotations

import contextlib
import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.errors import FormatError
from sterna.imap.dates import internal_date

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

KNOWN = {
    b"17-Jul-1996 02:44:25 -0700": 837_596_665,
    b" 1-Jan-1970 00:00:00 +0000": 0,
    b"01-Jan-1970 00:00:00 -0000": 0,
    b"01-jan-1970 01:00:00 +0100": 0,
    b"31-DEC-1969 23:59:59 +0000": -1,
    b"29-Feb-2024 12:00:00 +1345": 1_709_158_500,
    b"31-Dec-2016 23:59:60 +0000": 1_483_228_800,
    b"19-Jan-2038 03:14:08 +0000": 2**31,
    b" 9-Sep-2001 01:46:40 +0000": 1_000_000_000,
}


@pytest.mark.parametrize(("raw", "seconds"), KNOWN.items(), ids=[raw.decode() for raw in KNOWN])
def test_a_known_date_is_read(raw: bytes, seconds: int):
    assert internal_date(raw) == seconds


WRONG = [
    b"",
    b"30-Feb-2023 00:00:00 +0000",
    b"29-Feb-2023 00:00:00 +0000",
    b" 0-Jan-2023 00:00:00 +0000",
    b"32-Jan-2023 00:00:00 +0000",
    b"01-Foo-2023 00:00:00 +0000",
    b"01-Jan-0000 00:00:00 +0000",
    b"01-Jan-2023 24:00:00 +0000",
    b"01-Jan-2023 00:60:00 +0000",
    b"01-Jan-2023 00:00:61 +0000",
    b"01-Jan-2023 00:00:00 +2400",
    b"01-Jan-2023 00:00:00 +0060",
    b"01-Jan-2023 00:00:00 UTC",
    b"01-Jan-2023 00:00:00 +000",
    b"01-Jan-2023 00:00:00",
    b"01-Jan-23 00:00:00 +0000",
    b"01-Jan-2023 00:00:00 +0000 ",
    b"  1-Jan-2023 00:00:00 +0000",
    b"Sun, 01 Jan 2023 00:00:00 +0000",
]


@pytest.mark.parametrize("raw", WRONG)
def test_what_is_no_date_is_an_error(raw: bytes):
    with pytest.raises(FormatError):
        internal_date(raw)


@given(
    st.integers(-62_135_000_000, 253_402_000_000),
    st.integers(-23 * 60 - 59, 23 * 60 + 59),
    st.booleans(),
)
def test_every_date_is_read_exactly(seconds: int, zone_min: int, padded: bool):
    moment = EPOCH.astimezone(dt.timezone(dt.timedelta(minutes=zone_min))) + dt.timedelta(seconds=seconds)
    month = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")[moment.month - 1]
    day = f"{moment.day:2}" if padded else f"{moment.day:02}"
    sign = "-" if zone_min < 0 else "+"
    zone = f"{sign}{abs(zone_min) // 60:02}{abs(zone_min) % 60:02}"
    raw = f"{day}-{month}-{moment.year:04} {moment:%H:%M:%S} {zone}".encode()
    assert internal_date(raw) == seconds


@given(st.one_of(st.binary(max_size=30), st.text("0123456789 -+:JanFeb", min_size=24, max_size=27).map(str.encode)))
def test_any_bytes_are_a_date_or_an_error(raw: bytes):
    with contextlib.suppress(FormatError):
        assert isinstance(internal_date(raw), int)
