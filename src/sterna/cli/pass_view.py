"""What a person sees while a pass runs: some lines that change on a terminal, a line for each account elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.text import Text

from sterna.migration.copy.events import AccountDone, CopyEvent, Counts, Failure, Held, OnEvent, Resumed, Slowed
from sterna.migration.copy.view import PassView, UnderWay
from sterna.migration.report import numbers
from sterna.migration.report.text import printable, width

NARROW = 60
"""On a terminal of fewer columns only what matters most is said."""
BAR_LEAST, BAR_MOST = 10, 40
"""Columns of the bar."""
SUMMARY_S = 30.0
"""Where there is no terminal it is said this often how far the pass is, in seconds."""
REFRESH_PER_S = 4


@contextmanager
def shown(
    console: Console, note: Callable[[str], None], clock: Callable[[], float] = time.monotonic
) -> Iterator[OnEvent]:
    """Show the events that the yielded function is given: where the pass is on a terminal, else lines by `note`."""
    view = PassView(clock)
    if not console.is_terminal:
        yield _Lines(view, note).take
        return
    with Live(
        console=console,
        refresh_per_second=REFRESH_PER_S,
        transient=True,
        get_renderable=lambda: Text("\n".join(screen(view, console.width)), no_wrap=True, overflow="ellipsis"),
    ) as live:

        def take(event: CopyEvent) -> None:
            view.add(event)
            if isinstance(event, Failure):
                live.console.print(Text(printable(f"sterna: {event}"), style="red"))

        yield take


class _Lines:
    """Says what a log should have."""

    def __init__(self, view: PassView, note: Callable[[str], None]) -> None:
        self._view = view
        self._note = note
        self._said_at = view.clock()

    def take(self, event: CopyEvent) -> None:
        """Take one event into account."""
        self._view.add(event)
        if said := line(event):
            self._note(said)
        if self._view.clock() - self._said_at >= SUMMARY_S:
            self._said_at = self._view.clock()
            self._note(f"sterna: {state(self._view)}")


def line(event: CopyEvent) -> str | None:
    """Return what to print for an event where there is no terminal; None for the many small ones."""
    match event:
        case AccountDone(account, counts, failures):
            what = counts_in_words(counts) + (f", {numbers.count(failures, 'failure')}" if failures else "")
            return printable(f"{account}: {what}")
        case Failure():
            return printable(f"sterna: {event}")
        case Held(why):
            return printable(f"sterna: waiting: {why}")
        case Resumed():
            return "sterna: going on"
        case Slowed(accounts, of):
            return f"sterna: {accounts} of {numbers.count(of, 'account')} at a time"
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


def screen(view: PassView, columns: int) -> list[str]:
    """Return the lines of a terminal with so many columns: a bar, how far it is, the slowest accounts."""
    share = min(view.share, 1.0)
    left = time_left(view)
    bar = max(BAR_LEAST, min(BAR_MOST, columns - len(left) - 8))
    full = round(share * bar)
    lines = [f"{'#' * full}{'.' * (bar - full)} {share:4.0%} {left}"]
    if columns < NARROW:
        looked, rate = view.counts.messages, view.message_rate
        lines.append(f"{view.done:,}/{view.accounts:,} · {looked:,} · {rate:,.0f}/s")
        if view.failures:
            lines.append(numbers.count(view.failures, "failure"))
    else:
        lines.append(state(view, with_left=False))
        lines += [_slow(one, view.clock()) for one in view.slowest()]
        if view.at_a_time:
            lines.append("{} of {} accounts at a time".format(*view.at_a_time))
    if view.held:
        lines.append(f"waiting: {view.held}")
    return [_cut(printable(text), columns) for text in lines]


def state(view: PassView, *, with_left: bool = True) -> str:
    """Say how far the pass is and how quick: ``12 of 25 accounts · 1,204 of 3,000 messages · 91 MiB · 410/s``."""
    looked = view.counts.messages
    known = f" of {view.expected:,}" if view.expected > looked else ""
    parts = [
        f"{view.done:,} of {numbers.count(view.accounts, 'account')}",
        f"{looked:,}{known} {'message' if looked == 1 and not known else 'messages'}",
        numbers.size(view.counts.bytes),
    ]
    if looked and view.seconds > 0:
        parts.append(f"{view.message_rate:,.0f}/s")
        parts += [f"{numbers.size(view.byte_rate)}/s"] if view.counts.bytes else []
    if view.failures:
        parts.append(numbers.count(view.failures, "failure"))
    if with_left and (left := time_left(view)):
        parts.append(left)
    return " · ".join(parts)


def time_left(view: PassView) -> str:
    """Say how long it will still take: ``3 min 20 s left``; nothing while nobody knows."""
    left = view.seconds_left
    return "" if left is None else f"{numbers.duration(_rounded(left))} left"


def _rounded(seconds: float) -> float:
    """Round to what a forecast can know: 5 s of a minute, half minutes of ten, minutes of an hour."""
    step = 1 if seconds < 20 else 5 if seconds < 120 else 30 if seconds < 1200 else 60
    return round(seconds / step) * step


def _slow(one: UnderWay, now: float) -> str:
    where = f" {'/'.join(one.mailbox)}" if one.mailbox is not None else ""
    return f"  {one.account}{where}: {one.counts.messages:,} of {one.messages:,}, {one.rate(now):,.0f}/s"


def _cut(text: str, columns: int) -> str:
    """Cut a line to the columns that there are; wide characters take two."""
    if width(text) <= columns:
        return text
    kept = text
    while width(kept) >= columns:
        kept = kept[:-1]
    return kept + "…"
