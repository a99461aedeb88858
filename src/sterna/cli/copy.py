"""`sterna copy`: move mail; the first run is the full pass, every later run a delta pass."""

from __future__ import annotations

from typing import Annotated

import typer

from sterna.cli import show
from sterna.cli.options import AccountsArgument, JsonOption, SiteOption, chosen_site, wants_json


def copy(
    context: typer.Context,
    accounts: AccountsArgument = None,
    site: SiteOption = None,
    as_json: JsonOption = False,
    skip_refused: Annotated[
        bool,
        typer.Option("--skip-refused", help="Leave messages behind for good that the target refuses; each is named."),
    ] = False,
    accept_shrunk: Annotated[
        bool,
        typer.Option("--accept-shrunk", help="Follow deletions although most of an account is gone from the source."),
    ] = False,
) -> int:
    """Copy all mailboxes and messages, with their UIDs, flags and dates.

    The first run copies everything. Each later run moves only what is new or changed on the source: new mail, flags,
    and what was expunged. It may be interrupted at any moment; the same command goes on from there. Nothing is ever
    changed on the source.
    """
    import asyncio

    from rich.console import Console

    from sterna.cli import progress
    from sterna.migration.copy.account import Options
    from sterna.migration.copy.run import copy_site
    from sterna.migration.report import passes

    options = Options(skip_refused=skip_refused, accept_shrunk=accept_shrunk)
    chosen = chosen_site(context, site)
    with progress.shown(Console(stderr=True), show.show_note) as on_event:
        report = asyncio.run(copy_site(chosen, accounts=accounts or None, options=options, on_event=on_event))
    if wants_json(context, as_json):
        show.show_json(report.as_json())
    else:
        show.show_text(passes.text(report))
    return report.exit_code
