"""How long passes take, from samples made by hand."""

from __future__ import annotations

import pytest

from sterna.migration.survey.estimate import Volume, estimate, throttled
from sterna.migration.survey.probes.seen import Latency, Load, Sample

VOLUME = Volume(
    accounts=10, mailboxes=20, messages=10_000, size_bytes=500_000_000, daily_messages=100.0, daily_bytes=1_000_000.0
)
SAMPLE = Sample(accounts=2, messages=100, size_bytes=1_000_000, seconds=1.0)


def test_the_range_is_between_counting_messages_and_counting_bytes() -> None:
    found = estimate(VOLUME, SAMPLE, 1, None)
    assert found.full.least_s == pytest.approx(100)  # by messages: 10,000 at 100/s
    assert found.full.most_s == pytest.approx(500 * 1.5)  # by bytes: 500 MB at 1 MB/s, and the margin
    assert found.delta.most_s < found.full.most_s


def test_several_connections_count_by_what_they_were_measured_to_gain_and_never_more_than_their_number() -> None:
    def gain(rate: float | None, connections: int) -> float:
        sample = Sample(
            accounts=2, messages=100, size_bytes=1_000_000, seconds=1.0, parallel=connections, parallel_rate=rate
        )
        return estimate(VOLUME, sample, connections, None).gain

    assert gain(2.5, 4) == 2.5
    assert gain(9.0, 4) == 4.0
    assert gain(0.4, 4) == 1.0
    assert 1 < gain(None, 4) < 4


def test_without_a_measured_gain_the_upper_end_counts_on_none() -> None:
    alone, four = estimate(VOLUME, SAMPLE, 1, None), estimate(VOLUME, SAMPLE, 4, None)
    assert four.full.most_s == alone.full.most_s
    assert four.full.least_s < alone.full.least_s
    assert any("not measured" in each for each in four.assumptions)


def test_a_long_way_to_the_source_makes_a_delta_pass_longer() -> None:
    near = estimate(VOLUME, SAMPLE, 1, Latency("IMAP", 9, 0.001, 0.001, 0.001))
    far = estimate(VOLUME, SAMPLE, 1, Latency("IMAP", 9, 0.2, 0.2, 0.2))
    assert far.delta.least_s > near.delta.least_s + 10


@pytest.mark.parametrize(
    ("load", "words"),
    [
        ((), "not measured"),
        ((Load(1, 0.01, 0.1),), "1 at once were taken"),
        ((Load(1, 0.01, 0.1), Load(4, 0.02, 0.1)), "no sign of throttling"),
        ((Load(1, 0.01, 0.1), Load(4, 0.5, 0.1)), "it slows down"),
        ((Load(1, 0.01, 0.1), Load(2, 0, 0, "too many connections")), "connection number 2 was refused: too many"),
    ],
)
def test_throttling_is_told_in_words(load: tuple[Load, ...], words: str) -> None:
    assert words in throttled(load)
