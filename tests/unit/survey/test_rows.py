"""Values as JSON, families of findings, and what becomes of names."""

from __future__ import annotations

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.migration.survey.families import GAP, with_family
from sterna.migration.survey.mailboxes import renamed
from sterna.migration.survey.rows import plain
from sterna.model.address import Address
from sterna.model.finding import Finding, Outcome
from sterna.model.polling import PolledAccount
from sterna.model.secret import Secret

ANNA = Address("lab.example", "anna")


def common(text: str) -> str:
    return with_family(Finding("filter", "x", Outcome.DROPPED, "w", text))[1].why


ROWS = {
    "a name in quotes": ("rule 'Urlaub' is gone", f"rule {GAP} is gone"),
    "an address": ("it belongs to anna@lab.example already", f"it belongs to {GAP} already"),
    "numbers": ("IMAP shows 3 messages, the CLI counts 1,204", f"IMAP shows {GAP} messages, the CLI counts {GAP}"),
    "numbers in words stay": ("UTF-8 and SHA1 and RFC 4524", f"UTF-8 and SHA1 and RFC {GAP}"),
    "nothing": ("the target has no such thing", "the target has no such thing"),
}


@pytest.mark.parametrize(("text", "expected"), ROWS.values(), ids=ROWS)
def test_what_differs_between_findings_of_a_family_is_a_gap(text: str, expected: str) -> None:
    assert common(text) == expected


@given(st.text(max_size=3000))
def test_any_text_has_a_family_of_bounded_length(text: str) -> None:
    assert len(common(text)) <= 401


def test_a_secret_is_only_known_or_not() -> None:
    polled = PolledAccount("home", "pop.example", "anna", Secret("sehr geheim"))
    shown = plain(polled)
    assert isinstance(shown, dict)
    assert shown["password"] is True
    assert "geheim" not in json.dumps(shown)


def test_what_the_model_does_not_use_is_refused() -> None:
    with pytest.raises(TypeError, match="object"):
        plain(object())


@dataclasses.dataclass(frozen=True)
class Nested:
    who: Address
    names: tuple[tuple[str, ...], ...]


def test_values_in_values_are_objects_with_their_kind() -> None:
    assert plain(Nested(ANNA, (("Work", "2020"),))) == {
        "type": "Nested",
        "who": "anna@lab.example",
        "names": [["Work", "2020"]],
    }


@pytest.mark.parametrize(
    ("name", "target", "words"),
    [
        (("a^b",), ("a_b",), "all of its characters"),
        (("a_b",), ("a_b 2",), "another mailbox"),
        (("x" * 500,), ("x" * 300 + "~0a1b2c3d",), "460 bytes"),
    ],
)
def test_another_name_comes_with_its_reason(name: tuple[str, ...], target: tuple[str, ...], words: str) -> None:
    assert words in renamed(ANNA, name, target).why
