"""The outcome of a verification in words, for every form of the report."""

from __future__ import annotations

from dataclasses import dataclass

from sterna.migration.report import numbers
from sterna.migration.report.content import Compared, VerificationReport
from sterna.model.finding import Finding, Outcome

EXPLAINED = {
    Outcome.KEPT: "as it was",
    Outcome.CHANGED: "there, in another form",
    Outcome.DROPPED: "not on the new platform",
    Outcome.UNREADABLE: "could not be read on the old server",
}
_WORST_FIRST = (Outcome.UNREADABLE, Outcome.DROPPED, Outcome.CHANGED, Outcome.KEPT)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result in the words of the page: a CSS class, the page's title, heading, sentence, and what is signed."""

    kind: str
    short: str
    title: str
    sentence: str
    statement: str


def verdict(report: VerificationReport) -> Verdict:
    """Return the result in words."""
    size = "" if report.size_bytes is None else f" ({numbers.size(report.size_bytes)})"
    everything = ", ".join(
        (
            numbers.count(report.accounts.source, "account"),
            numbers.count(report.mailboxes.source, "mailbox", "mailboxes"),
            numbers.count(report.messages.source, "message") + size,
        )
    )
    if report.equal:
        quick = report.how.form == "quick"
        whole, part = (
            ("Counts and checksums are equal",) * 2 if quick else ("Everything is equal", "What was compared is equal")
        )
        held = (
            "every mailbox holds as many messages on both sides, and the new platform still holds what the last pass "
            "left there; no message was looked at."
            if quick
            else "all of it is on the new platform as it was on the old one."
        )
        return Verdict(
            kind="equal",
            short="equal by count and checksum" if quick else "equal",
            title=part if report.partial else whole,
            sentence=f"{everything}: {held}"
            + (" No other account was compared." if report.partial else "")
            + (" What is not moved is listed under Findings." if lost(report) else ""),
            statement=f"I have seen this report. At {report.ended:%H:%M %Z on %-d %B %Y} the new platform of "
            f"{report.site} held {everything}, the same as the old server"
            + (" by count and checksum" if quick else "")
            + (", in the accounts listed here; no others were compared" if report.partial else "")
            + (", apart from the findings above." if lost(report) else "."),
        )
    unequal_accounts = sum(not row.equal for row in report.rows)
    return Verdict(
        kind="unequal",
        short="not equal",
        title="Not everything is equal",
        sentence=f"{numbers.count(max(len(report.differences), 1), 'difference')} in "
        f"{numbers.count(unequal_accounts, 'account')}, of {everything}. The list below says what to do about each.",
        statement="This comparison found differences. They are to be settled, and the comparison made anew, before the "
        "new platform is accepted.",
    )


def lost(report: VerificationReport) -> bool:
    """Whether a finding says that something is not as it was."""
    return any(finding.outcome is not Outcome.KEPT for finding in report.findings)


def unequal_in_words(compared: Compared) -> str:
    """Say how things differ: ``2 missing, 1 different``."""
    parts = (("missing", compared.missing), ("extra", compared.extra), ("different", compared.different))
    return ", ".join(f"{number:,} {word}" for word, number in parts if number)


def outcomes_in_words(findings: tuple[Finding, ...]) -> str:
    """Say how many findings there are of each outcome: ``2 unreadable, 60 dropped``."""
    return ", ".join(f"{len(group):,} {outcome}" for outcome, group in by_outcome(findings))


def by_outcome(findings: tuple[Finding, ...]) -> list[tuple[Outcome, list[Finding]]]:
    """Return the findings in groups, what needs a person's eye first."""
    groups = ((outcome, sorted(each for each in findings if each.outcome is outcome)) for outcome in _WORST_FIRST)
    return [(outcome, group) for outcome, group in groups if group]
