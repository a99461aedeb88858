"""The verification report in its three forms."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sterna.migration.report import files, html, text
from sterna.migration.report.content import Compared, VerificationReport
from sterna.migration.report.files import ReportWriteError
from sterna.migration.report.signature import ReportKey
from tests.unit.report.samples import EQUAL, UNEQUAL

KEY = ReportKey(Ed25519PrivateKey.from_private_bytes(bytes(32)))


def page(report: VerificationReport) -> str:
    return html.render(report, digest="0" * 64, json_name="verify.json", fingerprint="abcd 0123")


class Words(HTMLParser):
    """Collects what a reader sees, and every address that the page would load."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen = ""
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.loads += [value or "" for name, value in attrs if name in {"src", "href", "srcset", "background"}]

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.seen += data + " "


def words(report: VerificationReport) -> Words:
    reader = Words()
    reader.feed(page(report))
    reader.seen = re.sub(r"\s+", " ", reader.seen)
    return reader


def test_the_page_of_an_equal_comparison_says_so_and_can_be_signed() -> None:
    seen = words(EQUAL).seen
    assert "Everything is equal" in seen
    assert "4 accounts, 24 mailboxes, 3,004 messages (4.2 GiB)" in seen
    assert "29 March 2026, 00:59 UTC" in seen
    assert "127.0.0.1:22143" in seen
    assert "127.0.0.1:22993" in seen
    assert "Signature" in seen
    assert "Differences" not in seen


def test_the_page_of_an_unequal_comparison_never_says_equal_for_the_whole() -> None:
    seen = words(UNEQUAL).seen
    assert "Not everything is equal" in seen
    assert "Everything is equal" not in seen
    assert "4 differences in 1 account" in seen
    assert "2 missing, 1 extra, 1 different" in seen
    assert "UID 17 is missing on the target" in seen


def test_a_comparison_of_some_accounts_does_not_pass_for_one_of_all(tmp_path: Path) -> None:
    part = replace(EQUAL, partial=True)
    seen = words(part).seen
    assert "Everything is equal" not in seen
    assert "No other account was compared" in seen
    assert "no others were compared" in seen
    whole = files.write(EQUAL, tmp_path, KEY)
    assert files.write(part, tmp_path, KEY).html != whole.html
    assert "Everything is equal" in whole.html.read_text()


def test_a_count_that_differs_is_enough_to_be_unequal() -> None:
    assert not replace(EQUAL, messages=Compared(3004, 3003, missing=1)).equal


def test_what_is_not_moved_is_mentioned_beside_the_verdict() -> None:
    assert "What is not moved is listed under Findings" in words(EQUAL).seen
    assert "What is not moved" not in words(replace(EQUAL, findings=EQUAL.findings[2:])).seen


def test_names_from_other_people_are_text_and_not_markup() -> None:
    assert "<script" not in page(UNEQUAL)
    assert "Anna Fjord &lt;script&gt;" in page(UNEQUAL)


def test_the_page_loads_nothing() -> None:
    whole = page(UNEQUAL)
    assert words(UNEQUAL).loads == []
    assert "url(" not in whole
    assert "@import" not in whole


def test_unequal_accounts_come_first() -> None:
    many = replace(UNEQUAL, rows=(*UNEQUAL.rows[1:], UNEQUAL.rows[0]))
    whole = page(many)
    assert whole.rindex("rene.pfeiffer@lab.example") < whole.rindex("anna@lab.example")


def test_a_long_table_is_cut_and_says_where_the_rest_is() -> None:
    many = replace(UNEQUAL, differences=UNEQUAL.differences[:1] * (html.MOST_ROWS + 3))
    assert "and 3 more, all of them in verify.json" in words(many).seen


def test_the_text_has_the_verdict_the_counts_and_the_differences() -> None:
    said = text.verification(UNEQUAL)
    assert said.splitlines()[0] == "Not everything is equal"
    assert "messages    3,004   3,003  2 missing, 1 extra, 1 different" in said
    assert "rene.pfeiffer@lab.example: INBOX: UID 17 is missing on the target" in said
    assert "unreadable: egon@lab.example: Password: It is encrypted with the server's key." in said


def test_the_text_for_a_screen_is_short_and_says_where_the_rest_is() -> None:
    many = replace(UNEQUAL, differences=UNEQUAL.differences[:1] * (text.MOST_DIFFERENCES + 2))
    said = text.verification(many, brief=True)
    assert "and 2 more; the report has them all" in said
    assert "Findings (3): 1 unreadable, 1 dropped, 1 kept; read them in the report" in said
    assert "egon@lab.example" not in said


def test_the_text_cannot_steer_a_terminal() -> None:
    row = replace(UNEQUAL.differences[0], place="\x1b]0;x\x07")
    assert "\x1b" not in text.verification(replace(UNEQUAL, differences=(row,)))


def test_a_table_lines_up_with_wide_and_combining_characters() -> None:
    lines = text.table(("a", "n"), (("日本", "1"), ("e\u0301", "22")), right=(1,))
    assert lines == ["a      n", "日本   1", "e\u0301     22"]


def test_the_page_carries_the_digest_of_the_json_file(tmp_path: Path) -> None:
    written = files.write(EQUAL, tmp_path / "new" / "report", KEY)
    digest = hashlib.sha256(written.json.read_bytes()).hexdigest()
    assert digest in written.html.read_text().replace("<wbr>", "")
    assert json.loads(written.json.read_text()) == EQUAL.as_json
    assert "Everything is equal" in written.text.read_text()
    assert sorted(path.name for path in written.json.parent.iterdir()) == [
        f"verify.{form}" for form in ("html", "json", "sig", "txt")
    ]


def test_a_report_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "report").write_text("a file where the folder should be")
    with pytest.raises(ReportWriteError, match="cannot write the report"):
        files.write(EQUAL, tmp_path / "report", KEY)
