"""What can be changed in Mailman, as values; `str` says each in a line, before or after it is carried out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sterna.mailman.wanted import Member, MemberState, Person, Setting


@dataclass(frozen=True, slots=True)
class CreateList:
    """Make a list, and its domain when there is none."""

    def __str__(self) -> str:
        return "create the list"


@dataclass(frozen=True, slots=True)
class SetSettings:
    """Set attributes of a list."""

    values: Mapping[str, Setting]

    def __str__(self) -> str:
        return "set " + ", ".join(f"{name} = {_shown(value)}" for name, value in sorted(self.values.items()))


@dataclass(frozen=True, slots=True)
class WriteText:
    """Write a template where Mailman looks for it."""

    name: str
    text: str

    def __str__(self) -> str:
        return f"write {self.name}"


@dataclass(frozen=True, slots=True)
class AddOwner:
    """Make somebody an owner."""

    person: Person

    def __str__(self) -> str:
        return f"add owner {self.person.address}"


@dataclass(frozen=True, slots=True)
class RemoveOwner:
    """Take ownership from somebody whom we made an owner."""

    email: str
    member_id: str

    def __str__(self) -> str:
        return f"remove owner {self.email}"


@dataclass(frozen=True, slots=True)
class Unban:
    """Let somebody in again whom we banned."""

    email: str

    def __str__(self) -> str:
        return f"lift the ban of {self.email}"


@dataclass(frozen=True, slots=True)
class RemoveMember:
    """Take somebody off the list whom we brought, and who has left on the source."""

    email: str
    member_id: str

    def __str__(self) -> str:
        return f"remove {self.email}"


@dataclass(frozen=True, slots=True)
class AddMember:
    """Put somebody on the list."""

    member: Member

    def __str__(self) -> str:
        return f"add {self.member.address}: {_state(self.member.state)}"


@dataclass(frozen=True, slots=True)
class ChangeMember:
    """Set what is different for a member now; `old` is None when it is not certain what was set before."""

    email: str
    member_id: str
    old: MemberState | None
    new: MemberState

    def __str__(self) -> str:
        return f"change {self.email}: {_state(self.new)}"


@dataclass(frozen=True, slots=True)
class Ban:
    """Let somebody neither post nor subscribe."""

    email: str

    def __str__(self) -> str:
        return f"ban {self.email}"


Change = (
    CreateList
    | SetSettings
    | WriteText
    | AddOwner
    | RemoveOwner
    | Unban
    | RemoveMember
    | AddMember
    | ChangeMember
    | Ban
)


def _state(state: MemberState) -> str:
    said = [str(state.mode)]
    if state.status != "enabled":
        said.append("no delivery")
    if state.action:
        said.append(f"posts: {state.action}")
    return ", ".join(said)


def _shown(value: Setting) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return " ".join(value) or "none"
    return repr(value) if isinstance(value, str) else str(value)
