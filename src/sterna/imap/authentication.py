"""The commands that log in: SASL PLAIN (RFC 4616, RFC 4959), or LOGIN where a server has no PLAIN; CRAM-MD5; tokens."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import ClassVar

from sterna.errors import Retry, Scope, SternaError
from sterna.imap.engine import Literal, Piece
from sterna.imap.quoting import literal
from sterna.model.secret import Secret
from sterna.site.declaration import Mechanism


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


class AccountLoginError(LoginError):
    """A server did not let one account in with its own credentials; another account may do better."""

    scope: ClassVar[Scope] = Scope.ACCOUNT

    def _todo(self) -> str:
        return "Check its row in the file of accounts; the others go on"


class LoginUnavailableError(LoginError):
    """A server cannot check passwords just now (RFC 5530: UNAVAILABLE and the like)."""

    retry: ClassVar[Retry] = Retry.LATER
    exit_code: ClassVar[int] = 75  # EX_TEMPFAIL

    def _todo(self) -> str:
        return "Nothing is wrong with the password as far as is known; run the same command again later"


class UnusableCredentialsError(ValueError):
    """The login cannot be put into a command of this server; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who logs in, and with what.

    Fields:
        secret: a password, or with `Mechanism.XOAUTH2` and `Mechanism.OAUTHBEARER` an access token.
        authorize_as: as whom to act, None for the user itself.
        one_account: a refusal says nothing about other accounts, because these log in with other credentials.
    """

    user: str
    secret: Secret
    authorize_as: str | None = None
    mechanism: Mechanism = Mechanism.AUTO
    one_account: bool = False


@dataclass(frozen=True, slots=True)
class Exchange:
    """The command that logs in; `said` is what the server says of itself while it refuses, besides its answer."""

    pieces: tuple[Piece, ...]
    said: list[bytes]


def login_exchange(credentials: Credentials, capabilities: AbstractSet[bytes]) -> Exchange:
    """Return the command that logs in by the mechanism that `credentials` name.

    Raises:
        UnusableCredentialsError: a NUL in a name or the secret, or the server offers no way to log in like this.
    """
    mechanism, user, secret = credentials.mechanism, credentials.user, credentials.secret
    if mechanism in (Mechanism.AUTO, Mechanism.PLAIN, Mechanism.LOGIN):
        offered = frozenset(capabilities)
        if mechanism is Mechanism.LOGIN:
            offered -= {b"AUTH=PLAIN"}
            if credentials.authorize_as is not None:
                raise UnusableCredentialsError('LOGIN cannot name another account; set mechanism to "plain" or "auto"')
        elif mechanism is Mechanism.PLAIN and b"AUTH=PLAIN" not in offered:
            raise UnusableCredentialsError(_not_offered(mechanism, capabilities))
        return Exchange(login_command(user, secret, credentials.authorize_as, offered), [])
    if b"AUTH=" + mechanism.value.upper().encode() not in capabilities:
        raise UnusableCredentialsError(_not_offered(mechanism, capabilities))
    if any(octet in user + secret.reveal() + (credentials.authorize_as or "") for octet in "\0\1\r\n"):
        raise UnusableCredentialsError("the name or the secret holds a control character, which no server accepts")
    if mechanism is Mechanism.CRAM_MD5:
        return _cram_md5(credentials)
    return _bearer(credentials, capabilities)


def login_command(
    user: str, password: Secret, authorize_as: str | None, capabilities: AbstractSet[bytes]
) -> tuple[Piece, ...]:
    """Return the command that shows a password, in the best form that `capabilities` allow.

    Raises:
        UnusableCredentialsError: a NUL in a name or the password, or the server offers no way to log in like this.
    """
    text = password.reveal()
    if any("\0" in part for part in (user, text, authorize_as or "")):
        raise UnusableCredentialsError("the name or the password holds a NUL character, which no server accepts")
    if b"AUTH=PLAIN" in capabilities:
        message = b"\0".join(part.encode() for part in (authorize_as or "", user, text))
        return _first_message(b"PLAIN", message, capabilities)
    if authorize_as is not None:
        raise UnusableCredentialsError("the server does not offer AUTH=PLAIN, which alone can name another account")
    if b"LOGINDISABLED" in capabilities:
        raise UnusableCredentialsError('it takes no password on this connection; set tls to "starttls" or "tls"')
    return (b"LOGIN ", literal(user.encode(), capabilities), b" ", literal(text.encode(), capabilities))


def _first_message(name: bytes, message: bytes, capabilities: AbstractSet[bytes]) -> tuple[Piece, ...]:
    """Return the command that begins with the client's message: at once where the server takes it (RFC 4959)."""
    coded = base64.b64encode(message)
    if b"SASL-IR" in capabilities:
        return (b"AUTHENTICATE " + name + b" " + coded,)
    return (b"AUTHENTICATE " + name, Literal(coded, announcement=b""))


def _cram_md5(credentials: Credentials) -> Exchange:
    """Prove the password by a digest of the server's challenge (RFC 2195); it is not sent itself."""
    if credentials.authorize_as is not None:
        raise UnusableCredentialsError('CRAM-MD5 cannot name another account; set mechanism to "plain"')

    def respond(challenge: bytes) -> bytes:
        key = credentials.secret.reveal().encode()
        digest = hmac.new(key, _decoded(challenge), hashlib.md5).hexdigest()
        return base64.b64encode(f"{credentials.user} {digest}".encode())

    return Exchange((b"AUTHENTICATE CRAM-MD5", Literal(b"", announcement=b"", reply=respond)), [])


def _bearer(credentials: Credentials, capabilities: AbstractSet[bytes]) -> Exchange:
    """Show an access token: as Google and Microsoft have it, or as RFC 7628 section 3.1 has it.

    A server that refuses it says why in a challenge, which wants an answer before it says NO.
    """
    name, token = (credentials.authorize_as or credentials.user).encode(), credentials.secret.reveal().encode()
    if credentials.mechanism is Mechanism.XOAUTH2:
        message, farewell = b"user=" + name + b"\1auth=Bearer " + token + b"\1\1", b""
    else:
        saslname = name.replace(b"=", b"=3D").replace(b",", b"=2C")  # RFC 5801 section 4
        message = b"n,a=" + saslname + b",\1auth=Bearer " + token + b"\1\1"
        farewell = base64.b64encode(b"\1")
    said: list[bytes] = []

    def hear(challenge: bytes) -> bytes:
        said.append(_decoded(challenge))
        return farewell

    word = credentials.mechanism.value.upper().encode()
    heard = Literal(b"", announcement=b"", reply=hear, optional=True)
    return Exchange((*_first_message(word, message, capabilities), heard), said)


def _decoded(challenge: bytes) -> bytes:
    """Return a challenge; what is not base64 is taken as it stands, and the server will refuse the answer."""
    try:
        return base64.b64decode(challenge, validate=True)
    except ValueError:
        return challenge


def _not_offered(mechanism: Mechanism, capabilities: AbstractSet[bytes]) -> str:
    offered = sorted(each[5:].decode("ascii", "replace") for each in capabilities if each.startswith(b"AUTH="))
    return f"the server does not offer AUTH={mechanism.value.upper()}, only {', '.join(offered) or 'LOGIN'}"


def without_secret(text: bytes, password: Secret) -> str:
    """Return what a server said, unless it repeats the password."""
    said = text.decode("utf-8", "replace")
    secret = password.reveal()
    if secret and (secret in said or base64.b64encode(secret.encode()).decode() in said):
        return "its answer repeats the password and is not shown"
    return said or "it gave no reason"
