"""The base of every error raised on purpose; anything else that escapes is a bug and ends in a traceback.

Two questions decide what a caller does, so every class answers both as class attributes:

* ``scope``: what is lost if we give up here, ``MESSAGE`` < ``MAILBOX`` < ``ACCOUNT`` < ``SERVER`` < ``RUN``.
  The loop that owns a scope catches it once, records it, and goes on with the rest. Nobody else catches it.
* ``retry``: ``NOW`` (same connection), ``LATER`` (new connection, after a wait), ``NEVER``.

Subclasses live beside the code that raises them. They carry facts as fields; the sentence is made from the fields and
says what happened to what, and what to do next. ``exit_code`` follows sysexits.h and is documented in the manual.
"""

from __future__ import annotations

import enum
from typing import ClassVar


class Scope(enum.IntEnum):
    """How much work one failure ends."""

    MESSAGE = 1
    MAILBOX = 2
    ACCOUNT = 3
    SERVER = 4
    RUN = 5


class Retry(enum.Enum):
    """Whether the same step may be tried again."""

    NOW = "now"
    LATER = "later"
    NEVER = "never"


class SternaError(Exception):
    """Base of all errors raised on purpose."""

    scope: ClassVar[Scope] = Scope.RUN
    retry: ClassVar[Retry] = Retry.NEVER
    exit_code: ClassVar[int] = 1

    def __reduce__(self) -> tuple[object, ...]:
        """Let it pass from one of our processes to another, with its facts; no class has to know of that."""
        return _again, (type(self), self.args, self.__dict__)


def _again(kind: type[SternaError], args: tuple[object, ...], facts: dict[str, object]) -> SternaError:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(facts)
    return error


class UnsafeSettingError(SternaError):
    """A value would break out of its line or its quotes in a server's configuration file.

    Fields:
        server: whose configuration, as people call the server.
        name: the setting; its value may be a secret and is not shown.
    """

    exit_code = 78  # EX_CONFIG

    def __init__(self, server: str, name: str) -> None:
        self.server = server
        self.name = name
        super().__init__(
            f"{server}'s setting {name} holds a character that its configuration cannot: quotes, control characters, "
            "white space at an end. Nothing was written; choose another value."
        )


class FormatError(SternaError):
    """Bytes from a server or a disk do not follow the format we read them as.

    Fields:
        what: the grammar element that was expected, by its name in the specification.
        offset: where in the input, in bytes from its start.
        near: up to 32 bytes from `offset`, for a person to look at.
    """

    scope = Scope.ACCOUNT
    exit_code = 65  # EX_DATAERR

    def __init__(self, what: str, *, data: bytes, offset: int) -> None:
        self.what = what
        self.offset = offset
        self.near = bytes(data[offset : offset + 32])
        super().__init__(f"expected {what} at byte {offset}, found {self.near!r}")
