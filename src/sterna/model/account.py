"""What a site has besides mail: domains, accounts, forwarders, groups, lists; read from the source for the target."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from sterna.model.address import Address
from sterna.model.filter import Filter
from sterna.model.mailbox import MailboxName
from sterna.model.polling import PolledAccount
from sterna.model.roles import RoleMailbox
from sterna.model.routes import REJECT, UnknownPolicy
from sterna.model.secret import Secret
from sterna.model.sharing import ForeignMailbox, MailboxAlias, MailboxGrants


@dataclass(frozen=True, slots=True)
class ClearPassword:
    """A password we know in clear; it is hashed anew for the target."""

    secret: Secret


@dataclass(frozen=True, slots=True)
class HashedPassword:
    """A password known only as a hash that OpenLDAP can verify, in its form ``{SCHEME}…`` (RFC 2307 section 5.3)."""

    hashed: Secret


@dataclass(frozen=True, slots=True)
class UnreadablePassword:
    """A password that cannot be carried, and why; the account is made without one and reported."""

    reason: str


Password = ClearPassword | HashedPassword | UnreadablePassword


@dataclass(frozen=True, slots=True)
class Forward:
    """Where an account's mail goes instead of (or, with `keep_copy`, besides) its own INBOX."""

    targets: tuple[Address, ...]
    keep_copy: bool


@dataclass(frozen=True, slots=True)
class Domain:
    """A mail domain and its other names; every address of the domain exists under each of them."""

    name: str
    aliases: tuple[str, ...] = ()
    main: bool = False
    unknown: UnknownPolicy = REJECT


class Part(enum.StrEnum):
    """A part of an account that a source may fail to tell, which is something else than that there is none."""

    ALIASES = "aliases"
    FILTERS = "filters"
    """Filters, and with them the forward."""
    GRANTS = "grants"
    ROLES = "roles"
    SUBSCRIPTIONS = "subscriptions"


@dataclass(frozen=True, slots=True)
class Account:
    """A login with mailboxes.

    `aliases` are further addresses in the account's own domain (domain aliases are not multiplied out here).
    `quota_bytes` is None when there is no limit. `enabled` is False when nobody may log in.

    Fields:
        contact: attributes of the person's directory entry (inetOrgPerson, RFC 2798) and their values.
        filters: in the order in which they run, also inactive ones; without what `forward` does.
        roles: at most one mailbox for each role.
        grants: who else may use which mailbox.
        shares, foreign_subscriptions: other accounts' mailboxes in this one's tree and among its subscriptions.
        polled: outside accounts.
        folders: names that are no mailboxes but hold some.
        unread: parts that the source did not tell; their fields are empty or incomplete, and say nothing.
    """

    address: Address
    real_name: str
    password: Password
    aliases: tuple[Address, ...] = ()
    forward: Forward | None = None
    quota_bytes: int | None = None
    enabled: bool = True
    contact: tuple[tuple[str, tuple[str, ...]], ...] = ()
    filters: tuple[Filter, ...] = ()
    roles: tuple[RoleMailbox, ...] = ()
    grants: tuple[MailboxGrants, ...] = ()
    shares: tuple[MailboxAlias, ...] = ()
    foreign_subscriptions: tuple[ForeignMailbox, ...] = ()
    polled: tuple[PolledAccount, ...] = ()
    folders: tuple[MailboxName, ...] = ()
    unread: frozenset[Part] = frozenset()


@dataclass(frozen=True, slots=True)
class Forwarder:
    """An address without an account; its mail is sent on to `target`."""

    address: Address
    target: Address


@dataclass(frozen=True, slots=True)
class Group:
    """An address that expands to others, which may be groups, lists or addresses elsewhere.

    Fields:
        reply_to_group: answers go to the group.
        reject_automatic: robots' mail is refused.
        without_author: whoever writes to the group gets no copy.
        enabled: whether the group takes mail at all.
    """

    address: Address
    real_name: str
    members: tuple[Address, ...]
    reply_to_group: bool = False
    reject_automatic: bool = False
    without_author: bool = False
    enabled: bool = True
