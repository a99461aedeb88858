"""What is shown while a pass runs."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from sterna.cli import progress
from sterna.cli.progress import Tally
from sterna.migration.copy.events import (
    AccountDone,
    AccountStarted,
    CopyEvent,
    Counts,
    Failure,
    PassStarted,
    Progress,
)
from sterna.model.address import Address

ANNA = Address("lab.example", "anna")
BERND = Address("lab.example", "bernd")

PASS: list[CopyEvent] = [
    PassStarted(2),
    AccountStarted(ANNA, mailboxes=2, messages=10),
    Progress(ANNA, ("INBOX",), Counts(copied=4, unchanged=1, bytes=2048)),
    AccountStarted(BERND, mailboxes=1, messages=0),
    Failure(ANNA, ("Work", "2020"), 17, "the target refuses it", "look at it"),
    AccountDone(BERND, Counts(), failures=0),
    AccountDone(ANNA, Counts(copied=4, unchanged=1, bytes=2048), failures=1),
]


def after(number: int) -> Tally:
    tally = Tally()
    for event in PASS[:number]:
        tally.add(event)
    return tally


STAGES = {
    "nothing yet": (0, 0.0),
    "half of the first account": (3, 0.5),
    "an account without messages has no share": (4, 0.5),
    "one account done": (6, 1.5),
    "all done": (7, 2.0),
}


@pytest.mark.parametrize(("events", "done"), STAGES.values(), ids=STAGES)
def test_the_bar_counts_accounts_and_shares_of_those_under_way(events: int, done: float) -> None:
    assert after(events).accounts_done == done


def test_more_messages_than_announced_are_not_more_than_one_account() -> None:
    tally = after(2)
    tally.add(Progress(ANNA, ("INBOX",), Counts(copied=99)))
    assert tally.accounts_done == 1.0


def test_the_state_names_accounts_messages_bytes_and_rate() -> None:
    assert progress.state(after(6), seconds=2.0) == "1 of 2 accounts · 5 messages · 2.0 KiB · 2/s"


def test_without_a_terminal_each_account_and_each_failure_is_a_line() -> None:
    lines: list[str] = []
    with progress.shown(Console(file=io.StringIO()), lines.append) as on_event:
        for event in PASS:
            on_event(event)
    assert lines == [
        "sterna: anna@lab.example: Work/2020: UID 17: the target refuses it (look at it)",
        "bernd@lab.example: no messages",
        "anna@lab.example: 4 copied (2.0 KiB), 1 unchanged, 1 failure",
    ]


def test_on_a_terminal_a_bar_is_drawn_and_failures_stay_above_it() -> None:
    screen = io.StringIO()
    lines: list[str] = []
    with progress.shown(Console(file=screen, force_terminal=True, width=100), lines.append) as on_event:
        for event in PASS:
            on_event(event)
    assert lines == []
    assert "UID 17: the target refuses it" in screen.getvalue()
    assert "2 of 2 accounts" in screen.getvalue()


def test_a_mailbox_name_cannot_steer_the_terminal() -> None:
    assert progress.line(Failure(ANNA, ("\x1b[2J",), None, "no")) == "sterna: anna@lab.example: \\x1b[2J: no"
