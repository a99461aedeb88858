"""Which keywords each mailbox of the target has been given."""

from __future__ import annotations

from collections.abc import Sequence

from sterna.state.journal import Journal


class KeywordStore:
    """The keywords of mailboxes, in the journal."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def names(self, mailbox: int) -> list[str]:
        """Return a mailbox's keywords, in the order it got them."""
        with self._journal.reading() as db:
            rows = db.execute("SELECT name FROM keyword WHERE mailbox = ? ORDER BY number", (mailbox,)).fetchall()
        return [name for (name,) in rows]

    def replace(self, mailbox: int, names: Sequence[str]) -> None:
        """Note all keywords of a mailbox."""
        with self._journal.transaction() as db:
            db.execute("DELETE FROM keyword WHERE mailbox = ?", (mailbox,))
            rows = [(mailbox, number, name) for number, name in enumerate(names)]
            db.executemany("INSERT INTO keyword (mailbox, number, name) VALUES (?, ?, ?)", rows)
