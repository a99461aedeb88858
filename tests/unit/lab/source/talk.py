"""A conversation with the stand-in's CLI without a connection, for tests."""

from __future__ import annotations

from pathlib import Path

from sterna.communigate.dataformat import read
from sterna.communigate.values import Value
from sterna.lab.source.basedirectory import BaseDirectory
from sterna.lab.source.commands import Commands
from sterna.lab.source.dialogue import Dialogue
from sterna.lab.source.mailstore import MailStore
from sterna.lab.source.switches import Switches

ADMIN_PASSWORD = "fenster-zum-hof"


class Talk:
    """A conversation that a test holds."""

    def __init__(self, folder: Path, switches: Switches) -> None:
        base = BaseDirectory(folder / "base")
        self.dialogue = Dialogue(
            base,
            switches,
            "<1.2@mail.lab.example>",
            lambda user: Commands(base, MailStore(folder, folder / "crowd"), switches, user),
        )

    def say(self, line: str) -> str:
        reply, _ = self.dialogue.hear(line.encode())
        assert reply.endswith(b"\n")
        return reply.decode().removesuffix("\n").removesuffix("\r")

    def login(self, user: str = "postmaster@lab.example", password: str = ADMIN_PASSWORD) -> str:
        assert self.say(f"USER {user}").startswith("300 ")
        return self.say(f"PASS {password}")

    def array(self, line: str) -> tuple[Value, ...]:
        value = self.ask(line)
        assert isinstance(value, tuple)
        return value

    def ask(self, line: str) -> Value:
        code, _, text = self.say(line).partition(" ")
        assert code == "201", (line, code, text)
        return read(text.encode())


def master(folder: Path, **switches: bool) -> Talk:
    """The administrator, logged in, data in line."""
    talk = Talk(folder, Switches(**switches))
    assert talk.login().startswith("200 ")
    talk.say("INLINE")
    return talk
