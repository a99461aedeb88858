"""Writing Postfix's files and folders with the owners and modes that its own check asks for."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

from sterna.postfix.config import PostfixSettings, config_files

MAIL_OWNER = "postfix"
SETGID_GROUP = "postdrop"

_PRIVATE_QUEUES = (
    "active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private", "saved", "trace",
)  # fmt: skip
_AGE_S = 60
"""Postfix reads a file younger than two seconds again and again until it is older; ours are born this old."""


def install(settings: PostfixSettings) -> None:
    """Write everything that `settings` says; what is in the queue stays.

    The queue's folders are made here, because ``postfix check`` takes more than a second for it. Runs as root.

    Raises:
        UnsafeSettingError: a setting does not fit into a line.
        OSError: a folder or file cannot be written.
    """
    settings.config_dir.mkdir(parents=True, exist_ok=True)
    (settings.config_dir / "ldap").mkdir(exist_ok=True)
    old = time.time() - _AGE_S
    for file in config_files(settings):
        path = settings.config_dir / file.name
        _write(path, file.text, mode=0o640 if file.secret else 0o644)
        os.utime(path, (old, old))
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    shutil.chown(settings.data_dir, MAIL_OWNER, MAIL_OWNER)
    settings.queue_dir.mkdir(parents=True, exist_ok=True)
    for name in _PRIVATE_QUEUES:
        _queue(settings.queue_dir / name, 0o700, None)
    _queue(settings.queue_dir / "maildrop", 0o1730, SETGID_GROUP)
    _queue(settings.queue_dir / "public", 0o2710, SETGID_GROUP)
    (settings.queue_dir / "pid").mkdir(exist_ok=True, mode=0o755)


def _write(path: Path, text: str, *, mode: int) -> None:
    """Write a file of root's that the group ``postfix`` may read; at no moment more than `mode` allows."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    shutil.chown(path, group=MAIL_OWNER)
    path.chmod(mode)


def _queue(path: Path, mode: int, group: str | None) -> None:
    path.mkdir(exist_ok=True)
    shutil.chown(path, MAIL_OWNER, group)
    path.chmod(mode)
