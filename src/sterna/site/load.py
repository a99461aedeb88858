"""Find and read the site file."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from sterna.site.declaration import Site
from sterna.site.errors import NoSiteFileError, Problem, SiteFileError
from sterna.site.lines import key_lines
from sterna.site.problems import problem

SITE_FILE = "sterna.toml"
"""The file's name when none is given, looked for in the current folder only: a site is chosen, never guessed."""

_Table = TypeVar("_Table", bound=BaseModel)


def find_site(asked_for: Path | None = None, *, folder: Path | None = None) -> Path:
    """Return the path of the site file: `asked_for`, or ``sterna.toml`` in `folder` (the current one).

    Raises:
        NoSiteFileError: there is no such file.
    """
    path = asked_for if asked_for is not None else (folder or Path.cwd()) / SITE_FILE
    if not path.exists():
        raise NoSiteFileError(path, asked_for=asked_for is not None)
    return path


def load_site(path: Path) -> Site:
    """Read and check the site file at `path`; relative paths in it become absolute, from its own folder.

    Raises:
        NoSiteFileError: there is no such file.
        SiteFileError: it is not TOML, or says something a site file cannot say; names every line that is wrong.
    """
    text = _text(path)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SiteFileError(path, (_syntax_problem(str(error), text),)) from error
    try:
        # By way of JSON, because pydantic's strict mode then takes text for a path or a choice, as TOML writes them,
        # and still no text for a number and no number for true or false.
        site = Site.model_validate_json(json.dumps(data, default=str), strict=True)
    except ValidationError as error:
        lines = key_lines(text)
        found = (problem(each, lines) for each in error.errors(include_url=False, include_context=False))
        raise SiteFileError(path, tuple(sorted(found))) from error
    return _resolved(site, path.absolute().parent)


def _text(path: Path) -> str:
    try:
        # Newlines as they are: a lone CR is an error in TOML and must not be repaired on the way.
        return path.read_bytes().decode()
    except FileNotFoundError as error:
        raise NoSiteFileError(path, asked_for=True) from error
    except OSError as error:
        raise SiteFileError(path, (Problem(0, "", f"cannot be read: {error.strerror}"),)) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise SiteFileError(path, (Problem(line, "", "should be UTF-8 and is not"),)) from error


def _syntax_problem(message: str, text: str) -> Problem:
    """Take the line out of tomllib's message, which in Python 3.11 has it nowhere else."""
    if place := re.search(r" \(at line (\d+), column (\d+)\)$", message):
        return Problem(int(place[1]), "", f"not TOML: {message[: place.start()]} at column {place[2]}")
    return Problem(
        text.rstrip().count("\n") + 1, "", f"not TOML: {message.replace('(at end of document)', 'at the end')}"
    )


def _resolved(table: _Table, folder: Path) -> _Table:
    """Return `table` with every path in it and in the tables below made absolute from `folder`."""
    changes: dict[str, object] = {}
    for name in type(table).model_fields:
        value = getattr(table, name)
        if isinstance(value, Path):
            changes[name] = folder / value
        elif isinstance(value, BaseModel):
            changes[name] = _resolved(value, folder)
    return table.model_copy(update=changes)
