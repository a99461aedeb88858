"""Whose mail for an address becomes when what domains say of names that nobody has is followed, too. Pure.

Claims say whose an address is. Mail for a name that nobody has in a domain can go somewhere all the same, so whoever
asks what an address opens, or whether mail comes back to where it was, has to go on from there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from sterna.migration.desired.claims import Claims
from sterna.migration.desired.list_senders import Senders
from sterna.migration.desired.unknown import CatchAll
from sterna.migration.desired.ways import Resolve, Ways
from sterna.model.address import Address
from sterna.model.finding import Finding, Outcome

_ANY: Final = "*"
"""Stands for a name that nobody has: a name with it is a pattern on the source."""


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


def without_rounds(catch_alls: Sequence[CatchAll], claims: Claims, findings: list[Finding]) -> list[CatchAll]:
    """Return those catch-alls by which no name goes round for ever; names in the other domains are unknown again."""
    domains = {domain for each in catch_alls for domain in _round(each, catch_alls, claims)}
    for each in catch_alls:
        if each.domain in domains:
            claims.refuse_the_rest(each.domain)
            why = (
                f"it would go to {each.target} and come back ({', '.join(sorted(domains))}), round and round; "
                "the target refuses it"
            )
            findings.append(_dropped(each, why, "Let one of the domains refuse unknown names, on the source."))
    kept: list[CatchAll] = []
    for each in catch_alls:
        if each.domain in domains:
            continue
        if domains and not each.target.startswith("@") and claims.unknown(Address.parse(each.target)):
            claims.refuse_the_rest(each.domain)
            why = f"mail for unknown names goes to {each.target}, which nobody has either; the target refuses it"
            findings.append(_dropped(each, why, "Name an address that exists."))
        else:
            kept.append(each)
    return kept


def without_dead_ends(
    catch_alls: Iterable[CatchAll], ways: Ways, resolve: Resolve, findings: list[Finding]
) -> list[CatchAll]:
    """Return those catch-alls whose one target takes mail; behind another it would be taken only to come back."""
    kept: list[CatchAll] = []
    for each in catch_alls:
        home = None if each.target.startswith("@") else resolve(Address.parse(each.target))
        if home is not None and home in ways and not ways[home].targets:
            why = f"mail for unknown names goes to {each.target}, which takes no mail; the target refuses it"
            findings.append(_dropped(each, why, "Name an address that takes mail."))
        else:
            kept.append(each)
    return kept


def _round(start: CatchAll, catch_alls: Iterable[CatchAll], claims: Claims) -> list[str]:
    """Return the domains between which a name that nobody has goes round, when it starts in that of `start`."""
    targets = {each.domain: each.target for each in catch_alls}
    path: list[Address] = []
    here: Address | None = Address(start.domain, _ANY)
    while here is not None and here not in path:
        path.append(here)
        target = targets.get(here.domain)
        here = None if target is None else claims.plain(led_to(here, target))
        if here is not None and claims.owner(here) is not None:
            here = None
    return [] if here is None else [each.domain for each in path[path.index(here) :]]


def _dropped(each: CatchAll, why: str, todo: str) -> Finding:
    return Finding("domain", each.domain, Outcome.DROPPED, "mail for unknown names", why, todo)
