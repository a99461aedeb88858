"""Bars on a terminal for runs of many steps. To standard error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn

from sterna.migration.report import numbers
from sterna.migration.report.text import printable

if TYPE_CHECKING:
    from sterna.migration.applied import ApplyEvent


@contextmanager
def steps(console: Console, note: Callable[[str], None]) -> Iterator[Callable[[ApplyEvent], None]]:
    """Show the changes of a plan as they are made: a bar on a terminal; failures as lines in any case."""
    from sterna.migration.applied import ChangeFailed

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
