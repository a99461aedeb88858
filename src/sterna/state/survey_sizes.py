"""What the last survey found accounts to hold: messages and bytes, to say how long they will take."""

from __future__ import annotations

import sqlite3
from pathlib import Path


def surveyed_sizes(path: Path) -> dict[str, tuple[int, int]]:
    """Return messages and bytes by address, nothing when there is no survey or it cannot be read.

    Only estimates rest on it, so a survey that is damaged is as good as none.
    """
    if not path.exists():
        return {}
    try:
        db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    except sqlite3.Error:
        return {}
    try:
        rows = db.execute("SELECT address, messages, bytes FROM account").fetchall()
    except sqlite3.Error:
        return {}
    finally:
        db.close()
    return {address: (messages or 0, size or 0) for address, messages, size in rows}
