"""The options that every verb shares, before the verb or after it: ``--site FILE`` and ``--json``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sterna.site.declaration import Site

SiteOption = Annotated[
    Path | None,
    typer.Option("--site", metavar="FILE", help="The site file; without it, sterna.toml in the current folder."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Write one JSON object to standard output, for machines.")]
AccountsArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="[ACCOUNT]...", help="Full addresses; without any, all accounts.", show_default=False),
]
DirOption = Annotated[Path, typer.Option("--dir", metavar="DIR", help="The lab's folder.")]
MessagesOption = Annotated[int, typer.Option("--messages", metavar="N", min=0, help="How many messages to make.")]


@dataclass(frozen=True, slots=True)
class Shared:
    """What was given before the verb."""

    site: Path | None = None
    as_json: bool = False


def wants_json(context: typer.Context, after_verb: bool) -> bool:
    """Whether the answer is for a machine: ``--json`` was given before or after the verb."""
    shared = context.find_object(Shared)
    return after_verb or (shared is not None and shared.as_json)


def chosen_site(context: typer.Context, after_verb: Path | None) -> Site:
    """Load the site file that the command line names, or the one in the current folder.

    Raises:
        NoSiteFileError, SiteFileError: there is none, or it cannot be used.
    """
    from sterna.site.load import find_site, load_site

    shared = context.find_object(Shared)
    return load_site(find_site(after_verb or (shared.site if shared is not None else None)))
