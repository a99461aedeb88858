"""What is shown while a pass runs."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from sterna.cli import pass_view
from sterna.migration.copy.event_lines import EventLines
from sterna.migration.copy.events import (
    AccountDone,
    AccountStarted,
    CopyEvent,
    CopyReport,
    Counts,
    Failure,
    Held,
    PassStarted,
    Progress,
    Resumed,
    Slowed,
    Weighed,
)
from sterna.migration.copy.view import PassView
from sterna.migration.report.text import width
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


class Clock:
    """Time that only goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def after(events: list[CopyEvent], *, each_s: float = 1.0) -> PassView:
    clock = Clock()
    view = PassView(clock)
    for event in events:
        view.add(event)
        clock.now += each_s
    return view


def test_the_state_names_accounts_messages_bytes_rates_and_failures() -> None:
    assert pass_view.state(after(PASS[:6]), with_left=False) == (
        "1 of 2 accounts · 5 of 10 messages · 2.0 KiB · 1/s · 341 bytes/s · 1 failure"
    )


def test_without_a_terminal_each_account_and_each_failure_is_a_line() -> None:
    lines: list[str] = []
    with pass_view.shown(Console(file=io.StringIO()), lines.append) as on_event:
        for event in [*PASS, Held("paused"), Resumed(), Slowed(1, 4)]:
            on_event(event)
    assert lines == [
        "sterna: anna@lab.example: Work/2020: UID 17: the target refuses it (look at it)",
        "bernd@lab.example: no messages",
        "anna@lab.example: 4 copied (2.0 KiB), 1 unchanged, 1 failure",
        "sterna: waiting: paused",
        "sterna: going on",
        "sterna: 1 of 4 accounts at a time",
    ]


def test_without_a_terminal_it_is_said_now_and_then_how_far_it_is() -> None:
    lines: list[str] = []
    clock = Clock()
    with pass_view.shown(Console(file=io.StringIO()), lines.append, clock) as on_event:
        for event in PASS[:3]:
            clock.now += 20
            on_event(event)
    assert [line.split(" · ")[0] for line in lines] == ["sterna: 0 of 2 accounts"]


def test_on_a_terminal_the_screen_is_drawn_and_failures_stay_above_it() -> None:
    screen = io.StringIO()
    lines: list[str] = []
    with pass_view.shown(Console(file=screen, force_terminal=True, width=100), lines.append) as on_event:
        for event in PASS:
            on_event(event)
    assert lines == []
    assert "UID 17: the target refuses it" in screen.getvalue()
    assert "2 of 2 accounts" in screen.getvalue()


@pytest.mark.parametrize("columns", [20, 40, 59, 60, 80, 200])
def test_no_line_is_wider_than_the_terminal(columns: int) -> None:
    long = Address("lab.example", "a" * 60)
    events: list[CopyEvent] = [
        PassStarted(3),
        AccountStarted(long, 1, 100),
        Progress(long, ("受信箱" * 20,), Counts(copied=50, bytes=1 << 30)),
        Slowed(1, 4),
        Held("outside its hours; it goes on at Mon 22:00"),
    ]
    for end in range(1, len(events) + 1):
        assert all(width(line) <= columns for line in pass_view.screen(after(events[:end]), columns))


def test_the_screen_has_the_slowest_accounts_what_is_waited_for_and_how_long_it_will_take() -> None:
    events: list[CopyEvent] = [
        PassStarted(2),
        AccountStarted(ANNA, 2, 1000),
        AccountStarted(BERND, 1, 100),
        Progress(BERND, ("INBOX",), Counts(copied=50, bytes=50_000)),
        Progress(ANNA, ("Work", "2020"), Counts(copied=100, bytes=100_000)),
        Slowed(2, 4),
    ]
    screen = pass_view.screen(after(events), 100)
    assert screen[0].endswith(" left")
    assert screen[2:] == [
        "  anna@lab.example Work/2020: 100 of 1,000, 20/s",
        "  bernd@lab.example INBOX: 50 of 100, 12/s",
        "2 of 4 accounts at a time",
    ]
    assert pass_view.screen(after([*events, Held("paused")]), 100)[-1] == "waiting: paused"


def test_a_mailbox_name_cannot_steer_the_terminal() -> None:
    assert pass_view.line(Failure(ANNA, ("\x1b[2J",), None, "no")) == "sterna: anna@lab.example: \\x1b[2J: no"
    events: list[CopyEvent] = [
        PassStarted(1),
        AccountStarted(ANNA, 1, 9),
        Progress(ANNA, ("\x1b[2J",), Counts(copied=1)),
    ]
    assert not any("\x1b" in line for line in pass_view.screen(after(events), 100))


def test_each_event_is_one_line_of_json_and_the_report_is_the_last() -> None:
    written: list[str] = []
    clock = Clock()
    lines = EventLines(written.append, PassView(clock))
    for event in [Weighed(ANNA, 10, 10), *PASS, Held("paused"), Resumed(), Slowed(1, 4)]:
        lines.take(event)
        clock.now += 0.3
    lines.end(CopyReport((), 1.0))
    rows = [json.loads(line) for line in written]
    assert [row["event"] for row in rows if row["event"] != "state"] == [
        "weighed",
        "pass_started",
        "account_started",
        "progress",
        "account_started",
        "failure",
        "account_done",
        "account_done",
        "held",
        "resumed",
        "slowed",
        "report",
    ]
    assert rows[3]["counts"]["copied"] == 4
    assert rows[3]["mailbox"] == "INBOX"
    assert rows[3]["at"] == 0.6
    states = [row for row in rows if row["event"] == "state"]
    assert len(states) == 2
    assert states[0]["accounts"] == 2
    assert all("\n" not in line for line in written)
