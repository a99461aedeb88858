"""Filling the files of a slapd that is not running: its configuration and its data, by slapadd and slapcat.

A consumer is seeded with what the provider holds; an empty one would have to fetch entry by entry, which takes fifty
times as long.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from sterna.errors import SternaError

SLAPD_USER = "openldap"
SLAPD_GROUP = "openldap"


class LoadError(SternaError):
    """slapadd or slapcat refused; `said` is its own words."""

    exit_code = 65

    def __init__(self, command: str, folder: Path, said: str) -> None:
        self.command = command
        self.folder = folder
        self.said = said
        super().__init__(
            f"{command} failed for {folder}: {said}. The folder may hold half a load; remove it, try again."
        )


@dataclass(frozen=True, slots=True)
class OfflineSlapd:
    """The folder with the configuration database of a slapd that does not run, and who owns its files."""

    slapd_d: Path
    user: str = SLAPD_USER
    group: str = SLAPD_GROUP

    def load_configuration(self, ldif: str) -> None:
        """Load cn=config into the empty folder.

        Raises:
            LoadError: slapadd found something wrong in it.
        """
        self._run("slapadd", "-n", "0", ldif=ldif)

    def load(self, suffix: str, ldif: str) -> None:
        """Add the entries of `ldif`, parents first, to the data below `suffix`.

        Raises:
            LoadError: slapadd found something wrong in it.
        """
        self._run("slapadd", "-q", "-w", "-b", suffix, ldif=ldif)

    def dump(self, suffix: str) -> str:
        """Return everything below `suffix` as LDIF, with passwords and what replication needs.

        Raises:
            LoadError: slapcat could not read the data.
        """
        return self._run("slapcat", "-b", suffix)

    def _run(self, command: str, *arguments: str, ldif: str | None = None) -> str:
        done = subprocess.run(  # noqa: S603  # a fixed program, arguments without a shell
            (f"/usr/sbin/{command}", "-F", str(self.slapd_d), *arguments),
            input=ldif,
            stdin=subprocess.DEVNULL if ldif is None else None,
            capture_output=True,
            text=True,
            check=False,
            user=self.user,
            group=self.group,
            extra_groups=(),
            cwd="/",
        )
        if done.returncode != 0:
            raise LoadError(command, self.slapd_d, " / ".join(done.stderr.strip().splitlines()))
        return done.stdout
