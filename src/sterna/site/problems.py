"""Say what pydantic found wrong, in words for somebody who edits ``sterna.toml`` and has never seen pydantic."""

from __future__ import annotations

import datetime as dt
import difflib
import enum
import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import UnionType

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from sterna.site.declaration import Site
from sterna.site.errors import Problem
from sterna.site.lines import line_of

KINDS = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "text in quotes",
    Path: "a path in quotes",
    dt.date: "a date such as 2024-12-31",
    dict: "a table of names, each as text in quotes",
}
"""What each Python type is called in the manual and in errors."""

_SHOWN_CHARACTERS = 60
"""A longer value is cut in an error; the line number leads to the rest."""


def problem(error: ErrorDetails, lines: Mapping[tuple[str, ...], int]) -> Problem:
    """Turn one of pydantic's errors into a line for the operator."""
    # Elements of an array share its path, as its lines do.
    path = tuple(str(part) for part in error["loc"] if not isinstance(part, int))
    owner, field = find(path)
    match error["type"]:
        case "missing":
            kind = "table" if field is not None and table_of(field) else "key"
            text = f"this {kind} is missing"
        case "extra_forbidden":
            text = _unknown(path[-1], owner)
        case "value_error":  # of our own validators, over several keys of a table
            text = error["msg"].removeprefix("Value error, ")
        case _ if field is not None and table_of(field):
            written = f"[[{'.'.join(path)}]]" if is_array(field) else f"[{'.'.join(path)}]"
            text = f"should be a table, written {written}, found {_shown(error['input'])}"
        case _ if field is not None:
            text = f"should be {wanted(field, error['input'])}, found {_shown(error['input'])}"
        case _:
            text = error["msg"]
    return Problem(line_of(dict(lines), path), ".".join(path), text)


def find(path: Sequence[str]) -> tuple[type[BaseModel], FieldInfo | None]:
    """Return the innermost table that `path` leads into, and the field at its end (None: the table has no such key)."""
    table: type[BaseModel] = Site
    field: FieldInfo | None = None
    for key in path:
        inner = table_of(field) if field is not None else None
        table = inner or table
        field = table.model_fields.get(key)
    return table, field


def table_of(field: FieldInfo) -> type[BaseModel] | None:
    """Return the table that `field` holds, which may be left out, or None when it holds a value."""
    for kind in _types(field.annotation):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return kind
    return None


def is_array(field: FieldInfo) -> bool:
    """Say whether `field` holds several values or tables."""
    return typing.get_origin(field.annotation) is tuple


def wanted(field: FieldInfo, value: object = None) -> str:
    """Say which values `field` takes: ``a whole number between 1 and 65535``, ``one of "none", "tls"``.

    When `value` is of the right kind and only out of bounds, the kind goes without saying.
    """
    if is_array(field):
        return "an array of " + ", ".join(sorted({KINDS[kind] for kind in _types(field.annotation) if kind in KINDS}))
    if choices := _choices(field.annotation):
        return "one of " + ", ".join(choices)
    kinds = [kind for kind in _types(field.annotation) if kind in KINDS]
    kind = "" if any(type(value) is kind for kind in kinds) else KINDS[kinds[0]]
    bounds = _bounds(field) or ("" if kind else KINDS[kinds[0]])
    return " ".join(filter(None, (kind, bounds)))


def _bounds(field: FieldInfo) -> str:
    """Say what a value of the right kind must keep to; empty when it need not keep to anything."""
    rules: dict[str, object] = {}
    for rule in field.metadata:
        for name in ("ge", "gt", "le", "min_length", "max_length", "pattern"):
            if getattr(rule, name, None) is not None:
                rules[name] = getattr(rule, name)
    match rules:
        case {"pattern": _}:
            examples = " or ".join(f'"{example}"' for example in field.examples or [])
            return f"of a form such as {examples}"
        case {"min_length": low}:
            return f"of {low} {f'to {most}' if (most := rules.get('max_length')) else 'or more'} characters"
        case {"ge": low, "le": high}:
            return f"between {low} and {high}"
        case {"gt": low, "le": high}:
            return f"above {low} and up to {high}"
        case {"ge": low}:
            return f"{low} or more"
        case _:
            return ""


def _types(annotation: object) -> tuple[object, ...]:
    """Return the alternatives of a union, the type itself otherwise; without what is only annotated."""
    if typing.get_origin(annotation) in {typing.Union, UnionType}:
        return tuple(each for alternative in typing.get_args(annotation) for each in _types(alternative))
    if typing.get_origin(annotation) is typing.Annotated:
        return _types(typing.get_args(annotation)[0])
    if typing.get_origin(annotation) is tuple:
        return _types(typing.get_args(annotation)[0])
    if typing.get_origin(annotation) is dict:
        return (dict,)
    return (annotation,)


def _choices(annotation: object) -> list[str]:
    if isinstance(annotation, type) and issubclass(annotation, enum.StrEnum):
        return [f'"{member}"' for member in annotation]
    if typing.get_origin(annotation) is typing.Literal:
        return [f'"{value}"' for value in typing.get_args(annotation)]
    return []


def _unknown(key: str, table: type[BaseModel]) -> str:
    near = difflib.get_close_matches(key, table.model_fields, n=1)
    if near:
        return f"there is no such key; did you mean {near[0]}?"
    return f"there is no such key; known here are {', '.join(table.model_fields)}"


def _shown(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            text = f'"{value}"'
        case dict():
            return "a table"
        case list():
            return "an array"
        case _:
            text = str(value)
    return text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 1] + "…"
