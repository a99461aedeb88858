"""What a pass says while it runs, and what it says at the end. Part of the interface: faces render these values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sterna.migration.copy.oddities import Oddity
from sterna.model.address import Address
from sterna.model.mailbox import MailboxName


@dataclass(frozen=True, slots=True)
class Counts:
    """Messages of a pass by what became of them. `bytes` counts message bytes brought to the target.

    `left_out` are those that were not to be moved, by the site's selection or that of the pass.
    """

    copied: int = 0
    unchanged: int = 0
    updated: int = 0
    expunged: int = 0
    skipped: int = 0
    bytes: int = 0
    left_out: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.copied + other.copied,
            self.unchanged + other.unchanged,
            self.updated + other.updated,
            self.expunged + other.expunged,
            self.skipped + other.skipped,
            self.bytes + other.bytes,
            self.left_out + other.left_out,
        )

    def after(self, earlier: Counts) -> Counts:
        """Return what was done in all by attempts that were broken off, and then by this one, which looked anew."""
        return Counts(
            copied=self.copied + earlier.copied,
            unchanged=max(0, self.unchanged - earlier.copied - earlier.updated),
            updated=self.updated + earlier.updated,
            expunged=self.expunged + earlier.expunged,
            skipped=self.skipped,
            bytes=self.bytes + earlier.bytes,
            left_out=self.left_out,
        )

    @property
    def messages(self) -> int:
        """Messages of the source that were looked at."""
        return self.copied + self.unchanged + self.updated + self.skipped + self.left_out


@dataclass(frozen=True, slots=True)
class PassStarted:
    """The pass knows its accounts."""

    accounts: int


@dataclass(frozen=True, slots=True)
class Weighed:
    """What an account is expected to hold before its pass begins: messages, and how many of them are new.

    Fields:
        new_bytes: what the new ones weigh, None when nobody knows.
    """

    account: Address
    messages: int
    new: int
    new_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class AccountStarted:
    """An account's pass began.

    Fields:
        messages: what its mailboxes hold on the source.
        held: how many messages of it the target has from earlier passes.
    """

    account: Address
    mailboxes: int
    messages: int
    held: int = 0


@dataclass(frozen=True, slots=True)
class Progress:
    """Something more was done in one mailbox since the last `Progress` of it."""

    account: Address
    mailbox: MailboxName
    counts: Counts


@dataclass(frozen=True, slots=True)
class Failure:
    """An account, mailbox or message that needs a person. `mailbox` and `uid` are None when it is about more."""

    account: Address
    mailbox: MailboxName | None
    uid: int | None
    reason: str
    todo: str = ""

    def __str__(self) -> str:
        where = str(self.account)
        if self.mailbox is not None:
            where += f": {'/'.join(self.mailbox)}"
        if self.uid is not None:
            where += f": UID {self.uid}"
        return f"{where}: {self.reason}" + (f" ({self.todo})" if self.todo else "")


@dataclass(frozen=True, slots=True)
class AccountDone:
    """An account's pass ended."""

    account: Address
    counts: Counts
    failures: int


@dataclass(frozen=True, slots=True)
class Held:
    """The pass waits, and why."""

    why: str


@dataclass(frozen=True, slots=True)
class Resumed:
    """The pass goes on."""


@dataclass(frozen=True, slots=True)
class Slowed:
    """So many accounts are worked on at a time, of so many, because of a budget, an order, or a server that is busy."""

    accounts: int
    of: int


CopyEvent = PassStarted | Weighed | AccountStarted | Progress | Failure | AccountDone | Held | Resumed | Slowed
OnEvent = Callable[[CopyEvent], None]


@dataclass(frozen=True, slots=True)
class Renamed:
    """A mailbox whose name the target cannot hold; both names as on the IMAP wire."""

    account: Address
    source: str
    target: str


INCOMPLETE: Final = 3
"""Exit code of a pass or a comparison that ended, but has rows a person must look at."""


@dataclass(frozen=True, slots=True)
class AccountResult:
    """One account's pass.

    Fields:
        without_uids: mailboxes, as on the source, in which messages have other UIDs.
        left_out: mailboxes that were not to be moved, or not now.
        oddities: what is unusual in messages that were brought as they are.
    """

    account: Address
    mailboxes: int
    counts: Counts
    renamed: tuple[Renamed, ...] = ()
    failures: tuple[Failure, ...] = ()
    without_uids: tuple[MailboxName, ...] = ()
    left_out: tuple[MailboxName, ...] = ()
    oddities: tuple[Oddity, ...] = ()


@dataclass(frozen=True, slots=True)
class CopyReport:
    """One pass over a site."""

    results: tuple[AccountResult, ...]
    seconds: float

    @property
    def counts(self) -> Counts:
        """The sum over all accounts."""
        return sum((result.counts for result in self.results), Counts())

    @property
    def failures(self) -> tuple[Failure, ...]:
        """Everything that needs a person."""
        return tuple(failure for result in self.results for failure in result.failures)

    @property
    def exit_code(self) -> int:
        """0 when everything that is on the source is on the target."""
        return INCOMPLETE if self.failures else 0

    def as_json(self) -> dict[str, object]:
        """Return the report as the interface `copy --json` promises it."""
        counts = self.counts
        return {
            "accounts": len(self.results),
            "mailboxes": sum(result.mailboxes for result in self.results),
            "messages": {
                "copied": counts.copied,
                "unchanged": counts.unchanged,
                "updated": counts.updated,
                "expunged": counts.expunged,
                "skipped": counts.skipped,
                "left_out": counts.left_out,
            },
            "bytes": counts.bytes,
            "seconds": round(self.seconds, 3),
            "renamed": [
                {"account": str(row.account), "source": row.source, "target": row.target}
                for result in self.results
                for row in result.renamed
            ],
            "without_uids": [
                {"account": str(result.account), "mailbox": "/".join(name)}
                for result in self.results
                for name in result.without_uids
            ],
            "left_out": [
                {"account": str(result.account), "mailbox": "/".join(name)}
                for result in self.results
                for name in result.left_out
            ],
            "oddities": [
                {
                    "account": str(result.account),
                    "mailbox": "/".join(each.mailbox),
                    "messages": each.messages,
                    "what": each.what,
                }
                for result in self.results
                for each in result.oddities
            ],
            "failures": [
                {
                    "account": str(row.account),
                    "mailbox": "/".join(row.mailbox) if row.mailbox is not None else None,
                    "uid": row.uid,
                    "reason": row.reason,
                    "todo": row.todo,
                }
                for row in self.failures
            ],
        }
