"""What a mailbox is for: the special uses of RFC 6154."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from sterna.model.mailbox import MailboxName


class Role(enum.StrEnum):
    """A special use, spelt as the attribute of LIST (RFC 6154 section 2)."""

    ARCHIVE = "\\Archive"
    DRAFTS = "\\Drafts"
    JUNK = "\\Junk"
    SENT = "\\Sent"
    TRASH = "\\Trash"


@dataclass(frozen=True, slots=True)
class RoleMailbox:
    """One account's mailbox for a role; `chosen` is True when its owner's preferences say so, False for a guess."""

    role: Role
    name: MailboxName
    chosen: bool
