from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

import pytest

from sterna.getmail.config import RCFILE, PolledFolder
from sterna.getmail.write import CRONTAB, NotWrittenError, State, crontab, write_folders
from sterna.model.address import Address

ANNA = Address.parse("anna@lab.example")
FOLDER = PolledFolder(ANNA, "home", Path("anna@lab.example/home"), {RCFILE: "one\n"}, ("oldmail-x", "id\0001\n"), 300)


def states(out: Path, *folders: PolledFolder) -> dict[str, State]:
    return {file.path.name: file.state for file in write_folders(out, folders)}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_only_their_owner_may_read_what_is_written(tmp_path: Path) -> None:
    out = tmp_path / "getmail"
    write_folders(out, [FOLDER])
    assert {mode(path) for path in (out, out / "anna@lab.example", out / "anna@lab.example/home")} == {0o700}
    files = [path for path in out.rglob("*") if path.is_file()]
    assert {path.name for path in files} == {RCFILE, "oldmail-x", CRONTAB}
    assert {mode(path) for path in files} == {0o600}


def test_a_second_time_nothing_changes(tmp_path: Path) -> None:
    write_folders(tmp_path, [FOLDER])
    assert states(tmp_path, FOLDER) == {
        "oldmail-x": State.GROWN,
        RCFILE: State.UNCHANGED,
        CRONTAB: State.UNCHANGED,
    }


def test_the_list_that_getmail_goes_on_writing_is_never_replaced(tmp_path: Path) -> None:
    write_folders(tmp_path, [FOLDER])
    grown = tmp_path / FOLDER.path / "oldmail-x"
    grown.write_text("id\0001\nnew\0002\n")
    write_folders(tmp_path, [FOLDER])
    assert grown.read_text() == "id\0001\nnew\0002\n"


def test_what_the_source_has_fetched_since_is_added_to_the_list(tmp_path: Path) -> None:
    write_folders(tmp_path, [FOLDER])
    grown = tmp_path / FOLDER.path / "oldmail-x"
    grown.write_text("id\0001\nby getmail\0005\n")
    later = replace(FOLDER, seen=("oldmail-x", "id\0009\nlater\0009\n"))
    assert states(tmp_path, later)["oldmail-x"] is State.EXTENDED
    assert grown.read_text() == "id\0001\nby getmail\0005\nlater\0009\n"
    assert mode(grown) == 0o600
    assert states(tmp_path, later)["oldmail-x"] is State.GROWN


def test_what_somebody_has_changed_stays_and_the_new_text_is_beside_it(tmp_path: Path) -> None:
    write_folders(tmp_path, [FOLDER])
    path = tmp_path / FOLDER.path / RCFILE
    path.write_text("mine\n")
    assert states(tmp_path, replace(FOLDER, files={RCFILE: "two\n"}))[RCFILE] is State.DIFFERS
    assert path.read_text() == "mine\n"
    beside = path.with_name(f"{RCFILE}.new")
    assert (beside.read_text(), mode(beside)) == ("two\n", 0o600)
    path.write_text("two\n")
    assert states(tmp_path, replace(FOLDER, files={RCFILE: "two\n"}))[RCFILE] is State.UNCHANGED
    assert not beside.exists()


def test_cron_runs_each_as_often_as_the_source_did_and_not_all_at_once(tmp_path: Path) -> None:
    folders = [
        replace(FOLDER, path=Path(f"a/{number}"), period_s=period)
        for number, period in enumerate((300, 300, 10, 86400))
    ]
    lines = [line for line in crontab(Path("/etc/getmail"), folders).splitlines() if not line.startswith("#")]
    assert [line.split()[0] for line in lines] == ["0-59/5", "1-59/5", "*", "3-59/60"]
    assert lines[0] == "0-59/5 * * * * getmail getmail --getmaildir '/etc/getmail/a/0'"


def test_what_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "anna@lab.example").write_text("in the way")
    with pytest.raises(NotWrittenError) as error:
        write_folders(tmp_path, [FOLDER])
    assert "anna@lab.example" in str(error.value)
