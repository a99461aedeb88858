"""Say which commands a server turned out not to have, and what is not known by that."""

from __future__ import annotations

from sterna.communigate.commands import ReadCommand as Word
from sterna.communigate.enquiry import Enquiry
from sterna.communigate.router import SERVER
from sterna.model.finding import Finding, Outcome

_OLDER = {
    Word.GETACCOUNTMAILRULES: Word.GETACCOUNTRULES,
    Word.GETDOMAINMAILRULES: Word.GETDOMAINRULES,
    Word.GETSERVERMAILRULES: Word.GETSERVERRULES,
    Word.GETMAILBOXSUBSCRIPTION: Word.GETACCOUNTSUBSCRIPTION,
}
"""Words that have an older form."""

_REPLACED = frozenset(
    {
        Word.GETACCOUNTEFFECTIVESETTINGS,
        Word.GETACCOUNTEFFECTIVEPREFS,
        Word.GETDOMAINEFFECTIVESETTINGS,
        Word.LISTDOMAINOBJECTS,
        Word.GETDOMAINLISTS,
        Word.READSUBSCRIBERS,
        Word.LISTCLICOMMANDS,
        Word.GETVERSION,
        Word.GETCURRENTTIME,
    }
)
"""Words without which the same is found out by others, or nothing is lost."""


def unknown_commands(enquiry: Enquiry) -> list[Finding]:
    """Return what was never read; words that have an older form, which was read instead, are no loss."""
    why = "this version of CommuniGate does not have the command: what it would tell could not be read"
    return [
        Finding("server", SERVER, Outcome.UNREADABLE, word.value, why)
        for word in sorted(enquiry.unknown)
        if word not in _REPLACED
        and (word not in _OLDER or _OLDER[word] in enquiry.unknown)
        and word not in _OLDER.values()
    ]
