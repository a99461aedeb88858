"""Where tests put their labs: in memory when there is room, because a slow disk would be measured otherwise."""

from __future__ import annotations

import shutil
from pathlib import Path

_NEEDED_BYTES = 4 << 30
"""Room for the labs of several test processes at a time."""


def lab_folders() -> Path:
    """The folder below which labs are made; users of all servers may pass through it."""
    memory = Path("/dev/shm")
    if memory.is_mount() and shutil.disk_usage(memory).free > _NEEDED_BYTES:
        return memory
    return Path("/var/tmp")
