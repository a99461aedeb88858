"""A survey of a whole lab, and the three forms of its report."""

from __future__ import annotations

import asyncio
import hashlib
import json
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from sterna.lab.lab import LabOptions
from sterna.lab.source.switches import Switches
from sterna.migration.report import survey_files, survey_json, survey_text
from sterna.migration.survey.content import SurveyReport
from sterna.migration.survey.probes.seen import Works
from sterna.migration.survey.run import ACCOUNTS, MAILBOXES, SurveyProgress, survey
from sterna.model.finding import Finding
from sterna.site.declaration import Access, Site
from sterna.site.load import load_site

pytestmark = [pytest.mark.real, pytest.mark.timeout(120), pytest.mark.xdist_group("survey")]


@pytest.fixture(scope="module")
def lab(start_shared_lab):
    """One lab for all: a survey changes nothing, which is looked at here too."""
    return start_shared_lab(LabOptions(messages=300))


@pytest.fixture(scope="module")
def site(lab) -> Site:
    return load_site(lab.info.site)


@dataclass(frozen=True)
class Surveyed:
    """A whole survey of the lab: its report, what it told on the way, and the old server's files around it."""

    report: SurveyReport
    events: list[SurveyProgress]
    before: dict[str, str]
    after: dict[str, str]


@pytest.fixture(scope="module")
def surveyed(lab, site, tmp_path_factory) -> Surveyed:
    """The survey that several tests look at; its store is in a folder of its own, so that no other replaces it."""
    tree = lab.info.source.tree
    before = digest(tree)
    events: list[SurveyProgress] = []
    own = site.model_copy(update={"state_dir": tmp_path_factory.mktemp("survey")})
    report = asyncio.run(survey(own, events.append, chance=Random(1)))
    return Surveyed(report, events, before, digest(tree))


