"""Reports that are signed: as they were made they prove themselves, and with any change they prove nothing."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from sterna.migration.report import files
from sterna.migration.report.files import ReportFiles
from sterna.migration.report.signature import (
    KEY_FILE,
    NoReportError,
    ReportKey,
    ReportKeyError,
    SignatureError,
    check,
)
from tests.unit.report.samples import EQUAL, UNEQUAL


@pytest.fixture
def written(tmp_path: Path) -> ReportFiles:
    said = replace(UNEQUAL, as_json={**UNEQUAL.as_json, "equal": False, "name": "</script><b>&amp; Jörg"})
    return files.write(said, tmp_path / "report", ReportKey.of(tmp_path / "state"))


def test_every_form_of_a_report_proves_itself(written: ReportFiles, tmp_path: Path) -> None:
    key = ReportKey.of(tmp_path / "state")
    for path in (written.html, written.json, written.text):
        assert check(path).fingerprint == key.fingerprint
    assert check(written.html).result == check(written.json).result == json.loads(written.json.read_bytes())
    assert key.fingerprint in written.html.read_text()


def test_the_page_needs_nothing_beside_it(written: ReportFiles, tmp_path: Path) -> None:
    alone = tmp_path / "mailed.html"
    alone.write_bytes(written.html.read_bytes())
    assert check(alone).result is not None
    assert b"</script><b>" not in alone.read_bytes()


CHANGES = {
    "a word on the page": (b"Not everything is equal", b"Everything is equal now"),
    "the result in it": (b'"equal": false', b'"equal": true '),
    "something added behind": (b"</html>", b"</html> "),
    "its signature": (b'"page": "', b'"page": "AAAA'),
    "no signature at all": (b'id="signature"', b'id="signatur3"'),
    "two signatures": (
        b"</body>",
        b'<script type="application/json" id="signature">{"key": ""}</script>\n</body>',
    ),
    "words where the signature should be": (b'"page": "', b'"page": "(Everything is equal)'),
    "another algorithm's name for the key": (b'"key": "', b'"kez": "'),
}


@pytest.mark.parametrize(("old", "new"), CHANGES.values(), ids=CHANGES)
def test_a_page_that_was_changed_proves_nothing(written: ReportFiles, old: bytes, new: bytes) -> None:
    data = written.html.read_bytes()
    assert old in data
    written.html.write_bytes(data.replace(old, new, 1))
    with pytest.raises(SignatureError):
        check(written.html)


def test_a_file_that_was_changed_or_taken_from_another_report_proves_nothing(
    written: ReportFiles, tmp_path: Path
) -> None:
    text = written.text.read_bytes()
    written.text.write_bytes(text + b" ")
    with pytest.raises(SignatureError, match="changed after it was signed"):
        check(written.text)
    written.json.write_bytes(text)
    with pytest.raises(SignatureError):
        check(written.json)
    written.signatures.write_text("nothing")
    with pytest.raises(SignatureError, match="is none"):
        check(written.json)
    written.signatures.unlink()
    with pytest.raises(NoReportError, match="cannot be read"):
        check(written.json)


def test_the_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    first = ReportKey.of(tmp_path / "state")
    assert stat.S_IMODE((tmp_path / "state" / KEY_FILE).stat().st_mode) == 0o600
    assert ReportKey.of(tmp_path / "state").fingerprint == first.fingerprint
    assert ReportKey.of(tmp_path / "other").fingerprint != first.fingerprint
    assert [path.name for path in (tmp_path / "state").iterdir()] == [KEY_FILE]
    assert "PRIVATE" not in repr(first)


def test_a_key_that_is_none_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).write_text("no key")
    with pytest.raises(ReportKeyError, match="holds no key"):
        ReportKey.of(tmp_path)


def test_the_signatures_are_of_the_bytes_that_are_written(tmp_path: Path) -> None:
    key = ReportKey.of(tmp_path)
    written = files.write(EQUAL, tmp_path, key)
    written.json.write_bytes(written.json.read_bytes().replace(b"4", b"5", 1))
    with pytest.raises(SignatureError):
        check(written.json)
