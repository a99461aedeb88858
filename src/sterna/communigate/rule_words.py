"""The words of mail rules: which there are, and what they are called elsewhere.

Words compare without regard to case: user interfaces spell some of them differently. A rule with a word that is not
here never did what its owner meant; web pages of hosting panels make such rules.
"""

from __future__ import annotations

from sterna.model.filter import AddressField, Quantifier

ADDRESSES: dict[str, tuple[AddressField, Quantifier]] = {
    "from": (AddressField.FROM, Quantifier.SIMPLE),
    "sender": (AddressField.SENDER, Quantifier.SIMPLE),
    "return-path": (AddressField.RETURN_PATH, Quantifier.SIMPLE),
    "to": (AddressField.TO, Quantifier.SIMPLE),
    "cc": (AddressField.CC, Quantifier.SIMPLE),
    "reply-to": (AddressField.REPLY_TO, Quantifier.SIMPLE),
    "any to or cc": (AddressField.TO_OR_CC, Quantifier.ANY),
    "each to or cc": (AddressField.TO_OR_CC, Quantifier.EACH),
    "any recipient": (AddressField.RECIPIENT, Quantifier.ANY),
    "each recipient": (AddressField.RECIPIENT, Quantifier.EACH),
}
"""Data that are addresses."""

HEADERS = {"subject": "Subject", "message-id": "Message-ID"}
"""Data that are header fields."""

UNKNOWABLE = {
    "preference": "a preference of the old server's user",
    "freebusy": "the calendar's state at this moment",
    "security": "whether a message is signed or encrypted",
    "source": "how the message came in",
    "submit address": "the address of the host that sent it",
    "calendar method": "what an invitation asks for",
    "any route": "how the old server routes recipients",
}
"""Data that no test on the target can see."""

OTHER_DATA = frozenset(
    {"'from' name", "header field", "message size", "human generated", "time of day", "current date", "current day",
     "existing mailbox"}
)  # fmt: skip

DATA = frozenset(ADDRESSES) | frozenset(HEADERS) | frozenset(UNKNOWABLE) | OTHER_DATA
"""What a condition can be about."""

OPERATIONS = frozenset({"is", "is not", "in", "not in", "greater than", "less than"})

IMPOSSIBLE = {
    "accept request": "accepts invitations into the calendar",
    "accept reply": "enters replies to invitations into the calendar",
    "store encrypted in": "stores messages encrypted",
    "copy attachments into": "copies attachments into files of the old server",
    "reply to all with": "answers everybody whom a message names",
    "react with": "sends a message of its own making",
    "discard rules": "drops the rules",
    "execute": "runs a program on the old server",
    "externalfilter": "runs a helper of the old server",
}
"""Actions that cannot be done on the target, and on whose result the rest of the rule may rely."""

SIDE_EFFECTS = {
    "send im": "sends an instant message",
    "sendim": "sends an instant message",
    "sendpush": "sends a push notification",
    "execute url": "calls a web address",
    "sendurl": "calls a web address",
    "fingernotify": "notifies a finger server",
    "write to log": "writes to the old server's log",
}
"""Actions that cannot be done on the target, but change nothing about the message."""

ACTIONS = (
    frozenset(
        {"store in", "mark", "add header", "tag subject", "reject with", "discard", "stop processing",
         "remember 'from' in", "redirect to", "forward to", "mirror to", "reply with"}
    )
    | frozenset(IMPOSSIBLE)
    | frozenset(SIDE_EFFECTS)
)  # fmt: skip
"""What an action can be called."""

MARKS: dict[str, tuple[str, bool]] = {
    "seen": ("\\Seen", True), "read": ("\\Seen", True), "unseen": ("\\Seen", False), "unread": ("\\Seen", False),
    "flagged": ("\\Flagged", True), "unflagged": ("\\Flagged", False),
    "answered": ("\\Answered", True), "unanswered": ("\\Answered", False),
    "deleted": ("\\Deleted", True), "undeleted": ("\\Deleted", False),
    "draft": ("\\Draft", True), "undraft": ("\\Draft", False),
    "redirected": ("$Forwarded", True), "notredirected": ("$Forwarded", False),
    "mdnsent": ("$MDNSent", True), "nomdnsent": ("$MDNSent", False),
    "junk": ("$Junk", True), "notjunk": ("$Junk", False),
}  # fmt: skip
"""Words of ``Mark``: the IMAP flag, and whether it is set."""

OWN_MARKS = frozenset({"hidden", "nothidden", "service", "notservice", "media", "notmedia"})
"""Flags that mean something to the old server only."""

WEEKDAYS = {"sun": 0, "mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6}
MONTHS = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9,
    "oct": 10, "nov": 11, "dec": 12
}  # fmt: skip


def simple(word: str) -> str:
    """Return a word as it compares: small letters, single spaces."""
    return " ".join(word.lower().split())
