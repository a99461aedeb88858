"""Lines of the source's router, as far as they are of a form that the target can have.

On the source the router is asked before anything else, so an address that has a line is no longer an account's or a
group's, whatever stands there. Rows of ``virtualusers`` are asked first on the target, so the same holds there; only
logins, which the source's router changes as well, are not changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from sterna.migration.desired.addresses import row
from sterna.migration.desired.claims import Claims
from sterna.migration.desired.unknown import CatchAll
from sterna.migration.desired.wanted import Aim, WantedEntry
from sterna.migration.desired.ways import Kind, Way
from sterna.model.finding import Finding, Outcome
from sterna.model.routes import AddressRoute, DomainRoute, Route
from sterna.openldap.tree import LookupTable

_PREFIXES: Final = re.compile(r"\s*((?:[A-Za-z]+:\s*)*)")
_RELAYS: Final = frozenset({"relay", "relayall"})
_DECIDE: Final = "Decide whose the mail is, and correct the line on the source."


@dataclass(frozen=True, slots=True)
class DomainRoutes:
    """What the lines for whole domains come to.

    Fields:
        same: domains that are another name of one of ours.
        overlaid: domains of ours whose mail goes to the same names of another domain of ours.
        passed_on: domains that are none of ours and whose mail goes to another domain elsewhere.
        elsewhere: domains of ours whose mail goes to another domain elsewhere.
    """

    same: Mapping[str, tuple[str, ...]]
    overlaid: tuple[DomainRoute, ...]
    passed_on: tuple[DomainRoute, ...]
    elsewhere: tuple[DomainRoute, ...]


def domain_routes(
    routes: Iterable[Route], others: Mapping[str, tuple[str, ...]], findings: list[Finding]
) -> DomainRoutes:
    """Sort the lines for whole domains; the first line for a domain counts, as on the source."""
    first: dict[str, DomainRoute] = {}
    for route in routes:
        if isinstance(route, DomainRoute) and first.setdefault(route.domain, route) is not route:
            why = f"a line above it routes {route.domain} already"
            findings.append(_finding(route, Outcome.DROPPED, why))
    own = {name: domain for domain, aliases in others.items() for name in (domain, *aliases)}
    same: dict[str, list[str]] = {domain: list(aliases) for domain, aliases in others.items()}
    sorted_: dict[str, list[DomainRoute]] = {"overlaid": [], "passed_on": [], "elsewhere": []}
    for route in first.values():
        end = _end(route, first)
        if end is None:
            why = "the lines for domains lead back to each other, so mail would go round for ever; it is refused"
            findings.append(_finding(route, Outcome.DROPPED, why, "Correct the lines on the source."))
            continue
        resolved = DomainRoute(route.domain, own.get(end, end), route.line)
        if own.get(route.domain) == own.get(end, end):
            findings.append(_finding(route, Outcome.KEPT, "both are names of one domain already"))
        elif route.domain not in own and end in own:
            same[own[end]].append(route.domain)
            why = f"every address of {own[end]} exists in {route.domain}, too"
            findings.append(_finding(route, Outcome.KEPT, why))
        elif route.domain not in own:
            _pass_on(resolved, sorted_["passed_on"], findings)
        elif own[route.domain] != route.domain:
            why = f"{route.domain} is another name of {own[route.domain]} and stays so on the target"
            findings.append(_finding(route, Outcome.DROPPED, why, _DECIDE))
        else:
            sorted_["overlaid" if end in own else "elsewhere"].append(resolved)
    return DomainRoutes(
        {domain: tuple(names) for domain, names in same.items()},
        **{name: tuple(some) for name, some in sorted_.items()},
    )


def claim_routes(routes: Iterable[Route], claims: Claims, findings: list[Finding]) -> list[Way]:
    """Take the addresses that have a line, whoever had them, and return where their mail goes."""
    ways: dict[str, Way] = {}
    for route in routes:
        if not isinstance(route, AddressRoute):
            continue
        address = claims.plain(route.address)
        if address is None:
            why = f"{route.address.domain} is none of our domains, so the target does not touch this address"
            findings.append(_finding(route, Outcome.DROPPED, why))
        elif not (str(address) + str(route.target)).isascii():
            why = "the directory holds addresses in ASCII only (RFC 4524 section 2.4)"
            findings.append(_finding(route, Outcome.DROPPED, why, "Give it an address in ASCII."))
        elif str(address) in ways:
            findings.append(_finding(route, Outcome.DROPPED, f"a line above it routes {address} already"))
        elif claims.owner(route.target) == claims.owner(address) is not None:
            findings.append(_finding(route, Outcome.KEPT, f"{route.address} belongs to {route.target} already"))
        else:
            ways[str(address)] = Way(Kind.ROUTE, address, (route.target,))
            before = claims.overrule(address)
            findings.append(_routed(route, str(before) if before is not None else None, claims))
    return list(ways.values())


def existing_routes(routes: Iterable[Way], claims: Claims, findings: list[Finding]) -> Iterator[Way]:
    """Yield the lines, without a target where nobody has it: mail is refused there instead of coming back later."""
    for way in routes:
        targets = tuple(target for target in way.targets if not claims.unknown(target))
        if not targets:
            why = f"nobody has {way.targets[0]}, so mail would be taken and come back; the target refuses it at once"
            what = f"route to {way.targets[0]}"
            findings.append(Finding("route", str(way.start), Outcome.DROPPED, what, why, "Correct it on the source."))
        yield replace(way, targets=targets)


def overlay(route: DomainRoute, claims: Claims, findings: list[Finding]) -> list[Way]:
    """Return where mail for a domain of ours goes whose addresses are those of another one of ours."""
    ways = [
        Way(Kind.ROUTE, type(each)(domain=route.domain, local=each.local), (each,))
        for each in claims.within(route.target)
    ]
    taken = [way.start for way in ways if claims.owner(way.start) is not None]
    mine = claims.within(route.domain)
    for way in ways:
        if way.start not in taken:
            claims.overrule(way.start)
    findings.append(_overruled(route, len(mine)))
    return [way for way in ways if way.start not in taken]


def passed_on_rows(aim: Aim, routes: DomainRoutes) -> Iterator[WantedEntry]:
    """Yield the rows that make domains ours only to send their mail on."""
    for route in routes.passed_on:
        yield row(aim, LookupTable.VIRTUAL_DOMAINS, route.domain, (route.target,))


def domains_elsewhere(routes: DomainRoutes, claims: Claims, findings: list[Finding]) -> list[CatchAll]:
    """Return where mail for every name goes of the domains whose mail goes elsewhere."""
    for route in routes.elsewhere:
        findings.append(_overruled(route, len(claims.within(route.domain))))
        claims.take_the_rest(route.domain)
    return [CatchAll(route.domain, f"@{route.target}") for route in (*routes.passed_on, *routes.elsewhere)]


def relays(line: str) -> bool:
    """Return whether the line says that mail from anybody is passed on by it."""
    found = _PREFIXES.match(line)
    return found is not None and any(word.strip() in _RELAYS for word in found[1].lower().split(":"))


def _end(route: DomainRoute, first: Mapping[str, DomainRoute]) -> str | None:
    """Follow the lines to the last domain, or None when they lead round in a circle."""
    seen = {route.domain}
    target = route.target
    while target in first:
        if target in seen:
            return None
        seen.add(target)
        target = first[target].target
    return target


def _pass_on(route: DomainRoute, passed_on: list[DomainRoute], findings: list[Finding]) -> None:
    if relays(route.line):
        why = f"mail from anybody for {route.domain} is taken and goes to the same name in {route.target}"
        passed_on.append(route)
        findings.append(_finding(route, Outcome.KEPT, why, "If it is no longer wanted, take the line away."))
    else:
        why = (
            f"neither {route.domain} nor {route.target} is ours, and the line does not say Relay:, so the target would "
            "pass on mail of strangers by it; mail for this domain goes to its own server instead"
        )
        findings.append(_finding(route, Outcome.DROPPED, why, "If it is wanted, add a row to virtualdomains by hand."))


def _routed(route: AddressRoute, before: str | None, claims: Claims) -> Finding:
    relayed = relays(route.line) or claims.owner(route.target) is not None
    why = f"mail for {route.address} goes to {route.target}, as before"
    todo = ""
    if before is not None:
        why = (
            f"on the source the router is asked first, so {before} gets no mail for {route.address}; "
            f"it goes to {route.target} on the target, too, but a login by this name is not changed there"
        )
        todo = _DECIDE
    elif not relayed:
        why += "; the target takes it from everybody"
    return _finding(route, Outcome.CHANGED if todo or not relayed else Outcome.KEPT, why, todo)


def _overruled(route: DomainRoute, mine: int) -> Finding:
    why = (
        f"the source's router takes all mail for {route.domain} to {route.target}; on the target only names that "
        f"{route.domain} itself does not have go there, and its own {mine} get their mail"
    )
    return _finding(route, Outcome.CHANGED, why, _DECIDE)


def _finding(route: Route, outcome: Outcome, why: str, todo: str = "") -> Finding:
    return Finding("route", "source", outcome, route.line.strip(), why, todo)
