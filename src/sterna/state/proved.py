"""Which targets have proved to keep mail as it is, so that each is tried once and not before every pass."""

from __future__ import annotations

from sterna.state.journal import Journal


class Proved:
    """The servers that have passed the self-test, in the journal."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def since(self, server: str, at: int) -> bool:
        """Say whether this server has passed at that time (Unix seconds) or later."""
        rows = self._journal.db.execute("SELECT 1 FROM proved WHERE server = ? AND at >= ?", (server, at))
        return rows.fetchone() is not None

    def add(self, server: str, at: int) -> None:
        """Note that it has passed, at a time in Unix seconds."""
        with self._journal.transaction() as db:
            db.execute("INSERT OR REPLACE INTO proved (server, at) VALUES (?, ?)", (server, at))
