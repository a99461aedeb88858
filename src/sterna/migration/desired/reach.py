"""Whose mail for an address becomes when what domains say of names that nobody has is followed, too. Pure.

Claims say whose an address is. Mail for a name that nobody has in a domain can go somewhere all the same, so whoever
asks what an address opens, or whether mail comes back to where it was, has to go on from there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sterna.migration.desired.claims import Claims
from sterna.migration.desired.list_senders import Senders
from sterna.migration.desired.unknown import CatchAll
from sterna.migration.desired.ways import Resolve
from sterna.model.address import Address


def reach(claims: Claims, catch_alls: Iterable[CatchAll]) -> Resolve:
    """Return what says whose mail for an address becomes; None when that is elsewhere, or nobody."""
    targets = {each.domain: each.target for each in catch_alls}

    def whose(address: Address) -> Address | None:
        seen: set[Address] = set()
        here: Address | None = claims.plain(address)
        while here is not None and here not in seen:
            owner = claims.owner(here)
            if owner is not None:
                return owner
            seen.add(here)
            target = targets.get(here.domain)
            here = None if target is None else claims.plain(led_to(here, target))
        return None

    return whose


def led_to(address: Address, target: str) -> Address:
    """Return where the target of a `CatchAll` leads `address`."""
    return Address(target[1:], address.local) if target.startswith("@") else Address.parse(target)


def also_by_other_domains(
    allowed: Mapping[Address, Senders], catch_alls: Iterable[CatchAll], claims: Claims
) -> dict[Address, Senders]:
    """Return who may write where, also to the same names in domains that send unknown names on to these.

    Args:
        allowed: who may write to what has its own address.
        catch_alls: of all domains.
        claims: whose an address is; what is somebody's is not sent on.
    """
    before: dict[str, list[str]] = {}
    for each in catch_alls:
        if each.target.startswith("@"):
            there = claims.plain(Address(each.target[1:], "name"))
            if there is not None:
                before.setdefault(there.domain, []).append(each.domain)
    result = dict(allowed)
    waiting = list(allowed)
    while waiting:
        address = waiting.pop()
        for domain in before.get(address.domain, ()):
            other = Address(domain, address.local)
            if other not in result and claims.owner(other) is None:
                result[other] = result[address]
                waiting.append(other)
    return result
