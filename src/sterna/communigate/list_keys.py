"""The settings of a mailing list, by what becomes of them. Data only."""

from __future__ import annotations

from typing import Final

from sterna.communigate.keys import Meaning
from sterna.model.finding import Outcome

LIST_CARRIED: Final = frozenset(
    {"Owner", "Subscribe", "Postings", "Confirmation", "Distribution", "FirstModerated", "Format", "FeedSubject",
     "Reply", "SizeLimit", "FeedHeader", "FeedTrailer", "PolicyText", "ByeText", "DigestPeriod", "DigestSizeLimit",
     "DigestHeader", "DigestTrailer", "Store", "HideFromAddress", "MaxBounces", "RealName", "Description"}
)  # fmt: skip
"""Keys that have a place in `sterna.model.lists.MailingList`."""

_CARRIED: Final = Meaning(Outcome.KEPT, "moved with the list")
_DIGEST: Final = Meaning(Outcome.DROPPED, "how a digest looks or is cut; the target makes its own", alone=True)
_ARCHIVE: Final = Meaning(
    Outcome.DROPPED, "how much of the archive is kept, and who may browse it; the archive is the owner's mailbox"
)
_BOUNCES: Final = Meaning(
    Outcome.DROPPED, "when failing subscribers are dropped; the target has its own way", alone=True
)
_TEXT: Final = Meaning(
    Outcome.DROPPED, "a text that the list sends by itself; the target sends its own", "write it into the new list"
)
_REPORTS: Final = Meaning(Outcome.DROPPED, "which requests and reports the owner's mailboxes keep")

LIST_KEYS: Final[dict[str, Meaning]] = {
    **dict.fromkeys(LIST_CARRIED, _CARRIED),
    **dict.fromkeys(
        ("DigestTimeOfDay", "DigestMessageLimit", "DigestSubject", "DigestFormat", "TOCLine", "TOCTrailer"), _DIGEST
    ),
    **dict.fromkeys(("ArchiveSizeLimit", "ArchiveMessageLimit", "ArchiveSwapPeriod", "Browse"), _ARCHIVE),
    **dict.fromkeys(
        ("UnsubBouncedPeriod", "FatalWeight", "FailureNotification", "CleanupPeriod", "CoolOffPeriod"), _BOUNCES
    ),
    **dict.fromkeys(
        ("ConfirmationSubject", "ConfirmationText", "PolicySubject", "WarningSubject", "WarningText", "ByeSubject"),
        _TEXT,
    ),
    **dict.fromkeys(("SaveRequests", "SaveReports"), _REPORTS),
    "FeedPrefixMode": Meaning(
        Outcome.CHANGED, "whether the prefix stands behind a reply's Re:; the target puts it where it always does"
    ),
    "OwnerCheck": Meaning(
        Outcome.CHANGED, "how the list knows its owner; on the target the owner logs in or confirms by mail", alone=True
    ),
    "TillConfirmed": Meaning(Outcome.DROPPED, "how long a request waits for its confirmation", alone=True),
    "CheckDigestSubject": Meaning(Outcome.DROPPED, "refuses messages with the subject of a digest", alone=True),
    "CheckCharset": Meaning(Outcome.DROPPED, "refuses messages in another character set", alone=True),
    "Charset": Meaning(Outcome.DROPPED, "the character set of the list's own texts; the target uses UTF-8", alone=True),
    "ListFields": Meaning(Outcome.CHANGED, "which List-… header fields are added; the target adds its own", alone=True),
}
"""What becomes of each known key."""
