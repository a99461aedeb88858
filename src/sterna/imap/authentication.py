"""The commands that log in: SASL PLAIN (RFC 4616, RFC 4959), or LOGIN where a server has no PLAIN."""

from __future__ import annotations

import base64
from collections.abc import Set as AbstractSet
from typing import ClassVar

from sterna.errors import Retry, Scope, SternaError
from sterna.imap.engine import Literal, Piece
from sterna.imap.quoting import literal
from sterna.model.secret import Secret


class LoginError(SternaError):
    """A server did not let us in. The password is in none of the fields.

    Fields:
        user: who logs in.
        authorize_as: as whom to act, None for the user itself.
        server: ``host:port``.
        reason: why, as the server said it.
    """

    scope: ClassVar[Scope] = Scope.SERVER
    retry: ClassVar[Retry] = Retry.NEVER
    exit_code: ClassVar[int] = 77  # EX_NOPERM

    def __init__(self, user: str, server: str, reason: str, *, authorize_as: str | None = None) -> None:
        self.user = user
        self.server = server
        self.reason = reason
        self.authorize_as = authorize_as
        whom = user if authorize_as is None else f"{user} on behalf of {authorize_as}"
        super().__init__(f"{server} does not let {whom} in: {reason.rstrip('.')}. {self._todo()}")

    def _todo(self) -> str:
        return "Check user and password_file in the site file"


class AuthorizationError(LoginError):
    """A server did not let us act as one account; another account may do better."""

    scope: ClassVar[Scope] = Scope.ACCOUNT

    def _todo(self) -> str:
        return "Check user and password_file in the site file, and that this user may act for others on the server"


class LoginUnavailableError(LoginError):
    """A server cannot check passwords just now (RFC 5530: UNAVAILABLE and the like)."""

    retry: ClassVar[Retry] = Retry.LATER
    exit_code: ClassVar[int] = 75  # EX_TEMPFAIL

    def _todo(self) -> str:
        return "Nothing is wrong with the password as far as is known; run the same command again later"


class UnusableCredentialsError(ValueError):
    """The login cannot be put into a command of this server; the sentence says why."""


def login_command(
    user: str, password: Secret, authorize_as: str | None, capabilities: AbstractSet[bytes]
) -> tuple[Piece, ...]:
    """Return the command that logs in, in the best form that `capabilities` allow.

    Raises:
        UnusableCredentialsError: a NUL in a name or the password, or the server offers no way to log in like this.
    """
    text = password.reveal()
    if any("\0" in part for part in (user, text, authorize_as or "")):
        raise UnusableCredentialsError("the name or the password holds a NUL character, which no server accepts")
    if b"AUTH=PLAIN" in capabilities:
        message = b"\0".join(part.encode() for part in (authorize_as or "", user, text))
        coded = base64.b64encode(message)
        if b"SASL-IR" in capabilities:
            return (b"AUTHENTICATE PLAIN " + coded,)
        return (b"AUTHENTICATE PLAIN", Literal(coded, announcement=b""))
    if authorize_as is not None:
        raise UnusableCredentialsError("the server does not offer AUTH=PLAIN, which alone can name another account")
    if b"LOGINDISABLED" in capabilities:
        raise UnusableCredentialsError('it takes no password on this connection; set tls to "starttls" or "tls"')
    return (b"LOGIN ", literal(user.encode(), capabilities), b" ", literal(text.encode(), capabilities))


def without_secret(text: bytes, password: Secret) -> str:
    """Return what a server said, unless it repeats the password."""
    said = text.decode("utf-8", "replace")
    secret = password.reveal()
    if secret and (secret in said or base64.b64encode(secret.encode()).decode() in said):
        return "its answer repeats the password and is not shown"
    return said or "it gave no reason"
