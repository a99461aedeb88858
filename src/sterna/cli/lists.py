"""`sterna lists`: mailing lists for Mailman."""

from __future__ import annotations

from typing import Annotated

import typer

from sterna.cli import show
from sterna.cli.options import JsonOption, SiteOption, chosen_site, wants_json

app = typer.Typer(
    name="lists",
    help="Mailing lists in Mailman.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.callback()
def lists() -> None:
    """Carry the old server's mailing lists into Mailman 3."""


@app.command(epilog="Example: sterna lists load --dry-run")
def load(
    context: typer.Context,
    lists: Annotated[
        list[str] | None,
        typer.Argument(metavar="[LIST]...", help="Addresses on the old server; without any, all.", show_default=False),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    accept_removals: Annotated[
        bool, typer.Option("--accept-removals", help="Also when many members have left on the old server.")
    ] = False,
    site: SiteOption = None,
    as_json: JsonOption = False,
) -> int:
    """Make the lists in the Mailman that the site file names: settings, members, owners, bans, texts.

    What is as it should be is left alone, so a second run changes nothing. Nobody is welcomed or asked. What was
    changed in Mailman after it was brought there stays, and only members who were brought are ever taken off again.
    """
    import asyncio

    from rich.console import Console

    from sterna.cli import progress
    from sterna.mailman.errors import NoMailmanError
    from sterna.migration.lists import load_lists, read_lists
    from sterna.migration.report import lists as texts
    from sterna.model.address import Address

    chosen = chosen_site(context, site)
    if chosen.target.mailman is None:  # before the source is read, which may take long
        raise NoMailmanError
    read = asyncio.run(read_lists(chosen, {Address.parse(text) for text in lists or ()}))
    with progress.counted(Console(stderr=True), "list") as move:
        loaded = load_lists(chosen, read, dry_run=dry_run, accept_removals=accept_removals, on_loaded=move)
    if wants_json(context, as_json):
        show.show_json(loaded.as_json())
    else:
        show.show_text(texts.text(loaded))
    return loaded.exit_code
