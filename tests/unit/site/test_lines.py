"""The line of each key, in every way that TOML can write one."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.site.lines import key_lines, line_of

DOCUMENTS = {
    "table": ("[a.b]\nc = 1\n", {("a",): 1, ("a", "b"): 1, ("a", "b", "c"): 2}),
    "dotted key": ("\n\na.b = 1\na.c = 2\n", {("a",): 3, ("a", "b"): 3, ("a", "c"): 4}),
    "quoted keys": ('"a.b" . \'c\' = 1\n["d e"]\n"\\u0066" = 2', {("a.b", "c"): 1, ("d e",): 2, ("d e", "f"): 3}),
    "comment with a header in it": ("# [x]\n[a] # [y]\nb = 1 # c = 2\nd = 3", {("a", "b"): 3, ("a", "d"): 4}),
    "string of several lines": ('a = """\n[b]\nc = 1"""\nd = 2', {("a",): 1, ("d",): 4}),
    "literal string of several lines": ("a = '''\nb = '1'\n'''\nd = 2", {("a",): 1, ("d",): 4}),
    "array of several lines": ('a = [ # ]\n "]",\n 2 ]\nb = 1', {("a",): 1, ("b",): 4}),
    "inline table": ("a = { b = 1, c = 2 }\nd = 1", {("a",): 1, ("d",): 2}),
    "array of tables": ("[[a]]\nb = 1\n[[a]]\nb = 2\n", {("a",): 1, ("a", "b"): 2}),
    "escaped quote": ('a = "x\\"#"\nb = 1', {("a",): 1, ("b",): 2}),
    "Windows line ends": ("[a]\r\nb = 1\r\n", {("a",): 1, ("a", "b"): 2}),
}


@pytest.mark.parametrize(("text", "lines"), DOCUMENTS.values(), ids=DOCUMENTS)
def test_every_key_has_its_line(text: str, lines: dict[tuple[str, ...], int]) -> None:
    tomllib.loads(text)  # the examples are TOML
    found = key_lines(text)
    assert {path: found.get(path) for path in lines} == lines
    assert {path for path in found if not any(each[: len(path)] == path for each in lines)} == set()


def test_a_key_that_is_not_written_has_the_line_of_its_table() -> None:
    lines = key_lines("a = 1\n\n[b.c]\nd = 1\n")
    assert line_of(lines, ("b", "c", "missing")) == 3
    assert line_of(lines, ("missing", "too")) == 1


KEYS = st.text(st.sampled_from("abc. \"'#=[\n\\"), min_size=1, max_size=4)
VALUES = st.one_of(st.integers(), st.booleans(), st.text(st.sampled_from("a\"'\n[]{}#=\\"), max_size=8))


def quoted(text: str) -> str:
    return '"' + "".join(f"\\u{ord(c):04x}" if c in '"\\\n' else c for c in text) + '"'


def toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool | int) else quoted(str(value))


@given(st.dictionaries(KEYS, st.dictionaries(KEYS, VALUES, max_size=4), max_size=4))
def test_whatever_the_keys_and_values_hold_the_lines_are_those_they_stand_on(
    tables: Mapping[str, Mapping[str, object]],
) -> None:
    text = ""
    expected: dict[tuple[str, ...], int] = {}
    for name, table in tables.items():
        expected[(name,)] = text.count("\n") + 1
        text += f"[{quoted(name)}]\n"
        for key, value in table.items():
            expected[(name, key)] = text.count("\n") + 1
            text += f"{quoted(key)} = {toml(value)}\n"
    assert key_lines(text) == {(): 1} | expected


STATEMENTS = st.sampled_from(
    [
        "a = 1",
        "[b]",
        "[[c]]",
        "b.c = '#'",
        'd = """',
        '"""',
        "'''",
        "e = [",
        "]",
        "# [f]",
        "",
        "'g' = {h = 1}",
        "{",
        "}",
    ]
)


@given(st.lists(STATEMENTS, max_size=8).map("\n".join))
def test_every_key_at_the_top_of_what_tomllib_accepts_has_a_line(text: str) -> None:
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return  # only accepted documents are asked for their lines
    lines = key_lines(text)
    rows = text.split("\n")
    assert {path[0] for path in lines if len(path) == 1} == set(data)
    assert all(key in rows[lines[(key,)] - 1] for key in data)
