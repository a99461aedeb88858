"""Compare a list as it should be with the one in Mailman and with what was brought there before. Pure.

What somebody has changed in Mailman after it was brought stays: settings that an owner set otherwise, members who left
or chose another mode. Nobody is taken off a list who was not brought by us.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from sterna.mailman.changes import (
    AddMember,
    AddOwner,
    Ban,
    Change,
    ChangeMember,
    CreateList,
    RemoveMember,
    RemoveOwner,
    SetSettings,
    Unban,
    WriteText,
)
from sterna.mailman.wanted import Action, Member, MemberState, Mode, Setting, Status, WantedList
from sterna.model.finding import Finding, Outcome
from sterna.state.loaded_lists import Brought, Key

_SHOWN: Final = 5
"""How many addresses a finding names."""


@dataclass(frozen=True, slots=True)
class FoundMember:
    """A member in Mailman; whether mail is delivered is not said by a roster."""

    member_id: str
    mode: str
    action: str


@dataclass(frozen=True, slots=True)
class FoundList:
    """A list in Mailman; addresses are in lower case."""

    exists: bool = False
    settings: Mapping[str, Setting] = field(default_factory=dict)
    owners: Mapping[str, str] = field(default_factory=dict)
    members: Mapping[str, FoundMember] = field(default_factory=dict)
    bans: frozenset[str] = frozenset()
    texts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decision:
    """What has to be done, in this order, and what is left alone.

    Fields:
        gone: what was brought and is neither wanted nor there any more; only the record of it has to go.
    """

    changes: tuple[Change, ...]
    findings: tuple[Finding, ...]
    gone: tuple[Key, ...]


def state_text(state: MemberState) -> str:
    """Return the state of a member as it is recorded."""
    return f"{state.mode} {state.status} {state.action}".rstrip()


def setting_text(value: Setting) -> str:
    """Return the value of a setting as it is recorded."""
    return json.dumps(sorted(value) if isinstance(value, tuple) else value)


def decide(wanted: WantedList, found: FoundList, brought: Mapping[Key, Brought]) -> Decision:
    """Return what has to be done for one list."""
    findings: list[Finding] = []
    changes: list[Change] = [] if found.exists else [CreateList()]
    different = dict(_settings(wanted, found, brought, findings))
    if different:
        changes.append(SetSettings(different))
    changes += _texts(wanted, found, brought, findings)
    changes += _owners(wanted, found, brought)
    changes += _bans_lifted(wanted, found, brought)
    members = list(_members(wanted, found, brought, findings))
    # Who leaves one address for another may do so in one run: first out, then in.
    changes += [change for change in members if isinstance(change, RemoveMember)]
    changes += [change for change in members if not isinstance(change, RemoveMember)]
    changes += [Ban(email) for email in wanted.bans if email not in found.bans]
    return Decision(tuple(changes), tuple(findings), tuple(_gone(wanted, found, brought)))


def _settings(
    wanted: WantedList, found: FoundList, brought: Mapping[Key, Brought], findings: list[Finding]
) -> Iterator[tuple[str, Setting]]:
    for name, value in wanted.settings.items():
        now = found.settings.get(name)
        if now is not None and setting_text(now) == setting_text(value):
            continue
        before = brought.get(("setting", name))
        if now is not None and before is not None and before.done and before.state == setting_text(value):
            why = "it was changed in Mailman after it was brought there, and stays so"
            findings.append(Finding("list", str(wanted.source), Outcome.KEPT, name, why))
        else:
            yield name, value


def _texts(
    wanted: WantedList, found: FoundList, brought: Mapping[Key, Brought], findings: list[Finding]
) -> Iterator[Change]:
    for name, text in wanted.texts.items():
        now = found.texts.get(name)
        if now == text:
            continue
        before = brought.get(("text", name))
        if now is not None and before is not None and before.done and before.state == text:
            why = "it was changed in Mailman's folder after it was written there, and stays so"
            findings.append(Finding("list", str(wanted.source), Outcome.KEPT, name, why))
        else:
            yield WriteText(name, text)


def _owners(wanted: WantedList, found: FoundList, brought: Mapping[Key, Brought]) -> Iterator[Change]:
    names = {person.address for person in wanted.owners}
    for person in wanted.owners:
        if person.address not in found.owners and not _left(brought.get(("owner", person.address)), ""):
            yield AddOwner(person)
    for kind, email in brought:
        if kind == "owner" and email not in names and email in found.owners:
            yield RemoveOwner(email, found.owners[email])


def _bans_lifted(wanted: WantedList, found: FoundList, brought: Mapping[Key, Brought]) -> Iterator[Change]:
    for kind, email in brought:
        if kind == "ban" and email not in wanted.bans and email in found.bans:
            yield Unban(email)


def _members(
    wanted: WantedList, found: FoundList, brought: Mapping[Key, Brought], findings: list[Finding]
) -> Iterator[Change]:
    left: list[str] = []
    others: list[str] = []
    for member in wanted.members:
        there = found.members.get(member.address)
        before = brought.get(("member", member.address))
        if there is None:
            if _left(before, state_text(member.state)):
                left.append(member.address)
            else:
                yield AddMember(member)
        elif before is not None:
            yield from _changed(member, there, before)
        elif (there.mode, there.action) != (member.state.mode, member.state.action):
            others.append(member.address)
    names = {member.address for member in wanted.members}
    for kind, email in brought:
        if kind == "member" and email not in names and email in found.members:
            yield RemoveMember(email, found.members[email].member_id)
    if left:
        why = f"they left in Mailman after they were brought, and are not brought again: {_some(left)}"
        findings.append(Finding("list", str(wanted.source), Outcome.KEPT, f"{len(left)} former members", why))
    if others:
        why = f"they were members in Mailman before, in another mode, which they keep: {_some(others)}"
        findings.append(Finding("list", str(wanted.source), Outcome.KEPT, f"{len(others)} members", why))


def _changed(member: Member, there: FoundMember, before: Brought) -> Iterator[Change]:
    if not before.done:
        yield ChangeMember(member.address, there.member_id, None, member.state)
    elif before.state != state_text(member.state):
        yield ChangeMember(member.address, there.member_id, _state(before.state), member.state)


def _gone(wanted: WantedList, found: FoundList, brought: Mapping[Key, Brought]) -> Iterator[Key]:
    there = {"owner": found.owners.keys(), "member": found.members.keys(), "ban": found.bans}
    asked = {
        "owner": {person.address for person in wanted.owners},
        "member": {member.address for member in wanted.members},
        "ban": set(wanted.bans),
    }
    for key in brought:
        kind, name = key
        if kind in there and name not in there[kind] and name not in asked[kind]:
            yield key


def _left(before: Brought | None, state: str) -> bool:
    """Whether what is not there now was there already: somebody took it away in Mailman."""
    return before is not None and before.done and before.state == state


def _state(text: str) -> MemberState | None:
    try:
        mode, status, *action = text.split()
        return MemberState(Mode(mode), Status(status), Action(action[0] if action else ""))
    except ValueError:  # written by another version
        return None


def _some(addresses: list[str]) -> str:
    more = len(addresses) - _SHOWN
    return ", ".join(addresses[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
