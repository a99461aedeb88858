"""Compare what the target should hold with what it holds, and say what has to change. Pure; nothing is ever deleted.

Passwords: one is set when an entry is made or has none. Where the entry has one that the source's does not fit, it
stays: its owner may have changed it on the target, and a plan must never undo that. It is a finding then.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from sterna.migration.changes import (
    AddEntry,
    AttributeChange,
    Change,
    CreateMailbox,
    ModifyEntry,
    PasswordChange,
    SetQuota,
)
from sterna.migration.desired import Desired, WantedEntry, WantedMailbox
from sterna.migration.desired.lists import part_of
from sterna.migration.facts import DnKey, Facts, FoundEntry
from sterna.migration.scripts import NO_SCRIPTS, NONE_WANTED, Scripts, WantedScript, emptied, script_change
from sterna.model.account import ClearPassword, HashedPassword
from sterna.model.address import Address
from sterna.model.finding import Finding, Outcome
from sterna.openldap.entries import Status, dn_key, same_values
from sterna.openldap.tree import LookupTable, Tree
from sterna.site.declaration import PasswordScheme

_MEMBERS: Final = (f"{LookupTable.GROUPS}: ", f"{LookupTable.LISTS}: ")
"""What subjects of rows begin with that have members."""

_OF_LISTS: Final = (
    LookupTable.LISTS,
    LookupTable.LIST_ACCESS,
    LookupTable.LIST_SENDERS,
    LookupTable.LIST_ELSEWHERE,
)


def compare(
    desired: Desired,
    facts: Facts,
    tree: Tree,
    scheme: PasswordScheme,
    differing: Collection[DnKey] = frozenset(),
    scripts: Scripts = NONE_WANTED,
) -> tuple[list[Change], list[Finding]]:
    """Return the changes in the order in which they have to be made, and what else was seen.

    Args:
        desired: what the target should hold.
        facts: what it holds.
        tree: where things stand.
        scheme: how clear passwords will be hashed.
        differing: keys of entries whose password differs from the source's.
        scripts: those of accounts that have filters.
    """
    changes: list[Change] = []
    findings = list(desired.findings)
    for wanted in (*desired.domains, *desired.accounts, *desired.rows):
        key = dn_key(wanted.dn)
        change = entry_change(wanted, facts.entries.get(key), scheme)
        if change is not None:
            changes.append(change)
        if key in differing:
            findings.append(_password_differs(wanted.subject))
    filtered = {script.address: script for script in scripts.wanted}
    for mailbox in desired.mailboxes:
        changes += _mailbox_changes(mailbox, facts, findings)
        if mailbox.address not in scripts.untouched:
            changes += _script_changes(mailbox.address, filtered.get(mailbox.address), facts, findings)
    findings += _only_on_target(desired, facts, tree)
    return changes, findings


def entry_change(
    wanted: WantedEntry, found: FoundEntry | None, scheme: PasswordScheme
) -> AddEntry | ModifyEntry | None:
    """Return what makes the entry as it is wanted, or None when it is that already."""
    password = None
    if isinstance(wanted.password, ClearPassword | HashedPassword) and (found is None or not found.passwords):
        password = PasswordChange.of(wanted.password, scheme)
    if found is None:
        return AddEntry(wanted.subject, wanted.dn, tuple(wanted.attributes.items()), password)
    attributes = [
        AttributeChange(name, found.values(name), wanted.attributes.get(name, ()))
        for name in wanted.managed
        if not same_values(name, found.values(name), wanted.attributes.get(name, ()))
    ]
    have = {value.lower() for value in found.values("objectClass")}
    missing = tuple(value for value in wanted.attributes["objectClass"] if value.lower() not in have)
    if missing:
        old = found.values("objectClass")
        attributes.insert(0, AttributeChange("objectClass", old, old + missing))
    if not attributes and password is None:
        return None
    # By the name that the entry has, whatever its spelling: ours may have other spaces or capitals.
    return ModifyEntry(wanted.subject, found.dn, tuple(attributes), password)


def _mailbox_changes(wanted: WantedMailbox, facts: Facts, findings: list[Finding]) -> Iterator[Change]:
    subject = str(wanted.address)
    if wanted.address not in facts.inboxes:
        yield CreateMailbox(subject)
        if wanted.quota_kib is not None:
            yield SetQuota(subject, None, wanted.quota_kib)
        return
    quota = facts.quotas[wanted.address]
    if wanted.quota_kib == quota.limit_kib:
        return
    if wanted.quota_kib is not None and wanted.quota_kib < quota.used_kib:
        findings.append(
            Finding(
                "quota",
                subject,
                Outcome.CHANGED,
                f"quota {wanted.quota_kib} KiB",
                f"{quota.used_kib} KiB are in use on the target already, so its quota stays as it is",
                "Raise the limit, or ask the person to tidy up.",
            )
        )
        return
    yield SetQuota(subject, quota.limit_kib, wanted.quota_kib)


def _script_changes(
    address: Address, wanted: WantedScript | None, facts: Facts, findings: list[Finding]
) -> Iterator[Change]:
    state = facts.scripts.get(address, NO_SCRIPTS)
    if wanted is None:
        change = emptied(address, state)
    else:
        change, found = script_change(wanted, state)
        findings += found
    if change is not None:
        yield change


def guarded_subjects(changes: Collection[Change]) -> list[str]:
    """Return what the changes disable or shrink.

    Accounts: a status away from active, a smaller limit than before, fewer addresses. Groups and lists: fewer members;
    what moves between the rows of one list is not gone.
    """
    subjects: dict[str, None] = {}
    gone: dict[str, set[str]] = {}
    kept: dict[str, set[str]] = {}
    for change in changes:
        match change:
            case ModifyEntry() if change.subject.startswith(_MEMBERS):
                name = part_of(change.subject) or change.subject
                for each in change.attributes:
                    if each.name == "lookupValue":
                        gone.setdefault(name, set()).update(each.old)
                        kept.setdefault(name, set()).update(each.new)
            case AddEntry() if change.subject.startswith(_MEMBERS):
                name = part_of(change.subject) or change.subject
                kept.setdefault(name, set()).update(dict(change.attributes).get("lookupValue", ()))
            case ModifyEntry():
                if any(_takes_away(each) for each in change.attributes):
                    subjects[change.subject] = None
            case SetQuota() if _smaller(change.old_kib, change.new_kib):
                subjects[change.subject] = None
            case _:
                pass
    subjects |= dict.fromkeys(name for name, values in gone.items() if values - kept.get(name, set()))
    created = {change.subject for change in changes if isinstance(change, CreateMailbox | AddEntry)}
    return [subject for subject in subjects if subject not in created]


def _takes_away(change: AttributeChange) -> bool:
    match change.name:
        case "accountStatus":
            return Status.ACTIVE in change.old and Status.ACTIVE not in change.new
        case "mailQuotaSize":
            return _smaller(_number(change.old), _number(change.new))
        case "mailAlternateAddress" | "mailForwardingAddress":
            return bool(set(change.old) - set(change.new))
        case _:
            return False


def _smaller(old: int | None, new: int | None) -> bool:
    return new is not None and (old is None or new < old)


def _number(values: tuple[str, ...]) -> int | None:
    return int(values[0]) if values and values[0].isascii() and values[0].isdigit() else None


def _password_differs(subject: str) -> Finding:
    return Finding(
        "password",
        subject,
        Outcome.KEPT,
        "password",
        "the password differs on the target, where its owner may have changed it; the target's is kept",
        "If the source's is meant, delete userPassword from the entry and plan again.",
    )


def _only_on_target(desired: Desired, facts: Facts, tree: Tree) -> Iterator[Finding]:
    """Yield what the target has and the source does not; it is left alone."""
    wanted = {dn_key(entry.dn) for entry in (*desired.domains, *desired.accounts, *desired.rows)}
    addresses = {
        address.lower(): entry.subject
        for entry in desired.accounts
        for name in ("mail", "mailAlternateAddress")
        for address in entry.attributes.get(name, ())
    }
    users = dn_key(tree.users)
    tables = {dn_key(tree.lookup_table(table)): table for table in LookupTable}
    for key, entry in facts.entries.items():
        if key in wanted or not key:
            continue
        (kind, value), parent = key[0], key[1:]
        if kind == "uid" and parent[1:] == users:
            subject = (entry.values("mail") or (f"{value}@{parent[0][1]}",))[0]
            if subject.lower() in desired.unread:
                continue
            yield _extra("account", subject)
            yield from _disputed(subject, entry, addresses)
        elif kind == "ou" and parent == users:
            yield _extra("domain", value)
        elif kind == "lookupkey" and parent in tables and not untold(tables[parent], value, desired):
            yield _extra("table", f"{tables[parent]}: {value}")
    for address in sorted(facts.inboxes - {mailbox.address for mailbox in desired.mailboxes}):
        if str(address) in desired.unread:
            continue
        yield _extra("mailbox", str(address))


def untold(table: LookupTable, key: str, desired: Desired) -> bool:
    """Whether the source has, or may have, something at a row's address that it did not tell."""
    if desired.lists_unread and table in _OF_LISTS:
        return True
    address = key.partition(" ")[0]
    return address in desired.unread or "@" + address.rpartition("@")[2] in desired.unread


def _extra(kind: str, subject: str) -> Finding:
    why = "it is on the target and not on the source; it is left alone"
    return Finding(kind, subject, Outcome.KEPT, kind, why, "Remove it by hand if nobody needs it.")


def _disputed(subject: str, entry: FoundEntry, addresses: dict[str, str]) -> Iterator[Finding]:
    for name in ("mail", "mailAlternateAddress"):
        for address in entry.values(name):
            owner = addresses.get(address.lower())
            if owner is not None:
                why = f"on the target {subject} has this address too, so it is not clear who gets its mail"
                yield Finding("alias", owner, Outcome.CHANGED, f"address {address}", why, "Take it from one of them.")


def addresses_of(changes: Collection[Change]) -> set[Address]:
    """Return the accounts whose mailboxes the changes touch."""
    return {Address.parse(change.subject) for change in changes if isinstance(change, CreateMailbox | SetQuota)}
