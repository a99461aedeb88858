"""Attributes of entries, and when two of them mean the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.model.address import Address
from sterna.openldap.entries import dn_key, kib, raw, row_attributes, same_values, text
from sterna.openldap.tree import Tree

SAME = {
    "addresses in other cases": ("mail", ["Anna@Lab.example"], ["anna@lab.example"], True),
    "names in other cases": ("cn", ["anna berg"], ["Anna Berg"], False),
    "another order": ("mailAlternateAddress", ["a@x", "b@x"], ["b@x", "a@x"], True),
    "one more": ("mailAlternateAddress", ["a@x"], ["b@x", "a@x"], False),
    "none and none": ("mailQuotaSize", [], [], True),
    "none and one": ("mailQuotaSize", [], ["1"], False),
}

NAMES = {
    "spaces": "uid=anna, ou=lab.example",
    "cases": "UID=Anna,OU=Lab.Example",
    "escapes": "uid=\\61nna,ou=lab.example",
    "as it is": "uid=anna,ou=lab.example",
}


@pytest.mark.parametrize(("attribute", "left", "right", "same"), SAME.values(), ids=SAME)
def test_values_mean_the_same(attribute, left, right, same):
    assert same_values(attribute, left, right) is same


@pytest.mark.parametrize("dn", NAMES.values(), ids=NAMES)
def test_all_spellings_of_a_name_have_one_key(dn):
    assert dn_key(dn) == (("uid", "anna"), ("ou", "lab.example"))


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).map(str.strip).filter(bool))
def test_a_name_with_any_local_part_has_its_key(local):
    dn = Tree("dc=lab,dc=example").account(Address("lab.example", local))
    assert dn_key(dn)[0] == ("uid", local.lower())


@given(st.lists(st.binary()))
def test_any_bytes_become_text_and_back(values):
    assert raw(text(values)) == tuple(values)


@given(st.integers(0, 2**62))
def test_no_limit_becomes_smaller_in_another_unit(size_bytes):
    assert 0 <= kib(size_bytes) * 1024 - size_bytes < 1024


def test_a_row_holds_each_value_once():
    assert row_attributes("k", ["b", "a", "b"])["lookupValue"] == ("a", "b")
