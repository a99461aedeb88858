"""Whose each address is. An address belongs to one owner only.

Where two claim it, the stronger claim wins (an account's own name, then an alias, a forwarder, a group, a list; among
equals the first in the order of addresses) and the other is a finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sterna.model.account import Domain
from sterna.model.address import Address
from sterna.model.finding import Finding, Outcome


class Claims:
    """Whose the addresses are. Whoever claims first has it, so the strongest claims have to be made first.

    Args:
        owners: the addresses that are taken, and by whom.
    """

    def __init__(self, owners: Mapping[Address, Address]) -> None:
        self._owners = dict(owners)

    def owner(self, address: Address) -> Address | None:
        """Return whose `address` is."""
        return self._owners.get(address)

    def take(self, address: Address, owner: Address) -> Finding | None:
        """Claim `address` for `owner`, and return what is in the way: its owner, or that no entry can hold it."""
        kind = "alias"
        if not str(address).isascii():
            return not_ascii(kind, str(owner), address)
        other = self._owners.setdefault(address, owner)
        if other == owner:
            return None
        return collision(kind, str(owner), f"alias {address}", f"the address belongs to {other} already")

    def take_name(self, kind: str, address: Address, what: str) -> Finding | None:
        """Claim `address` for what is called by it: the forwarder, group or list that `kind` says."""
        if not str(address).isascii():
            return not_ascii(kind, str(address), address)
        if address in self._owners:
            return collision(kind, str(address), what, f"the address belongs to {self._owners[address]} already")
        self._owners[address] = address
        return None


def domain_aliases(domains: Sequence[Domain], findings: list[Finding]) -> dict[str, tuple[str, ...]]:
    """Return for each domain its other names, those left out that are somebody else's already."""
    taken = {domain.name: domain.name for domain in domains}
    result: dict[str, tuple[str, ...]] = {}
    for domain in domains:
        mine: list[str] = []
        for alias in domain.aliases:
            owner = taken.setdefault(alias, domain.name)
            if owner == domain.name and alias != domain.name:
                mine.append(alias)
            elif owner != domain.name:
                why = f"the name belongs to the domain {owner} already"
                findings.append(collision("domain", domain.name, f"domain alias {alias}", why))
        result[domain.name] = tuple(dict.fromkeys(mine))
    return result


def under_aliases(address: Address, others: Mapping[str, tuple[str, ...]]) -> list[Address]:
    """Return the same address under each other name of its domain."""
    return [Address(domain=domain, local=address.local) for domain in others.get(address.domain, ())]


def under_all_names(address: Address, others: Mapping[str, tuple[str, ...]]) -> Iterable[Address]:
    """Yield the address itself, and the same under each other name of its domain."""
    yield address
    yield from under_aliases(address, others)


def collision(kind: str, subject: str, what: str, why: str) -> Finding:
    """Return that `what` is left out because it is in somebody's way."""
    return Finding(kind, subject, Outcome.DROPPED, what, why, "Decide whose it is, and correct it on the source.")


def not_ascii(kind: str, subject: str, address: Address) -> Finding:
    """Return that `address` is left out."""
    why = "the directory holds addresses in ASCII only (RFC 4524 section 2.4)"
    return Finding(kind, subject, Outcome.DROPPED, f"address {address}", why, "Give it an address in ASCII.")
