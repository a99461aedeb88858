"""A plan, and what became of it, as text."""

from __future__ import annotations

from sterna.migration.applied import Applied
from sterna.migration.planned import Plan
from sterna.migration.report import numbers
from sterna.migration.report.text import findings, printable


def text(plan: Plan) -> str:
    """Return every change, the findings, and at the end the sums, which is what stays on the screen."""
    lines = list(plan.lines())
    lines += findings(plan.findings)
    lines += ["", summary(plan)]
    if plan.guard.stops:
        whom = f"{len(plan.guard.subjects)} of {numbers.count(plan.guard.accounts, 'account')}"
        lines += ["", f"Stop: this would disable, or give a smaller quota to, {whom} on the target."]
        lines += ["Look at these before you apply it with --override-guard:"]
        lines += [f"  {subject}" for subject in plan.guard.subjects]
    return printable("\n".join(lines).lstrip("\n")) + "\n"


def summary(plan: Plan) -> str:
    """Say in one line what the plan does."""
    accounts = numbers.count(plan.accounts, "account")
    if plan.is_empty:
        return f"{accounts} on the source; the target is as it should be, nothing to do."
    parts = ", ".join(f"{number:,} {kind}" for kind, number in plan.counts().items())
    return f"{accounts} on the source: {parts}; {plan.unchanged:,} as they should be."


def applied(result: Applied) -> str:
    """Return what became of a plan."""
    parts = [f"{numbers.count(result.made, 'change')} made"]
    parts += [f"{result.already:,} were made before"] if result.already else []
    parts += [f"{result.skipped:,} not tried"] if result.skipped else []
    lines = [f"{', '.join(parts)}, in {numbers.duration(result.seconds)}"]
    if result.failures:
        lines += ["", f"Not done ({len(result.failures):,}); the rest is. Plan and apply again when they are mended:"]
        lines += [f"  {failure.subject}: {failure.change}: {failure.error}" for failure in result.failures]
    return printable("\n".join(lines)) + "\n"
