"""What can be wrong with a site file and with the files it names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sterna.errors import Scope, SternaError


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing to correct: the line (from 1, 0 when the whole file is meant), the key with dots, and what is wrong."""

    line: int
    key: str
    text: str


class SiteFileError(SternaError):
    """The site file says something that cannot be used; nothing was done."""

    scope = Scope.RUN
    exit_code = 78  # EX_CONFIG

    def __init__(self, path: Path, problems: tuple[Problem, ...]) -> None:
        self.path = path
        self.problems = problems
        super().__init__("\n".join(self._sentence(problem) for problem in problems))

    def _sentence(self, problem: Problem) -> str:
        place = f"{self.path}:{problem.line}" if problem.line else f"{self.path}"
        return f"{place}: {problem.key}: {problem.text}" if problem.key else f"{place}: {problem.text}"


class NoSiteFileError(SternaError):
    """There is no site file to work with."""

    scope = Scope.RUN
    exit_code = 66  # EX_NOINPUT

    def __init__(self, path: Path, *, asked_for: bool) -> None:
        self.path = path
        super().__init__(
            f"{path}: there is no such site file"
            if asked_for
            else f"there is no {path.name} in {path.parent}; go to the site's folder, or name the file with --site FILE"
        )


class SecretFileError(SternaError):
    """The file of a password cannot be used."""

    scope = Scope.RUN
    exit_code = 78

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path}: {reason}")
