"""`sterna apply`: carry a plan out on the new platform."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sterna.cli import exits, show
from sterna.cli.options import JsonOption, SiteOption, chosen_site, wants_json
from sterna.errors import SternaError

if TYPE_CHECKING:
    from sterna.migration.planned import Plan

YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask; needed where there is no terminal.")]
PlanOption = Annotated[
    Path | None, typer.Option("--plan", metavar="FILE", help="Carry out this stored plan instead of a new one.")
]
GuardOption = Annotated[
    bool, typer.Option("--override-guard", help="Also when many accounts would be disabled or get a smaller quota.")
]


class NobodyToAskError(SternaError):
    """A plan was to be applied without anybody there who could agree to it."""

    exit_code = exits.USAGE

    def __init__(self) -> None:
        super().__init__(
            "apply changes the new platform and there is no terminal to ask on; nothing was changed. "
            "Look at it with sterna plan, then run sterna apply --yes"
        )


def apply(
    context: typer.Context,
    plan: PlanOption = None,
    yes: YesOption = False,
    override_guard: GuardOption = False,
    site: SiteOption = None,
    as_json: JsonOption = False,
) -> int:
    """Make accounts, aliases, forwards, quotas and mailboxes on the new platform as planned.

    Shows the plan and asks first. What is as it should be is left alone, so a second run changes nothing.
    """
    import asyncio

    from rich.console import Console

    from sterna.cli import progress
    from sterna.migration.apply import apply_plan
    from sterna.migration.plan import make_plan
    from sterna.migration.planned import read_plan
    from sterna.migration.report import plans

    chosen = chosen_site(context, site)
    json_wanted = wants_json(context, as_json)
    todo = read_plan(plan) if plan is not None else asyncio.run(make_plan(chosen))
    if not (yes or todo.is_empty or agreed(todo, ask=not json_wanted)):
        show.show_note("nothing was changed")
        return exits.REFUSED
    with progress.steps(Console(stderr=True), show.show_note) as on_event:
        result = asyncio.run(apply_plan(chosen, todo, on_event, override_guard=override_guard))
    if json_wanted:
        show.show_json(result.as_json())
    else:
        show.show_text(plans.summary(todo) if todo.is_empty else plans.applied(result))
    return result.exit_code


def agreed(plan: Plan, *, ask: bool) -> bool:
    """Show the plan and ask whether to carry it out.

    Raises:
        NobodyToAskError: there is no terminal, or the output is for a machine.
    """
    from sterna.migration.report import plans

    if not (ask and sys.stdin.isatty() and sys.stdout.isatty()):
        raise NobodyToAskError
    show.show_text(plans.text(plan))
    return typer.confirm("Carry this out?")
