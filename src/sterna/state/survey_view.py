"""Questions to the rows of a survey. Whatever may be long comes as an iterator."""

from __future__ import annotations

import heapq
import json
import math
import sqlite3
from collections.abc import Iterator, Sequence
from random import Random

from sterna.model.finding import Finding, Outcome
from sterna.model.mailbox import MailboxName
from sterna.state.survey_rows import (
    CountedFamily,
    DomainRow,
    Family,
    Held,
    MailboxRow,
    SizeClass,
    SurveyedAccount,
    SurveyedMailbox,
    Todo,
)

_ACCOUNT = (
    "SELECT address, domain, rank, real_name, password, why, enabled, quota_bytes, names, json, mailboxes, messages,"
    " bytes FROM account"
)
_FAMILY = (
    "SELECT id, kind, outcome, what, why, todo, findings FROM family ORDER BY CASE outcome"
    " WHEN 'unreadable' THEN 0 WHEN 'dropped' THEN 1 WHEN 'changed' THEN 2 ELSE 3 END,"
    " kind, findings DESC, what, why, todo"
)


_EXAMPLES = 3


class SurveyView:
    """Reads the rows of one survey."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def things(self, kind: str) -> Iterator[str]:
        """Yield the things of a kind, each the text of a JSON object, by name."""
        return (row[0] for row in self._db.execute("SELECT json FROM thing WHERE kind = ? ORDER BY name", (kind,)))

    def addresses(self) -> Iterator[str]:
        """Yield the address of each account, in order.

        They may be read while rows are written; so they come by pages.
        """
        last = ""
        while page := self._db.execute(
            "SELECT rank, address FROM account WHERE rank > ? ORDER BY rank LIMIT 500", (last,)
        ).fetchall():
            yield from (address for _, address in page)
            last = page[-1][0]

    def accounts(self) -> Iterator[SurveyedAccount]:
        """Yield all accounts, by address."""
        return map(_account, self._db.execute(f"{_ACCOUNT} ORDER BY rank"))

    def largest_accounts(self, most: int) -> list[SurveyedAccount]:
        """Return the accounts that hold most bytes, the largest first."""
        return list(map(_account, self._db.execute(f"{_ACCOUNT} ORDER BY bytes DESC, rank LIMIT ?", (most,))))

    def some_accounts(self, most: int, chance: Random) -> list[SurveyedAccount]:
        """Return accounts with mail by chance, those that have more of it more often."""
        rows = self._db.execute("SELECT address, bytes FROM account WHERE messages > 0 AND bytes > 0 ORDER BY rank")
        # The smallest of -log(random) / weight are a draw without replacement by weight (Efraimidis and Spirakis).
        drawn = heapq.nsmallest(most, ((-math.log(1 - chance.random()) / size, address) for address, size in rows))
        return [self.account(address) for _, address in drawn]

    def account(self, address: str) -> SurveyedAccount:
        """Return one account."""
        return _account(self._db.execute(f"{_ACCOUNT} WHERE address = ?", (address,)).fetchone())

    def mailboxes(self, account: str) -> list[SurveyedMailbox]:
        """Return an account's mailboxes, by name."""
        query = "SELECT name, messages, bytes, target FROM mailbox WHERE account = ? ORDER BY name"
        return sorted((_mailbox(*row) for row in self._db.execute(query, (account,))), key=lambda each: each.name)

    def largest_mailboxes(self, most: int) -> list[MailboxRow]:
        """Return the mailboxes that hold most bytes, the largest first."""
        query = "SELECT account, name, messages, bytes, target FROM mailbox ORDER BY bytes DESC, account, name LIMIT ?"
        return [MailboxRow(account, _mailbox(*rest)) for account, *rest in self._db.execute(query, (most,))]

    def renamed_mailboxes(self) -> Iterator[MailboxRow]:
        """Yield the mailboxes that have another name on the target."""
        query = "SELECT account, name, messages, bytes, target FROM mailbox WHERE name <> target ORDER BY account, name"
        return (MailboxRow(account, _mailbox(*rest)) for account, *rest in self._db.execute(query))

    def months(self) -> dict[int, Held]:
        """Return how much mail arrived in each month, keyed by year * 100 + month."""
        return {month: Held(*rest) for month, *rest in self._db.execute("SELECT * FROM month ORDER BY month")}

    def domains(self) -> list[DomainRow]:
        """Return the domains by the mail of their accounts, the largest first."""
        query = "SELECT domain, count(*), sum(messages), sum(bytes) FROM account GROUP BY domain ORDER BY 4 DESC, 1"
        return [DomainRow(name, number, Held(*rest)) for name, number, *rest in self._db.execute(query)]

    def size_classes(self, bounds: Sequence[int]) -> list[SizeClass]:
        """Return how many accounts are in each class of size; `bounds` are the smallest sizes, ascending."""
        uppers = [*bounds[1:], 2**62]
        query = (
            "SELECT count(*), coalesce(sum(messages), 0), coalesce(sum(bytes), 0) FROM account"
            " WHERE bytes >= ? AND bytes < ?"
        )
        found = []
        for lower, upper in zip(bounds, uppers, strict=True):
            number, *held = self._db.execute(query, (lower, upper)).fetchone()
            found.append(SizeClass(lower, number, Held(*held)))
        return found

    def bytes_of_largest(self, accounts: int) -> int:
        """Return how much the largest accounts hold together."""
        query = "SELECT coalesce(sum(bytes), 0) FROM (SELECT bytes FROM account ORDER BY bytes DESC LIMIT ?)"
        return int(self._db.execute(query, (accounts,)).fetchone()[0])

    def passwords(self) -> dict[tuple[str, str], int]:
        """Return how many passwords there are of each kind, and for the unreadable ones of each reason."""
        query = "SELECT password, why, count(*) FROM account GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2"
        return {(kind, why): number for kind, why, number in self._db.execute(query)}

    def sums(self) -> dict[str, int]:
        """Return sums over all accounts and mailboxes."""
        query = (
            "SELECT count(*), coalesce(sum(messages), 0), coalesce(sum(bytes), 0), coalesce(sum(NOT enabled), 0),"
            " coalesce(sum(mailboxes IS NULL), 0), coalesce(sum(quota_bytes IS NOT NULL), 0),"
            " coalesce(sum(quota_bytes < bytes), 0) FROM account"
        )
        names = ("accounts", "messages", "bytes", "without_login", "unread_accounts", "with_quota", "over_quota")
        sums = dict(zip(names, self._db.execute(query).fetchone(), strict=True))
        boxes = "SELECT count(*), coalesce(sum(name <> target), 0) FROM mailbox"
        sums |= dict(zip(("mailboxes", "mailboxes_renamed"), self._db.execute(boxes).fetchone(), strict=True))
        sums["findings"] = self._db.execute("SELECT count(*) FROM finding").fetchone()[0]
        return sums

    def seen(self) -> dict[str, int]:
        """Return how many things of each kind were seen."""
        return dict(self._db.execute("SELECT kind, number FROM seen"))

    def over_quota(self) -> Iterator[SurveyedAccount]:
        """Yield the accounts that hold more than their limit."""
        return map(_account, self._db.execute(f"{_ACCOUNT} WHERE quota_bytes < bytes ORDER BY rank"))

    def outcomes(self) -> dict[tuple[str, Outcome], int]:
        """Return how many findings there are of each kind and outcome."""
        query = "SELECT kind, outcome, sum(findings) FROM family GROUP BY 1, 2"
        return {(kind, Outcome(outcome)): number for kind, outcome, number in self._db.execute(query)}

    def families(self) -> Iterator[CountedFamily]:
        """Yield the families of findings: what is lost most first, then by kind, of one kind the larger ones first."""
        rows = self._db.execute(_FAMILY)
        return (
            CountedFamily(number, Family(kind, Outcome(outcome), *texts), findings)
            for number, kind, outcome, *texts, findings in rows
        )

    def findings(self, family: CountedFamily, most: int = -1) -> Iterator[Finding]:
        """Yield the findings of a family by object, at most `most` of them."""
        common = family.family
        rows = self._db.execute(
            "SELECT object, what, why, todo, detail FROM finding WHERE family = ? ORDER BY object, what LIMIT ?",
            (family.id, most),
        )
        return (
            Finding(common.kind, object_, common.outcome, what, why, todo, detail)
            for object_, what, why, todo, detail in rows
        )

    def todos(self) -> list[Todo]:
        """Return what findings ask for, the most frequent first; a full stop and a capital make no difference."""
        query = "SELECT kind, what, todo, findings FROM family WHERE todo <> '' ORDER BY findings DESC, kind, what"
        asked: dict[str, list[tuple[str, str]]] = {}
        sums: dict[str, int] = {}
        for kind, what, todo, number in self._db.execute(query):
            same = (todo[:1].upper() + todo[1:]).rstrip(".")
            about = asked.setdefault(same, [])
            if len(about) < _EXAMPLES and (kind, what) not in about:
                about.append((kind, what))
            sums[same] = sums.get(same, 0) + number
        found = [Todo(todo, tuple(about), sums[todo]) for todo, about in asked.items()]
        return sorted(found, key=lambda each: (-each.findings, each.todo))


def name_as_text(name: MailboxName) -> str:
    """Return a mailbox's name as the store keeps it."""
    return json.dumps(name)


def _account(
    row: tuple[str, str, str, str, str, str, int, int | None, str, str, int | None, int, int],
) -> SurveyedAccount:
    address, domain, rank, real_name, password, why, enabled, quota, names, as_json, mailboxes, messages, size = row
    return SurveyedAccount(
        address=address,
        domain=domain,
        rank=rank,
        real_name=real_name,
        password=password,
        why_unreadable=why,
        enabled=bool(enabled),
        quota_bytes=quota,
        names=names,
        as_json=as_json,
        mailboxes=mailboxes,
        messages=messages,
        size_bytes=size,
    )


def _mailbox(name: str, messages: int, size_bytes: int, target: str) -> SurveyedMailbox:
    return SurveyedMailbox(tuple(json.loads(name)), messages, size_bytes, tuple(json.loads(target)))
