"""Whether a lab can run here at all: root, packages, and a folder that every server's user can reach."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path

from sterna.lab.errors import FolderError, NotRootError, PackagesMissingError

LONGEST_PATH_BYTES = 70
"""A unix socket's path has at most 107 bytes (unix(7)); the longest one below a lab's folder needs 37 of them."""

_PLAIN = re.compile(r"[A-Za-z0-9/._+,@~-]+")


def check_root() -> None:
    """Raises: NotRootError: we are not root."""
    if os.geteuid() != 0:
        raise NotRootError


def missing_packages(needed: Mapping[str, str]) -> list[str]:
    """Return the packages, of those in `needed` (a file of each, and its name), that are not installed."""
    return sorted({package for file, package in needed.items() if not Path(file).exists()})


def check_packages(needed: Mapping[str, str]) -> None:
    """Raises: PackagesMissingError: some are not installed."""
    if missing := missing_packages(needed):
        raise PackagesMissingError(missing)


def check_path(folder: Path) -> None:
    """Check an absolute path before anything is made there.

    Raises:
        FolderError: too long, characters that some server's configuration cannot hold, or a folder above it that the
            servers' users may not enter.
    """
    if not _PLAIN.fullmatch(str(folder)):
        raise FolderError(folder, "its path may hold letters, digits and / . _ + , @ ~ - only; choose another folder")
    if len(str(folder)) > LONGEST_PATH_BYTES:
        raise FolderError(
            folder,
            f"its path is longer than {LONGEST_PATH_BYTES} characters, too long for unix sockets; choose a shorter one",
        )
    for above in reversed(folder.parents):
        try:
            mode = above.stat().st_mode
        except FileNotFoundError:
            continue  # it will be made, and then for everybody to enter
        except OSError as error:
            raise FolderError(folder, f"{above} cannot be looked at: {error.strerror}") from error
        if not stat.S_ISDIR(mode):
            raise FolderError(folder, f"{above} is not a folder")
        if not mode & stat.S_IXOTH:
            raise FolderError(
                folder,
                f"the servers' users (openldap, postfix, cyrus) may not enter {above}; "
                f"choose a folder below /var/tmp, or allow it: chmod o+x {above}",
            )
