"""Rows of a list that has become smaller: further rows that it no longer needs, and that must reach nobody who left.

Nothing is deleted on the target, and a row has to have a value. So what is left over gets one of the first row's, which
counts only once.
"""

from __future__ import annotations

from dataclasses import replace

from sterna.migration.desired import Desired, WantedEntry
from sterna.migration.desired.lists import PARTED, part_of
from sterna.migration.facts import Facts
from sterna.openldap.entries import ROW_ATTRIBUTES, dn_key
from sterna.openldap.tree import LookupTable, Tree


def with_leftover_parts(wanted: Desired, facts: Facts, tree: Tree) -> Desired:
    """Return `wanted` with every row that the target has and that continues one that is wanted."""
    rows = {dn_key(row.dn): row for row in wanted.rows}
    tables: dict[object, LookupTable] = {dn_key(tree.lookup_table(table)): table for table in PARTED}
    leftover: list[WantedEntry] = []
    for key, entry in facts.entries.items():
        table = tables.get(key[1:])
        if table is None or key in rows:
            continue
        name = key[0][1]
        first = rows.get(dn_key(tree.lookup_row(table, part_of(name) or name)))
        if first is not None:
            attributes = {
                "objectClass": ("lookupTableEntry",),
                "lookupKey": (name, *first.attributes["lookupKey"]),
                "lookupValue": first.attributes["lookupValue"][:1],
            }
            leftover.append(WantedEntry(f"{table}: {name}", entry.dn, attributes, ROW_ATTRIBUTES))
    return replace(wanted, rows=(*wanted.rows, *leftover)) if leftover else wanted
