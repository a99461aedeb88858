"""Rows of lookup tables: domains, their other names, forwarders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sterna.migration.desired.claims import Claims, collision, not_ascii, under_all_names
from sterna.migration.desired.wanted import Aim, WantedEntry
from sterna.model.account import Forwarder
from sterna.model.finding import Finding
from sterna.openldap.entries import ROW_ATTRIBUTES, row_attributes
from sterna.openldap.tree import LookupTable


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


def forwarder_rows(
    aim: Aim, forwarders: Sequence[Forwarder], others: Mapping[str, tuple[str, ...]]
) -> Iterable[WantedEntry]:
    """Yield the rows of the forwarders, under each name of their domains."""
    for forwarder in forwarders:
        for address in under_all_names(forwarder.address, others):
            yield row(aim, LookupTable.VIRTUAL_USERS, str(address), (str(forwarder.target),))
