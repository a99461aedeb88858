"""The pass that runs, the last ones, what was ordered, and what could not be moved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sterna.migration.report import numbers
from sterna.migration.report.text import printable
from sterna.state.control import Orders, PassAccount, PassRow
from sterna.state.journal import SkippedMessage

ALIVE_S: Final = 30.0
"""A pass that has said nothing for so long is taken for broken off; it says something every second."""

MOST_ROWS: Final = 20
"""More accounts than these nobody reads in a terminal; the JSON has them all."""


@dataclass(frozen=True, slots=True)
class Status:
    """What is known of a site's passes at a moment.

    Fields:
        now: Unix seconds.
        last: the latest pass, None when there was none.
        accounts: the last pass over each account.
        failed: how many messages could not be moved.
        alive: whether the process of the latest pass is still there.
    """

    now: float
    last: PassRow | None
    orders: Orders
    accounts: Sequence[PassAccount]
    failed: int
    alive: bool = True

    @property
    def runs(self) -> bool:
        """Whether a pass runs."""
        return self.alive and self.last is not None and self.last.ended is None and self.now - self.last.seen < ALIVE_S

    @property
    def state(self) -> str:
        """What the latest pass does or did, in a word or two."""
        if self.last is None:
            return "never"
        if self.runs:
            return "waiting" if self.last.now.get("held") else "running"
        if self.last.ended is None or self.last.outcome == "broken off":
            return "broken off"
        return "done" if self.last.outcome == "done" else "failed"


def status_in_words(status: Status) -> str:
    """Return a few lines: the latest pass, where it is, the servers' part, orders, accounts with failures."""
    last = status.last
    if last is None:
        return "No pass has been made yet; sterna copy makes one.\n"
    lines = []
    begun = _time(last.began)
    if status.runs:
        lines.append(f"A pass runs since {begun} (process {last.process}).")
        lines += _where(last.now)
    elif status.state == "done":
        lines.append(f"The last pass began at {begun} and took {numbers.duration((last.ended or 0) - last.began)}.")
    else:
        why = f": {last.outcome}" if last.outcome and last.outcome != "broken off" else ""
        lines.append(f"The last pass began at {begun} and was broken off{why}.")
        lines.append("Run sterna copy again; it goes on from there.")
    if orders := orders_in_words(status.orders):
        lines += [orders]
    lines += _accounts(status.accounts)
    if status.failed:
        lines.append(
            f"{numbers.count(status.failed, 'message')} could not be moved; sterna status --failed names them."
        )
    return printable("\n".join(lines)) + "\n"


def _where(now: Mapping[str, object]) -> list[str]:
    parts = [
        f"{_number(now, 'accounts_done'):,} of {numbers.count(_number(now, 'accounts'), 'account')}",
        f"{_number(now, 'messages'):,} messages",
        numbers.size(_number(now, "bytes")),
        f"{_number(now, 'messages_per_s'):,}/s",
    ]
    if failures := _number(now, "failures"):
        parts.append(numbers.count(failures, "failure"))
    if now.get("seconds_left") is not None:
        parts.append(f"{numbers.duration(_number(now, 'seconds_left'))} left")
    lines = [f"  {' · '.join(parts)}"]
    if held := now.get("held"):
        lines.append(f"  waiting: {held}")
    servers = now.get("servers")
    for name, said in servers.items() if isinstance(servers, dict) else ():
        lines.append(f"  {name}: {_budget(said)}")
    slowest = now.get("slowest")
    for one in slowest if isinstance(slowest, list) else ():
        where = f" {one['mailbox']}" if one["mailbox"] else ""
        lines.append(f"  {one['account']}{where}: {one['done']:,} of {one['messages']:,}, {one['messages_per_s']:,}/s")
    return lines


def _budget(said: Mapping[str, object]) -> str:
    parts = [f"{numbers.count(_number(said, 'accounts'), 'account')} at a time"]
    if said.get("messages_per_s") is not None:
        parts.append(f"at most {_number(said, 'messages_per_s'):,} messages/s")
    if said.get("bytes_per_s") is not None:
        parts.append(f"at most {numbers.size(_number(said, 'bytes_per_s'))}/s")
    if times := _number(said, "gave_way"):
        parts.append(f"was busy {numbers.count(times, 'time')}")
    return ", ".join(parts)


