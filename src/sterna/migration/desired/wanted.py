"""What the target should hold, as values: entries, rows of lookup tables, mailboxes, quotas. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sterna.model.account import Forwarder, Group, Password
from sterna.model.address import Address
from sterna.model.finding import Finding
from sterna.model.lists import MailingList
from sterna.model.routes import Route
from sterna.openldap.entries import Attributes
from sterna.openldap.tree import Tree
from sterna.site.declaration import Lists, Site


@dataclass(frozen=True, slots=True)
class Aim:
    """What the site file says about the target."""

    tree: Tree
    mail_server: str
    quota_headroom_bytes: int
    lists: Lists = Lists.EXPLODER
    list_domain: str = "{domain}"

    @classmethod
    def of(cls, site: Site) -> Aim:
        """Return what `site` says."""
        return cls(
            tree=Tree(site.target.directory.suffix),
            mail_server=site.target.mail_server,
            quota_headroom_bytes=site.policy.quota_headroom_bytes,
            lists=site.policy.lists,
            list_domain=site.policy.list_domain,
        )


@dataclass(frozen=True, slots=True)
class WantedEntry:
    """An entry of the directory.

    Fields:
        subject: what it is for, as an operator would name it: an address, a domain, or ``table: key``.
        attributes: without the password.
        managed: the attributes in which an entry that exists already is made equal; all others are left alone.
        password: to be set when the entry has none; None for what nobody logs in with.
    """

    subject: str
    dn: str
    attributes: Attributes
    managed: tuple[str, ...] = ()
    password: Password | None = None


@dataclass(frozen=True, slots=True)
class WantedMailbox:
    """An account's INBOX; `quota_kib` is None when there is no limit."""

    address: Address
    quota_kib: int | None


@dataclass(frozen=True, slots=True)
class Desired:
    """All of it, each tuple in the order in which it has to be made.

    `unread` are addresses of what the source has and did not tell: whatever the target has of it stays as it is.
    With `lists_unread` that counts for the rows of all lists.
    """

    domains: tuple[WantedEntry, ...]
    accounts: tuple[WantedEntry, ...]
    rows: tuple[WantedEntry, ...]
    mailboxes: tuple[WantedMailbox, ...]
    findings: tuple[Finding, ...]
    unread: frozenset[str] = frozenset()
    lists_unread: bool = False


@dataclass(frozen=True, slots=True)
class Unread:
    """What exists on the source and could not be read.

    Fields:
        accounts: addresses of accounts.
        others: addresses of forwarders, groups and lists.
        domains: where it is not known which addresses there are.
        lists: whether there may be lists of which nothing is known.
    """

    accounts: tuple[Address, ...] = ()
    others: tuple[Address, ...] = ()
    domains: frozenset[str] = frozenset()
    lists: bool = False


ALL_READ: Final = Unread()


@dataclass(frozen=True, slots=True)
class WithoutAccount:
    """Everything on the source that takes mail and is no account, in any order."""

    forwarders: tuple[Forwarder, ...] = ()
    groups: tuple[Group, ...] = ()
    lists: tuple[MailingList, ...] = ()
    routes: tuple[Route, ...] = ()
    unread: Unread = ALL_READ
