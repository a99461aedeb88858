"""The tables of manners in the site file."""

from __future__ import annotations

from pathlib import Path

from tests.unit.site.test_load import WHOLE, loaded, refusal

TABLES = """
[manners]
hours = ["22:00-06:00", "Sat,Sun 00:00-24:00"]
patience_s = 60

[[manners.source]]
hours = "Mon-Fri 07:00-19:00"
connections = 1
bytes_per_s = 1_000_000

[[manners.source]]
messages_per_s = 500
"""


def test_budgets_come_in_the_order_in_which_they_are_written(tmp_path: Path) -> None:
    manners = loaded(tmp_path, WHOLE + TABLES).manners
    assert [hours.text for hours in manners.windows] == ["22:00-06:00", "Sat,Sun 00:00-24:00"]
    assert [budget.connections for budget in manners.source] == [1, None]
    assert manners.source[1].messages_per_s == 500
    assert not manners.target


def test_without_manners_a_pass_may_run_at_any_time_and_has_patience(tmp_path: Path) -> None:
    manners = loaded(tmp_path, WHOLE).manners
    assert manners.windows == ()
    assert manners.patience_s == 300


def test_mistakes_in_a_budget_are_named_with_line_and_key(tmp_path: Path) -> None:
    line = WHOLE.count("\n") + 3
    text = WHOLE + '\n[[manners.source]]\nhours = "22-6"\n'
    assert refusal(tmp_path, text) == [
        (
            f'sterna.toml:{line}: manners.source.hours: should be of a form such as "22:00-06:00" or '
            '"Mon-Fri 19:00-07:00", found "22-6"'
        )
    ]
    text = WHOLE + "\n[manners]\nhours = 5\n"
    assert refusal(tmp_path, text) == [
        f"sterna.toml:{line}: manners.hours: should be an array of text in quotes, found 5"
    ]
    text = WHOLE + "\n[[manners.source]]\nconnection = 5\n"
    assert refusal(tmp_path, text) == [
        f"sterna.toml:{line}: manners.source.connection: there is no such key; did you mean connections?"
    ]
    text = WHOLE + "\n[manners.source]\nconnections = 5\n"
    assert refusal(tmp_path, text) == [
        f"sterna.toml:{line - 1}: manners.source: should be a table, written [[manners.source]], found a table"
    ]
