from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.cyrus.acl import identifier_of, parse_acl, write_acl
from sterna.errors import FormatError
from sterna.model.address import Address
from sterna.model.sharing import DomainMembers, Everybody, Grant, GroupMembers

BOB = Address("lab.example", "bob")
identifiers = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1).map(str.encode)
rights = st.text("lrswipkxtecdan0123456789").map(str.encode)


@given(st.dictionaries(identifiers, rights))
def test_what_is_written_is_read_back(acl: dict[bytes, bytes]) -> None:
    assert parse_acl(write_acl(acl)) == acl


@given(st.binary())
def test_any_bytes_give_a_list_or_a_format_error(text: bytes) -> None:
    with contextlib.suppress(FormatError):
        parse_acl(text)


@pytest.mark.parametrize("acl", [{b"": b"lr"}, {b"a\tb": b"lr"}, {b"a b": b"lr"}, {b"a": b"zzz"}, {b"a": b"l\t"}])
def test_what_the_server_would_store_unread_is_not_written(acl: dict[bytes, bytes]) -> None:
    with pytest.raises(ValueError, match="cannot stand"):
        write_acl(acl)


def test_identifiers_are_those_that_cyrus_knows() -> None:
    assert identifier_of(Grant(BOB, "lr")) == b"bob@lab.example"
    assert identifier_of(Grant(BOB, "lr", negative=True)) == b"-bob@lab.example"
    assert identifier_of(Grant(Everybody.ANYONE, "lr")) == b"anyone"
    assert identifier_of(Grant(Everybody.ANYONE, "lr", negative=True)) is None
    assert identifier_of(Grant(GroupMembers(BOB), "lr")) is None
    assert identifier_of(Grant(DomainMembers("lab.example"), "lr")) is None
    assert identifier_of(Grant(Address("lab.example", "jürgen"), "lr")) is None
