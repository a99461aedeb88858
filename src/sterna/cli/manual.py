"""The pages of the manual that are made from the code, so that they cannot say anything else.

``python -m sterna.cli.manual docs/reference`` writes them anew; the tests compare them with what is there.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from sterna.cli import exits
from sterna.cli.main import app
from sterna.errors import SternaError
from sterna.site.declaration import Site
from sterna.site.problems import is_array, table_of, wanted

MADE = "<!-- Made by python -m sterna.cli.manual docs/reference; change the code, not this page. -->"
_WIDTH = 100
_SITE_FILE = """\
The operator declares a site in one file, `sterna.toml`: where both sides are and what is decided. Sterna reads it from
`--site FILE`, or from the current folder. Relative paths are from the file's own folder. Passwords are never in it,
only the paths of files that hold one each (mode 0600). Mistakes are reported all at once, each with its line and key:

    sterna: sterna.toml:14: source.imap.port: should be between 1 and 65535, found 70000"""
_EXIT_CODES = """\
They are an interface: scripts may rely on them. Most are those of sysexits.h. When several things fail, the code is
that of the one that ended the run."""
_COMMAND_LINE = """\
`--site` and `--json` may stand before or after the verb. Results go to standard output, progress and errors to standard
error. Every verb may be repeated, and interrupted at any moment."""


def pages() -> dict[str, str]:
    """Return every page that is made, by its file name."""
    return {"site-file.md": site_file_page(), "exit-codes.md": exit_codes_page(), "cli.md": cli_page()}


def site_file_page() -> str:
    """Return the reference of ``sterna.toml``: a heading for each table and each key."""
    blocks = ["# The site file", MADE, _SITE_FILE]
    for path, table, repeated in _tables(Site, ()):
        name = f"[[{'.'.join(path)}]]" if repeated else f"[{'.'.join(path)}]"
        blocks.append(f"## {name}" if path else "## At the top")
        if path and table.__doc__:
            blocks.append(_one_line(table.__doc__))
        for name, field in table.model_fields.items():
            if table_of(field):
                continue
            if field.default is PydanticUndefined:
                default = "must be given"
            elif field.default is None:
                default = "may be left out"
            else:
                default = f"`{_toml(field.default)}` when left out"
            blocks += [
                f"### {'.'.join((*path, name))}",
                f"{_sentence(_one_line(field.description or ''))}",
                f"*{_sentence(wanted(field))[:-1]}; {default}.*",
            ]
    return "\n\n".join(blocks) + "\n"


def exit_codes_page() -> str:
    """Return the reference of exit codes: a heading for each, with the errors that end in it."""
    blocks = [
        "# Exit codes",
        MADE,
        _EXIT_CODES,
    ]
    for row in exits.table():
        blocks.append(f"## {row.code}" + (f" ({row.name})" if row.name else ""))
        blocks.append(row.meaning)
        if row.errors:
            blocks.append("\n".join(f"- `{error.__name__}`: {_first_sentence(error)}" for error in row.errors))
    return "\n\n".join(blocks) + "\n"


def cli_page() -> str:
    """Return the reference of the command line: a heading and the help of each verb."""
    blocks = [
        "# The command line",
        MADE,
        _COMMAND_LINE,
    ]
    for path, text in _helps():
        blocks += [f"## {' '.join(path)}", "```text\n" + text + "\n```"]
    return "\n\n".join(blocks) + "\n"


def _helps() -> Iterator[tuple[tuple[str, ...], str]]:
    top = typer.main.get_command(app)
    context = top.make_context("sterna", [], resilient_parsing=True, terminal_width=_WIDTH, max_content_width=_WIDTH)
    yield from _help(("sterna",), top, context)


def _help(
    path: tuple[str, ...],
    command: Any,  # noqa: ANN401  # typer does not make the classes of its commands
    context: Any,  # noqa: ANN401  # and contexts public
) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the help of one command and of those below it."""
    yield path, command.get_help(context)
    for name, child in getattr(command, "commands", {}).items():
        below = child.make_context(name, [], parent=context, resilient_parsing=True)
        yield from _help((*path, name), child, below)


def _tables(
    table: type[BaseModel], path: tuple[str, ...], *, repeated: bool = False
) -> Iterator[tuple[tuple[str, ...], type[BaseModel], bool]]:
    """Yield path and class of each table, and whether it may stand several times."""
    yield path, table, repeated
    for name, field in table.model_fields.items():
        if inner := table_of(field):
            yield from _tables(inner, (*path, name), repeated=is_array(field))


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(_toml(each) for each in value)}]"
    if isinstance(value, dict):
        return "{}"
    return f"{value:_}" if isinstance(value, int) else str(value) if isinstance(value, float) else f'"{value}"'


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _first_sentence(error: type[SternaError]) -> str:
    return _one_line((error.__doc__ or "").split("\n\n")[0])


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if not text or text.endswith(".") else text + "."


def main() -> None:
    """Write every page to the folder that is given."""
    folder = Path(sys.argv[1])
    for name, text in pages().items():
        (folder / name).write_text(text)


if __name__ == "__main__":
    main()
