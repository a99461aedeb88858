"""Where each key of a TOML document stands, so that an error can name its line.

`tomllib` gives values without positions. This reads the same text a second time and only for positions; it relies on
`tomllib` having accepted the text and never reports an error of its own.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator

Path = tuple[str, ...]
"""Keys from the root of the document: ``("source", "imap", "port")``."""

_KEY_PART = re.compile(r"""[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'""")
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'',
    re.DOTALL,
)
_COMMENT = re.compile(r"#[^\n]*")


def key_lines(text: str) -> dict[Path, int]:
    """Return the line (from 1) of every table header and every key of `text`, a document that `tomllib` accepts.

    Elements of an array of tables share the path of the array; the first one counts. Keys inside inline tables have
    the line of the key that holds the table.
    """
    found: dict[Path, int] = {(): 1}
    table: Path = ()
    for line, statement in _statements(text):
        if statement.startswith("["):
            table = _keys(statement.strip("[]"))
            path = table
        else:
            path = table + _keys(statement)
        for length in range(len(path), 0, -1):
            found.setdefault(path[:length], line)
    return found


def line_of(lines: dict[Path, int], path: Path) -> int:
    """Return the line of `path`, or of the innermost table around it that is written down."""
    while path not in lines:
        path = path[:-1]
    return lines[path]


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the text of every header, and of every key up to its ``=``."""
    at = 0
    while at < len(text):
        start = at
        at = _end_of_statement(text, at)
        statement = text[start:at].lstrip("\ufeff \t\r\n")
        if statement and not statement.startswith("#"):
            skipped = at - start - len(text[start:at].lstrip("\ufeff \t\r\n"))
            yield text.count("\n", 0, start + skipped) + 1, statement
        at += 1


def _end_of_statement(text: str, at: int) -> int:
    """Return the index of the newline that ends the statement at `at`: one outside strings and brackets."""
    depth = 0
    while at < len(text):
        character = text[at]
        if character in "\"'":
            string = _STRING.match(text, at)
            at = string.end() if string else at + 1
            continue
        if character == "#":
            comment = _COMMENT.match(text, at)
            at = comment.end() if comment else at + 1
            continue
        if character == "\n" and depth == 0:
            return at
        depth += (character in "[{") - (character in "]}")
        at += 1
    return at


def _keys(text: str) -> Path:
    """Read the dotted key that `text` starts with."""
    keys: list[str] = []
    at = 0
    while part := _KEY_PART.match(text, at + len(text[at:]) - len(text[at:].lstrip(" \t"))):
        keys.append(_plain(part.group()))
        rest = text[part.end() :].lstrip(" \t")
        if not rest.startswith("."):
            break
        at = len(text) - len(rest) + 1
    return tuple(keys)


def _plain(part: str) -> str:
    """Take the quotes and escapes off one part of a key."""
    return str(tomllib.loads(f"k = {part}")["k"]) if part[0] in "\"'" else part
