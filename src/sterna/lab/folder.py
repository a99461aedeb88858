"""A lab's folder: made, told from other people's folders, cleared."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path

from sterna.lab.errors import FolderError, NoLabError

MARKER = "run/sterna-lab"
"""The file that tells a lab's folder from somebody's home."""


def make_folder(folder: Path) -> None:
    """Make the lab's folder, if it is not there; everybody may pass through, nobody look around.

    Raises:
        FolderError: there are other things in it, or it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o711)
        if not (folder / MARKER).exists() and any(folder.iterdir()):
            raise FolderError(folder, "there are other things in it; choose an empty or a new folder")
        folder.chmod(0o711)
        for name in ("log", "run"):
            (folder / name).mkdir(exist_ok=True, mode=0o755)
        shutil.chown(folder / "log", group="postfix")  # its postlogd(8) opens a file there; the others are given theirs
        (folder / "log").chmod(0o710)
        (folder / MARKER).touch()
    except OSError as error:
        raise FolderError(folder, f"{error.strerror}: {error.filename}") from error


def clear(folder: Path) -> None:
    """Remove what a lab that was never finished has left."""
    for path in folder.iterdir():
        if path.name not in ("run", "log"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in (folder / "run").iterdir():
        if path.name not in (Path(MARKER).name, "lock"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def existing(folder: Path) -> Path:
    """Return the absolute path of a lab's folder.

    Raises:
        NoLabError: it is not one.
    """
    folder = folder.absolute().resolve()
    if not (folder / MARKER).exists():
        raise NoLabError(folder)
    return folder


def remove_sockets(folder: Path) -> None:
    """Remove sockets of servers that were killed; some programs would not start while they are there."""
    for path in folder.rglob("*"):
        if stat.S_ISSOCK(path.lstat().st_mode):
            path.unlink()
