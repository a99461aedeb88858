"""Strings, comments and tests in the spelling of Sieve (RFC 5228 section 2.4), whatever is in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

INDENT = "    "

DOLLAR = "dollar"
"""The variable that stands for ``$`` where text would otherwise be read as a reference to a variable."""

_CONTROL = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f\x85\u2028\u2029]")
"""Among them all that some programs take for the end of a line."""

_LONG = 70
"""A list or a group that is longer is written on several lines."""


def clean(text: str) -> str:
    r"""Return `text` as a script can hold it: line ends as ``\n``, no control characters, no halves of characters."""
    text = _CONTROL.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", ""))
    return text.encode("utf-8", "replace").decode()


def literal(text: str) -> str:
    """Return `text` so that it stands for itself also when the script uses variables (RFC 5229 section 3)."""
    return clean(text).replace("${", f"${{{DOLLAR}}}{{")


def reference(variable: str) -> str:
    """Return what stands for a variable's value in a string."""
    return f"${{{variable}}}"


def quoted(text: str) -> str:
    """Return a quoted string; variables in it are references."""
    escaped = clean(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def multiline(text: str) -> str:
    """Return text of several lines in its readable form, ``text:``; it ends with a line end."""
    lines = [f".{line}" if line.startswith(".") else line for line in clean(text).rstrip("\n").split("\n")]
    return "\n".join(("text:", *lines, ".", ""))


def indented(lines: Iterable[str]) -> list[str]:
    """Return lines one level deeper, but for those within ``text:``, where white space would count."""
    result: list[str] = []
    inside = False
    for line in lines:
        result.append(line if inside or not line else f"{INDENT}{line}")
        inside = line != "." if inside else line.endswith("text:")
    return result


def strings(texts: Sequence[str]) -> str:
    """Return a string list, without brackets where it has one element."""
    if len(texts) == 1:
        return quoted(texts[0])
    return f"[{', '.join(map(quoted, texts))}]"


def glob(pattern: str) -> str:
    """Return a pattern, in which only ``*`` is special, for ``:matches``, in which ``?`` and the backslash are too."""
    escaped = pattern.replace("\\", "\\\\").replace("?", "\\?")
    while "**" in escaped:
        escaped = escaped.replace("**", "*")
    return escaped


def comment(text: str, *, indent: str = "") -> list[str]:
    """Return comment lines; nothing in `text` can end the comment but its own line ends."""
    lines = clean(text).split("\n")
    printable = ("".join(c if c.isprintable() or c == "\t" else "\N{REPLACEMENT CHARACTER}" for c in x) for x in lines)
    return [f"# {indent}{line}".rstrip() for line in printable]


@dataclass(frozen=True, slots=True)
class Group:
    """Several tests of which all (``allof``) or some (``anyof``) must hold."""

    word: str
    parts: tuple[Expression, ...]
    negative: bool = False


Expression = str | Group
"""A test as it will be written."""


def all_of(parts: Iterable[Expression]) -> Expression:
    """Return a test that holds when all `parts` do."""
    return _group("allof", parts)


def any_of(parts: Iterable[Expression]) -> Expression:
    """Return a test that holds when one of `parts` does."""
    return _group("anyof", parts)


def negated(part: Expression) -> Expression:
    """Return a test that holds when `part` does not."""
    if isinstance(part, Group):
        return Group(part.word, part.parts, negative=not part.negative)
    return part.removeprefix("not ") if part.startswith("not ") else f"not {part}"


def written(part: Expression, indent: str = "") -> str:
    """Return the text of a test; further lines are indented below the first."""
    if isinstance(part, str):
        return part
    head = f"not {part.word}" if part.negative else part.word
    inner = indent + INDENT
    texts = [written(each, inner) for each in part.parts]
    if not any("\n" in text for text in texts) and sum(map(len, texts)) < _LONG:
        return f"{head} ({', '.join(texts)})"
    return f"{head} (\n{inner}" + f",\n{inner}".join(texts) + f"\n{indent})"


def _group(word: str, parts: Iterable[Expression]) -> Expression:
    given = tuple(
        inner
        for part in parts
        for inner in (part.parts if isinstance(part, Group) and part.word == word and not part.negative else (part,))
    )
    return given[0] if len(given) == 1 else Group(word, given)
