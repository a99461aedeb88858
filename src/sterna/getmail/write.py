"""Write getmail's folders. Passwords are in files that only their owner may read; what is there already stays."""

from __future__ import annotations

import enum
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sterna.errors import Scope, SternaError
from sterna.getmail.config import PolledFolder
from sterna.getmail.seen import read_seen_file

CRONTAB: Final = "getmail.cron"
_NEW: Final = ".new"
_USER: Final = "getmail"
"""Whom cron runs getmail as; the folders have to be this user's."""


class NotWrittenError(SternaError):
    """A folder or file for getmail cannot be written."""

    scope = Scope.RUN
    exit_code = 73

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(
            f"cannot write {path}: {reason}; what was written before it is whole, and the same command goes on"
        )


class State(enum.StrEnum):
    """What became of a file."""

    WRITTEN = "written"
    UNCHANGED = "unchanged"
    DIFFERS = "differs"
    """It was changed since; it stays, and the new text is beside it, with ``.new`` at the end of its name."""
    GROWN = "in use"
    """getmail goes on writing it, so nothing is ever taken out of it."""
    EXTENDED = "extended"
    """The same, and the source has fetched more since: that was added."""


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """One file and what became of it."""

    path: Path
    state: State


def write_folders(out: Path, folders: Iterable[PolledFolder]) -> list[WrittenFile]:
    """Write everything below `out`, which is made when it is not there; return each file.

    Raises:
        NotWrittenError: the first that cannot be written.
    """
    try:
        _folder(out)
        written: list[WrittenFile] = []
        every = list(folders)
        for folder in every:
            for path in (out / folder.path.parent, out / folder.path):
                _folder(path)
            # The list first: without it, getmail would fetch everything again.
            if folder.seen is not None:
                written.append(_seen(out / folder.path / folder.seen[0], folder.seen[1]))
            written += [_file(out / folder.path / name, text) for name, text in folder.files.items()]
        written.append(_file(out / CRONTAB, crontab(out, every)))
    except OSError as error:
        raise NotWrittenError(Path(error.filename or out), error.strerror or str(error)) from error
    return written


def crontab(out: Path, folders: Sequence[PolledFolder]) -> str:
    """Return a table for cron.d(5) that runs getmail for each folder as often as the source looked there."""
    lines = [
        "# Fetches mail from accounts elsewhere. Written by Sterna. For /etc/cron.d, once the folders belong to",
        f"# the user {_USER}.",
    ]
    for number, folder in enumerate(folders):
        minutes = max(1, min(60, folder.period_s // 60))
        path = str((out / folder.path).absolute()).replace("%", "\\%").replace("'", "'\\''")
        lines.append(f"{_times(minutes, number)} * * * * {_USER} getmail --getmaildir '{path}'")
    return "\n".join(lines) + "\n"


def _times(minutes: int, number: int) -> str:
    """Return the minutes of each hour; who looks equally often does not look at the same moment."""
    if minutes == 1:
        return "*"
    return f"{number % minutes}-59/{minutes}"


def _folder(path: Path) -> None:
    path.mkdir(mode=0o700, parents=True, exist_ok=True)


def _seen(path: Path, text: str) -> WrittenFile:
    """Write the list of what was fetched, or put to the one that is there what it lacks: the source fetched on."""
    try:
        have = path.read_text("utf-8", "surrogateescape")
    except FileNotFoundError:
        _write(path, text)
        return WrittenFile(path, State.WRITTEN)
    known = read_seen_file(have)
    lacking = "".join(f"{each}\0{time}\n" for each, time in read_seen_file(text).items() if each not in known)
    if not lacking:
        return WrittenFile(path, State.GROWN)
    _write(path, have + ("" if have.endswith("\n") or not have else "\n") + lacking)
    return WrittenFile(path, State.EXTENDED)


def _file(path: Path, text: str) -> WrittenFile:
    beside = path.with_name(path.name + _NEW)
    try:
        have = path.read_text("utf-8", "surrogateescape")
    except FileNotFoundError:
        _write(path, text)
        return WrittenFile(path, State.WRITTEN)
    if have == text:
        beside.unlink(missing_ok=True)
        return WrittenFile(path, State.UNCHANGED)
    _write(beside, text)
    return WrittenFile(path, State.DIFFERS)


def _write(path: Path, text: str) -> None:
    """Write a file of its owner's, which appears whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    with os.fdopen(
        os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8", errors="surrogateescape"
    ) as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
