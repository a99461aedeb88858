"""Orders and what passes say of themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from sterna.migration.report import running
from sterna.migration.report.running import Status
from sterna.state.control import Control, Orders, PassAccount
from sterna.state.journal import Journal, SkippedMessage

ANNA = PassAccount("anna@lab.example", 100.0, 110.0, 3, 50, 48, 1, 0, 0, 1, 9000, 1)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal.open(tmp_path / "journal.sqlite")


def test_orders_of_one_process_are_seen_by_another(journal: Journal, tmp_path: Path) -> None:
    Control(journal).pause(on=True)
    Control(journal).limit(2, 10.5, None)
    other = Journal.open(tmp_path / "journal.sqlite")
    assert Control(other).orders() == Orders(paused=True, accounts=2, messages_per_s=10.5)
    Control(other).pause(on=False)
    Control(other).limit(None, None, None)
    assert Control(journal).orders() == Orders()
    other.close()
    journal.close()


def test_who_is_put_first_last_comes_before_those_put_first_earlier(journal: Journal) -> None:
    control = Control(journal)
    control.put_first(["anna", "bernd", "anna"])
    control.put_first(["clara", "bernd"])
    assert control.orders().first == ("clara", "bernd", "anna")
    control.done_first("bernd")
    assert control.orders().first == ("clara", "anna")
    journal.close()


def test_what_a_pass_says_can_be_read_while_it_runs_and_after_it(journal: Journal) -> None:
    control = Control(journal)
    number = control.begin(4711, 100.0, 2)
    control.say(number, 105.0, {"accounts": 2, "held": None}, [ANNA])
    (row,) = control.passes(5)
    assert (row.process, row.ended, row.now["accounts"]) == (4711, None, 2)
    assert Status(106.0, row, Orders(), [], 0).state == "running"
    assert Status(500.0, row, Orders(), [], 0).state == "broken off"
    assert Status(106.0, row, Orders(), [], 0, alive=False).state == "broken off"
    control.end(number, 120.0, "done")
    assert Status(500.0, control.passes(1)[0], Orders(), [], 0).state == "done"
    assert control.accounts() == [ANNA]
    journal.close()


def test_the_status_says_where_the_pass_is_what_it_waits_for_and_who_had_failures(journal: Journal) -> None:
    control = Control(journal)
    assert "No pass" in running.status_in_words(Status(0.0, None, Orders(), [], 0))
    number = control.begin(4711, 100.0, 2)
    said = {
        "accounts": 2,
        "accounts_done": 1,
        "messages": 1204,
        "bytes": 2048,
        "messages_per_s": 41.2,
        "seconds_left": 75.0,
        "held": "paused",
        "servers": {
            "source": {"accounts": 1, "messages_per_s": 10.0, "bytes_per_s": None, "gave_way": 2},
            "target": {"accounts": 4, "messages_per_s": None, "bytes_per_s": None, "gave_way": 0},
        },
        "slowest": [
            {"account": "bernd@lab.example", "mailbox": "\x1b", "messages": 9, "done": 3, "messages_per_s": 1.5}
        ],
    }
    control.say(number, 105.0, said, [ANNA])
    status = Status(106.0, control.passes(1)[0], Orders(paused=True), control.accounts(), 3)
    lines = running.status_in_words(status).splitlines()
    assert lines[1:] == [
        "  1 of 2 accounts · 1,204 messages · 2.0 KiB · 41/s · 1 min 15 s left",
        "  waiting: paused",
        "  source: 1 account at a time, at most 10 messages/s, was busy 2 times",
        "  target: 4 accounts at a time",
        "  bernd@lab.example \\x1b: 3 of 9, 1.5/s",
        "Ordered: paused.",
        "1 account, 1 of them passed over to the end.",
        "  anna@lab.example: 1 failure",
        "3 messages could not be moved; sterna status --failed names them.",
    ]
    assert running.status_as_json(status)["state"] == "waiting"
    journal.close()


def test_messages_that_could_not_be_moved_are_named_with_all_that_is_known() -> None:
    row = SkippedMessage("anna@lab.example", ("Work",), 17, "refused", "mend it", "NO bad", "kept/1.eml", 0)
    assert running.failed_in_words([row]).splitlines() == [
        "anna@lab.example: Work: UID 17: refused",
        "    answer: NO bad",
        "    kept in kept/1.eml",
        "    mend it",
    ]
    assert running.failed_in_words([]) == "No message is left behind.\n"
    assert running.failed_as_json([row])["failed"]
