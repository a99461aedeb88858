"""Take an anonymised sample of the source's CLI and IMAP, and write it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from sterna.communigate.connection import CliConnection
from sterna.communigate.pool import NoCliError
from sterna.communigate.sample.sampler import Sample, Sampler
from sterna.errors import Scope, SternaError
from sterna.imap.connection import Connection
from sterna.site.declaration import Site
from sterna.site.secrets import read_secret


class SampleFileError(SternaError):
    """The file for a sample cannot be written."""

    scope = Scope.RUN
    exit_code = 73  # EX_CANTCREAT

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"cannot write {path}: {reason}; nothing was changed, choose another file")


async def take_sample(site: Site, accounts: Sequence[str], keep: Sequence[str]) -> Sample:
    """Ask the source's CLI, and its IMAP as far as that can be reached.

    Raises:
        NoCliError: the site declares no CLI.
        SternaError: the CLI cannot be asked.
    """
    if site.source.cli is None:
        raise NoCliError
    connection = CliConnection(site.source.cli)
    sampler = Sampler(connection, keep)
    try:
        await sampler.cli(accounts)
    finally:
        await connection.close()
    await _imap(site, sampler)
    return sampler.finished()


def write_sample(path: Path, sample: Sample) -> None:
    """Write the sample into a new file that only its owner can read.

    Raises:
        SampleFileError: it is there already, or its folder cannot be written to.
    """
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(sample.text.encode(errors="replace"))
    except OSError as error:
        raise SampleFileError(path, (error.strerror or str(error)).lower()) from error


async def _imap(site: Site, sampler: Sampler) -> None:
    server = site.source.imap
    try:
        async with await Connection.open(server) as connection:
            user, password_file = server.administrator
            await connection.login(user, read_secret(password_file))
            await sampler.imap(connection)
    except SternaError as error:  # the CLI's answers are worth having without
        sampler.without_imap(type(error).__name__)
