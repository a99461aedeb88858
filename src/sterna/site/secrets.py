"""Read a password from the file that the site file names."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from sterna.model.secret import Secret
from sterna.site.errors import SecretFileError

_LONGEST_BYTES = 4096
"""No password is longer; a larger file is not a password but a wrong path."""


def read_secret(path: Path) -> Secret:
    """Return the one line that `path` holds, without its line end.

    The file is read when a connection needs it, not when the site is loaded, so that a verb which does not log in
    somewhere does not need that password.

    Raises:
        SecretFileError: the file is missing, unreadable, empty, more than one line, or open to other users.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise SecretFileError(path, "there is no such password file") from error
    except OSError as error:
        raise SecretFileError(path, f"cannot read the password file: {error.strerror}") from error
    try:
        # The state of the very file that is read, not of whatever has the name a moment later.
        check_private(path, os.fstat(descriptor))
        data = os.read(descriptor, _LONGEST_BYTES + 1)
    finally:
        os.close(descriptor)
    return _one_line(path, data)


def check_private(path: Path, status: os.stat_result) -> None:
    """Make sure that a file with secrets, whose `status` this is, is for its owner alone.

    Raises:
        SecretFileError: it is no regular file, or open to other users.
    """
    if not stat.S_ISREG(status.st_mode):
        raise SecretFileError(path, "should be a file that holds a password, and is not a regular file")
    if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        mode = stat.S_IMODE(status.st_mode)
        raise SecretFileError(path, f"other users may open this password file (mode {mode:04o}); chmod 600 {path}")


def _one_line(path: Path, data: bytes) -> Secret:
    line = data.removesuffix(b"\n").removesuffix(b"\r")
    if not line:
        raise SecretFileError(path, "the password file is empty")
    if len(data) > _LONGEST_BYTES or any(byte in line for byte in b"\r\n\0"):
        raise SecretFileError(path, "should hold one line with the password, and holds more than that")
    try:
        return Secret(line.decode())
    except UnicodeDecodeError as error:
        raise SecretFileError(path, "should hold a password in UTF-8") from error
