"""What was brought into Mailman, in SQLite: so that only what we brought is taken away or changed again.

A row is written before its effect and confirmed afterwards (`Brought.done`). One that is not confirmed means that a run
was ended in between: the effect is there or is not, and the next run looks. When the file is lost, nobody's membership
is: what is in Mailman then counts as somebody else's, and is left alone.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sterna.errors import Scope, SternaError

FILE_NAME: Final = "mailman.sqlite3"

_SCHEMA: Final = """
create table if not exists brought (
    list_id text not null,
    kind text not null,
    name text not null,
    state text not null,
    done integer not null,
    primary key (list_id, kind, name)
) without rowid;
"""


class LoadedListsError(SternaError):
    """The record of what was brought into Mailman cannot be read or written."""

    scope = Scope.RUN
    exit_code = 74  # EX_IOERR

    def __init__(self, path: Path, why: str) -> None:
        self.path = path
        self.why = why
        super().__init__(
            f"the record {path} of what was brought into Mailman cannot be used: {why}; nothing in Mailman is lost. "
            "Free the disk or mend the file, and run again (without it, nothing is taken from Mailman any more)"
        )


@dataclass(frozen=True, slots=True)
class Brought:
    """What was set for one thing, as text, and whether that is certain."""

    state: str
    done: bool


Key = tuple[str, str]
"""A kind of thing (``member``, ``owner``, ``ban``, ``setting``, ``text``) and its name in lower case."""


class LoadedLists:
    """The record of one site."""

    def __init__(self, path: Path, db: sqlite3.Connection) -> None:
        self._path = path
        self._db = db

    @classmethod
    @contextmanager
    def open(cls, folder: Path) -> Iterator[LoadedLists]:
        """Open the record in `folder`, or make it.

        Raises:
            LoadedListsError: it cannot be read or written.
        """
        path = folder / FILE_NAME
        try:
            folder.mkdir(parents=True, exist_ok=True)
            db = sqlite3.connect(path, isolation_level=None)
        except (OSError, sqlite3.Error) as error:
            raise LoadedListsError(path, str(error)) from error
        try:
            record = cls(path, db)
            with record._errors():
                path.chmod(0o600)
                db.execute("pragma journal_mode = wal")
                db.executescript(_SCHEMA)
            yield record
        finally:
            db.close()

    def of(self, list_id: str) -> dict[Key, Brought]:
        """Return everything that was brought for one list."""
        with self._errors():
            rows = self._db.execute("select kind, name, state, done from brought where list_id = ?", (list_id,))
            return {(kind, name): Brought(state, bool(done)) for kind, name, state, done in rows}

    def write(self, list_id: str, states: Mapping[Key, str], *, done: bool) -> None:
        """Record the states, before their effect or after it, in one transaction."""
        rows = [(list_id, kind, name, state, done) for (kind, name), state in states.items()]
        with self._transaction():
            self._db.executemany("insert or replace into brought values (?, ?, ?, ?, ?)", rows)

    def forget(self, list_id: str, keys: Iterable[Key]) -> None:
        """Record that these are gone."""
        with self._transaction():
            self._db.executemany(
                "delete from brought where list_id = ? and kind = ? and name = ?", [(list_id, *key) for key in keys]
            )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._errors():
            self._db.execute("begin immediate")
            try:
                yield
            except BaseException:
                self._db.execute("rollback")
                raise
            self._db.execute("commit")

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (OSError, sqlite3.Error) as error:
            raise LoadedListsError(self._path, str(error)) from error
