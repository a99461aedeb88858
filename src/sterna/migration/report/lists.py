"""What became of lists in Mailman, as text."""

from __future__ import annotations

from sterna.mailman.load import LoadedList
from sterna.migration.lists import Loaded
from sterna.migration.report import numbers
from sterna.migration.report.text import findings, printable


def text(loaded: Loaded) -> str:
    """Return a line for each list, with its first changes in a dry run, what did not work, and the findings."""
    lines: list[str] = []
    for each in loaded.lists:
        lines += _list(each, dry_run=loaded.dry_run)
    lines += findings(loaded.findings)
    members = sum(each.members for each in loaded.lists)
    changes = sum(each.wanted_changes for each in loaded.lists)
    said = f"{numbers.count(len(loaded.lists), 'list')}, {numbers.count(members, 'member')}"
    if not changes:
        lines += ["", f"{said}: Mailman has them as they should be, nothing to do."]
    else:
        lines += ["", f"{said}: {numbers.count(changes, 'change')} {'to make' if loaded.dry_run else 'made or tried'}."]
    if loaded.failures:
        lines += [f"{numbers.count(loaded.failures, 'failure')}; the same command tries these again."]
    return printable("\n".join(lines)) + "\n"


def _list(each: LoadedList, *, dry_run: bool) -> list[str]:
    where = each.source if each.source == each.address else f"{each.source} as {each.address}"
    lines = [f"{where}: {numbers.count(each.members, 'member')}, {numbers.count(each.wanted_changes, 'change')}"]
    if dry_run:
        lines += [f"  {change}" for change in each.changes]
        if (more := each.wanted_changes - len(each.changes)) > 0:
            lines.append(f"  and {more:,} more")
    return [*lines, *(f"  not done: {failure}" for failure in each.failures)]
