"""The unique-ids (UIDL, RFC 1939 section 7) by which POP3 clients know what they have seen. Pure.

A client that leaves mail on the server downloads everything again when they change. Cyrus makes a message's from its
UID and its mailbox's UIDVALIDITY, in one of four forms, chosen for the whole server (imapd.conf(5), ``uidl_format``);
both numbers are the source's, so a source that has one of the forms keeps its unique-ids. It can hold no others.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence


class UidlForm(enum.StrEnum):
    """How a server makes unique-ids; the value is that of ``uidl_format``."""

    UIDONLY = "uidonly"
    """``<UID>``."""
    CYRUS = "cyrus"
    """``<UIDVALIDITY>.<UID>``."""
    DOVECOT = "dovecot"
    """UID and UIDVALIDITY as eight hexadecimal digits each: Dovecot's default, ``%08Xu%08Xv``."""
    COURIER = "courier"
    """``<UIDVALIDITY>-<UID>``."""

    def write(self, uidvalidity: int, uid: int) -> str:
        """Return the unique-id of one message."""
        match self:
            case UidlForm.UIDONLY:
                return f"{uid}"
            case UidlForm.CYRUS:
                return f"{uidvalidity}.{uid}"
            case UidlForm.DOVECOT:
                return f"{uid:08x}{uidvalidity:08x}"
            case UidlForm.COURIER:
                return f"{uidvalidity}-{uid}"


def recognise(uidvalidity: int, uids: Sequence[int], uidls: Iterable[str]) -> UidlForm | None:
    """Return the form in which the unique-ids of an INBOX were made, None for one that Cyrus does not have.

    The messages need not be the same: mail that came meanwhile, or that is hidden from POP3, may be on one side only.
    But what POP3 shows must be there by IMAP, save the newest.

    Args:
        uidvalidity: the INBOX's, by IMAP.
        uids: its UIDs, by IMAP, ascending.
        uidls: its unique-ids, by POP3, in the order of the messages.
    """
    shown = list(uidls)
    newest = (uids[-1] if uids else 0) + 1
    for form in UidlForm:
        known = {form.write(uidvalidity, uid) for uid in uids}
        seen = [uidl for uidl in shown if uidl in known]
        later = {form.write(uidvalidity, uid) for uid in range(newest, newest + len(shown))}
        if seen and all(uidl in known or uidl in later for uidl in shown):
            return form
    return None
