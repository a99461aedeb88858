"""What the demonstration says while it runs, and at the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sterna.lab.demo.clients import Person
from sterna.lab.demo.proofs import Arrival, LoginTried
from sterna.lab.info import LabInfo
from sterna.migration.copy.events import CopyEvent, CopyReport
from sterna.migration.report.content import VerificationReport
from sterna.migration.report.files import ReportFiles


@dataclass(frozen=True, slots=True)
class StepStarted:
    """A step began; `title` says what it does."""

    title: str


@dataclass(frozen=True, slots=True)
class StepDone:
    """A step ended; `said` is its result in one line, `good` whether it is as it should be."""

    title: str
    seconds: float
    said: str
    good: bool = True


DemoEvent = StepStarted | StepDone | CopyEvent
OnEvent = Callable[[DemoEvent], None]


@dataclass(frozen=True, slots=True)
class Kept:
    """A lab that goes on running: where it is, and somebody to log in as, with a file that holds the password."""

    info: LabInfo
    person: Person
    password_file: Path


@dataclass(frozen=True, slots=True)
class DemoReport:
    """The whole demonstration. `kept` is None when the lab was ended."""

    steps: tuple[StepDone, ...]
    passes: tuple[CopyReport, ...]
    verification: VerificationReport
    arrivals: tuple[Arrival, ...]
    logins: tuple[LoginTried, ...]
    report: ReportFiles
    seconds: float
    kept: Kept | None

    @property
    def good(self) -> bool:
        """Whether everything was as it should be."""
        return all(step.good for step in self.steps)

    def as_json(self) -> dict[str, object]:
        """Return it as JSON values."""
        return {
            "good": self.good,
            "seconds": round(self.seconds, 3),
            "steps": [
                {"title": step.title, "seconds": round(step.seconds, 3), "said": step.said, "good": step.good}
                for step in self.steps
            ],
            "copy": [each.as_json() for each in self.passes],
            "verify": dict(self.verification.as_json),
            "mail": [each.as_json() for each in self.arrivals],
            "logins": [each.as_json() for each in self.logins],
            "report": {"html": str(self.report.html), "json": str(self.report.json), "text": str(self.report.text)},
            "dir": None if self.kept is None else str(self.kept.info.dir),
        }
