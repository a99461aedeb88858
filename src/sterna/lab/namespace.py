"""A /dev of our own inside the supervisor's mount namespace, so that /dev/log is ours and nobody else's.

Cyrus, slapd and saslauthd write to syslog and to nothing else. The host's /dev is untouched: the namespace is private
and ends with its last process.
"""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

MS_NOSUID = 2
MS_NOEXEC = 8
MS_BIND = 4096
MS_MOVE = 8192
MS_REC = 16384
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
_LINKS = {"fd": "/proc/self/fd", "stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1", "stderr": "/proc/self/fd/2"}

_libc = ctypes.CDLL(None, use_errno=True)


def private_dev(at: Path) -> Path:
    """Replace /dev for this mount namespace by a small one made at the folder `at`; return the path of its ``log``.

    The caller is in a mount namespace of its own whose propagation is private (unshare(1), ``--propagation private``),
    and binds the socket at the returned path.

    Raises:
        OSError: mounting is not allowed here.
    """
    at.mkdir(exist_ok=True)
    _mount("tmpfs", at, "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=755,size=64k")
    for name in _DEVICES:
        (at / name).touch()
        _mount(f"/dev/{name}", at / name, None, MS_BIND)
    for name in ("pts", "shm"):
        (at / name).mkdir()
        if Path("/dev", name).is_dir():
            _mount(f"/dev/{name}", at / name, None, MS_BIND | MS_REC)
    (at / "ptmx").touch()
    _mount("/dev/ptmx", at / "ptmx", None, MS_BIND)
    for name, target in _LINKS.items():
        (at / name).symlink_to(target)
    _mount(str(at), Path("/dev"), None, MS_MOVE)
    return Path("/dev/log")


def _mount(source: str, target: Path, kind: str | None, flags: int, data: str | None = None) -> None:
    """mount(2)."""
    words = [None if word is None else os.fsencode(word) for word in (source, str(target), kind, data)]
    if _libc.mount(words[0], words[1], words[2], ctypes.c_ulong(flags), words[3]) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), str(target))
