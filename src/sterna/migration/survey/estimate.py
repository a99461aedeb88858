"""How long passes will take, from a sample. Pure, and no more exact than it can be: a range, and what it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sterna.migration.survey.probes.seen import Latency, Load, Sample

DAY_S: Final = 86_400
_MARGIN: Final = 1.5
"""The upper end allows for so much more than was measured: other users, backups, a slower target."""
_BUSY: Final = 0.6
"""The lower end counts on no more than this share of the gain from several connections, where it was not measured."""
_ROUND_TRIPS_PER_ACCOUNT: Final = 6
"""Questions of a delta pass that wait for answers: LIST, STATUS in one go, subscriptions, the target's records."""
_FACTS_PER_SECOND: Final = 20_000.0
"""Flags, dates and sizes a second and connection, where the sample was too small to tell."""


@dataclass(frozen=True, slots=True)
class Range:
    """From `least_s` to `most_s` seconds."""

    least_s: float
    most_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """How long passes take, and what that rests on.

    Fields:
        messages_rate, bytes_rate: of one connection, a second.
        connections: how many read at once; `gain` times as quick as one.
        measured: whether `gain` was measured.
        daily_messages, daily_bytes: what arrives in a day, by the last months.
        assumptions: sentences.
    """

    full: Range
    delta: Range
    messages_rate: float
    bytes_rate: float
    connections: int
    gain: float
    measured: bool
    daily_messages: float
    daily_bytes: float
    assumptions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """How much there is to move; `daily_messages` and `daily_bytes` arrive in a day, None where that is not known."""

    accounts: int
    mailboxes: int
    messages: int
    size_bytes: int
    daily_messages: float | None
    daily_bytes: float | None


def estimate(volume: Volume, sample: Sample, connections: int, latency: Latency | None) -> Estimate:
    """Return how long a full pass and a delta pass of one day's mail take.

    A message costs a part that does not depend on its size and a part for each of its bytes; the sample cannot tell
    them apart. If all were of the first kind, the number of messages would count, if all were of the second, the bytes:
    the truth is between the two, and both ends are given.
    """
    seconds = max(sample.seconds, 1e-6)
    messages_rate, bytes_rate = sample.messages / seconds, max(sample.size_bytes, 1) / seconds
    measured = sample.parallel_rate is not None and sample.parallel == connections
    gain = sample.parallel_rate if measured and sample.parallel_rate is not None else 1 + _BUSY * (connections - 1)
    gain = min(max(gain, 1.0), float(connections))
    round_trip_s = latency.median_s if latency is not None else 0.0
    looking = volume.accounts * _ROUND_TRIPS_PER_ACCOUNT * round_trip_s
    daily_messages, daily_bytes = volume.daily_messages or 0.0, volume.daily_bytes or 0.0

    def moving(messages: float, size_bytes: float) -> tuple[float, float]:
        ends = (messages / messages_rate, size_bytes / bytes_rate)
        return min(ends), max(ends)

    def between(least: float, most: float) -> Range:
        return Range(least / gain, most * _MARGIN / (gain if measured else 1.0))

    least, most = moving(volume.messages, volume.size_bytes)
    facts_s = volume.messages / (sample.facts_rate or _FACTS_PER_SECOND)
    new_least, new_most = moving(daily_messages, daily_bytes)
    return Estimate(
        full=between(least + looking, most + looking),
        delta=between(looking + new_least, looking + facts_s + new_most),
        messages_rate=messages_rate,
        bytes_rate=bytes_rate,
        connections=connections,
        gain=gain,
        measured=measured,
        daily_messages=daily_messages,
        daily_bytes=daily_bytes,
        assumptions=_assumptions(volume, sample, connections, measured=measured),
    )


def _assumptions(volume: Volume, sample: Sample, connections: int, *, measured: bool) -> tuple[str, ...]:
    sampled = f"{sample.messages:,} messages of {sample.accounts:,} accounts"
    said = [
        (
            f"{sampled} stand for all {volume.messages:,}; the lower end counts by messages or by bytes, whichever is "
            "quicker, the upper end by the slower of the two, and half as much again"
        ),
        "the source is as busy during the pass as it was during this survey",
        "the target takes mail as quickly as the source gives it, which nobody has measured here",
    ]
    if measured:
        said.append(f"{connections} connections at once, as measured")
    else:
        said.append(
            f"{connections} connections at once; what they gain was not measured, so the upper end counts on nothing"
        )
    if volume.daily_messages is None:
        said.append("how much arrives in a day is not known, so the delta pass is counted without new mail")
    else:
        said.append(
            "the delta pass finds one day's new mail, as much as an average day of the last three months left behind; "
            "it asks for the flags of every message only where something changed, at most of all of them"
        )
    return tuple(said)


def throttled(load: tuple[Load, ...]) -> str:
    """Say in a sentence what the source does when several connections ask at once."""
    if not load:
        return "not measured"
    refused = next((each for each in load if each.refused), None)
    if refused is not None:
        return f"connection number {refused.connections} was refused: {refused.refused}"
    first, last = load[0], load[-1]
    if first.connections == last.connections or not first.median_s:
        return f"{last.connections} at once were taken"
    slower = last.median_s / first.median_s
    alone = f"{first.median_s * 1000:.1f} ms with one"
    answer = f"an answer took {last.median_s * 1000:.1f} ms with {last.connections} connections, {alone}"
    verdict = "no sign of throttling" if slower <= 2 * last.connections else "it slows down when asked by several"
    return f"{last.connections} connections were taken; {answer}: {verdict}"
