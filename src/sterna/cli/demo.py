"""`sterna demo`: a whole migration from beginning to end, on a lab."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sterna.cli import exits, show
from sterna.cli.lab import CorpusOption
from sterna.cli.options import JsonOption, MessagesOption, wants_json

if TYPE_CHECKING:
    from rich.console import Console

    from sterna.lab.demo.events import DemoEvent, DemoReport, Kept, StepDone
    from sterna.migration.copy.events import OnEvent as OnCopyEvent

DirOption = Annotated[
    Path | None,
    typer.Option("--dir", metavar="DIR", help="Where the lab is made; without it a new folder below /var/tmp."),
]
ReportOption = Annotated[Path, typer.Option("--report", metavar="DIR", help="Where the report is put.")]
KeepOption = Annotated[bool, typer.Option("--keep", help="Leave both platforms running, to log in and look around.")]


def demo(
    context: typer.Context,
    keep: KeepOption = False,
    folder: DirOption = None,
    messages: MessagesOption = 3000,
    report: ReportOption = Path("sterna-demo-report"),
    corpus: CorpusOption = None,
    as_json: JsonOption = False,
) -> int:
    """Move a whole CommuniGate site to the new platform on this machine, and prove every message equal.

    Starts an old server with sixty accounts and a new platform on free ports of 127.0.0.1, and goes through survey,
    plan, apply, copy and verify; then mail is sent to the new platform, and everybody logs in with the old password.
    Needs root; nothing of this machine's own mail is touched, and nothing is left but the report.
    """
    import asyncio

    from rich.console import Console

    from sterna.lab.demo.run import DemoOptions, demonstrate

    json_wanted = wants_json(context, as_json)
    options = DemoOptions(folder=folder, messages=messages, corpus=corpus, report=report, keep=keep)
    say = show.show_note if json_wanted else show.show_text
    with shown(Console(stderr=True), say) as on_event:
        result = asyncio.run(demonstrate(options, on_event))
    if json_wanted:
        show.show_json(result.as_json())
    else:
        show.show_text("\n" + in_words(result))
    return 0 if result.good else exits.INCOMPLETE


@contextmanager
def shown(console: Console, say: Callable[[str], None]) -> Iterator[Callable[[DemoEvent], None]]:
    """Say the result of each step; on a terminal, also show what is under way."""
    from sterna.cli import pass_view
    from sterna.lab.demo.events import StepDone, StepStarted
    from sterna.migration.copy.events import PassStarted

    with ExitStack() as under_way:
        bar: list[OnCopyEvent] = []

        def on_event(event: DemoEvent) -> None:
            match event:
                case StepStarted(title):
                    if console.is_terminal:
                        under_way.enter_context(console.status(title))
                case StepDone():
                    under_way.close()
                    bar.clear()
                    say(step_in_words(event))
                case _:
                    if isinstance(event, PassStarted) and console.is_terminal:
                        under_way.close()  # the bar takes the place of the title
                        bar.append(under_way.enter_context(pass_view.shown(console, show.show_note)))
                    for move in bar:
                        move(event)

        yield on_event


def step_in_words(step: StepDone) -> str:
    """Return one step: its title, how long it took, its result."""
    from sterna.migration.report import numbers
    from sterna.migration.report.text import printable

    head = f"{'✓' if step.good else '✗'} {step.title}"
    lines = [f"{head:<68}{numbers.duration(step.seconds):>8}", *(f"  {line}" for line in step.said.splitlines())]
    return printable("\n".join(lines))


def in_words(result: DemoReport) -> str:
    """Return how it all went, and how to go on."""
    from sterna.migration.report import numbers, passes

    first = result.passes[0]
    judged = "All is as it should be" if result.good else "Not all is as it should be"
    lines = [
        f"{judged}, in {numbers.duration(result.seconds)}. Mail was copied at {passes.rate(first)}.",
        f"The report to look at and to sign: {result.report.html}",
    ]
    return "\n".join(lines + (kept_in_words(result.kept) if result.kept else []))


def kept_in_words(kept: Kept) -> list[str]:
    """Say how to log in with one's own mail client, and how to end the lab."""
    from sterna.migration.report.text import table

    ports, source = kept.info.platform.ports, kept.info.source
    rows = [
        ("new platform", "IMAP", f"127.0.0.1 port {ports.imaps}, SSL/TLS"),
        ("", "POP3", f"127.0.0.1 port {ports.pop3s}, SSL/TLS"),
        ("", "SMTP", f"127.0.0.1 port {ports.smtp}, STARTTLS, no login; mail to the lab's own addresses"),
        ("old server", "IMAP", f"127.0.0.1 port {source.ports.imap}, STARTTLS" if source else "none"),
        ("login", "user", kept.person.address),
        ("", "password", f"in {kept.password_file}; those of all others: sterna lab up --json shows them"),
        ("", "trust", str(kept.info.ca)),
    ]
    return [
        "",
        "Both platforms go on running. To look around with your own mail client:",
        "",
        *(f"  {line}" for line in table(("", "", ""), rows)[1:]),
        "",
        f"Or with Sterna:  sterna --site {kept.info.site} verify",
        f"To end it:       sterna lab down --dir {kept.info.dir} --remove",
    ]
