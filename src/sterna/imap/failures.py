"""How a connection fails to come about, or to last: every error of the way between us and a server but TLS's."""

from __future__ import annotations

from typing import ClassVar

from sterna.errors import Retry, Scope, SternaError
from sterna.site.declaration import Server


class ConnectError(SternaError):
    """No connection to a server.

    Fields:
        host, port: the server.
        reason: why, as the system or the server said it.
    """

    scope: ClassVar[Scope] = Scope.SERVER
    retry: ClassVar[Retry] = Retry.LATER
    exit_code: ClassVar[int] = 69  # EX_UNAVAILABLE

    def __init__(self, server: Server, reason: str) -> None:
        self.server = server
        self.host = server.host
        self.port = server.port
        self.reason = reason
        super().__init__(
            f"no connection to {server.shown}: {reason}. Check host and port in the site file, and the server"
        )


class ConnectionLostError(SternaError):
    """A connection ended while it was needed. What was asked for and not answered may have been done or not.

    Fields:
        host, port: the server.
        reason: why, as the system or the server said it.
    """

    scope: ClassVar[Scope] = Scope.SERVER
    retry: ClassVar[Retry] = Retry.LATER
    exit_code: ClassVar[int] = 75  # EX_TEMPFAIL

    def __init__(self, server: Server, reason: str) -> None:
        self.server = server
        self.host = server.host
        self.port = server.port
        self.reason = reason
        super().__init__(f"the connection to {server.shown} was lost: {reason}. Run the same command again to go on")


class ServerTimeoutError(SternaError, TimeoutError):
    """A server that owes an answer has neither sent nor taken a byte for `timeout_s` seconds.

    Fields:
        host, port: the server.
        timeout_s: the server's timeout in the site file, in seconds.
    """

    scope: ClassVar[Scope] = Scope.SERVER
    retry: ClassVar[Retry] = Retry.LATER
    exit_code: ClassVar[int] = 75  # EX_TEMPFAIL

    def __init__(self, server: Server) -> None:
        self.host = server.host
        self.port = server.port
        self.timeout_s = server.timeout_s
        super().__init__(
            f"{server.shown} was silent for {server.timeout_s:g} s. Run the same command again to go on, "
            "or raise timeout_s in the site file"
        )
