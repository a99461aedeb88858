"""Flags that the target cannot hold are kept beside and never lost by a later pass."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sterna.migration.copy.left_flags import FlagsNotKeptError, LeftFlags
from sterna.model.address import Address

ANNA = Address("lab.example", "anna")


def test_what_later_passes_find_is_added(tmp_path: Path) -> None:
    kept = LeftFlags(tmp_path / "flags")
    kept.keep(ANNA, ("Wörk",), {7: ("\\Foo",), 100: ("ü",)})
    path = kept.keep(ANNA, ("Wörk",), {8: ("129th",), 7: ("\\Foo", "x y")})
    said = json.loads(path.read_text())
    assert said == {
        "account": "anna@lab.example",
        "mailbox": ["Wörk"],
        "flags": {"7": ["\\Foo", "x y"], "8": ["129th"], "100": ["ü"]},
    }
    assert path.stat().st_mode & 0o777 == 0o600
    assert kept.keep(ANNA, ("Wörk", "sub"), {1: ("ü",)}) != path


def test_what_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "flags").write_text("in the way")
    with pytest.raises(FlagsNotKeptError, match="still on the source"):
        LeftFlags(tmp_path / "flags").keep(ANNA, ("INBOX",), {1: ("ü",)})
