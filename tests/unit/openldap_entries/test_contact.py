from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.openldap.contact import CONTACT_ATTRIBUTES, contact_attributes


def test_values_are_taken_under_the_schemas_spelling_of_their_names() -> None:
    found, refused = contact_attributes(
        [("TelephoneNumber", ("+47 22 33",)), ("l", ("Oslo",)), ("O", ("Lab", "Fjord"))]
    )
    assert found == {"l": ("Oslo",), "o": ("Lab", "Fjord"), "telephoneNumber": ("+47 22 33",)}
    assert refused == []


REFUSED = {
    "letters that no number has": ("mobile", ("ring me: 07_1",), "'_'"),
    "a number in other digits": ("telephoneNumber", ("٠١٢",), "telephone number"),
    "a control character": ("title", ("a\x07b",), "control"),
    "a second value where one is allowed": ("displayName", ("Anna", "Bo"), "only one"),
    "an attribute that entries do not have": ("shoeSize", ("43",), "no such attribute"),
    "an attribute that is ours": ("mail", ("x@else.example",), "no such attribute"),
    "a password": ("userPassword", ("x",), "no such attribute"),
}


@pytest.mark.parametrize(("name", "values", "why"), REFUSED.values(), ids=REFUSED)
def test_what_the_schema_refuses_is_said(name, values, why) -> None:
    _, [refused] = contact_attributes([(name, values)])
    assert refused.value == values[-1]
    assert why in refused.why


def test_values_that_the_directory_takes_for_one_are_one() -> None:
    found, refused = contact_attributes([("ou", ("Sales", "SALES", " sales ")), ("mobile", ("12-34", "1 234"))])
    assert (found, refused) == ({"ou": ("Sales",), "mobile": ("12-34",)}, [])


def test_writing_from_right_to_left_is_text() -> None:
    found, refused = contact_attributes([("givenName", ("\u200f\u05d0\u05d1\u200e",))])
    assert (found, refused) == ({"givenName": ("\u200f\u05d0\u05d1\u200e",)}, [])


def test_nothing_said_is_nothing_lost() -> None:
    assert contact_attributes([("ou", ("", "  ")), ("l", ())]) == ({}, [])


def test_lines_of_an_address_are_kept_apart_and_other_texts_become_one_line() -> None:
    found, _ = contact_attributes([("postalAddress", ("Way 1\r\n0150 $ Oslo",)), ("description", ("a\nb",))])
    assert found == {"description": ("a b",), "postalAddress": ("Way 1$0150 \\24 Oslo",)}


@given(st.lists(st.tuples(st.sampled_from([*CONTACT_ATTRIBUTES, "odd"]), st.lists(st.text(), max_size=3))))
def test_any_text_is_taken_or_refused_and_nothing_is_taken_twice(contact) -> None:
    found, refused = contact_attributes(contact)
    assert all(values and all(value and "\n" not in value for value in values) for values in found.values())
    assert all(len({value.casefold() for value in values}) == len(values) for values in found.values())
    assert all(each.why for each in refused)
