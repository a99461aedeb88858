"""What happens to mail for names that nobody has in a domain.

A row ``@domain`` is asked last, after every table was asked for the full address; a table with each account's own
address keeps accounts out of it. So real names always win.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sterna.migration.desired.addresses import row
from sterna.migration.desired.claims import Claims
from sterna.migration.desired.wanted import Aim, WantedEntry
from sterna.model.account import Domain
from sterna.model.address import Address, AddressError
from sterna.model.finding import Finding, Outcome
from sterna.model.routes import UnknownAction
from sterna.openldap.tree import LookupTable


@dataclass(frozen=True, slots=True)
class CatchAll:
    """Where mail for all other names of `domain` goes: an address, or ``@domain``, which keeps the name."""

    domain: str
    target: str


def catch_alls(domains: Sequence[Domain], claims: Claims, findings: list[Finding]) -> list[CatchAll]:
    """Return which domains take mail for every name; all real names have to be claimed before."""
    kept: list[CatchAll] = []
    for domain in domains:
        policy = domain.unknown
        match policy.action:
            case UnknownAction.REJECT:
                pass
            case UnknownAction.REROUTE:
                catch_all = _rerouted(domain, claims, findings)
                if catch_all is not None:
                    kept.append(catch_all)
                    claims.take_the_rest(domain.name)
            case UnknownAction.DISCARD:
                why = (
                    "the source throws mail for unknown names away without a word; the target refuses it, "
                    "so that who mistyped an address learns of it"
                )
                findings.append(_finding(domain, Outcome.CHANGED, why))
            case UnknownAction.BOUNCE:
                why = (
                    "the source takes mail for unknown names and sends a bounce; the target refuses it at once, which "
                    "tells its sender the same and sends nothing to those whose addresses were forged"
                )
                findings.append(_finding(domain, Outcome.CHANGED, why))
    return kept


def catch_all_rows(
    aim: Aim, wanted: Iterable[CatchAll], others: Mapping[str, tuple[str, ...]]
) -> Iterator[WantedEntry]:
    """Yield the rows, under each name of the domains."""
    for each in wanted:
        for domain in (each.domain, *others.get(each.domain, ())):
            yield row(aim, LookupTable.UNKNOWN, f"@{domain}", (each.target,))


def _rerouted(domain: Domain, claims: Claims, findings: list[Finding]) -> CatchAll | None:
    text = domain.unknown.target.strip()
    local, at, elsewhere = text.rpartition("@")
    if "*" in text and (local != "*" or "*" in elsewhere):
        why = (
            f"mail for unknown names goes to {text!r}; of such patterns the target can only have *@another.domain, "
            "so it refuses this mail"
        )
        findings.append(_finding(domain, Outcome.DROPPED, why, "Name one address, or *@another.domain."))
        return None
    try:
        target = Address.parse(f"name@{elsewhere}" if local == "*" and at else text, domain=domain.name)
    except AddressError as error:
        why = f"mail for unknown names goes nowhere that can be understood: {error}; the target refuses it"
        findings.append(_finding(domain, Outcome.UNREADABLE, why, "Look at MailRerouteAddress on the source."))
        return None
    if not str(target).isascii():
        why = f"mail for unknown names goes to {text}, and the directory holds addresses in ASCII only; it is refused"
        findings.append(_finding(domain, Outcome.DROPPED, why, "Name an address in ASCII."))
        return None
    if local == "*":
        return _to_another_domain(domain, target.domain, claims, findings)
    if claims.unknown(target):
        why = f"mail for unknown names goes to {target}, which nobody has either; the target refuses it"
        findings.append(_finding(domain, Outcome.DROPPED, why, "Name an address that exists."))
        return None
    where = str(target)
    why = f"mail for every name that nobody has goes to {where}, mistyped addresses and most spam among it, as before"
    todo = f"If it is no longer wanted, delete the row @{domain.name}; unknown names are refused then."
    if claims.owner(target) is None:
        todo += " Mail that is sent on to other servers may be refused there, because it does not come from its sender."
    findings.append(_finding(domain, Outcome.KEPT, why, todo))
    return CatchAll(domain.name, where)


def _to_another_domain(domain: Domain, target: str, claims: Claims, findings: list[Finding]) -> CatchAll | None:
    plain = claims.plain(Address(domain=target, local="name"))
    if plain is not None and plain.domain == domain.name:
        why = f"mail for unknown names goes to the same names in {target}, the same domain; the target refuses it"
        findings.append(_finding(domain, Outcome.DROPPED, why))
        return None
    why = f"mail for every name that nobody has goes to the same name in {target}, as before"
    todo = (
        f"What is unknown there, too, comes back to its sender. If that is not wanted, delete the row @{domain.name}."
    )
    findings.append(_finding(domain, Outcome.KEPT, why, todo))
    return CatchAll(domain.name, f"@{target}")


def _finding(domain: Domain, outcome: Outcome, why: str, todo: str = "") -> Finding:
    return Finding("domain", domain.name, outcome, "mail for unknown names", why, todo)
