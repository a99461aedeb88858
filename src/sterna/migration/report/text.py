"""Results as plain text that reads well in a terminal, in a mail and in a ticket."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

from sterna.migration.report import numbers
from sterna.migration.report.content import VerificationReport
from sterna.migration.report.outcome import by_outcome, outcomes_in_words, unequal_in_words, verdict
from sterna.model.finding import Finding

MOST_DIFFERENCES = 50
"""More lines than these nobody reads in a terminal; the other forms of the report have them all."""


def verification(report: VerificationReport, *, brief: bool = False) -> str:
    """Return the verification report: the verdict first, then counts, differences, findings.

    Args:
        report: what to show.
        brief: for a screen: not more differences than one reads there, and findings only by their number.
    """
    most_differences = MOST_DIFFERENCES if brief else None
    said = verdict(report)
    lines = [said.title, said.sentence, ""]
    lines += table(
        ("", "source", "target", ""),
        (
            (name, f"{each.source:,}", f"{each.target:,}", unequal_in_words(each) or "equal")
            for name, each in (
                ("accounts", report.accounts),
                ("mailboxes", report.mailboxes),
                ("messages", report.messages),
            )
        ),
        right=(1, 2),
    )
    if report.differences:
        lines += ["", f"Differences ({len(report.differences):,})"]
        for row in report.differences[:most_differences]:
            lines.append(f"  {row.account}: {row.place}: {row.what}" if row.place else f"  {row.account}: {row.what}")
            lines += [f"      {row.todo}"] if row.todo else []
        if most_differences is not None and (more := len(report.differences) - most_differences) > 0:
            lines.append(f"  and {more:,} more; the report has them all")
    if brief and report.findings:
        lines += [
            "",
            f"Findings ({len(report.findings):,}): {outcomes_in_words(report.findings)}; read them in the report",
        ]
    else:
        lines += findings(report.findings)
    if report.how.reread:
        drawn = "" if report.how.seed is None else f", drawn by --seed {report.how.seed}"
        again = numbers.count(report.how.reread, "message")
        lines += ["", f"Read again on both sides and the same, byte for byte: {again}{drawn}"]
    took = (report.ended - report.started).total_seconds()
    lines += ["", f"{report.site}, {report.ended:%Y-%m-%d %H:%M %Z}, in {numbers.duration(took)}"]
    return printable("\n".join(lines)) + "\n"


def findings(found: Sequence[Finding]) -> list[str]:
    """Return the findings in groups, what needs a person's eye first; nothing when there are none."""
    lines = ["", f"Findings ({len(found):,})"] if found else []
    for outcome, group in by_outcome(tuple(found)):
        for row in group:
            lines.append(f"  {outcome}: {row.object}: {row.what}: {row.why}")
            lines += [f"      {row.todo}"] if row.todo else []
    return lines


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[int] = ()) -> list[str]:
    """Return the lines of a table; the columns with the indices in `right` hold numbers and end under each other."""
    cells = [list(heads), *(list(row) for row in rows)]
    widths = [max(width(row[column]) for row in cells) for column in range(len(heads))]
    lines = []
    for row in cells:
        padded = (
            " " * (size - width(cell)) + cell if column in right else cell + " " * (size - width(cell))
            for column, (cell, size) in enumerate(zip(row, widths, strict=True))
        )
        lines.append("  ".join(padded).rstrip())
    return lines


def width(text: str) -> int:
    """Return how many columns of a terminal `text` takes: East Asian characters two, combining marks none."""
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )


def printable(text: str) -> str:
    """Return `text` with what could steer a terminal replaced: names in it come from other people."""
    return "".join(
        character if character.isprintable() or character == "\n" else f"\\x{ord(character):02x}" for character in text
    )
