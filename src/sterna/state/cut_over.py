"""Which accounts are cut over: their owners work on the target, and it is the truth from then on."""

from __future__ import annotations

from sterna.state.journal import Journal


class CutOverStore:
    """The marks of one journal; used in the journal's thread."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def set(self, account: str, when: int) -> None:
        """Commit that the account is cut over since `when` (Unix seconds); an earlier mark stays."""
        with self._journal.transaction() as db:
            db.execute("INSERT INTO cut_over VALUES (?, ?) ON CONFLICT DO NOTHING", (account, when))

    def clear(self, account: str) -> None:
        """Commit that the source is the truth again."""
        with self._journal.transaction() as db:
            db.execute("DELETE FROM cut_over WHERE account = ?", (account,))

    def when(self, account: str) -> int | None:
        """Return since when the account is cut over, in Unix seconds; None when it is not."""
        with self._journal.reading() as db:
            row = db.execute("SELECT since FROM cut_over WHERE account = ?", (account,)).fetchone()
        return None if row is None else int(row[0])

    def all(self) -> dict[str, int]:
        """Return every account that is cut over, and since when."""
        with self._journal.reading() as db:
            return dict(db.execute("SELECT account, since FROM cut_over ORDER BY account").fetchall())
