"""The preferences that are known, by what becomes of them. Data only."""

from __future__ import annotations

from typing import Final

from sterna.communigate.keys import Meaning
from sterna.model.finding import Outcome

_ROLE: Final = Meaning(Outcome.KEPT, "the mailbox of a role: the target marks it as such", alone=True)
_ITEMS: Final = Meaning(
    Outcome.CHANGED, "the mailbox of a role that IMAP has no word for; it is copied as any other mailbox", alone=True
)
_TELL: Final = "set it in the person's mail program"
_WORTH: Final = Meaning(Outcome.DROPPED, "a habit of the person that the target has no place for", _TELL, alone=True)
_EMPTIED: Final = Meaning(
    Outcome.DROPPED,
    "mail is removed from this mailbox after a time; the target removes nothing by itself",
    "set up cyr_expire for it",
    alone=True,
)

PREFERENCE_KEYS: Final[dict[str, Meaning]] = {
    **dict.fromkeys(("SentBox", "DraftsBox", "TrashBox", "JunkBox", "ArchiveBox"), _ROLE),
    **dict.fromkeys(("CalendarBox", "ContactsBox", "TasksBox", "NotesBox", "HistoryBox"), _ITEMS),
    **dict.fromkeys(
        (
            "Language",
            "TimeZone",
            "UserFrom",
            "UserName",
            "ReplyTo",
            "Signature",
            "ReplyQuote",
            "ReplyHeader",
            "Charset",
            "DeleteMode",
            "SendMDNMode",
            "WorkDays",
            "WorkDayStart",
            "WorkDayEnd",
            "WeekStart",
            "PublishFreeBusy",
        ),
        _WORTH,
    ),
    **dict.fromkeys(("EmptyTrash", "EmptyJunk"), _EMPTIED),
}
"""What becomes of each preference that matters beside the source's web interface."""

OTHERS: Final = Meaning(
    Outcome.DROPPED, "how the source's web interface looks and behaves, which the target does not have"
)
"""What becomes of all other preferences."""
