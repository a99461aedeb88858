from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from sterna.lab.checks import LONGEST_PATH_BYTES, check_packages, check_path, check_root
from sterna.lab.errors import FolderError, NotRootError, PackagesMissingError
from sterna.lab.processes import Identity, children


def test_missing_packages_are_named_with_the_way_to_get_them() -> None:
    with pytest.raises(PackagesMissingError, match=r"apt-get install --no-install-recommends nosuch other$"):
        check_packages({"/nowhere/b": "other", "/nowhere/a": "nosuch", "/nowhere/c": "nosuch", "/bin/sh": "dash"})
    check_packages({"/bin/sh": "dash"})


def test_without_root_nothing_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(NotRootError, match="as root"):
        check_root()


@pytest.mark.parametrize(
    ("folder", "reason"),
    [
        ("/var/tmp/my lab", "letters, digits"),
        ('/var/tmp/"', "letters, digits"),
        ("/var/tmp/" + "x" * LONGEST_PATH_BYTES, "too long"),
        ("/dev/null/lab", "is not a folder"),
    ],
    ids=["space", "quote", "long", "file"],
)
def test_a_folder_that_servers_could_not_use_is_refused(folder: str, reason: str) -> None:
    with pytest.raises(FolderError, match=reason):
        check_path(Path(folder))


def test_a_closed_folder_above_is_named_with_the_command_that_opens_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sterna.lab.checks.LONGEST_PATH_BYTES", 500)
    closed = next((above for above in reversed(tmp_path.parents) if not above.stat().st_mode & 1), None)
    if closed is None:
        closed = tmp_path / "closed"
        closed.mkdir(mode=0o700)
    with pytest.raises(FolderError, match=f"chmod o\\+x {closed}$"):
        check_path(tmp_path / "closed/lab")


def test_a_process_is_itself_and_nobody_else() -> None:
    with subprocess.Popen(["sleep", "60"]) as child:
        identity = Identity.of(child.pid)
        assert identity is not None
        assert identity.alive
        parent = Identity.of(os.getpid())
        assert parent is not None
        assert identity in children(parent)
        assert not Identity(identity.pid, identity.start_ticks - 1, identity.boot).alive
        assert not Identity(identity.pid, identity.start_ticks, "another boot").alive
        assert identity.wait(0.01) is False
        child.kill()
        assert identity.wait(5) is True
        assert Identity.of(child.pid) is None
