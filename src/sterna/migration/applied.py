"""What became of a plan that was applied, and the events on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sterna.errors import SternaError
from sterna.migration.changes import Change, describe

PARTIAL: Final = 75
"""Exit code when something could not be done and the rest was (EX_TEMPFAIL)."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A change that could not be made.

    Fields:
        subject: whom or what it was for.
        change: what it would have done.
        error: what happened, and what to do.
    """

    subject: str
    change: str
    error: str


@dataclass(frozen=True, slots=True)
class Applied:
    """The result of applying a plan.

    Fields:
        made: changes made and read back.
        already: changes that an earlier, interrupted run had made.
        skipped: changes not tried, because one that they need had failed.
        failures: changes that were refused.
        seconds: how long it took.
    """

    made: int
    already: int
    skipped: int
    failures: tuple[Failure, ...]
    seconds: float

    @property
    def exit_code(self) -> int:
        """0 when all of the plan holds now."""
        return PARTIAL if self.failures else 0

    def as_json(self) -> dict[str, object]:
        """Return the result as JSON values."""
        return {
            "made": self.made,
            "already": self.already,
            "skipped": self.skipped,
            "failures": [{"subject": f.subject, "change": f.change, "error": f.error} for f in self.failures],
            "seconds": round(self.seconds, 3),
        }


@dataclass(frozen=True, slots=True)
class ChangeMade:
    """A change holds now; `number` of `total` are dealt with."""

    change: Change
    number: int
    total: int


@dataclass(frozen=True, slots=True)
class ChangeFailed:
    """A change could not be made; `number` of `total` are dealt with."""

    failure: Failure
    number: int
    total: int


ApplyEvent = ChangeMade | ChangeFailed
OnEvent = Callable[[ApplyEvent], None]


class Tally:
    """Counts what became of each change of one plan, and tells who listens."""

    def __init__(self, total: int, on_event: OnEvent | None) -> None:
        self._total = total
        self._on_event = on_event
        self.made = 0
        self.already = 0
        self.skipped = 0
        self.failures: list[Failure] = []
        self._failed_subjects: set[str] = set()

    def has_failed(self, subject: str) -> bool:
        """Return whether a change for `subject` has failed."""
        return subject in self._failed_subjects

    def make(self, change: Change) -> None:
        """Count a change that was made and read back."""
        self.made += 1
        self._tell(ChangeMade(change, self._number(), self._total))

    def find(self, change: Change) -> None:
        """Count a change that was made before."""
        self.already += 1
        self._tell(ChangeMade(change, self._number(), self._total))

    def skip(self, change: Change) -> None:
        """Count a change that is not tried, because one that it needs has failed."""
        self.skipped += 1
        self._failed_subjects.add(change.subject)

    def fail(self, change: Change, error: SternaError) -> None:
        """Count a change that was refused."""
        failure = Failure(change.subject, describe(change)[0], str(error))
        self.failures.append(failure)
        self._failed_subjects.add(change.subject)
        self._tell(ChangeFailed(failure, self._number(), self._total))

    def result(self, seconds: float) -> Applied:
        """Return the counts as a value."""
        return Applied(self.made, self.already, self.skipped, tuple(self.failures), seconds)

    def _number(self) -> int:
        return self.made + self.already + self.skipped + len(self.failures)

    def _tell(self, event: ApplyEvent) -> None:
        if self._on_event is not None:
            self._on_event(event)
