"""Who else may use a mailbox, and which mailboxes of others somebody uses."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from sterna.model.address import Address
from sterna.model.mailbox import MailboxName


class Everybody(enum.StrEnum):
    """Identifiers that name no single account."""

    ANYONE = "anyone"
    """Any account of the server."""


@dataclass(frozen=True, slots=True, order=True)
class DomainMembers:
    """All accounts of one domain."""

    domain: str


@dataclass(frozen=True, slots=True, order=True)
class GroupMembers:
    """All members of a group, which has the address `group`."""

    group: Address


Identifier = Address | Everybody | DomainMembers | GroupMembers
"""Whom a row of an access control list is about."""


@dataclass(frozen=True, slots=True)
class Grant:
    """One row of an access control list.

    `rights` are letters of RFC 4314 (``lrswipkxteca``). With `negative` they are taken away (RFC 4314 section 2).
    """

    identifier: Identifier
    rights: str
    negative: bool = False


@dataclass(frozen=True, slots=True)
class MailboxGrants:
    """The access control list of one mailbox without its owner's row, which always has every right."""

    name: MailboxName
    grants: tuple[Grant, ...]


@dataclass(frozen=True, slots=True, order=True)
class ForeignMailbox:
    """A mailbox of another account."""

    owner: Address
    name: MailboxName


@dataclass(frozen=True, slots=True)
class MailboxAlias:
    """A name in one's own tree under which another account's mailbox is shown."""

    name: MailboxName
    target: ForeignMailbox