def _accounts(accounts: Sequence[PassAccount]) -> list[str]:
    odd = [row for row in accounts if row.failures or row.ended is None]
    whole = sum(row.ended is not None for row in accounts)
    lines = (
        [f"{numbers.count(len(accounts), 'account')}, {whole:,} of them passed over to the end."] if accounts else []
    )
    lines += [
        f"  {row.account}: {numbers.count(row.failures, 'failure') if row.failures else 'not at the end'}"
        for row in odd[:MOST_ROWS]
    ]
    if len(odd) > MOST_ROWS:
        lines.append(f"  and {len(odd) - MOST_ROWS:,} more; --json has them all")
    return lines


def status_as_json(status: Status) -> dict[str, object]:
    """Return the status as the interface promises it."""
    last = status.last
    return {
        "state": status.state,
        "pass": None
        if last is None
        else {
            "process": last.process,
            "began": _iso(last.began),
            "seen": _iso(last.seen),
            "ended": _iso(last.ended),
            "outcome": last.outcome,
            "now": last.now,
        },
        "orders": orders_as_json(status.orders),
        "accounts": [
            {
                "account": row.account,
                "began": _iso(row.began),
                "ended": _iso(row.ended),
                "mailboxes": row.mailboxes,
                "messages": row.messages,
                "copied": row.copied,
                "unchanged": row.unchanged,
                "updated": row.updated,
                "expunged": row.expunged,
                "skipped": row.skipped,
                "bytes": row.bytes,
                "failures": row.failures,
            }
            for row in status.accounts
        ],
        "failed": status.failed,
    }


def orders_in_words(orders: Orders) -> str:
    """Return what was ordered in a line, nothing when nothing was."""
    parts = ["paused"] if orders.paused else []
    parts += [f"at most {numbers.count(orders.accounts, 'account')} at a time"] if orders.accounts else []
    parts += [f"at most {orders.messages_per_s:,g} messages/s"] if orders.messages_per_s else []
    parts += [f"at most {numbers.size(orders.bytes_per_s)}/s"] if orders.bytes_per_s else []
    parts += [f"first {', '.join(orders.first)}"] if orders.first else []
    return f"Ordered: {'; '.join(parts)}." if parts else ""


def orders_as_json(orders: Orders) -> dict[str, object]:
    """Return the orders as the interface promises them."""
    return {
        "paused": orders.paused,
        "accounts": orders.accounts,
        "messages_per_s": orders.messages_per_s,
        "bytes_per_s": orders.bytes_per_s,
        "first": list(orders.first),
    }


def failed_in_words(rows: Iterable[SkippedMessage]) -> str:
    """Return every message that could not be moved, why, where its bytes are, and what to do."""
    lines = []
    for row in rows:
        lines.append(f"{row.account}: {'/'.join(row.source)}: UID {row.uid}: {row.reason}")
        lines += [f"    answer: {row.answer}"] if row.answer else []
        lines += [f"    kept in {row.kept}"] if row.kept else []
        lines += [f"    since {_time(row.since)}"] if row.since else []
        lines += [f"    {row.todo}"] if row.todo else []
    return printable("\n".join(lines) or "No message is left behind.") + "\n"


def failed_as_json(rows: Iterable[SkippedMessage]) -> dict[str, object]:
    """Return the same as the interface promises it."""
    return {
        "failed": [
            {
                "account": row.account,
                "mailbox": "/".join(row.source),
                "uid": row.uid,
                "reason": row.reason,
                "answer": row.answer or None,
                "kept": row.kept or None,
                "since": _iso(row.since or None),
                "todo": row.todo,
            }
            for row in rows
        ]
    }


def _number(said: Mapping[str, object], key: str) -> int:
    value = said.get(key)
    return round(value) if isinstance(value, int | float) else 0


def _time(unix: float) -> str:
    return f"{datetime.fromtimestamp(unix, UTC).astimezone():%Y-%m-%d %H:%M:%S}"


def _iso(unix: float | None) -> str | None:
    return datetime.fromtimestamp(unix, UTC).astimezone().isoformat(timespec="seconds") if unix is not None else None
