"""Mailbox names: the three spellings, and which names have to change."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.cyrus.names import (
    MAX_INTERNAL_BYTES,
    UnholdableAddressError,
    administrator,
    internal,
    map_names,
    owner,
    wire,
)
from sterna.model.address import Address
from sterna.model.mailbox import INBOX

RENE = Address.parse("rene.pfeiffer@lab.example")

SPELLINGS = {
    "inbox": (INBOX, b"lab.example!user.rene^pfeiffer", b"user/rene.pfeiffer@lab.example"),
    "full stop": (
        ("Sent 2.0",),
        b"lab.example!user.rene^pfeiffer.Sent 2^0",
        b"user/rene.pfeiffer/Sent 2.0@lab.example",
    ),
    "umlaut": (
        ("Entwürfe", "a&b"),
        b"lab.example!user.rene^pfeiffer.Entw&APw-rfe.a&-b",
        b"user/rene.pfeiffer/Entw&APw-rfe/a&-b@lab.example",
    ),
    "below inbox": (
        ("INBOX", "old"),
        b"lab.example!user.rene^pfeiffer.INBOX.old",
        b"user/rene.pfeiffer/INBOX/old@lab.example",
    ),
}


@pytest.mark.parametrize(("name", "inside", "by_admin"), SPELLINGS.values(), ids=SPELLINGS)
def test_the_spellings_of_a_name(name, inside, by_admin):
    assert internal(RENE, name) == inside
    assert administrator(RENE, name) == by_admin
    assert owner(RENE, inside) == name


def test_another_users_mailbox_has_no_name_for_the_owner():
    assert owner(RENE, b"lab.example!user.rene^pfeiffers") is None
    assert owner(RENE, b"lab.example!DELETED.user.rene^pfeiffer.4567") is None


@pytest.mark.parametrize("local", ["a^b", "a/b", "a*b", "jörg", "a%b"])
def test_a_user_that_cyrus_cannot_have_is_refused(local):
    with pytest.raises(UnholdableAddressError):
        internal(Address("lab.example", local), INBOX)


MAPPINGS = {
    "harmless": ({("a.b",), ("Müll",), ("x", "y z")}, {}),
    "forbidden sign": ({("a^b",)}, {("a^b",): ("a_b",)}),
    "collides with a name that fits": ({("a^b",), ("a_b",)}, {("a^b",): ("a_b 2",)}),
    "two that become one": ({("a^b",), ("a%b",)}, {("a%b",): ("a_b",), ("a^b",): ("a_b 2",)}),
    "children go along": (
        {("a^b",), ("a^b", "c"), ("a_b", "c")},
        {("a^b",): ("a_b 2",), ("a^b", "c"): ("a_b 2", "c")},
    ),
    "only the case differs": ({("Sent",), ("sent",)}, {}),
    "a name altnamespace uses": ({("Other Users",), ("x", "Other Users")}, {("Other Users",): ("Other Users_",)}),
}


@pytest.mark.parametrize(("names", "changed"), MAPPINGS.values(), ids=MAPPINGS)
def test_names_map_to_what_cyrus_can_hold(names, changed):
    assert map_names(names) == {name: changed.get(name, name) for name in names}


def test_an_earlier_choice_stays_when_a_new_mailbox_would_take_its_name():
    first = map_names({("a^b",)})
    assert map_names({("a^b",), ("a_b",)}, known=first) == {("a^b",): ("a_b",), ("a_b",): ("a_b 2",)}


def test_a_name_that_is_too_long_is_cut_and_stays_unique():
    names = {("ü" * 200 + "a",), ("ü" * 200 + "b",)}
    mapped = map_names(names, root_bytes=40)
    assert len(set(mapped.values())) == 2
    assert all(len(internal(RENE, name)) <= MAX_INTERNAL_BYTES for name in mapped.values())


COMPONENT = st.text(st.characters(codec="utf-8", exclude_characters="/"), min_size=1, max_size=12)


@given(
    st.sets(st.lists(COMPONENT | st.sampled_from(["a^b", "a_b", "a%b", "a_b 2"]), min_size=1, max_size=3).map(tuple))
)
def test_no_two_mailboxes_ever_become_one(names):
    names = {name for name in names if name[0].upper() != "INBOX"}
    mapped = map_names(names)
    assert mapped.keys() == names
    assert len(set(mapped.values())) == len(names)
    assert {internal(RENE, name) for name in mapped.values()}.__len__() == len(names)
    for name in mapped.values():
        assert owner(RENE, internal(RENE, name)) == name
        assert map_names({name}) == {name: name}, "a mapped name fits"
        assert wire(name).isascii()
