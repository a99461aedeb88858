"""What `sterna verify` takes, and what it says of a report that it is to check."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sterna.cli import main
from sterna.migration.report import files
from sterna.migration.report.signature import ReportKey
from tests.unit.report.samples import EQUAL

CONTRADICTIONS = {
    "quick and deep": ("--quick", "--deep"),
    "a sample without a look": ("--quick", "--sample", "5"),
    "a sample of everything": ("--deep", "--sample", "5"),
    "a seed without a sample": ("--seed", "5"),
    "a check that compares": ("--check", "x.html", "--quick"),
    "a check of accounts": ("--check", "x.html", "anna@lab.example"),
}


@pytest.mark.parametrize("options", CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_what_contradicts_itself_is_refused_before_anything_is_read(
    options: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main.run(["verify", *options]) == 64


def test_a_report_is_checked_wherever_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    key = ReportKey.of(tmp_path / "state")
    written = files.write(EQUAL, tmp_path / "report", key)
    assert main.run(["verify", "--check", str(written.html)]) == 0
    assert key.fingerprint in capsys.readouterr().out
    assert main.run(["verify", "--json", "--check", str(written.json)]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["key"], said["ours"], said["result"]) == (key.fingerprint, None, dict(EQUAL.as_json))
    written.html.write_bytes(written.html.read_bytes().replace(b"equal", b"EQUAL", 1))
    assert main.run(["verify", "--check", str(written.html)]) == 65
    assert "it was changed after it was signed" in capsys.readouterr().err
    assert main.run(["verify", "--check", "nowhere.html"]) == 66
