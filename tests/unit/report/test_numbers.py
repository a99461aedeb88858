"""Numbers as people read them."""

from __future__ import annotations

import pytest

from sterna.migration.report import numbers

SIZES = {0: "0 bytes", 812: "812 bytes", 1023: "1,023 bytes", 1024: "1.0 KiB", 4_400_500: "4.2 MiB", 10**9: "954 MiB",
         1024**3 - 1: "1.0 GiB", 5 * 1024**5: "5.0 PiB", 5000 * 1024**5: "5,000 PiB"}  # fmt: skip


@pytest.mark.parametrize(("value", "said"), SIZES.items())
def test_sizes(value: int, said: str) -> None:
    assert numbers.size(value) == said


DURATIONS = {0: "0.0 s", 0.44: "0.4 s", 9.96: "10 s", 59.7: "1 min", 185: "3 min 5 s", 7800: "2 h 10 min", 3600: "1 h",
             97200: "1 d 3 h"}  # fmt: skip


@pytest.mark.parametrize(("value", "said"), DURATIONS.items())
def test_durations(value: float, said: str) -> None:
    assert numbers.duration(value) == said


def test_a_count_has_its_noun_in_the_right_number() -> None:
    assert numbers.count(1, "message") == "1 message"
    assert numbers.count(3004, "message") == "3,004 messages"
    assert numbers.count(0, "mailbox", "mailboxes") == "0 mailboxes"