def digest(folder: Path) -> dict[str, str]:
    """Every file below `folder` by its bytes."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def findings(report: SurveyReport) -> list[Finding]:
    return [finding for family in report.view.families() for finding in report.view.findings(family)]


def test_a_survey_sees_everything_and_changes_nothing(lab, surveyed, tmp_path):
    report, events = surveyed.report, surveyed.events
    assert surveyed.after == surveyed.before
    people = {f"{login.name}@{login.domain}" for login in lab.info.accounts}
    assert {account.address for account in report.view.accounts()} == people
    done = [event for event in events if event.step == MAILBOXES]
    assert [event.done for event in done] == list(range(1, len(people) + 1))
    assert [event.done for event in events if event.step == ACCOUNTS] == list(range(1, len(people) + 1))
    counts = report.counts
    assert counts["messages"] >= 300
    assert counts["bytes"] > 0
    assert counts["mailboxes_renamed"] > 0
    assert counts["unread_accounts"] == 0
    assert report.summary().startswith(f"{len(people)} accounts in 2 domains, ")
    found = findings(report)
    assert {"filter", "group", "list", "acl", "mailbox", "domain", "server", "route", "rpop"} <= {f.kind for f in found}
    assert [f for f in found if f.what in ("messages", "size") and "CLI" in f.why] == []
    assert any(f.kind == "filter" and f.detail for f in found), "the original rule is there"
    assert sum(held.messages for _, held in report.years) + report.undated.messages == counts["messages"]
    assert sum(each.accounts for each in report.size_classes) == len(people)

    written = survey_files.write(report, tmp_path / "survey.html")
    value = json.loads(written.json.read_text())
    assert len(value["findings"]) == counts["findings"] == len(found)
    assert {account["address"] for account in value["accounts"]} == people
    assert sum(account["messages"] for account in value["accounts"]) == counts["messages"]
    texts = [written.json.read_text(), written.html.read_text(), "\n".join(survey_text.lines(report, everything=True))]
    rows = "\n".join(sqlite3.connect(report.store).iterdump())
    for login in lab.info.accounts:
        if login.password is not None and len(login.password.reveal()) > 8:  # shorter ones are words that occur
            assert not [text for text in (*texts, rows) if login.password.reveal() in text]
    assert report.store.stat().st_mode & 0o777 == written.json.stat().st_mode & 0o777 == 0o600


def test_the_source_is_probed_in_every_way(surveyed):
    report = surveyed.report
    probed = report.probed
    assert [way.works for way in probed.access] == [Works.YES, Works.YES, Works.YES]
    tls = {each.service.split()[0]: each for each in probed.tls}
    assert tls["source.cli"].mode == "none"
    for service in ("source.imap", "source.pop3"):
        certificate = tls[service].certificate
        assert certificate is not None
        assert certificate.distrust == ""
        assert "TLS 1.3" in tls[service].offered
        assert "127.0.0.1" in certificate.names
    said = {each.title: each.lines for each in probed.verbatim}
    assert said["IMAP CAPABILITY before login"][0].startswith("* CAPABILITY IMAP4rev1")
    assert any(line.startswith("* NAMESPACE") for line in said["IMAP NAMESPACE"])
    assert any("PERMANENTFLAGS" in line for line in said["IMAP flags of an INBOX (EXAMINE)"])
    assert "." in said["POP3 greeting and CAPA"]
    assert probed.uidl is not None
    assert (probed.uidl.form, probed.uidl.trouble) == ("dovecot", "")
    assert any("uidl_format: dovecot" in each.how for each in report.decisions)
    assert report.sample is not None
    assert report.sample.messages > 0
    assert report.estimate is not None
    assert 0 < report.estimate.full.least_s <= report.estimate.full.most_s < 600


async def test_a_way_that_does_not_work_is_told_with_what_the_server_said_and_is_a_decision(lab, site, tmp_path):
    lab.expect("auth failed|authentication failed")
    anna = next(login for login in lab.info.accounts if (login.name, login.domain) == ("anna", "lab.example"))
    file = tmp_path / "anna"
    file.write_text(anna.password.reveal())
    file.chmod(0o600)
    imap = site.source.imap.model_copy(update={"user": "anna@lab.example", "password_file": file})
    report = await survey(site.model_copy(update={"source": site.source.model_copy(update={"imap": imap})}))
    ways = report.probed.access
    assert [way.works for way in ways] == [Works.NO, Works.NO, Works.YES]
    assert all("@lab.example" in way.said for way in ways)
    assert report.decisions[0].title == "Open a way to read everybody's mail"
    assert any("IMAP does not show it" in finding.why for finding in findings(report))


async def test_a_quick_survey_asks_for_no_message_and_counts_the_same(surveyed, site):
    whole, quick = surveyed.report, await survey(site, quick=True)
    assert quick.years == ()
    names = ("accounts", "mailboxes", "messages", "aliases")
    assert {name: quick.counts[name] for name in names} == {name: whole.counts[name] for name in names}
    assert quick.counts["bytes"] == pytest.approx(whole.counts["bytes"], rel=0.05)


async def test_impersonation_and_the_other_spelling_of_names_give_the_same_survey(start_lab):
    lab = start_lab(LabOptions(messages=60, switches=Switches(mutf7_names=True, numbers_as_strings=True)))
    site = load_site(lab.info.site)
    by_tilde = await survey(site)
    imap = site.source.imap.model_copy(update={"access": Access.AUTHORIZE})
    other = site.model_copy(update={"source": site.source.model_copy(update={"imap": imap})})
    first = [survey_json.account_as_json(by_tilde.view, each) for each in by_tilde.view.accounts()]
    found = findings(by_tilde)
    by_impersonation = await survey(other)
    assert by_impersonation.counts == by_tilde.counts
    again = [survey_json.account_as_json(by_impersonation.view, each) for each in by_impersonation.view.accounts()]
    assert again == first
    assert not [each for each in found if each.what in ("messages", "size") and "CLI" in each.why]
