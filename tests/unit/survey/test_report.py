"""The report of a survey in its three forms, from rows made by hand."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from sterna.migration.report import survey_files, survey_html, survey_json, survey_text
from sterna.migration.report.files import ReportWriteError
from sterna.migration.survey.content import SurveyReport, at_least
from sterna.model.finding import Finding, Outcome
from tests.unit.survey.samples import EVIL, RULE, make_report

VOID = {"meta", "wbr", "br", "circle", "path", "line", "rect"}


def page(report: SurveyReport) -> str:
    return "".join(survey_html.pieces(report, digest="0" * 64, json_name="survey.json"))


class Strict(HTMLParser):
    """Reads a page, and complains about whatever is opened and not closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.loads: list[str] = []
        self.seen = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.loads += [value or "" for name, value in attrs if name in {"src", "href", "srcset", "background"}]
        assert not [name for name, _ in attrs if name.startswith("on")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.seen += data + " "


def read(report: SurveyReport) -> Strict:
    reader = Strict()
    reader.feed(page(report))
    reader.close()
    assert reader.open == []
    reader.seen = re.sub(r"\s+", " ", reader.seen)
    return reader


def test_the_page_is_well_formed_and_loads_nothing(tmp_path: Path) -> None:
    report = make_report(tmp_path)
    reader = read(report)
    assert [each for each in reader.loads if not each.startswith("#")] == []
    assert "url(" not in page(report)
    assert "@import" not in page(report)
    assert "script" not in reader.tags


def test_names_of_strangers_are_text_wherever_they_stand(tmp_path: Path) -> None:
    finding = Finding("mailbox", EVIL, Outcome.CHANGED, EVIL, EVIL, EVIL, EVIL)
    whole = page(make_report(tmp_path, findings=(RULE, finding)))
    assert "<script" not in whole
    assert "</pre> " not in whole.replace("</pre></details>", "")
    assert not [sign for sign in "\x1b\x07\u202e" if sign in whole]
    assert "\\x202e" in whole


def test_joiners_of_names_stay(tmp_path: Path) -> None:
    name = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"
    assert name in page(make_report(tmp_path, real_name=name))


def test_the_page_says_what_was_seen_and_what_becomes_of_it(tmp_path: Path) -> None:
    seen = read(make_report(tmp_path)).seen
    assert "1 thing is dropped" in seen
    assert "2 accounts in 1 domain, 1 alias, 2 mailboxes, 15 messages (2.1 KiB), 1 finding" in seen
    for words in (
        "keep;",
        "Decide with its owner",
        "its cipher is not known",
        "TLS 1.3, TLS 1.0",
        "2025-03",
        "Not trusted",
    ):
        assert words.lower() in seen.lower(), words
    assert "exceeded 1" in seen


def test_without_a_loss_the_page_says_so(tmp_path: Path) -> None:
    kept = replace(RULE, outcome=Outcome.KEPT)
    assert "Everything that was seen moves" in read(make_report(tmp_path, findings=(kept,))).seen


def test_findings_that_say_the_same_are_said_once_and_cut_in_the_page_but_not_in_json(tmp_path: Path) -> None:
    many = [
        Finding("account", f"u{n}@lab.example", Outcome.DROPPED, f"Limit = {n}", f"'{n}' is no limit", "Look at it.")
        for n in range(250)
    ]
    report = make_report(tmp_path, findings=many)
    families = list(report.view.families())
    assert [(each.findings, each.family.what, each.family.why) for each in families] == [
        (250, "Limit = …", "… is no limit")
    ]
    assert "and 150 more, all of them in survey.json" in read(report).seen
    value = json.loads("".join(survey_json.pieces(report)))
    assert {finding["object"] for finding in value["findings"]} == {f"u{n}@lab.example" for n in range(250)}
    assert value["loss"][0]["findings"] == 250
    text = "\n".join(survey_text.lines(report))
    assert "dropped: account, 250 times: Limit = …" in text
    assert "and 246 more" in text
    assert "u249@lab.example" in "\n".join(survey_text.lines(report, everything=True))


def test_a_page_of_a_large_site_stays_small(tmp_path: Path) -> None:
    many = [
        Finding("account", f"u{n}@lab.example", Outcome.DROPPED, f"Key{n // 10}x = y", "why") for n in range(20_000)
    ]
    report = make_report(tmp_path, findings=many)
    assert len(page(report)) < 4_000_000


def test_the_json_has_everything_and_no_secret(tmp_path: Path) -> None:
    value = json.loads("".join(survey_json.pieces(make_report(tmp_path))))
    anna, bernd = value["accounts"]
    assert anna["aliases"] == ["a@lab.example"]
    assert anna["forward"] == {"targets": ["bernd@lab.example"], "keep_copy": True}
    assert anna["mailboxes"][1]["target"] == ["Work", "_b_"]
    assert (anna["messages"], anna["bytes"]) == (15, 2148)
    assert bernd["mailboxes"] is None
    assert bernd["password_reason"] == "its cipher is not known"
    assert value["findings"][0]["detail"] == RULE.detail
    assert value["months"]["2025-03"] == {"messages": 5, "bytes": 1000}
    assert value["probes"]["access"][1]["works"] == "does not work"
    assert "sehr geheim" not in json.dumps(value)


def test_the_text_is_a_table_of_accounts_then_the_rest_and_the_sums_at_the_end(tmp_path: Path) -> None:
    lines = list(survey_text.lines(make_report(tmp_path, real_name="Anna Ä")))
    assert (
        lines[0] == "account            name    mailboxes  messages     size     quota  password  aliases and forwards"
    )
    assert lines[1] == (
        "anna@lab.example   Anna Ä          2        15  2.1 KiB   1.0 KiB  clear     a, copies to bernd@lab.example"
    )
    assert lines[2] == "bernd@lab.example  山田            ?         0  0 bytes  no limit  no login"
    assert "  lab.example, also old.example (main domain)" in lines
    assert "  all@lab.example  group of 1 member" in lines
    assert lines[-1] == "Findings: 0 unreadable, 1 dropped, 0 changed, 0 kept"
    assert "1 passwords move, 1 cannot be read" in lines


def test_the_text_cannot_steer_a_terminal(tmp_path: Path) -> None:
    assert not [line for line in survey_text.lines(make_report(tmp_path)) if "\x1b" in line or "\u202e" in line]


def test_the_text_of_a_large_site_shows_the_largest_accounts_unless_all_are_asked_for(tmp_path: Path) -> None:
    report = make_report(tmp_path, accounts=100)
    short, whole = list(survey_text.lines(report)), list(survey_text.lines(report, everything=True))
    assert "These are the 40 largest of 100 accounts; --all shows all, the JSON has them all" in short
    assert sum("@lab.example" in line[:30] for line in whole) >= 100
    assert len(short) < 100


def test_outcomes_are_ordered_for_automation() -> None:
    outcomes = {Outcome.KEPT: 9, Outcome.CHANGED: 1, Outcome.DROPPED: 2, Outcome.UNREADABLE: 4}
    found = [at_least(outcomes, each) for each in (Outcome.CHANGED, Outcome.DROPPED, Outcome.UNREADABLE)]
    assert found == [7, 6, 4]
    assert at_least({Outcome.KEPT: 9}, Outcome.CHANGED) == 0


def test_the_page_carries_the_digest_of_the_json_and_nobody_else_may_read_either(tmp_path: Path) -> None:
    written = survey_files.write(make_report(tmp_path), tmp_path / "page.html")
    assert written.json == tmp_path / "page.json"
    digest = hashlib.sha256(written.json.read_bytes()).hexdigest()
    assert digest in written.html.read_text().replace("<wbr>", "")
    assert {path.stat().st_mode & 0o777 for path in (written.html, written.json)} == {0o600}
    assert not list(tmp_path.glob("*.part"))


def test_a_page_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ReportWriteError, match="cannot write the report"):
        survey_files.write(make_report(tmp_path), tmp_path / "none" / "page.html")
