"""What a server's error says about the server: that it is busy, or nothing of the kind."""

from __future__ import annotations

import re
from typing import Final

from sterna.errors import Retry, Scope, SternaError
from sterna.imap.answers import CommandError
from sterna.imap.authentication import LoginUnavailableError
from sterna.imap.codes import TEMPORARY, code_name
from sterna.imap.failures import ConnectError, ConnectionLostError, ServerTimeoutError

_BUSY_CODES: Final = TEMPORARY - {b"SERVERBUG"} | {b"OVERQUOTA", b"THROTTLED"}
"""RFC 5530 section 3; THROTTLED is Exchange's and Gmail's."""

_BUSY_WORDS: Final = re.compile(
    r"too many|try (again )?later|throttl|temporar|overload|bandwidth|rate limit|connection limit|maximum number of"
    r"|exceeded .*(connection|command|limit)|server (is )?busy|backend",
    re.IGNORECASE,
)
"""What servers say who give no code: CommuniGate, Exchange, Gmail, Dovecot ("Maximum number of connections …")."""


def is_busy(error: SternaError) -> bool:
    """Say whether the server asks, in its way, for less."""
    if isinstance(error, LoginUnavailableError | ServerTimeoutError):
        return True
    if isinstance(error, CommandError):
        return code_name(error.code) in _BUSY_CODES or bool(_BUSY_WORDS.search(error.text.decode("utf-8", "replace")))
    if isinstance(error, ConnectError | ConnectionLostError):
        return bool(_BUSY_WORDS.search(error.reason))
    return False


def is_passing(error: SternaError) -> bool:
    """Say whether the same question may be asked again over the same connection."""
    return isinstance(error, CommandError) and error.scope <= Scope.MAILBOX and is_busy(error)


def is_lost(error: SternaError) -> bool:
    """Say whether the connection is gone, or did not come about, for a reason that may pass."""
    return error.scope is Scope.SERVER and error.retry is Retry.LATER
