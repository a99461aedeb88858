"""`sterna status`: the pass that runs, the last ones, and what could not be moved."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from sterna.cli import show
from sterna.cli.options import JsonOption, SiteOption, chosen_site, wants_json


def status(
    context: typer.Context,
    failed: Annotated[
        bool,
        typer.Option("--failed", help="List the messages that could not be moved, with reason, answer and kept bytes."),
    ] = False,
    site: SiteOption = None,
    as_json: JsonOption = False,
) -> int:
    """Say where the pass is that runs, also in another terminal, and how the last one ended.

    It names accounts whose last pass had failures or did not come to its end. No server is asked.
    """
    from sterna.migration.copy.places import JOURNAL
    from sterna.migration.report import running
    from sterna.state.control import Control
    from sterna.state.journal import Journal

    chosen = chosen_site(context, site)
    machine = wants_json(context, as_json)
    journal = Journal.open(chosen.state_dir / JOURNAL)
    try:
        if failed:
            rows = list(journal.all_skipped())
            if machine:
                show.show_json(running.failed_as_json(rows))
            else:
                show.show_text(running.failed_in_words(rows))
            return 0
        control = Control(journal)
        last = next(iter(control.passes(1)), None)
        count = sum(1 for _ in journal.all_skipped())
        alive = last is not None and Path("/proc", str(last.process)).exists()
        found = running.Status(time.time(), last, control.orders(), control.accounts(), count, alive)
    finally:
        journal.close()
    if machine:
        show.show_json(running.status_as_json(found))
    else:
        show.show_text(running.status_in_words(found))
    return 0
