"""One conversation of the CLI, the server's side, without a connection: lines in, lines out.

Certain are the greeting's code, ``USER``/``PASS``, ``APOP`` over the greeting's stamp, ``INLINE``, and that data come
as ``201 object`` after it and as ``200 data follow`` with the object on lines of its own before it. The wording of most
texts is ours.
"""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sterna.communigate.values import Value, as_text
from sterna.lab.source import spelling
from sterna.lab.source.arguments import Refused
from sterna.lab.source.basedirectory import BaseDirectory, Name
from sterna.lab.source.commands import Answer, Commands, is_writing
from sterna.lab.source.passwords import decrypt, verify
from sterna.lab.source.switches import Switches

MAX_LINE_BYTES = 64 * 1024
"""Longest command line; longer ones end the conversation."""


class Phase(enum.Enum):
    """What the client may say next."""

    LOGIN = enum.auto()
    PASSWORD = enum.auto()
    COMMANDS = enum.auto()
    OVER = enum.auto()


@dataclass(frozen=True, slots=True)
class Said:
    """What became of one line: its first word, and the code it was answered with. For the command log."""

    word: str
    code: int
    writes: bool


class Dialogue:
    """One conversation. `open_commands` gives the commands of a user who has logged in, by full address."""

    def __init__(
        self, base: BaseDirectory, switches: Switches, stamp: str, open_commands: Callable[[str], Commands]
    ) -> None:
        self.phase = Phase.LOGIN
        self.user = ""
        self._base = base
        self._switches = switches
        self._stamp = "" if switches.greeting_without_stamp else stamp
        self._open_commands = open_commands
        self._commands: Commands | None = None
        self._inline = False

    def greeting(self) -> bytes:
        """Return the first line."""
        host = f"mail.{self._base.main_domain}"
        text = f"{host} CommuniGate Pro PWD Server 6.0.5 ready"
        if self._switches.old_greeting:
            text = f"CommuniGate Pro at {host} PWD Server 5.3 ready"
        return self._line(200, f"{text} {self._stamp}".rstrip())

    def hear(self, line: bytes) -> tuple[bytes, Said]:
        """Take one line without its end; return what to send, and what to log."""
        word, _, rest = line.strip(b" ").partition(b" ")
        verb = word.decode("ascii", "replace").upper()
        self._base.begin()
        try:
            reply = self._login(verb, rest) if self._commands is None else self._command(verb, rest, self._commands)
        except Refused as refused:
            reply = self._line(refused.code, refused.text)
        return reply, Said(verb, int(reply[:3]), is_writing(verb, rest))

    def _login(self, verb: str, rest: bytes) -> bytes:
        text = rest.decode("utf-8", "replace")
        if verb == "QUIT":
            return self._quit()
        if verb == "USER" and text:
            self.user, self.phase = text, Phase.PASSWORD
            return self._line(300, "please send the PASS")
        if verb == "PASS" and self.phase is Phase.PASSWORD:
            self.phase = Phase.LOGIN
            name, settings = self._account(self.user)
            return self._logged_in(name, good=verify(settings, text))
        if verb == "APOP" and self._stamp:
            user, _, digest = text.rpartition(" ")
            name, settings = self._account(user)
            return self._logged_in(name, good=digest.lower() in _apop(self._stamp, settings))
        raise Refused(500, "unknown command" if verb not in ("USER", "PASS", "APOP") else "the command is not expected")

    def _account(self, user: str) -> tuple[Name, Mapping[str, Value]]:
        """Find the account that logs in, by address, alias or, in the main domain, bare name."""
        local, at, domain = user.lower().rpartition("@")
        found = self._base.find_domain(domain) if at else self._base.main_domain
        if found is None:
            raise Refused(512, "unknown secondary domain name")
        name = Name(found, local if at else domain)
        alias = as_text(self._base.aliases(found).get(name.local))
        name = name if alias is None else Name(found, alias)
        if not self._base.has_account(name):
            raise Refused(513, "unknown user account")
        return name, self._base.account_settings(name)

    def _logged_in(self, name: Name, *, good: bool) -> bytes:
        if not good:
            raise Refused(515, "incorrect password")
        self.user, self.phase = str(name), Phase.COMMANDS
        self._commands = self._open_commands(self.user)
        return self._line(200, "login OK, proceed")

    def _command(self, verb: str, rest: bytes, commands: Commands) -> bytes:
        if verb == "QUIT":
            return self._quit()
        if verb == "INLINE" and not self._switches.inline_refused:
            self._inline = True
            return self._line(200, "switched to inline mode")
        return self._answer(commands.run(verb, rest))

    def _line(self, code: int, text: str) -> bytes:
        return spelling.line(code, text, self._switches)

    def _quit(self) -> bytes:
        self.phase = Phase.OVER
        return self._line(200, "CommuniGate Pro PWD connection closed")

    def _answer(self, answer: Answer) -> bytes:
        if not answer.has_value:
            return self._line(200, "OK")
        if self._inline:
            return b"201 " + spelling.in_line(answer.value, self._switches) + spelling.end(self._switches)
        return b"".join(
            (
                self._line(200, "data follow"),
                spelling.on_lines(answer.value, self._switches),
                spelling.end(self._switches),
            )
        )


def _apop(stamp: str, settings: Mapping[str, Value]) -> set[str]:
    """Return the one digest that is right (RFC 1939 section 7), or none where only a hash of the password is kept."""
    stored = as_text(settings.get("Password")) or ""
    plain = stored if settings.get("PasswordEncryption") == "clear" else decrypt(stored)
    if plain is None:
        return set()
    return {hashlib.md5((stamp + plain).encode(), usedforsecurity=False).hexdigest()}
