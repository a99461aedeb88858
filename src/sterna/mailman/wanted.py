"""A list as Mailman should have it: values in the words of its REST API (version 3.1)."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from sterna.model.address import Address

Setting = bool | int | float | str | tuple[str, ...]
"""A value of one attribute of ``/lists/<list>/config``."""


class Mode(enum.StrEnum):
    """``delivery_mode`` of a member."""

    REGULAR = "regular"
    PLAINTEXT = "plaintext_digests"
    MIME = "mime_digests"
    SUMMARY = "summary_digests"


class Status(enum.StrEnum):
    """``delivery_status`` of a member."""

    ENABLED = "enabled"
    BY_USER = "by_user"
    """Gets nothing, as the member wants it; may change it."""


class Action(enum.StrEnum):
    """``moderation_action`` of a member, and what a list does with mail; ``DEFER`` lets the other rules decide."""

    LIST_DEFAULT = ""
    DEFER = "defer"
    HOLD = "hold"
    REJECT = "reject"
    ACCEPT = "accept"


@dataclass(frozen=True, slots=True)
class MemberState:
    """What is set for one member."""

    mode: Mode = Mode.REGULAR
    status: Status = Status.ENABLED
    action: Action = Action.LIST_DEFAULT


@dataclass(frozen=True, slots=True)
class Member:
    """A member and how the person is called."""

    address: str
    display_name: str
    state: MemberState = MemberState()


@dataclass(frozen=True, slots=True)
class Person:
    """An owner."""

    address: str
    display_name: str


@dataclass(frozen=True, slots=True)
class WantedList:
    """A list as it should be.

    Fields:
        source: its address on the source.
        address: its address in Mailman.
        settings: attributes of its configuration; all others stay as they are.
        texts: templates by their name, as ``list:member:regular:footer``; in Mailman's form, with ``$`` for variables.
        bans: addresses that may neither post nor subscribe.
    """

    source: Address
    address: Address
    settings: Mapping[str, Setting] = field(default_factory=dict)
    owners: tuple[Person, ...] = ()
    members: tuple[Member, ...] = ()
    bans: tuple[str, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)

    @property
    def list_id(self) -> str:
        """The list's name that never changes (RFC 2919)."""
        return f"{self.address.local}.{self.address.domain}"

    def as_json(self) -> dict[str, object]:
        """Return the list as JSON values, for people to read and other programs to load."""
        return {
            "source": str(self.source),
            "fqdn_listname": str(self.address),
            "list_id": self.list_id,
            "settings": {
                name: list(value) if isinstance(value, tuple) else value
                for name, value in sorted(self.settings.items())
            },
            "owners": [{"email": each.address, "display_name": each.display_name} for each in self.owners],
            "members": [
                {
                    "email": each.address,
                    "display_name": each.display_name,
                    "delivery_mode": each.state.mode,
                    "delivery_status": each.state.status,
                    "moderation_action": each.state.action or None,
                }
                for each in self.members
            ],
            "bans": list(self.bans),
            "templates": dict(sorted(self.texts.items())),
        }
