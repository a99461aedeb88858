from __future__ import annotations

from pathlib import Path

import pytest

from sterna.state.loaded_lists import FILE_NAME, Brought, LoadedLists, LoadedListsError


def test_what_is_written_is_there_after_the_file_is_opened_again(tmp_path: Path) -> None:
    with LoadedLists.open(tmp_path / "state") as record:
        record.write("news.x", {("member", "a@x"): "regular enabled", ("ban", "b@x"): ""}, done=False)
        record.write("news.x", {("member", "a@x"): "regular enabled"}, done=True)
        record.write("other.x", {("member", "c@x"): "regular enabled"}, done=True)
    with LoadedLists.open(tmp_path / "state") as record:
        assert record.of("news.x") == {
            ("member", "a@x"): Brought("regular enabled", True),
            ("ban", "b@x"): Brought("", False),
        }
        record.forget("news.x", [("ban", "b@x"), ("ban", "never there")])
        assert record.of("news.x").keys() == {("member", "a@x")}
        assert record.of("no such list") == {}
    assert (tmp_path / "state" / FILE_NAME).stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_no_record_is_told(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("not a database, and long enough to be looked at as one")
    with pytest.raises(LoadedListsError, match=FILE_NAME), LoadedLists.open(tmp_path):
        pass


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LoadedListsError), LoadedLists.open(tmp_path / "file" / "state"):
        pass
