"""Whose each address is. An address belongs to one owner only.

Where two claim it, the stronger claim wins (an account's own name, then an alias, a forwarder, a group, a list; among
equals the first in the order of addresses) and the other is a finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from sterna.model.account import Domain
from sterna.model.address import Address
from sterna.model.finding import Finding, Outcome

_EXTENSION: Final = "+"
"""What may follow a local part on the target: ``anna+shop@…`` is anna's (Postfix's recipient_delimiter)."""


class Claims:
    """Whose the addresses are. Whoever claims first has it, so the strongest claims have to be made first.

    Args:
        owners: the addresses that are taken, and by whom.
        others: each of our domains with its other names.
    """

    def __init__(self, owners: Mapping[Address, Address], others: Mapping[str, tuple[str, ...]]) -> None:
        self._owners = dict(owners)
        self._domains = {alias: domain for domain, aliases in others.items() for alias in (domain, *aliases)}
        self._open: set[str] = set()
        self._unsure: set[str] = set()

    def plain(self, address: Address) -> Address | None:
        """Return `address` under the own name of its domain, or None when the domain is none of ours."""
        domain = self._domains.get(address.domain)
        return None if domain is None else Address(domain=domain, local=address.local)

    def owner(self, address: Address) -> Address | None:
        """Return whose `address` is, also under another name of its domain or with an extension; None: nobody's."""
        plain = self.plain(address)
        if plain is None:
            return None
        found = self._owners.get(plain)
        if found is None and _EXTENSION in plain.local[1:]:
            local, _, _ = plain.local.partition(_EXTENSION)
            found = self._owners.get(Address(domain=plain.domain, local=local))
        return found

    def unknown(self, address: Address) -> bool:
        """Return whether `address` is in a domain of ours and mail for it is refused."""
        plain = self.plain(address)
        return plain is not None and self.owner(address) is None and plain.domain not in self._open | self._unsure

    def take_the_rest(self, domain: str) -> None:
        """From now on no name of `domain` is unknown: mail for those that nobody has goes somewhere."""
        self._open.add(domain)

    def refuse_the_rest(self, domain: str) -> None:
        """Take back `take_the_rest`: names of `domain` that nobody has are unknown."""
        self._open.discard(domain)

    def may_have_more(self, domains: Iterable[str]) -> None:
        """From now on no name of these domains is unknown, because not all that they have could be read."""
        self._unsure.update(domains)

    def within(self, domain: str) -> list[Address]:
        """Return the addresses of a domain that are somebody's, in order."""
        return sorted(address for address in self._owners if address.domain == domain)

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

    def overrule(self, address: Address) -> Address | None:
        """Make `address`, in plain form, its own whoever had it, and return who that was."""
        before = self._owners.get(address)
        self._owners[address] = address
        return before


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
