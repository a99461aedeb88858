"""`sterna pass`: order a pass about while it runs, from another terminal."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Final

import typer

from sterna.cli import show
from sterna.cli.options import JsonOption, SiteOption, chosen_site, wants_json

if TYPE_CHECKING:
    from pathlib import Path

    from sterna.state.control import Control

app = typer.Typer(
    name="pass",
    help="Order a pass about while it runs.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

_UNITS: Final = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3}
_SIZE: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)([KMG]?)")


@app.callback()
def pass_() -> None:
    """Order a pass about while it runs, from another terminal.

    Orders hold until they are taken back, also for later passes. A running pass follows within a second or two.
    """


@app.command(epilog="Example: sterna pass pause")
def pause(context: typer.Context, site: SiteOption = None, as_json: JsonOption = False) -> int:
    """Let the pass finish what it has in hand, and then wait. What was copied stays; nothing is lost."""
    return _order(context, site, as_json, lambda control: control.pause(on=True))


@app.command(epilog="Example: sterna pass resume")
def resume(context: typer.Context, site: SiteOption = None, as_json: JsonOption = False) -> int:
    """Let a paused pass go on from where it was."""
    return _order(context, site, as_json, lambda control: control.pause(on=False))


@app.command(epilog="Example: sterna pass first anna@lab.example")
def first(
    context: typer.Context,
    accounts: Annotated[list[str], typer.Argument(metavar="ACCOUNT...", help="Full addresses.")],
    site: SiteOption = None,
    as_json: JsonOption = False,
) -> int:
    """Put accounts at the front: they come next, as soon as a connection is free, in the order given."""
    from sterna.model.address import Address

    names = [str(Address.parse(text)) for text in accounts]
    return _order(context, site, as_json, lambda control: control.put_first(names))


@app.command(epilog="Example: sterna pass limit --accounts 2 --bytes 5M")
def limit(
    context: typer.Context,
    accounts: Annotated[
        int | None, typer.Option("--accounts", metavar="N", min=1, max=64, help="At most so many at a time.")
    ] = None,
    messages: Annotated[
        float | None, typer.Option("--messages", metavar="N", min=0.01, help="At most so many messages in a second.")
    ] = None,
    size: Annotated[
        str | None, typer.Option("--bytes", metavar="SIZE", help="At most so much in a second: 500K, 5M, 1G, or bytes.")
    ] = None,
    site: SiteOption = None,
    as_json: JsonOption = False,
) -> int:
    """Let the pass take no more than this from the source; what is not given is not limited by order.

    Without any option the orders are taken back. The budgets in the site file hold in any case.
    """
    rate = _size(size) if size is not None else None
    return _order(context, site, as_json, lambda control: control.limit(accounts, messages, rate))


@app.command("cut-over", epilog="Example: sterna pass cut-over anna@lab.example")
def cut_over(
    context: typer.Context,
    accounts: Annotated[list[str], typer.Argument(metavar="ACCOUNT...", help="Full addresses.")],
    undo: Annotated[bool, typer.Option("--undo", help="The source is the truth again.")] = False,
    site: SiteOption = None,
    as_json: JsonOption = False,
) -> int:
    """Say that accounts work on the target from now on.

    Then no pass changes anything that is there: neither flags nor deletions of the source follow any more. New mail on
    the source is late mail: copy names it, and brings it with --late --yes. No pass may be under way.
    """
    import time

    from sterna.migration.copy.places import JOURNAL, LOCK
    from sterna.model.address import Address
    from sterna.state.cut_over import CutOverStore
    from sterna.state.journal import Journal
    from sterna.state.lock import locked

    names = [str(Address.parse(text)) for text in accounts]
    chosen = chosen_site(context, site)
    with locked(chosen.state_dir / LOCK):
        journal = Journal.open(chosen.state_dir / JOURNAL)
        try:
            store = CutOverStore(journal)
            for name in names:
                if undo:
                    store.clear(name)
                else:
                    store.set(name, int(time.time()))
            marked = store.all()
        finally:
            journal.close()
    if wants_json(context, as_json):
        show.show_json({"cut_over": [{"account": account, "since": since} for account, since in marked.items()]})
    else:
        show.show_text(f"Cut over: {', '.join(marked)}" if marked else "No account is cut over.")
    return 0


def _order(context: typer.Context, site: Path | None, as_json: bool, order: Callable[[Control], None]) -> int:
    from sterna.migration.copy.places import JOURNAL
    from sterna.migration.report import running
    from sterna.state.control import Control
    from sterna.state.journal import Journal

    chosen = chosen_site(context, site)
    journal = Journal.open(chosen.state_dir / JOURNAL)
    try:
        control = Control(journal)
        order(control)
        orders = control.orders()
    finally:
        journal.close()
    if wants_json(context, as_json):
        show.show_json(running.orders_as_json(orders))
    else:
        show.show_text(running.orders_in_words(orders) or "Nothing is ordered.")
    return 0


def _size(text: str) -> float:
    found = _SIZE.fullmatch(text.upper())
    if found is None or not float(found[1]):
        raise typer.BadParameter(f"{text!r} should be a size such as 500K, 5M or 1G", param_hint="--bytes")
    return float(found[1]) * _UNITS[found[2]]
