"""One mailbox to compare: its names, and what target and journal hold of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sterna.cyrus.mailbox_state import MailboxHeader
from sterna.model.mailbox import MailboxName
from sterna.state.digests import WithoutUid
from sterna.state.journal import JournalMailbox


@dataclass(frozen=True, slots=True)
class Box:
    """One mailbox to compare.

    Fields:
        name: on the source.
        wire: on the source's wire, with any prefix.
        target: its name there.
        header: what the target holds; None when it is missing.
        known: what the journal has of it.
        skipped: reason and advice for messages that a pass could not move, by UID.
        without_uids: its messages that have other UIDs on the target.
    """

    name: MailboxName
    wire: bytes
    target: MailboxName
    header: MailboxHeader | None
    known: JournalMailbox | None
    skipped: Mapping[int, tuple[str, str]]
    without_uids: Sequence[WithoutUid] = ()
