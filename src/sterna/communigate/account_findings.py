"""Say what becomes of the parts of an account that are not moved, and of one that cannot be read."""

from __future__ import annotations

from collections.abc import Iterable

from sterna.communigate.keys import INHERITED, clean, shown
from sterna.communigate.raw import RawAccount
from sterna.communigate.roles import PREFERENCES
from sterna.communigate.values import Dictionary, Value, as_array, as_dictionary, texts
from sterna.model.finding import Finding, Outcome
from sterna.model.roles import RoleMailbox


def gone(account: str, why: str) -> Finding:
    """Return the finding for an account that is no longer there."""
    why = f"it vanished while it was being read: {why}"
    return clean(Finding("account", account, Outcome.UNREADABLE, "account", why, "run the command again"))


def unreadable(account: str, why: str) -> Finding:
    """Return the finding for an account whose settings cannot be read."""
    todo = "look at the account on the source, then run the command again"
    return clean(Finding("account", account, Outcome.UNREADABLE, "account", why, todo))


def alias_unread(account: str, text: str) -> Finding:
    """Return the finding for an alias that is no address."""
    return Finding("alias", account, Outcome.UNREADABLE, f"alias {text!r}", "it is not a name that an address can have")


def rights(account: str, value: Value) -> tuple[Finding, ...]:
    """Return a finding for an account that administers the source."""
    names = texts(value)
    if not names:
        return ()
    todo = "give the person what they need on the target by hand"
    why = "administrators of the source are none on the target"
    return (Finding("right", account, Outcome.DROPPED, f"rights {', '.join(names)}", why, todo),)


def roles_without_mailbox(account: str, prefs: Dictionary, found: Iterable[RoleMailbox]) -> tuple[Finding, ...]:
    """Return a finding for each preference that names a mailbox for a role, which there is not."""
    chosen = {each.role for each in found if each.chosen}
    why = "there is no such mailbox for mail, so the role is not set by it"
    return tuple(
        Finding("mailbox", account, Outcome.DROPPED, shown(key, prefs[key]), why)
        for key, role in PREFERENCES.items()
        if prefs.get(key) not in (None, "", INHERITED) and role not in chosen
    )


def others(account: str, raw: RawAccount) -> tuple[Finding, ...]:
    """Return findings for what an account has besides mail."""
    findings: list[Finding] = []
    if raw.kind and raw.kind.lower() != "macnt":
        why = "its files are of another kind than usual; on the target it is an account as all others"
        findings.append(Finding("account", account, Outcome.CHANGED, f"kind {raw.kind}", why))
    if numbers := texts(raw.telnums):
        why = "telephone numbers, which the target does not have"
        findings.append(Finding("account", account, Outcome.DROPPED, f"numbers {', '.join(numbers)}", why))
    if files := as_dictionary(raw.files):
        why = "files and folders of its file storage, which the target does not have"
        todo = "have the person fetch them from the source"
        what = f"file storage with {len(files)} names"
        findings.append(Finding("account", account, Outcome.DROPPED, what, why, todo, "\n".join(sorted(files))))
    if calls := as_array(raw.signal_rules):
        why = "rules for calls, which the target does not have"
        findings.append(Finding("filter", account, Outcome.DROPPED, f"{len(calls)} rules for calls", why))
    return tuple(findings)
