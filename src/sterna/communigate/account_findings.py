"""Say what becomes of the parts of an account that are not moved yet."""

from __future__ import annotations

from sterna.communigate.connection_errors import CommandRefusedError
from sterna.communigate.values import Value, as_dictionary, as_text, texts
from sterna.model.finding import Finding, Outcome

_ROLES = (
    "SentBox",
    "DraftsBox",
    "TrashBox",
    "JunkBox",
    "ArchiveBox",
    "CalendarBox",
    "ContactsBox",
    "TasksBox",
    "NotesBox",
)
"""Preferences that name the mailbox of a role."""


def gone(error: CommandRefusedError) -> Finding:
    """Return the finding for an account that is no longer there."""
    why = f"it vanished while it was being read: {error.code} {error.text}"
    return Finding("account", _about(error), Outcome.UNREADABLE, "account", why, "run the command again")


def unreadable(account: str, why: str) -> Finding:
    """Return the finding for an account whose settings cannot be read."""
    todo = "look at the account on the source, then run the command again"
    return Finding("account", account, Outcome.UNREADABLE, "account", why, todo)


def alias_unread(account: str, text: str) -> Finding:
    """Return the finding for an alias that is no address."""
    return Finding("alias", account, Outcome.UNREADABLE, f"alias {text!r}", "it is not a name that an address can have")


def polled(account: str, records: Value) -> tuple[Finding, ...]:
    """Return a finding for each outside account that the source fetches mail from; never its password."""
    findings: list[Finding] = []
    for name, record in sorted((as_dictionary(records) or {}).items()):
        fields = as_dictionary(record) or {}
        source = f"{as_text(fields.get('authName')) or '?'} at {as_text(fields.get('domain')) or '?'}"
        why = f"not moved yet: the source fetches mail of {source}"
        todo = "fetch it on the target by getmail or fetchmail, with the messages seen so far left out"
        findings.append(Finding("rpop", account, Outcome.DROPPED, f"RPOP {name}", why, todo))
    return tuple(findings)


def preferences(account: str, prefs: Value) -> tuple[Finding, ...]:
    """Return a finding for each mailbox role, and one for all other preferences together."""
    said = {key: value for key, value in (as_dictionary(prefs) or {}).items() if value != "default"}
    findings = [
        Finding(
            "mailbox", account, Outcome.DROPPED, f"{role} = {as_text(said[role])}", "not moved yet: a mailbox's role"
        )
        for role in _ROLES
        if role in said
    ]
    if others := sorted(key for key in said if key not in _ROLES):
        why = f"preferences of CommuniGate's web interface: {', '.join(others)}"
        findings.append(Finding("preference", account, Outcome.DROPPED, "preferences", why))
    return tuple(findings)


def rights(account: str, value: Value) -> tuple[Finding, ...]:
    """Return a finding for an account that administers the source."""
    names = texts(value)
    if not names:
        return ()
    todo = "give the person what they need on the target by hand"
    why = "administrators of the source are none on the target"
    return (Finding("right", account, Outcome.DROPPED, f"rights {', '.join(names)}", why, todo),)


def _about(error: CommandRefusedError) -> str:
    """Return the account that a refused command was about: the first argument of its line, without quotes."""
    return error.command.partition(" ")[2].partition(" ")[0].strip('"')
