"""Exit codes: what each one means, and which errors end with it. They are an interface; the manual lists them."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import sterna
from sterna.errors import SternaError

REFUSED: Final = 1
INCOMPLETE: Final = 3
USAGE: Final = 64
UNAVAILABLE: Final = 69
INTERRUPTED: Final = 130

MEANINGS: Final = {
    0: ("", "All is done; for `verify`, all is equal."),
    1: ("", "`apply` was answered with no. With a traceback: a bug of Sterna; please report it."),
    3: (
        "",
        (
            "The run ended, and names what needs a person: `copy` could not move something, `verify` found "
            "differences, `verify --check` another site's key, `lists load` was refused something, `survey --fail-on` "
            "found what it was asked for."
        ),
    ),
    64: ("EX_USAGE", "The command line is wrong."),
    65: ("EX_DATAERR", "Something that a server or a file holds is not what its format says."),
    66: ("EX_NOINPUT", "A file that was asked for is not there."),
    68: ("EX_NOHOST", "Something that should be on a server is not there."),
    69: (
        "EX_UNAVAILABLE",
        "A server cannot be reached, broke off, or lacks what is needed; for `lab status`, not every server runs.",
    ),
    70: ("EX_SOFTWARE", "A server refused something that it should take."),
    73: ("EX_CANTCREAT", "Something cannot be made: a file, a folder, an entry, a mailbox."),
    74: ("EX_IOERR", "Reading or writing a file failed, for instance because the disk is full."),
    75: ("EX_TEMPFAIL", "Not everything could be done now; the same command goes on with the rest."),
    76: ("EX_PROTOCOL", "A server answered something that its protocol does not allow."),
    77: ("EX_NOPERM", "A login was refused, or a right is missing."),
    78: ("EX_CONFIG", "The site file, or a file that it names, cannot be used."),
    130: ("", "Interrupted by Ctrl-C; the same command goes on from there."),
}
"""For each code its name in sysexits.h, if it has one, and what it means."""


@dataclass(frozen=True, slots=True)
class Row:
    """One exit code with the classes of errors that end in it, in alphabetical order."""

    code: int
    name: str
    meaning: str
    errors: tuple[type[SternaError], ...]


def table() -> list[Row]:
    """Return every exit code in order, from the classes of the whole package."""
    by_code: dict[int, list[type[SternaError]]] = {code: [] for code in MEANINGS}
    for error in sorted(error_classes(), key=lambda error: error.__name__):
        by_code.setdefault(error.exit_code, []).append(error)
    return [Row(code, *MEANINGS.get(code, ("", "")), tuple(errors)) for code, errors in sorted(by_code.items())]


def error_classes() -> list[type[SternaError]]:
    """Return every class of error in the package, found by importing all of it."""
    for module in pkgutil.walk_packages(sterna.__path__, "sterna."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    return list(_below(SternaError))


def _below(base: type[SternaError]) -> Iterator[type[SternaError]]:
    for error in base.__subclasses__():
        if error.__module__.startswith("sterna."):
            yield error
            yield from _below(error)
