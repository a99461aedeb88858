"""What the operator orders a pass to do while it runs, and what passes say of themselves to other processes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, replace
from typing import Final

from sterna.state.journal import Journal


@dataclass(frozen=True, slots=True)
class Orders:
    """What was ordered; it holds until it is ordered otherwise, also for later passes.

    Fields:
        accounts: at most so many at a time.
        messages_per_s, bytes_per_s: at most so many for the pass as a whole.
        first: accounts to be done before the others, in this order.
    """

    paused: bool = False
    accounts: int | None = None
    messages_per_s: float | None = None
    bytes_per_s: float | None = None
    first: tuple[str, ...] = ()

    def part(self, processes: int) -> Orders:
        """Return what one of several processes is to keep to, so that all together keep to the orders."""
        rates = (self.messages_per_s, self.bytes_per_s)
        messages, size = (None if rate is None else rate / processes for rate in rates)
        return replace(self, messages_per_s=messages, bytes_per_s=size)


NONE: Final = Orders()


@dataclass(frozen=True, slots=True)
class PassRow:
    """A pass: `ended` is None while it runs and for one that was killed; `now` is what it said last."""

    id: int
    process: int
    began: float
    seen: float
    ended: float | None
    outcome: str
    accounts: int
    now: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class PassAccount:
    """The last pass over one account; `messages` are on the source, `bytes` were copied. Times are Unix seconds."""

    account: str
    began: float
    ended: float | None
    mailboxes: int = 0
    messages: int = 0
    copied: int = 0
    unchanged: int = 0
    updated: int = 0
    expunged: int = 0
    skipped: int = 0
    bytes: int = 0
    failures: int = 0


_ACCOUNT: Final = (
    "account, began, ended, mailboxes, messages, copied, unchanged, updated, expunged, skipped, bytes, failures"
)


class Control:
    """The tables of orders and of passes in the journal of a site."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def orders(self) -> Orders:
        """Return what was ordered."""
        with self._journal.reading() as db:
            row = db.execute("SELECT paused, accounts, messages, bytes FROM pass_order").fetchone()
            first = db.execute("SELECT account FROM pass_first ORDER BY number").fetchall()
        paused, accounts, messages, size = row or (0, None, None, None)
        return Orders(bool(paused), accounts, messages, size, tuple(name for (name,) in first))

    def pause(self, *, on: bool) -> None:
        """Order passes to wait, or to go on."""
        with self._journal.transaction() as db:
            db.execute(
                "INSERT INTO pass_order (id, paused) VALUES (1, ?) ON CONFLICT DO UPDATE SET paused = excluded.paused",
                (int(on),),
            )

    def limit(self, accounts: int | None, messages_per_s: float | None, bytes_per_s: float | None) -> None:
        """Order passes to take no more than this; None takes back what was ordered before."""
        with self._journal.transaction() as db:
            db.execute(
                "INSERT INTO pass_order (id, accounts, messages, bytes) VALUES (1, ?, ?, ?) ON CONFLICT DO UPDATE"
                " SET accounts = excluded.accounts, messages = excluded.messages, bytes = excluded.bytes",
                (accounts, messages_per_s, bytes_per_s),
            )

    def put_first(self, accounts: Iterable[str]) -> None:
        """Order these accounts to be done before all others; the first named comes first."""
        names = list(dict.fromkeys(accounts))
        with self._journal.transaction() as db:
            least = db.execute("SELECT coalesce(min(number), 0) FROM pass_first").fetchone()[0]
            db.executemany(
                "INSERT INTO pass_first (account, number) VALUES (?, ?)"
                " ON CONFLICT DO UPDATE SET number = excluded.number",
                ((name, least - len(names) + number) for number, name in enumerate(names)),
            )

    def done_first(self, account: str) -> None:
        """Take an account off those to be done first: it is done."""
        with self._journal.transaction() as db:
            db.execute("DELETE FROM pass_first WHERE account = ?", (account,))

    def begin(self, process: int, now: float, accounts: int) -> int:
        """Record that a pass began, and return its number."""
        with self._journal.transaction() as db:
            row = db.execute(
                "INSERT INTO pass (process, began, seen, accounts) VALUES (?, ?, ?, ?) RETURNING id",
                (process, now, now, accounts),
            ).fetchone()
        return int(row[0])

    def say(self, number: int, now: float, said: Mapping[str, object], accounts: Iterable[PassAccount]) -> None:
        """Record what a pass says of itself, and of accounts that moved on."""
        with self._journal.transaction() as db:
            db.execute("UPDATE pass SET seen = ?, now = ? WHERE id = ?", (now, json.dumps(said), number))
            db.executemany(
                f"INSERT OR REPLACE INTO pass_account (pass, {_ACCOUNT}) VALUES (?{', ?' * 12})",  # noqa: S608 no input
                ((number, *astuple(row)) for row in accounts),
            )

    def end(self, number: int, now: float, outcome: str) -> None:
        """Record that a pass ended, and how."""
        with self._journal.transaction() as db:
            db.execute("UPDATE pass SET seen = ?, ended = ?, outcome = ? WHERE id = ?", (now, now, outcome, number))

    def passes(self, most: int) -> list[PassRow]:
        """Return the last passes, the latest first."""
        with self._journal.reading() as db:
            rows = db.execute(
                "SELECT id, process, began, seen, ended, outcome, accounts, now FROM pass ORDER BY id DESC LIMIT ?",
                (most,),
            ).fetchall()
        return [
            PassRow(number, process, began, seen, ended, outcome, accounts, json.loads(now))
            for number, process, began, seen, ended, outcome, accounts, now in rows
        ]

    def accounts(self) -> list[PassAccount]:
        """Return the last pass over every account, by name."""
        with self._journal.reading() as db:
            rows = db.execute(f"SELECT {_ACCOUNT} FROM pass_account ORDER BY account").fetchall()  # noqa: S608 no input
        return [PassAccount(*row) for row in rows]
