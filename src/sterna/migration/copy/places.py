"""Where a pass keeps what, below the site's state folder."""

from __future__ import annotations

from typing import Final

JOURNAL: Final = "journal.sqlite"
LOCK: Final = "lock"
