"""How a run of the command ends: what it prints, where, and with which code."""

from __future__ import annotations

import json

import pytest

from sterna.cli import exits, main, show
from sterna.errors import Retry, Scope, SternaError


class LostError(SternaError):
    scope = Scope.SERVER
    retry = Retry.LATER
    exit_code = 69


def ended(monkeypatch: pytest.MonkeyPatch, *, by: BaseException, arguments: tuple[str, ...] = ()) -> int:
    def command(**_: object) -> None:
        raise by

    monkeypatch.setattr(main, "app", command)
    return main.run(arguments)


def test_an_expected_error_is_one_line_and_its_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended(monkeypatch, by=LostError("imap.lab.example:993 is away")) == 69
    assert capsys.readouterr() == ("", "sterna: imap.lab.example:993 is away\n")


def test_with_json_the_error_is_an_object_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended(monkeypatch, by=LostError("away"), arguments=("survey", "--json")) == 69
    captured = capsys.readouterr()
    assert json.loads(captured.out) == {
        "errors": [{"kind": "LostError", "message": "away", "scope": "server", "retry": "later", "exit_code": 69}]
    }
    assert captured.err == "sterna: away\n"


def test_errors_of_parallel_tasks_are_a_line_each(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    group = ExceptionGroup("tasks", [LostError("one"), ExceptionGroup("more", [LostError("two")])])
    assert ended(monkeypatch, by=group) == 69
    assert capsys.readouterr().err == "sterna: one\nsterna: two\n"


def test_a_bug_keeps_its_traceback_even_beside_expected_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ZeroDivisionError):
        ended(monkeypatch, by=ZeroDivisionError())
    with pytest.raises(ExceptionGroup):
        ended(monkeypatch, by=ExceptionGroup("tasks", [LostError("one"), KeyError("bug")]))


def test_a_server_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    show.show_error(LostError("said \x1b[2J and \x07"))
    assert capsys.readouterr().err == "sterna: said \\x1b[2J and \\x07\n"


USAGE = {
    "unknown verb": (["frobnicate"], "sterna: No such command 'frobnicate'; see sterna --help\n"),
    "unknown option": (["--nosuch"], "sterna: No such option: --nosuch; see sterna --help\n"),
}


@pytest.mark.parametrize(("arguments", "said"), USAGE.values(), ids=USAGE)
def test_a_wrong_command_line_is_one_line(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(arguments) == exits.USAGE
    assert capsys.readouterr().err == said


def test_without_a_verb_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run([]) == exits.USAGE
    assert "Usage: sterna" in capsys.readouterr().err


def test_the_version_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("sterna 0.")
