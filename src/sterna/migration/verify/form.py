"""How closely is compared, and what may be said of the result then."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final


class Form(enum.StrEnum):
    """How closely both sides are compared.

    QUICK: mailboxes, how many messages they hold, UIDVALIDITY and UIDNEXT; on the target the checksum over everything
        that the last pass left there. No message is looked at.
    DIGESTS: every message: UID, flags, date, size, and the target's SHA-1 of it against that taken on the way.
    DEEP: the same, and every message is read again on both sides and compared byte for byte.
    """

    QUICK = "quick"
    DIGESTS = "digests"
    DEEP = "deep"


COMPARED: Final = {
    Form.QUICK: (
        "For every mailbox: its name, subscription, UIDVALIDITY, UIDNEXT and how many messages it holds; on the target "
        "Cyrus's checksum over UIDs, flags, dates and SHA-1 of everything in it, against that of the last pass. Flags "
        "that were changed on the source since are not seen in this form."
    ),
    Form.DIGESTS: (
        "For every mailbox: its name, UIDVALIDITY and subscription. For every message: UID, flags, keywords, the time "
        "of arrival, and its bytes, by the SHA-1 that Cyrus keeps of what it stored against the SHA-1 of what the "
        "source sent."
    ),
    Form.DEEP: (
        "For every mailbox: its name, UIDVALIDITY and subscription. For every message: UID, flags, keywords, the time "
        "of arrival, the SHA-1 that Cyrus keeps of what it stored, and its bytes: every message was read again on both "
        "sides, on the new one as its owner reads it, and compared byte for byte."
    ),
}
"""What was compared, in the words of the report."""

BYTES: Final = {
    Form.QUICK: "by count and checksum",
    Form.DIGESTS: "byte for byte, by SHA-1",
    Form.DEEP: "byte for byte, read again",
}
"""How far equal mail is equal, in a few words."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the operator asked for.

    Fields:
        form: how closely everything is compared.
        sample: this many messages besides are read again on both sides; 0 for none.
        seed: which ones; the same number draws the same messages from the same journal.
    """

    form: Form = Form.DIGESTS
    sample: int = 0
    seed: int = 0
