"""What a person sees while a pass runs: a bar on a terminal, a line for each account elsewhere. To standard error."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.text import Text

from sterna.migration.applied import ApplyEvent, ChangeFailed
from sterna.migration.copy.events import (
    AccountDone,
    AccountStarted,
    CopyEvent,
    Counts,
    Failure,
    OnEvent,
    PassStarted,
)
from sterna.migration.copy.events import Progress as Moved
from sterna.migration.report import numbers
from sterna.migration.report.text import printable
from sterna.model.address import Address


@dataclass(slots=True)
class Tally:
    """The sum of the events of a pass so far.

    The pass does not know how many messages all accounts have before it has looked into each, so progress is counted in
    accounts, and for those under way in the share of their messages.
    """

    accounts: int = 0
    done: int = 0
    counts: Counts = field(default_factory=Counts)
    under_way: dict[Address, tuple[int, int]] = field(default_factory=dict)
    """For each account under way: messages looked at, messages there are."""

    def add(self, event: CopyEvent) -> None:
        """Take one event into account."""
        match event:
            case PassStarted(accounts):
                self.accounts = accounts
            case AccountStarted(account, _, messages):
                self.under_way[account] = (0, messages)
            case Moved(account, _, counts):
                self.counts += counts
                seen, of = self.under_way.get(account, (0, 0))
                self.under_way[account] = (seen + counts.messages, of)
            case AccountDone(account):
                self.under_way.pop(account, None)
                self.done += 1
            case Failure():
                pass

    @property
    def accounts_done(self) -> float:
        """Accounts that are done, and the shares of those under way."""
        return self.done + sum(min(seen / of, 1.0) for seen, of in self.under_way.values() if of)


def line(event: CopyEvent) -> str | None:
    """Return what to print for an event where there is no bar; None for the many small ones."""
    match event:
        case AccountDone(account, counts, failures):
            what = counts_in_words(counts) + (f", {numbers.count(failures, 'failure')}" if failures else "")
            return printable(f"{account}: {what}")
        case Failure():
            return printable(f"sterna: {event}")
        case _:
            return None


def counts_in_words(counts: Counts) -> str:
    """Say what became of messages: ``301 copied (11.8 MiB), 12 unchanged``."""
    parts = [f"{counts.copied:,} copied ({numbers.size(counts.bytes)})"] if counts.copied else []
    for number, word in (
        (counts.updated, "updated"),
        (counts.expunged, "expunged"),
        (counts.unchanged, "unchanged"),
        (counts.skipped, "skipped"),
    ):
        parts += [f"{number:,} {word}"] if number else []
    return ", ".join(parts) or "no messages"


@contextmanager
def shown(console: Console, note: Callable[[str], None]) -> Iterator[OnEvent]:
    """Show the events that the yielded function is given: a bar when `console` is a terminal, else lines by `note`."""
    if not console.is_terminal:

        def plain(event: CopyEvent) -> None:
            if said := line(event):
                note(said)

        yield plain
        return
    tally = Tally()
    began = time.monotonic()
    with _bar(console) as bar:
        task = bar.add_task("", total=None, said="")

        def move(event: CopyEvent) -> None:
            tally.add(event)
            if isinstance(event, Failure):
                bar.console.print(Text(printable(f"sterna: {event}"), style="red"))
            bar.update(
                task,
                total=tally.accounts or None,
                completed=tally.accounts_done,
                said=state(tally, time.monotonic() - began),
            )

        yield move


@contextmanager
def steps(console: Console, note: Callable[[str], None]) -> Iterator[Callable[[ApplyEvent], None]]:
    """Show the changes of a plan as they are made: a bar on a terminal; failures as lines in any case."""
    with _bar(console) as bar:
        task = bar.add_task("", total=None, said="")

        def move(event: ApplyEvent) -> None:
            if isinstance(event, ChangeFailed):
                note(printable(f"sterna: {event.failure.subject}: {event.failure.change}: {event.failure.error}"))
            said = f"{event.number:,} of {numbers.count(event.total, 'change')}"
            bar.update(task, total=event.total, completed=event.number, said=said)

        yield move


@contextmanager
def counted(console: Console, noun: str) -> Iterator[Callable[[int, int], None]]:
    """Show how many things are done, of how many; nothing where there is no terminal."""
    with _bar(console) as bar:
        task = bar.add_task("", total=None, said="")

        def move(done: int, total: int) -> None:
            bar.update(task, total=total, completed=done, said=f"{done:,} of {numbers.count(total, noun)}")

        yield move


@contextmanager
def steps_of(console: Console) -> Iterator[Callable[[str, int, int | None], None]]:
    """Show which step a run is at and how far; nothing where there is no terminal."""
    with _bar(console) as bar:
        task = bar.add_task("", total=None, said="")

        def move(step: str, done: int, total: int | None) -> None:
            said = f"{step}: {done:,}" + ("" if total is None else f" of {total:,}")
            bar.update(task, total=total, completed=done, said=said)

        yield move


def _bar(console: Console) -> Progress:
    return Progress(
        SpinnerColumn(),
        BarColumn(bar_width=None),
        TaskProgressColumn(),
        TextColumn("{task.fields[said]}"),
        TimeRemainingColumn(compact=True, elapsed_when_finished=True),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


def state(tally: Tally, seconds: float) -> str:
    """Say how far the pass is and how quick: ``12 of 25 accounts · 1,204 messages · 91 MiB · 410/s``."""
    looked_at = tally.counts.messages
    rate = f" · {looked_at / seconds:,.0f}/s" if seconds > 0 and looked_at else ""
    return (
        f"{tally.done:,} of {numbers.count(tally.accounts, 'account')} · {numbers.count(looked_at, 'message')} · "
        f"{numbers.size(tally.counts.bytes)}{rate}"
    )
