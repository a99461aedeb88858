"""What an export of mail did, in a few lines."""

from __future__ import annotations

from sterna.migration.export_maildir import ExportReport
from sterna.migration.report import numbers
from sterna.migration.report.passes import MOST_ROWS
from sterna.migration.report.text import printable


def text(report: ExportReport) -> str:
    """Return the sums, then folders that are not called as their mailbox, then what needs a person."""
    where = f"{numbers.count(report.mailboxes, 'mailbox', 'mailboxes')} of {numbers.count(report.accounts, 'account')}"
    lines = [
        f"{numbers.count(report.written, 'message')} written ({numbers.size(report.bytes)}) from {where}",
        f"{report.unchanged:,} were there already, {report.flagged:,} got other flags",
    ]
    if report.kept:
        lines.append(f"{numbers.count(report.kept, 'message')} stay here that the server does not have any more")
    if report.renamed:
        lines += ["", f"In a folder of another name ({len(report.renamed):,}):"]
        lines += [f"  {account}: {name} -> {folder}" for account, name, folder in report.renamed[:MOST_ROWS]]
    if report.failures:
        lines += ["", f"Needs a look ({len(report.failures):,}):", *(f"  {row}" for row in report.failures[:MOST_ROWS])]
    if max(len(report.renamed), len(report.failures)) > MOST_ROWS:
        lines.append("  and more; --json has them all")
    return printable("\n".join(lines)) + "\n"
