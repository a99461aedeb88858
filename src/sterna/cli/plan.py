"""`sterna plan`: what would change on the new platform; nothing is written there."""

from __future__ import annotations

import typer

from sterna.cli import show
from sterna.cli.options import JsonOption, SiteOption, chosen_site, wants_json


def plan(context: typer.Context, site: SiteOption = None, as_json: JsonOption = False) -> int:
    """Show what would change on the new platform; nothing is written.

    The JSON is a whole plan: sterna apply --plan FILE carries out that very one, or refuses when what it rests on has
    changed.
    """
    import asyncio

    from sterna.migration.plan import make_plan
    from sterna.migration.report import plans

    made = asyncio.run(make_plan(chosen_site(context, site)))
    if wants_json(context, as_json):
        show.show_json(made.as_json())
    else:
        show.show_text(plans.text(made))
    return 0
