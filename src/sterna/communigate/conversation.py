"""The conversation with CommuniGate's CLI, without a connection: bytes in, events out; commands in, bytes out.

It knows the order of things: greeting, login, ``INLINE``, then one command after the other. It does no I/O and reads no
clock, so every path through it runs in a plain test; `sterna.communigate.connection` moves the bytes.

Login is by ``APOP`` when the greeting carries a stamp, because then the password is not sent; a server that refuses
APOP (it cannot check it when it keeps only a hash) is then asked with ``USER`` and ``PASS``.
"""

from __future__ import annotations

import enum
import hashlib
import re
from dataclasses import dataclass

from sterna.communigate.commands import Command, ReadCommand
from sterna.communigate.reply import MAX_REPLY_BYTES, CliProtocolError, Reply, ReplyReader
from sterna.errors import Scope, SternaError
from sterna.model.secret import Secret

_STAMP = re.compile(r"<[^<>\s]+@[^<>\s]+>")
_UNSENDABLE = re.compile(r"[\x00-\x1f\x7f]")


class UnsendableLoginError(SternaError):
    """A name or a password cannot be sent on one line of the CLI."""

    scope = Scope.SERVER
    exit_code = 78  # EX_CONFIG

    def __init__(self, what: str) -> None:
        super().__init__(f"the {what} for the CLI has a control character, which its protocol cannot carry")


class LoginMethod(enum.Enum):
    """How the login was made."""

    APOP = "APOP"
    PASS = "PASS"  # noqa: S105 - the name of a command


@dataclass(frozen=True, slots=True)
class Greeted:
    """The server's first line; `stamp` is what APOP signs, with its angle brackets, or None."""

    text: str
    stamp: str | None


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """The login was taken, and the server has said whether it will send objects in line."""

    method: LoginMethod
    inline: bool


@dataclass(frozen=True, slots=True)
class LoginRefused:
    """No way of logging in was taken; `code` and `text` are the last answer."""

    code: int
    text: str


@dataclass(frozen=True, slots=True)
class Answered:
    """The reply to the command in flight."""

    command: Command
    reply: Reply


Event = Greeted | LoggedIn | LoginRefused | Answered


class _State(enum.Enum):
    """What the next reply answers."""

    GREETING = enum.auto()
    LOGIN = enum.auto()  # nothing: it is our turn to log in
    APOP = enum.auto()
    USER = enum.auto()
    PASS = enum.auto()
    INLINE = enum.auto()
    READY = enum.auto()  # nothing: it is our turn to send a command
    COMMAND = enum.auto()
    CLOSING = enum.auto()


class Conversation:
    """One client conversation. One command is in flight at a time."""

    def __init__(self, *, limit_bytes: int = MAX_REPLY_BYTES) -> None:
        self._replies = ReplyReader(limit_bytes=limit_bytes)
        self._state = _State.GREETING
        self._out = bytearray()
        self._stamp: str | None = None
        self._user = ""
        self._password = Secret("")
        self._method = LoginMethod.APOP
        self._command = Command(ReadCommand.NOOP)

    @property
    def in_reply(self) -> bool:
        """Whether a reply has begun and is not whole."""
        return self._replies.in_reply

    def login(self, user: str, password: Secret) -> None:
        """Begin to log in; `LoggedIn` or `LoginRefused` will follow.

        Raises:
            UnsendableLoginError: the name or the password has a control character.
        """
        self._turn(_State.LOGIN)
        if _UNSENDABLE.search(user):
            raise UnsendableLoginError("user name")
        if _UNSENDABLE.search(password.reveal()):
            raise UnsendableLoginError("password")
        self._user, self._password = user, password
        if self._stamp is None:
            self._say(_State.USER, f"USER {user}")
            return
        # RFC 1939 section 7: MD5 is what the server checks, not our choice.
        digest = hashlib.md5((self._stamp + password.reveal()).encode(), usedforsecurity=False).hexdigest()
        self._say(_State.APOP, f"APOP {user} {digest}")

    def submit(self, command: Command) -> None:
        """Send a command; `Answered` will follow."""
        self._turn(_State.READY)
        self._command = command
        self._out += command.line()
        self._state = _State.COMMAND

    def leave(self) -> None:
        """Say good-bye; what the server still says does not matter."""
        self._turn(_State.READY)
        self._say(_State.CLOSING, "QUIT")

    def bytes_to_send(self) -> bytes:
        """Take everything that may go on the wire now; empty when nothing may."""
        out = bytes(self._out)
        self._out.clear()
        return out

    def receive(self, data: bytes) -> list[Event]:
        """Take bytes from the server and return what they mean, oldest first.

        Raises:
            CliProtocolError: the server says what it cannot say here. The conversation is over.
        """
        return [event for reply in self._replies.feed(data) if (event := self._heard(reply))]

    def _heard(self, reply: Reply) -> Event | None:
        match self._state:
            case _State.GREETING:
                return self._greeted(reply)
            case _State.APOP | _State.USER | _State.PASS:
                return self._login_answered(reply)
            case _State.INLINE:
                self._state = _State.READY
                return LoggedIn(self._method, inline=reply.good)
            case _State.COMMAND:
                return self._answered(reply)
            case _State.CLOSING:
                return None
            case _State.LOGIN | _State.READY:
                raise CliProtocolError(f"the server said {reply.code} {reply.text!r} although nothing was asked")

    def _greeted(self, reply: Reply) -> Greeted:
        # Versions differ in the rest of the line; only the code is the same in all of them.
        if reply.code != 200 or reply.data is not None:
            what = f"the server greets with {reply.code} {reply.text!r} instead of 200"
            raise CliProtocolError(what, "check host and port in [source.cli]")
        stamp = _STAMP.search(reply.text)
        self._stamp = stamp[0] if stamp else None
        self._state = _State.LOGIN
        return Greeted(reply.text, self._stamp)

    def _login_answered(self, reply: Reply) -> LoginRefused | None:
        match self._state:
            case _State.APOP if reply.code >= 400:
                self._say(_State.USER, f"USER {self._user}")
            case _State.USER if reply.code < 400:
                self._say(_State.PASS, f"PASS {self._password.reveal()}")
            case _State.APOP | _State.PASS if reply.good:
                self._method = LoginMethod.APOP if self._state is _State.APOP else LoginMethod.PASS
                self._password = Secret("")
                self._say(_State.INLINE, "INLINE")
            case _:
                self._password = Secret("")
                self._state = _State.LOGIN
                return LoginRefused(reply.code, reply.text)
        return None

    def _answered(self, reply: Reply) -> Answered:
        self._state = _State.READY
        return Answered(self._command, reply)

    def _say(self, state: _State, line: str) -> None:
        self._out += line.encode() + b"\r\n"
        self._state = state

    def _turn(self, state: _State) -> None:
        if self._state is not state:
            raise RuntimeError(f"not our turn: the conversation is in {self._state.name}, not in {state.name}")
