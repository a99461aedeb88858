"""Where a pass is: the sum of its events, for whoever shows it."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from sterna.migration.copy.events import (
    AccountDone,
    AccountStarted,
    CopyEvent,
    Counts,
    Failure,
    Held,
    PassStarted,
    Progress,
    Resumed,
    Slowed,
    Weighed,
)
from sterna.migration.copy.forecast import Forecast
from sterna.model.address import Address
from sterna.model.mailbox import MailboxName

SLOWEST: Final = 3
"""So many accounts under way are shown: those with most work left."""


@dataclass(slots=True)
class UnderWay:
    """An account that is worked on. `messages` are on the source; `mailbox` is where it was last."""

    account: Address
    began: float
    mailboxes: int
    messages: int
    held: int
    counts: Counts = field(default_factory=Counts)
    mailbox: MailboxName | None = None
    failures: int = 0

    def rate(self, now: float) -> float:
        """Return how many messages were looked at in a second."""
        return self.counts.messages / max(now - self.began, 0.001)


@dataclass(slots=True)
class PassView:
    """The sum of a pass's events so far. Times are of `clock`, in seconds."""

    clock: Callable[[], float] = time.monotonic
    accounts: int = 0
    done: int = 0
    counts: Counts = field(default_factory=Counts)
    failures: int = 0
    held: str = ""
    at_a_time: tuple[int, int] | None = None
    """How many accounts are worked on at a time, and how many could be, when it is fewer."""
    began: float | None = None
    under_way: dict[Address, UnderWay] = field(default_factory=dict)
    forecast: Forecast = field(default_factory=Forecast)
    expected: int = 0
    """Messages of the accounts of which it is known."""
    _weighed: dict[Address, int] = field(default_factory=dict)

    def add(self, event: CopyEvent) -> None:  # noqa: C901 a case for each event
        """Take one event into account."""
        now = self.clock()
        self.forecast.take(event, now)
        match event:
            case PassStarted(accounts):
                self.accounts, self.began = accounts, now
            case Weighed(account, messages):
                self._expect(account, messages)
            case AccountStarted(account, mailboxes, messages, held):
                self.under_way[account] = UnderWay(account, now, mailboxes, messages, held)
                self._expect(account, messages)
            case Progress(account, mailbox, counts):
                self.counts += counts
                if one := self.under_way.get(account):
                    one.counts += counts
                    one.mailbox = mailbox
            case Failure(account):
                self.failures += 1
                if one := self.under_way.get(account):
                    one.failures += 1
            case AccountDone(account):
                self.under_way.pop(account, None)
                self.done += 1
            case Held(why):
                self.held = why
            case Resumed():
                self.held = ""
            case Slowed(accounts, of):
                self.at_a_time = (accounts, of) if accounts < of else None

    def _expect(self, account: Address, messages: int) -> None:
        self.expected += messages - self._weighed.get(account, 0)
        self._weighed[account] = messages

    @property
    def seconds(self) -> float:
        """How long the pass runs."""
        return self.clock() - self.began if self.began is not None else 0.0

    @property
    def message_rate(self) -> float:
        """Messages looked at in a second, on average."""
        return self.counts.messages / self.seconds if self.seconds > 0 else 0.0

    @property
    def byte_rate(self) -> float:
        """Bytes copied in a second, on average."""
        return self.counts.bytes / self.seconds if self.seconds > 0 else 0.0

    @property
    def share(self) -> float:
        """How much of the work is done, from 0 to 1."""
        return self.forecast.share() if self.accounts else 0.0

    @property
    def seconds_left(self) -> float | None:
        """How long it will still take; None while nothing can be said."""
        return None if self.held else self.forecast.seconds_left(self.clock())

    def slowest(self) -> list[UnderWay]:
        """Return the accounts under way that have most work left, those with most first."""

        def left(one: UnderWay) -> float:
            return self.forecast.account_left(one.account) or 0.0

        return heapq.nlargest(SLOWEST, self.under_way.values(), key=left)

    def as_json(self) -> dict[str, object]:
        """Return where it is as the interface promises it."""
        left = self.seconds_left
        return {
            "accounts": self.accounts,
            "accounts_done": self.done,
            "messages": self.counts.messages,
            "messages_expected": self.expected,
            "copied": self.counts.copied,
            "bytes": self.counts.bytes,
            "failures": self.failures,
            "messages_per_s": round(self.message_rate, 1),
            "bytes_per_s": round(self.byte_rate),
            "share": round(self.share, 4),
            "seconds": round(self.seconds, 1),
            "seconds_left": round(left, 1) if left is not None else None,
            "held": self.held or None,
            "at_a_time": list(self.at_a_time) if self.at_a_time else None,
            "slowest": [
                {
                    "account": str(one.account),
                    "mailbox": "/".join(one.mailbox) if one.mailbox is not None else None,
                    "messages": one.messages,
                    "done": one.counts.messages,
                    "messages_per_s": round(one.rate(self.clock()), 1),
                }
                for one in self.slowest()
            ],
        }
