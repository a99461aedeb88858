"""`sterna sample`: an anonymised file of the old server's answers, for those who teach Sterna what it does not know."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sterna.cli import show
from sterna.cli.options import JsonOption, SiteOption, chosen_site, wants_json


def sample(
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", dir_okay=False, help="The file to write; a new one.")],
    account: Annotated[
        list[str] | None,
        typer.Option(
            "--account", metavar="ADDRESS", help="Ask of this account; may be given again.", show_default=False
        ),
    ] = None,
    keep: Annotated[
        list[str] | None,
        typer.Option(
            "--keep", metavar="WORD", help="A word that need not be replaced; again for more.", show_default=False
        ),
    ] = None,
    site: SiteOption = None,
    as_json: JsonOption = False,
) -> int:
    """Write one file with the old server's answers of every kind, in which nothing of the site can be recognised.

    Only words that are CommuniGate's own stay as they are. Names, addresses, hosts, texts, numbers and passwords become
    letters and digits of the same shape. Nothing is changed on the server. Read the file before you send it.
    """
    import asyncio

    from sterna.migration.sample import take_sample, write_sample

    taken = asyncio.run(take_sample(chosen_site(context, site), account or (), keep or ()))
    write_sample(out, taken)
    if wants_json(context, as_json):
        show.show_json(
            {
                "file": str(out),
                "replies": taken.replies,
                "refused": taken.refused,
                "replaced_keys": list(taken.replaced_keys),
            }
        )
        return 0
    from sterna.migration.report.text import printable

    lines = [f"{out}: {taken.replies} replies, {taken.refused} commands refused. Read it before you send it."]
    if taken.replaced_keys:
        lines.append("Keys that Sterna does not know were replaced; where they say nothing of your site, --keep them:")
        lines += [f"  {key}" for key in taken.replaced_keys]
    show.show_text(printable("\n".join(lines)))
    return 0
