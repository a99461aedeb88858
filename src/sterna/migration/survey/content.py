"""What the report of a survey says, apart from how it looks. What may be long is asked of the store by `view`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sterna.migration.report import numbers
from sterna.migration.survey.estimate import Estimate
from sterna.migration.survey.probes.seen import Probed, Sample
from sterna.model.finding import Outcome
from sterna.state.survey_rows import DomainRow, Held, MailboxRow, SizeClass, SurveyedAccount, Todo
from sterna.state.survey_view import SurveyView


@dataclass(frozen=True, slots=True)
class KindRow:
    """What becomes of the things of one kind.

    Fields:
        seen: how many there are; None where that cannot be counted.
        outcomes: how many findings there are of each outcome.
    """

    kind: str
    seen: int | None
    outcomes: Mapping[Outcome, int]


@dataclass(frozen=True, slots=True)
class Decision:
    """Something that a person has to decide or to do before the migration goes on.

    Fields:
        title: what, in a few words.
        why: what the survey saw.
        how: what the choices are, or what to do.
        number: how many things it is about; None where it is about the whole site.
    """

    title: str
    why: str
    how: str
    number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyReport:
    """Everything that the report of one survey shows.

    Fields:
        site: the site's name.
        source: the old server as ``host:port``.
        version: of Sterna.
        started, ended: aware times.
        quick: sizes are the CLI's, and dates and sizes of single messages were not asked for.
        store: where the rows are.
        counts: sums.
        kinds: a row for each kind of thing.
        undated: mail whose date no calendar has.
        years, months: when the mail that is there arrived; months are those of the last years, none left out.
        largest_share: what share of all bytes the largest tenth of accounts holds.
        passwords: how many of each kind, and of the unreadable ones for each reason.
        todos: what findings ask for, the most frequent first.
        message_limit_bytes: the largest message that the target's Postfix takes.
    """

    site: str
    source: str
    version: str
    started: datetime
    ended: datetime
    quick: bool
    store: Path
    counts: Mapping[str, int]
    kinds: tuple[KindRow, ...]
    size_classes: tuple[SizeClass, ...]
    years: tuple[tuple[int, Held], ...]
    months: tuple[tuple[int, Held], ...]
    undated: Held
    largest_accounts: tuple[SurveyedAccount, ...]
    largest_mailboxes: tuple[MailboxRow, ...]
    largest_share: float
    domains: tuple[DomainRow, ...]
    passwords: Mapping[tuple[str, str], int]
    message_limit_bytes: int
    probed: Probed
    sample: Sample | None
    estimate: Estimate | None
    decisions: tuple[Decision, ...]
    todos: tuple[Todo, ...]
    view: SurveyView

    @property
    def seconds(self) -> float:
        """How long the survey took."""
        return (self.ended - self.started).total_seconds()

    @property
    def outcomes(self) -> dict[Outcome, int]:
        """How many findings there are of each outcome."""
        return {outcome: sum(kind.outcomes.get(outcome, 0) for kind in self.kinds) for outcome in Outcome}

    def summary(self) -> str:
        """Say in one line what there is."""
        counts = self.counts
        parts = [
            f"{numbers.count(counts['accounts'], 'account')} in {numbers.count(counts['domains'], 'domain')}",
            numbers.count(counts["aliases"], "alias", "aliases"),
            numbers.count(counts["mailboxes"], "mailbox", "mailboxes"),
            f"{numbers.count(counts['messages'], 'message')} ({numbers.size(counts['bytes'])})",
            numbers.count(counts["findings"], "finding"),
        ]
        return ", ".join(parts)


LOSSES = (Outcome.UNREADABLE, Outcome.DROPPED, Outcome.CHANGED)
"""Outcomes other than kept, the worst first."""


def at_least(outcomes: Mapping[Outcome, int], level: Outcome) -> int:
    """Return how many findings are as bad as `level` or worse: unreadable is worse than dropped, that than changed."""
    return sum(outcomes.get(outcome, 0) for outcome in LOSSES[: LOSSES.index(level) + 1])
