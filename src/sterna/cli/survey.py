"""`sterna survey`: what is on the old server, and what cannot move."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sterna.cli import exits, show
from sterna.cli.options import JsonOption, SiteOption, chosen_site, wants_json

if TYPE_CHECKING:
    from sterna.migration.survey.content import SurveyReport


class FailOn(enum.StrEnum):
    """From which outcome on the exit code is that of something incomplete."""

    CHANGED = "changed"
    DROPPED = "dropped"
    UNREADABLE = "unreadable"


HtmlOption = Annotated[
    Path | None,
    typer.Option("--html", metavar="FILE", help="Where the page goes; else survey.html in the report folder."),
]
FailOnOption = Annotated[
    FailOn | None, typer.Option("--fail-on", help="End with exit code 3 when a finding is as bad as this, or worse.")
]
QuickOption = Annotated[
    bool, typer.Option("--quick", help="Do not ask for date and size of every message; sizes are the CLI's.")
]
AllOption = Annotated[bool, typer.Option("--all", help="Leave nothing out of the text: all accounts, all findings.")]


def survey(
    context: typer.Context,
    site: SiteOption = None,
    as_json: JsonOption = False,
    html: HtmlOption = None,
    fail_on: FailOnOption = None,
    quick: QuickOption = False,
    everything: AllOption = False,
) -> int:
    """Read the old server: accounts, addresses, quotas, mailboxes and their sizes; try how it can be read.

    The findings say what will not be on the new platform, or not in the same form, and what to do about it. One HTML
    page and the same as JSON beside it are written to the site's report folder. Nothing is written on the old server.
    """
    import asyncio

    from rich.console import Console

    from sterna.cli import progress
    from sterna.migration.report import files, survey_files, survey_json, survey_text
    from sterna.migration.survey.run import survey as look_at

    chosen = chosen_site(context, site)
    page = (html or chosen.report_dir / "survey.html").absolute()
    if page.suffix == ".json":
        raise typer.BadParameter(
            "the JSON beside the page would have the same name; call it .html", param_hint="--html"
        )
    files.make_folder(page.parent)
    with progress.steps_of(Console(stderr=True)) as move:
        report = asyncio.run(look_at(chosen, lambda event: move(event.step, event.done, event.total), quick=quick))
    written = survey_files.write(report, page)
    if wants_json(context, as_json):
        show.show_pieces(survey_json.pieces(report))
    else:
        show.show_pieces(f"{line}\n" for line in survey_text.lines(report, everything=everything))
        show.show_text(f"The page is {written.html}")
    return _exit_code(report, fail_on)


def _exit_code(report: SurveyReport, fail_on: FailOn | None) -> int:
    from sterna.migration.survey.content import at_least
    from sterna.model.finding import Outcome

    if fail_on is None or not at_least(report.outcomes, Outcome(fail_on.value)):
        return 0
    return exits.INCOMPLETE
