"""What can go wrong between us and a ManageSieve server, besides the connection itself."""

from __future__ import annotations

from typing import ClassVar

from sterna.errors import Retry, Scope, SternaError


class SieveProtocolError(SternaError):
    """A server sent something that is no ManageSieve.

    Fields:
        server: ``host:port``.
        reason: what was expected, and what came.
    """

    scope: ClassVar[Scope] = Scope.SERVER
    exit_code: ClassVar[int] = 76  # EX_PROTOCOL

    def __init__(self, server: str, reason: str) -> None:
        self.server = server
        self.reason = reason
        super().__init__(
            f"{server} does not speak ManageSieve: {reason}. Check host and port in the site file; Cyrus serves it by "
            "timsieved, usually on port 4190"
        )


class SieveRefusedError(SternaError):
    """A ManageSieve server refused a command; nothing was changed by it.

    Fields:
        command: its first word.
        name: the script it was about, or empty.
        code: the response code, as ``QUOTA/MAXSCRIPTS``, or empty.
        reason: what the server said.
    """

    scope: ClassVar[Scope] = Scope.ACCOUNT
    exit_code: ClassVar[int] = 73  # EX_CANTCREAT

    def __init__(self, server: str, command: str, name: str, code: str, reason: str) -> None:
        self.server = server
        self.command = command
        self.name = name
        self.code = code
        self.reason = reason
        about = f" of the script {name!r}" if name else ""
        what = f"{reason.strip() or 'without a reason'}{f' ({code})' if code else ''}"
        super().__init__(f"{server} refused {command}{about}: {what}. The account's scripts are as they were")


class ScriptInvalidError(SternaError):
    """A server's compiler does not take a script; nothing was stored.

    Fields:
        name: the script.
        reason: the compiler's words, with line numbers.
    """

    scope: ClassVar[Scope] = Scope.ACCOUNT
    retry: ClassVar[Retry] = Retry.NEVER
    exit_code: ClassVar[int] = 65  # EX_DATAERR

    def __init__(self, server: str, name: str, reason: str) -> None:
        self.server = server
        self.name = name
        self.reason = reason
        super().__init__(
            f"{server} does not take the script {name!r}: {' '.join(reason.split())}. Nothing was stored; the "
            "account's scripts are as they were. Please report this with the rule that the script was made from"
        )
