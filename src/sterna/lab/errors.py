"""What can be wrong with a lab, each with what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sterna.errors import SternaError


class NotRootError(SternaError):
    """A lab needs root."""

    exit_code = 77

    def __init__(self) -> None:
        super().__init__(
            "a lab runs real servers, each as its own user, in namespaces of its own; that needs root. "
            "Nothing was started. Run the same command as root."
        )


class PackagesMissingError(SternaError):
    """Programs that a lab runs are not installed."""

    exit_code = 69

    def __init__(self, packages: Sequence[str]) -> None:
        self.packages = tuple(packages)
        super().__init__(
            f"a lab needs Debian packages that are not installed: {' '.join(self.packages)}. Nothing was started. "
            f"Run script/setup, or: apt-get install --no-install-recommends {' '.join(self.packages)}"
        )


class FolderError(SternaError):
    """A lab cannot live in `folder`."""

    exit_code = 73

    def __init__(self, folder: Path, reason: str) -> None:
        self.folder = folder
        self.reason = reason
        super().__init__(f"a lab cannot live in {folder}: {reason}")


class NoLabError(SternaError):
    """There is no lab in `folder`."""

    exit_code = 66

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__(f"there is no lab in {folder}; sterna lab up --dir {folder} makes one")


class LabRunningError(SternaError):
    """A lab runs in `folder`, or is being started or stopped there."""

    exit_code = 75

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__(
            f"a lab runs in {folder}, or is being started there; it is left as it is. "
            f"sterna lab status --dir {folder} shows it, sterna lab down --dir {folder} ends it."
        )


class ServerStartError(SternaError):
    """A server of the lab did not start; all others have been ended again."""

    exit_code = 69

    def __init__(self, name: str, reason: str, log: Path, said: str) -> None:
        self.name = name
        self.reason = reason
        self.log = log
        self.said = said
        words = f" Its last words: {said}" if said else ""
        super().__init__(
            f"the lab's server {name} did not start: {reason}.{words} More in {log}. All servers were ended."
        )
