"""What a pass of copy did, in a few lines."""

from __future__ import annotations

from sterna.migration.copy.events import CopyReport
from sterna.migration.report import numbers
from sterna.migration.report.text import printable

MOST_ROWS = 50
"""More lines than these nobody reads in a terminal; the JSON has them all."""


def text(report: CopyReport) -> str:
    """Return the sums, then every mailbox that has another name on the target, then what needs a person."""
    counts = report.counts
    mailboxes = sum(result.mailboxes for result in report.results)
    looked_at = numbers.count(counts.messages, "message")
    where = f"{numbers.count(mailboxes, 'mailbox', 'mailboxes')} of {numbers.count(len(report.results), 'account')}"
    done = f"{counts.updated:,} updated, {counts.unchanged:,} unchanged, {counts.expunged:,} expunged"
    lines = [
        f"{looked_at} in {where}, in {numbers.duration(report.seconds)}, {rate(report)}",
        f"{counts.copied:,} copied ({numbers.size(counts.bytes)}), {done}",
    ]
    renamed = [row for result in report.results for row in result.renamed]
    if renamed:
        lines += ["", f"Under another name on the target ({len(renamed):,}):"]
        lines += [f"  {row.account}: {row.source} -> {row.target}" for row in renamed[:MOST_ROWS]]
    without = [(result.account, name) for result in report.results for name in result.without_uids]
    if without:
        lines += ["", f"UIDs are not kept ({len(without):,}): clients read these mailboxes anew."]
        lines += [f"  {account}: {'/'.join(name)}" for account, name in without[:MOST_ROWS]]
    lines += _left_out(report)
    odd = [f"{result.account}: {each}" for result in report.results for each in result.oddities]
    if odd:
        lines += ["", f"Brought as it is, and unusual ({len(odd):,}):"]
        lines += [f"  {row}" for row in odd[:MOST_ROWS]]
    if report.failures:
        lines += ["", f"Needs a look ({len(report.failures):,}):"]
        lines += [f"  {row}" for row in report.failures[:MOST_ROWS]]
    for rows in (renamed, without, odd, report.failures):
        if len(rows) > MOST_ROWS:
            lines.append(f"  and {len(rows) - MOST_ROWS:,} more; --json has them all")
    return printable("\n".join(lines)) + "\n"


def _left_out(report: CopyReport) -> list[str]:
    """Say what was not to be moved: it is on the source and nowhere else."""
    rows = [(result.account, name) for result in report.results for name in result.left_out]
    if not rows and not report.counts.left_out:
        return []
    boxes = numbers.count(len(rows), "mailbox", "mailboxes")
    messages = numbers.count(report.counts.left_out, "message")
    lines = ["", f"Left on the source by choice: {boxes}, and {messages} of other mailboxes. They stay there only."]
    lines += [f"  {account}: {'/'.join(name)}" for account, name in rows[:MOST_ROWS]]
    return lines if len(rows) <= MOST_ROWS else [*lines, f"  and {len(rows) - MOST_ROWS:,} more; --json has them all"]


def rate(report: CopyReport) -> str:
    """Say how quick the pass was: ``410 messages/s, 12.4 MiB/s``."""
    seconds = max(report.seconds, 0.001)
    return f"{report.counts.messages / seconds:,.0f} messages/s, {numbers.size(report.counts.bytes / seconds)}/s"
