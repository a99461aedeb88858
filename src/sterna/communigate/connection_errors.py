"""What can go wrong between us and CommuniGate's CLI."""

from __future__ import annotations

from sterna.communigate.reply import ReplyTooLongError
from sterna.communigate.syntax import DataFormatError
from sterna.errors import Retry, Scope, SternaError
from sterna.site.declaration import SourceCli


class CliError(SternaError):
    """Base: a failure of the connection to the CLI. The source was only read, so nothing is lost."""

    scope = Scope.SERVER
    retry = Retry.LATER
    exit_code = 69  # EX_UNAVAILABLE

    def __init__(self, server: SourceCli, sentence: str) -> None:
        self.host = server.host
        self.port = server.port
        super().__init__(f"source CLI {server.host}:{server.port}: {sentence}")


class CannotConnectError(CliError):
    """Nobody answers at the address."""

    def __init__(self, server: SourceCli, reason: str) -> None:
        self.reason = reason
        super().__init__(
            server,
            f"cannot connect: {reason}; check host and port in [source.cli], and that CommuniGate's PWD module listens",
        )


class CliTimeoutError(CliError):
    """The server did not answer within the site's `timeout_s`."""

    exit_code = 75  # EX_TEMPFAIL

    def __init__(self, server: SourceCli, *, greeted: bool) -> None:
        todo = "run the command again, or raise timeout_s" if greeted else "check port and tls in [source.cli]"
        what = "no answer" if greeted else "connected, but no greeting"
        super().__init__(server, f"{what} within {server.timeout_s:g} s; {todo}")


class ServerClosedError(CliError):
    """The server closed the connection; `in_reply` says whether a reply had begun."""

    exit_code = 75

    def __init__(self, server: SourceCli, *, in_reply: bool) -> None:
        self.in_reply = in_reply
        where = "in the middle of a reply" if in_reply else "instead of a reply"
        super().__init__(
            server,
            f"the server closed the connection {where}; run the command again, and see the server's log if it stays",
        )


class ReplyCutError(CliError):
    """The server closed the connection twice in the middle of its reply to the same command."""

    scope = Scope.ACCOUNT
    exit_code = 75

    def __init__(self, server: SourceCli, command: str) -> None:
        self.command = command
        super().__init__(
            server,
            f"{command}: the server closes the connection in the middle of its reply, each time; see its log, and look "
            "at the object on the source",
        )


class CliLoginError(CliError):
    """The server refuses the administrator's login."""

    retry = Retry.NEVER
    exit_code = 77  # EX_NOPERM

    def __init__(self, server: SourceCli, code: int, text: str) -> None:
        self.user = server.user
        self.code = code
        self.text = text
        super().__init__(
            server,
            f"login as {server.user} refused: {code} {text}; check user and {server.password_file}",
        )


class NoStartTlsError(CliError):
    """The site file asks for STARTTLS, which this protocol is not known to have."""

    retry = Retry.NEVER
    exit_code = 78  # EX_CONFIG

    def __init__(self, server: SourceCli) -> None:
        super().__init__(
            server,
            'the CLI knows no STARTTLS; set tls in [source.cli] to "tls", or to "none" on loopback or in a tunnel',
        )


class CommandRefusedError(SternaError):
    """The server does not carry out a command.

    Fields:
        command: as it was sent.
        code, text: the answer, verbatim. ``500``: unknown command, ``512``: unknown domain, ``513``: unknown account.
    """

    scope = Scope.ACCOUNT
    exit_code = 69

    def __init__(self, command: str, code: int, text: str) -> None:
        self.command = command
        self.code = code
        self.text = text
        super().__init__(f"source CLI: {command}: {code} {text}")

    def again(self) -> CommandRefusedError:
        """Return the same refusal as a new error, without the traceback of this one."""
        return CommandRefusedError(self.command, self.code, self.text)

    @property
    def gone(self) -> bool:
        """Whether the account or domain that was asked for is not there (any more)."""
        return self.code in (512, 513)

    @property
    def unknown_command(self) -> bool:
        """Whether this version of the server does not have the command at all."""
        return self.code == 500


class NoRightError(SternaError):
    """The administrator's login is good, but may not ask what the whole migration needs."""

    scope = Scope.SERVER
    exit_code = 77

    def __init__(self, refused: CommandRefusedError) -> None:
        self.refused = refused
        super().__init__(f'{refused}; give the account in [source.cli] the right "Master", or use one that has it')


NO_ANSWER = (CommandRefusedError, DataFormatError, ReplyCutError, ReplyTooLongError)
"""Why one question has no answer, while others can still be asked."""
