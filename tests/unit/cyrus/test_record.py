"""Records and the checksum over them."""

from __future__ import annotations

import zlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.cyrus.dlist import parse
from sterna.cyrus.record import Record, from_dlist, sync_crc
from sterna.errors import FormatError

ONE = Record(17, 100, 1577872800, frozenset({"\\Seen", "Wichtig"}), 1577869200, 34, bytes(range(20)))

RECORDS = st.builds(
    Record,
    uid=st.integers(1, 2**32 - 1),
    modseq=st.integers(1, 2**60),
    last_updated=st.integers(1, 2**32),
    flags=st.frozensets(st.sampled_from(["\\Seen", "\\Deleted", "$Forwarded", "Wichtig"])),
    internaldate=st.integers(1, 2**32),
    size_bytes=st.integers(1, 2**31),
    guid=st.binary(min_size=20, max_size=20),
    expunged=st.booleans(),
)


@given(RECORDS)
def test_a_record_is_read_back_as_it_was_written(record):
    assert from_dlist(parse((record.dump() + b"\r\n",))) == record


def test_the_checksum_of_one_record_is_that_of_its_text():
    flags = zlib.crc32(b"\\seen") ^ zlib.crc32(b"wichtig")
    text = f"17 100 1577872800 ({flags}) 1577869200 {ONE.guid.hex()}".encode()
    assert ONE.crc() == zlib.crc32(text)


def test_an_expunged_record_counts_for_nothing():
    assert sync_crc([ONE, replace(ONE, uid=18, expunged=True)]) == ONE.crc()


BROKEN = {
    "no UID": b"%(MODSEQ 1)",
    "GUID too short": ONE.dump().replace(ONE.guid.hex().encode(), b"00ff"),
    "flags are no list": ONE.dump().replace(b"(Wichtig \\Seen)", b"x").replace(b"(\\Seen Wichtig)", b"x"),
    "a number that is none": ONE.dump().replace(b"SIZE 34", b"SIZE many"),
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_a_record_with_a_fault_is_a_format_error(text):
    with pytest.raises(FormatError):
        from_dlist(parse((text + b"\r\n",)))
