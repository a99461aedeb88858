"""The kinds of things that make up the old server's site, as frozen values. The site itself is in `population`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain

from sterna.communigate.values import Value
from sterna.lab.source.passwords import Password
from sterna.model.mailbox import INBOX, MailboxName

MANY_MAILBOXES = "macnt"
ONE_MAILBOX = ("mbox", "mdir", "mslc")
"""Extensions of accounts (certain is ``macnt``, inferred are those of accounts with INBOX alone)."""


@dataclass(frozen=True, slots=True)
class Use:
    """How much is in a mailbox; `size_bytes` is what IMAP counts (with CRLF)."""

    messages: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One mailbox of an account.

    Fields:
        share: how much of the generated mail it gets, in relation to all others; 0 for a mailbox that stays empty.
        years: when its mail arrived, first and last year.
        keywords: those that its messages bear now and then.
        acl: CommuniGate's identifiers and rights (RFC 2086 letters) of those with whom it is shared.
        mail_class: groupware class, empty for mail.
        holes: True when much has been expunged from it, so that UIDs are far apart and UIDNEXT far ahead.
        dated_otherwise: True when its mail was moved here from elsewhere, so INTERNALDATE and Date are years apart.
    """

    name: MailboxName
    share: int = 0
    years: tuple[int, int] = (2006, 2012)
    keywords: tuple[str, ...] = ()
    acl: Mapping[str, str] = field(default_factory=dict)
    mail_class: str = ""
    holes: bool = False
    dated_otherwise: bool = False


@dataclass(frozen=True, slots=True)
class Person:
    """An account as the old server has it.

    Fields:
        settings: explicit keys of account.settings besides RealName, password and rules.
        almost_full: True when its quota is to be set just above what it uses, which only the finished store can say.
        rules: mail rules as the format has them: (priority, name, conditions, actions).
        prefs: preferences of its own; all others are inherited.
        info: further ``#…`` keys of account.info.
        acl: who may do what in the whole account.
        gone: mailboxes that are subscribed and exist no more.
        foreign: mailboxes of others that are subscribed, as ``("~anna", "Projekte")``.
        unsubscribed: mailboxes that exist and are not subscribed; all others are.
        kind: extension of its files: ``macnt`` for many mailboxes; the others have INBOX alone.
        mount: the storage mount point below which it lies; empty for the domain directory itself.
        files: what is in its file storage, by path below account.web.
        datasets: what it remembers, by name: entries with their attributes.
    """

    local: str
    domain: str
    real_name: str
    password: Password
    aliases: tuple[str, ...] = ()
    settings: Mapping[str, Value] = field(default_factory=dict)
    almost_full: bool = False
    rules: tuple[Value, ...] = ()
    rpops: Mapping[str, Value] = field(default_factory=dict)
    rights: tuple[str, ...] = ()
    prefs: Mapping[str, str] = field(default_factory=dict)
    info: Mapping[str, Value] = field(default_factory=dict)
    acl: Mapping[str, str] = field(default_factory=dict)
    mailboxes: tuple[Mailbox, ...] = (Mailbox(INBOX),)
    gone: tuple[MailboxName, ...] = ()
    foreign: tuple[MailboxName, ...] = ()
    unsubscribed: tuple[MailboxName, ...] = ()
    kind: str = MANY_MAILBOXES
    mount: str = ""
    files: Mapping[str, bytes] = field(default_factory=dict)
    datasets: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """The full address, which is the login name."""
        return f"{self.local}@{self.domain}"

    @property
    def may_log_in(self) -> bool:
        """False for an account whose AccessModes are None: it receives mail, and nobody reads it."""
        return self.settings.get("AccessModes") != "None"


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A subscriber of a list; `posts` is a count or a state: ``special``, ``moderateAll``, ``prohibited``, ``(n)``."""

    address: str
    real_name: str
    mode: str
    subscribed: datetime
    posts: Value = 0
    bounces: int = 0
    last_bounce: datetime | None = None


@dataclass(frozen=True, slots=True)
class MailList:
    """A mailing list of one domain."""

    name: str
    domain: str
    settings: Mapping[str, Value]
    subscribers: tuple[Subscriber, ...]


@dataclass(frozen=True, slots=True)
class MailGroup:
    """A group of one domain, with its settings as GETGROUP gives them."""

    name: str
    domain: str
    settings: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class MailDomain:
    """A domain, its other names and its settings; `account_defaults` and `prefs` go before the server's."""

    name: str
    aliases: tuple[str, ...] = ()
    settings: Mapping[str, Value] = field(default_factory=dict)
    account_defaults: Mapping[str, Value] = field(default_factory=dict)
    template: Mapping[str, Value] = field(default_factory=dict)
    access: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    prefs: Mapping[str, Value] = field(default_factory=dict)
    rules: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class Population:
    """Everybody and everything in the site; the first domain is the main one.

    Fields:
        forwarders: full address of the forwarder and where it leads.
        server: the server-wide files of Settings/, by name: ``Main``, ``DomainDefault``, ``WebUserPrefs``.
        server_rules: Settings/Rules.settings.
        router: the router table, line by line.
        crowd: further accounts by domain, as many as a test of scale wants; they are made when they are looked at.
    """

    domains: tuple[MailDomain, ...]
    people: tuple[Person, ...]
    forwarders: Mapping[str, str]
    groups: tuple[MailGroup, ...]
    lists: tuple[MailList, ...]
    server: Mapping[str, Mapping[str, Value]]
    server_rules: tuple[Value, ...]
    router: tuple[str, ...] = ()
    crowd: Mapping[str, Sequence[Person]] = field(default_factory=dict)

    @property
    def main_domain(self) -> str:
        """The domain whose files are in Accounts/ and whose administrators may do everything."""
        return self.domains[0].name

    def everybody(self, domain: str | None = None) -> Iterator[Person]:
        """Yield all accounts, or those of one domain."""
        yield from (person for person in self.people if domain in (None, person.domain))
        yield from chain.from_iterable(crowd for name, crowd in self.crowd.items() if domain in (None, name))

    def person(self, address: str) -> Person:
        """Return the account of exactly this address; KeyError when there is none."""
        for each in self.people:
            if each.address == address:
                return each
        raise KeyError(address)
