from __future__ import annotations

import os

import pytest

from sterna.state.lock import SiteBusyError, StateFolderError, locked


def test_the_number_of_the_holder_is_told_also_when_an_earlier_one_was_longer(tmp_path):
    path = tmp_path / "lock"
    path.write_text("4194304194304\n")
    with locked(path):
        assert path.read_text() == f"{os.getpid()}\n"
        with pytest.raises(SiteBusyError) as caught, locked(path):
            pass
    assert caught.value.holder == str(os.getpid())


def test_a_state_folder_that_cannot_be_made_is_one_clear_line(tmp_path):
    (tmp_path / "state").write_text("a file")
    with pytest.raises(StateFolderError, match="state_dir"), locked(tmp_path / "state" / "lock"):
        pass


def test_on_a_disk_without_room_the_lock_holds_all_the_same(tmp_path, monkeypatch):
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    path = tmp_path / "lock"
    with locked(path), pytest.raises(SiteBusyError, match="process unknown"), locked(path):
        pass
