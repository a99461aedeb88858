"""Addresses of whole domains, and lines of a router: where mail goes that no account, alias or forwarder takes."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from sterna.model.address import Address


class UnknownAction(enum.StrEnum):
    """What happens to mail for a name that nobody has in a domain."""

    REJECT = "reject"
    REROUTE = "reroute"
    """It goes to `UnknownPolicy.target`."""
    DISCARD = "discard"
    """It vanishes without a word to its sender."""
    BOUNCE = "bounce"
    """It is taken, and its sender gets a bounce."""


@dataclass(frozen=True, slots=True)
class UnknownPolicy:
    """A domain's policy. In `target` a ``*`` stands for the unknown name, so it is text and no address."""

    action: UnknownAction = UnknownAction.REJECT
    target: str = ""


REJECT = UnknownPolicy()
"""What the target does by itself."""


@dataclass(frozen=True, slots=True)
class AddressRoute:
    """A line of the router that sends one address to another."""

    address: Address
    target: Address
    line: str


@dataclass(frozen=True, slots=True)
class DomainRoute:
    """A line of the router that makes one domain's addresses those of another."""

    domain: str
    target: str
    line: str


Route = AddressRoute | DomainRoute
"""`line` is the line as it stands in the source's table. Lines of other forms are findings only."""
