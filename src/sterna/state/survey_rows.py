"""The rows of a survey, as they go into the store and come out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sterna.model.finding import Finding, Outcome
from sterna.model.mailbox import MailboxName


@dataclass(frozen=True, slots=True)
class SurveyedMailbox:
    """A mailbox that can be read by IMAP; `target` is its name on the target, which cannot hold all names."""

    name: MailboxName
    messages: int
    size_bytes: int
    target: MailboxName


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyedAccount:
    """An account as the report shows it.

    Fields:
        password: ``clear``, ``hashed`` or ``unreadable``; `why_unreadable` says why.
        names: aliases and forwards in words.
        as_json: the whole account without its mailboxes, as the text of one JSON object.
        mailboxes: how many; None when they could not be read, and a finding says why.
    """

    address: str
    domain: str
    rank: str
    real_name: str
    password: str
    why_unreadable: str
    enabled: bool
    quota_bytes: int | None
    names: str
    as_json: str
    mailboxes: int | None = None
    messages: int = 0
    size_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Held:
    """How much mail."""

    messages: int = 0
    size_bytes: int = 0

    def __add__(self, other: Held) -> Held:
        return Held(self.messages + other.messages, self.size_bytes + other.size_bytes)


@dataclass(frozen=True, slots=True)
class SurveyedMail:
    """What IMAP shows of one account; `months` are keyed by year * 100 + month of arrival."""

    mailboxes: tuple[SurveyedMailbox, ...]
    months: Mapping[int, Held]


@dataclass(frozen=True, slots=True)
class Family:
    """What findings that say the same of different objects have in common, with what differs replaced by ``…``."""

    kind: str
    outcome: Outcome
    what: str
    why: str
    todo: str


@dataclass(frozen=True, slots=True)
class CountedFamily:
    """A family with its number in the store, and how many findings it has."""

    id: int
    family: Family
    findings: int


@dataclass(frozen=True, slots=True)
class Todo:
    """What some findings ask for; `about` has of the most frequent ones the kind and what they are about."""

    todo: str
    about: tuple[tuple[str, str], ...]
    findings: int


@dataclass(frozen=True, slots=True)
class MailboxRow:
    """A mailbox with its account, for the list of the biggest."""

    account: str
    mailbox: SurveyedMailbox


@dataclass(frozen=True, slots=True)
class DomainRow:
    """How many accounts a domain has, and how much mail is in them."""

    name: str
    accounts: int
    held: Held


@dataclass(frozen=True, slots=True)
class SizeClass:
    """How many accounts are at least `least_bytes` large and smaller than the next class, and how much they hold."""

    least_bytes: int
    accounts: int
    held: Held


FoundFinding = tuple[Finding, Family]
