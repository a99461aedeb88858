"""`sterna survey`: what is on the old server, and what cannot move."""

from __future__ import annotations

import typer

from sterna.cli import show
from sterna.cli.options import JsonOption, SiteOption, chosen_site, wants_json


def survey(context: typer.Context, site: SiteOption = None, as_json: JsonOption = False) -> int:
    """Read the old server: accounts, addresses, quotas, mailboxes and their sizes.

    The findings at the end say what will not be on the new platform, or not in the same form, and what to do about it.
    Nothing is written anywhere.
    """
    import asyncio

    from rich.console import Console

    from sterna.cli import progress
    from sterna.migration.report import surveys
    from sterna.migration.survey import survey as look_at
    from sterna.migration.surveyed import AccountSurveyed

    chosen = chosen_site(context, site)
    with progress.counted(Console(stderr=True), "account") as move:

        def on_event(event: AccountSurveyed) -> None:
            move(event.number, event.total)

        seen = asyncio.run(look_at(chosen, on_event))
    if wants_json(context, as_json):
        show.show_json(seen.as_json())
    else:
        show.show_text(surveys.text(seen))
    return seen.exit_code
