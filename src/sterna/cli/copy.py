"""`sterna copy`: move mail; the first run is the full pass, every later run a delta pass."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Final

import typer

from sterna.cli import show
from sterna.cli.options import AccountsArgument, JsonOption, SiteOption, chosen_site, wants_json

if TYPE_CHECKING:
    from sterna.model.hours import Hours

NIGHT: Final = "22:00-06:00"


class Events(enum.StrEnum):
    """How events are written for other programs."""

    JSON = "json"


def copy(
    context: typer.Context,
    accounts: AccountsArgument = None,
    site: SiteOption = None,
    as_json: JsonOption = False,
    thorough: Annotated[
        bool,
        typer.Option("--thorough", help="Look at every message, also where both sides say that nothing changed."),
    ] = False,
    accept_shrunk: Annotated[
        bool,
        typer.Option("--accept-shrunk", help="Follow deletions although most of an account is gone from the source."),
    ] = False,
    late: Annotated[
        bool,
        typer.Option("--late", help="Only look for mail that came to the source after an account was cut over."),
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="With --late: bring that mail; it gets new UIDs on the target.")
    ] = False,
    mailbox: Annotated[
        list[str] | None,
        typer.Option(
            "--mailbox",
            metavar="PATTERN",
            help="Only mailboxes that this fits, such as 'Work/*', and INBOX; may be repeated.",
            show_default=False,
        ),
    ] = None,
    not_mailbox: Annotated[
        list[str] | None,
        typer.Option("--not-mailbox", metavar="PATTERN", help="Not the mailboxes that this fits; may be repeated."),
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option(
            "--since",
            formats=["%Y-%m-%d"],
            help="Recent mail first: only mailboxes in which mail arrived on this day or later, whole, so that each "
            'message keeps its UID. With policy.without_uids = "append" only that mail: the rest gets new UIDs later.',
        ),
    ] = None,
    before: Annotated[
        datetime | None,
        typer.Option("--before", formats=["%Y-%m-%d"], help="The same for mail that arrived before this day."),
    ] = None,
    window: Annotated[
        list[str] | None,
        typer.Option(
            "--window",
            metavar="HOURS",
            help="Move mail only in these hours, such as 22:00-06:00 or Mon-Fri 19:00-07:00, and wait outside of them; "
            "may be repeated. It takes the place of manners.hours.",
            show_default=False,
        ),
    ] = None,
    night: Annotated[bool, typer.Option("--night", help=f"The same as --window {NIGHT}.")] = False,
    events: Annotated[
        Events | None,
        typer.Option("--events", help="Write each event to standard output as one line of JSON, as it happens."),
    ] = None,
) -> int:
    """Copy all mailboxes and messages, with their UIDs, flags and dates.

    The first run copies everything. Each later run moves only what is new or changed on the source: new mail, flags,
    and what was expunged. It may be interrupted at any moment; the same command goes on from there. Nothing is ever
    changed on the source.
    """
    import asyncio
    from dataclasses import replace

    from rich.console import Console

    from sterna.cli import pass_view
    from sterna.migration import selection
    from sterna.migration.copy.account import Options
    from sterna.migration.copy.event_lines import EventLines
    from sterna.migration.copy.run import copy_site
    from sterna.migration.report import passes
    from sterna.site.declaration import WithoutUids

    if yes and not late:
        raise typer.BadParameter("it goes with --late", param_hint="--yes")
    options = Options(accept_shrunk=accept_shrunk, thorough=thorough, only_late=late, bring_late=late and yes)
    chosen = chosen_site(context, site)
    now = selection.for_pass(
        (tuple(mailbox or ()), tuple(not_mailbox or ())),
        since.date() if since else None,
        before.date() if before else None,
        without_uids=chosen.policy.without_uids is WithoutUids.APPEND,
    )
    if not now.takes_all_messages:
        show.show_note("messages that are left out now get new UIDs when they come later (policy.without_uids)")
    options = replace(options, now=now)
    hours = chosen_hours([*(window or ()), *([NIGHT] if night else ())])
    if events is Events.JSON:
        lines = EventLines(show.show_text)
        report = asyncio.run(
            copy_site(chosen, accounts=accounts or None, options=options, hours=hours, on_event=lines.take)
        )
        lines.end(report)
        return report.exit_code
    with pass_view.shown(Console(stderr=True), show.show_note) as on_event:
        report = asyncio.run(
            copy_site(chosen, accounts=accounts or None, options=options, hours=hours, on_event=on_event)
        )
    if wants_json(context, as_json):
        show.show_json(report.as_json())
    else:
        show.show_text(passes.text(report))
    return report.exit_code


def chosen_hours(texts: Iterable[str]) -> list[Hours]:
    """Read hours from the command line."""
    from sterna.model.hours import Hours

    try:
        return [Hours.parse(text) for text in texts]
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--window") from None
