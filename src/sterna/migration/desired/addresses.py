"""Rows of lookup tables: domains, their other names, and whatever sends mail on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from sterna.migration.desired.claims import Claims, collision, not_ascii, under_all_names
from sterna.migration.desired.wanted import Aim, WantedEntry
from sterna.migration.desired.ways import Kind, Way, Ways
from sterna.model.account import Forwarder
from sterna.model.finding import Finding, Outcome
from sterna.openldap.entries import ROW_ATTRIBUTES, row_attributes, table_attributes
from sterna.openldap.tree import LookupTable
from sterna.postfix.config import TAKES_NO_MAIL


def table_entries(aim: Aim) -> Iterator[WantedEntry]:
    """Yield the entries above the rows: a directory that was set up for fewer tables lacks some."""
    for table in LookupTable:
        yield WantedEntry(f"table {table}", aim.tree.lookup_table(table), table_attributes(table))


def row(aim: Aim, table: LookupTable, key: str, values: Iterable[str]) -> WantedEntry:
    """Return one row of a table, in which an existing row is made equal."""
    dn = aim.tree.lookup_row(table, key)
    return WantedEntry(f"{table}: {key}", dn, row_attributes(key, values), ROW_ATTRIBUTES)


def domain_rows(aim: Aim, others: Mapping[str, tuple[str, ...]]) -> Iterable[WantedEntry]:
    """Yield the rows that make the domains and their other names ours."""
    for domain in others:
        yield row(aim, LookupTable.MYDESTINATION, domain, (domain,))
    for domain, aliases in others.items():
        for alias in aliases:
            yield row(aim, LookupTable.VIRTUAL_DOMAINS, alias, (domain,))


def claim_forwarders(forwarders: Iterable[Forwarder], claims: Claims, findings: list[Finding]) -> list[Forwarder]:
    """Claim the forwarders' addresses and return those that are kept."""
    kept: list[Forwarder] = []
    for forwarder in sorted(forwarders, key=lambda each: (each.address, each.target)):
        subject, what = str(forwarder.address), f"forwarder to {forwarder.target}"
        if not str(forwarder.target).isascii():
            findings.append(not_ascii("forwarder", subject, forwarder.target))
        elif forwarder.target == forwarder.address:
            findings.append(collision("forwarder", subject, what, "it sends mail to itself"))
        elif (in_the_way := claims.take_name("forwarder", forwarder.address, what)) is not None:
            findings.append(in_the_way)
        else:
            kept.append(forwarder)
    return kept


def forwarder_way(forwarder: Forwarder, claims: Claims, findings: list[Finding]) -> Way:
    """Return where the forwarder's mail goes; nowhere when nobody has the address that it names."""
    subject, what = str(forwarder.address), f"forwarder to {forwarder.target}"
    if claims.unknown(forwarder.target):
        why = "nobody has this address, so mail would be taken and come back; the target refuses it at once"
        findings.append(Finding("forwarder", subject, Outcome.DROPPED, what, why, "Correct it on the source."))
        return Way(Kind.FORWARDER, forwarder.address, ())
    return Way(Kind.FORWARDER, forwarder.address, (forwarder.target,))


def chained(ways: Ways, claims: Claims) -> Iterator[Finding]:
    """Yield which forwarders and lines of the router lead to another one of these; they work, one after the other."""
    single = (Kind.FORWARDER, Kind.ROUTE)
    for way in ways.values():
        for target in way.targets:
            owner = claims.owner(target)
            if way.kind in single and owner is not None and owner in ways and ways[owner].kind in single:
                following = ", ".join(str(each) for each in ways[owner].targets)
                why = f"{target} is itself sent on, to {following}; mail takes all the steps on the target, too"
                what = f"{way.kind} to {target}"
                yield Finding(way.kind, str(way.start), Outcome.KEPT, what, why, "Name the last address at once.")


def way_rows(aim: Aim, ways: Iterable[Way], others: Mapping[str, tuple[str, ...]]) -> Iterator[WantedEntry]:
    """Yield the rows of what is no account, under each name of its domain; what leads nowhere is refused."""
    for way in ways:
        table = LookupTable.GROUPS if way.kind is Kind.GROUP else LookupTable.VIRTUAL_USERS
        for address in under_all_names(way.start, others):
            if way.targets:
                yield row(aim, table, str(address), [str(target) for target in way.targets])
            else:
                yield row(aim, LookupTable.REFUSED, str(address), (TAKES_NO_MAIL,))
