"""The only place that prints. Results go to standard output, everything else to standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping

from sterna.errors import SternaError


def show_json(value: object) -> None:
    """Print `value` as one JSON object."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def show_text(text: str) -> None:
    """Print `text`, which may have several lines."""
    sys.stdout.write(text.rstrip("\n") + "\n")
    sys.stdout.flush()


def show_pieces(pieces: Iterable[str]) -> None:
    """Print one piece after the other, of which a large site makes more than fits into memory."""
    for piece in pieces:
        sys.stdout.write(piece)
    sys.stdout.flush()


def show_note(text: str) -> None:
    """Print a line for the person who waits; it is not part of the result."""
    sys.stderr.write(text.rstrip("\n") + "\n")
    sys.stderr.flush()


def show_error(error: SternaError) -> None:
    """Print what went wrong, each line with the command's name before it, as other commands do."""
    lines = str(error).splitlines() or [type(error).__name__]
    for line in (*lines, *getattr(error, "__notes__", ())):
        show_note(f"sterna: {_printable(line)}")


def error_as_json(error: SternaError) -> Mapping[str, object]:
    """Return what `show_error` prints as a value for machines."""
    return {
        "kind": type(error).__name__,
        "message": "\n".join((str(error), *getattr(error, "__notes__", ()))),
        "scope": error.scope.name.lower(),
        "retry": error.retry.value,
        "exit_code": error.exit_code,
    }


def _printable(line: str) -> str:
    """Replace what could steer a terminal: some of the text comes from servers."""
    return "".join(character if character.isprintable() else f"\\x{ord(character):02x}" for character in line)
