"""The demonstration, as a newcomer runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.system.command import done, sterna

pytestmark = [pytest.mark.real, pytest.mark.timeout(240)]


def processes_of(folder: Path) -> list[str]:
    """Command lines of processes that have `folder` in them."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:  # it ended meanwhile
            continue
        if str(folder) in line and "pytest" not in line:
            found.append(line)
    return found


def test_the_demonstration_proves_everything_and_leaves_only_the_report(folder: Path) -> None:
    lab = folder / "lab"
    seen = done("demo", "--messages", "300", "--dir", lab, folder=folder)
    assert seen["good"]
    assert seen["verify"]["equal"]
    assert len(seen["steps"]) == 10
    first, second = seen["copy"]
    assert first["messages"]["copied"] >= 300
    assert (second["messages"]["copied"], second["messages"]["updated"], second["messages"]["expunged"]) == (3, 1, 1)
    assert {row["kind"] for row in seen["mail"]} == {
        "an address",
        "an alias",
        "a forward",
        "a virtual user",
        "a domain's other name",
    }
    assert [row for row in seen["mail"] if row["failure"]] == []
    assert len(seen["logins"]) >= 25
    assert [row for row in seen["logins"] if row["imaps"] or row["pop3s"]] == []
    report = folder / "sterna-demo-report"
    assert json.loads((report / "verify.json").read_text())["equal"]
    assert "Everything is equal" in (report / "verify.html").read_text()
    assert processes_of(folder) == []


def test_a_kept_demonstration_can_be_looked_at_and_ended(folder: Path) -> None:
    lab = folder / "lab"
    ended = sterna("demo", "--keep", "--messages", "200", "--dir", lab, folder=folder)
    assert ended.code == 0, ended.err
    assert "anna@lab.example" in ended.out
    assert f"sterna lab down --dir {lab} --remove" in ended.out
    assert (lab / "secrets/anna").stat().st_mode & 0o077 == 0
    assert done("lab", "status", "--dir", lab)["healthy"]
    assert done("lab", "down", "--dir", lab, "--remove")["ran"]
    assert not lab.exists()
    assert processes_of(folder) == []
