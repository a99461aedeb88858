"""What a command brings: the server's answer, and the errors that a refusal is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sterna.errors import Retry, Scope, SternaError
from sterna.imap.codes import TEMPORARY, Status, code_name
from sterna.imap.engine import Piece
from sterna.imap.fragments import Response


@dataclass(frozen=True, slots=True)
class Answer:
    """How the server answered one command; `code` is the response code without its brackets."""

    status: Status
    code: bytes | None
    text: bytes
    untagged: tuple[Response, ...] = ()


class CommandError(SternaError):
    """A server refused a command.

    Fields:
        command: its first word (``EXAMINE``, ``UID FETCH``), never its arguments.
        status, code, text: the answer, as the server gave it.
    """

    scope: ClassVar[Scope] = Scope.MAILBOX
    retry: ClassVar[Retry] = Retry.NEVER
    exit_code: ClassVar[int] = 69  # EX_UNAVAILABLE

    def __init__(self, command: str, answer: Answer) -> None:
        self.command = command
        self.status = answer.status
        self.code = answer.code
        self.text = answer.text
        code = f"[{shown(answer.code)}] " if answer.code else ""
        super().__init__(f"the server refused {command}: {answer.status.name} {code}{shown(answer.text)}")


class CommandDeferredError(CommandError):
    """A server refused a command for now (RFC 5530: UNAVAILABLE, INUSE, LIMIT and the like)."""

    retry: ClassVar[Retry] = Retry.LATER
    exit_code: ClassVar[int] = 75  # EX_TEMPFAIL


def refusal(command: str, answer: Answer) -> CommandError:
    """Return the error that `answer` to `command` means."""
    return (CommandDeferredError if code_name(answer.code) in TEMPORARY else CommandError)(command, answer)


def command_word(pieces: tuple[Piece, ...]) -> str:
    """Return the name of a command, for people: ``UID FETCH``; never an argument."""
    first = pieces[0] if pieces and isinstance(pieces[0], bytes) else b""
    words = first.split(b" ")
    return shown(b" ".join(words[: 2 if words[0].upper() == b"UID" else 1]))


def shown(text: bytes | None) -> str:
    """Return what a server said, for people."""
    return (text or b"").decode("utf-8", "replace")
