"""The bench itself: letters that are the same each time, contestants that are stopped, figures that are kept."""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

import pytest

from bench.mail import Shape, Writer
from bench.measure import ContestantFailedError, Measured, TookTooLongError, together
from bench.results import BEGIN, END, Part, Row, load, save, write_page
from bench.stage import Stage


def test_letters_are_the_same_each_time_and_all_different_and_of_the_mean_size():
    first, second = (list(Writer(7).letters(Shape(300, 20_000), "a@bench.example")) for _ in range(2))
    assert first == second
    assert len({letter for _, letter in first}) == 300
    assert statistics.mean(len(letter) for _, letter in first) == pytest.approx(20_000, rel=0.1)
    assert all(b"\r\n\r\n" in letter and b"\n" not in letter.replace(b"\r\n", b"") for _, letter in first)


def test_a_contestant_is_measured_with_its_children_and_ended_when_it_takes_too_long(tmp_path: Path):
    eat = "import subprocess, sys, time; x = bytearray(80 << 20); x[::4096] = b'x' * len(x[::4096]); time.sleep(0.3)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {eat!r}], check=True)"
    measured = together([[sys.executable, "-c", parent]], tmp_path / "log", limit_s=30)
    assert measured.peak_bytes > 80 << 20
    assert measured.seconds > 0.3
    with pytest.raises(TookTooLongError, match="not ready within 0 s"):
        together([["sleep", "20"]], tmp_path / "log", limit_s=0.2)
    with pytest.raises(ContestantFailedError, match="ended with 1"):
        together([["true"], ["false"]], tmp_path / "log", limit_s=20)


def test_a_contestant_that_fails_is_out_and_the_others_go_on(tmp_path: Path):
    def bad(_: Path) -> Measured:
        raise ContestantFailedError("it lost\na message")

    turns: list[str] = []

    def good(folder: Path) -> Measured:
        turns.append(folder.name)
        return Measured(2.0, 1.0, 5_000_000)

    rows = Stage(tmp_path, 3, quick=False, limit_s=9).rounds("a case", {"bad": bad, "good": good}, 100)
    assert rows == [
        Row("a case", "bad", "msg/s", [], note="it lost a message"),
        Row("a case", "good", "msg/s", [50.0, 50.0, 50.0], 5_000_000, 1.0),
    ]
    assert len(set(turns)) == 3
    late = Stage(tmp_path, 3, quick=False, limit_s=9, until=time.monotonic()).rounds("late", {"good": good}, 100)
    assert len(late[0].values) == 1


def test_figures_are_kept_and_only_their_place_on_the_page_is_written(tmp_path: Path):
    parts = {"full": Part("A full pass", [Row("case", "who", "msg/s", [2.0, 1.0, 30.0])], "2026-01-01 10:00 UTC")}
    save(tmp_path / "kept.json", parts)
    assert load(tmp_path / "kept.json") == parts
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    for _ in range(2):
        write_page(page, parts.values())
    text = page.read_text()
    assert text.startswith("before\n")
    assert text.endswith(f"{END}\nafter\n")
    assert "| case | who | 2.00 (1.00 to 30.0) msg/s |" in text
    assert "old" not in text
