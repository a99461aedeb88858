"""`sterna export`: files for programs that stand beside the new platform."""

from __future__ import annotations

import typer

app = typer.Typer(
    name="export",
    help="Files for programs that stand beside the new platform.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.callback()
def export() -> None:
    """Write files for programs that stand beside the new platform. Nothing is changed on either side."""
