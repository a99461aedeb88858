"""Rows that the source no longer has, at addresses that are something else now.

Nothing is deleted on the target, and Postfix asks such a row before, or besides, what the address is now: mail for a
new account would go where the forwarder of that name led, a corrected address would be refused for ever. So these rows
are changed to say what the address is now. Rows at addresses that are nothing any more are left alone.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from sterna.migration.compare import untold
from sterna.migration.desired import Desired, WantedEntry
from sterna.migration.desired.lists import part_of
from sterna.migration.facts import DnKey, Facts, FoundEntry
from sterna.model.finding import Finding, Outcome
from sterna.openldap.entries import ROW_ATTRIBUTES, dn_key
from sterna.openldap.tree import LookupTable, Tree
from sterna.postfix.config import NO_BOUNCES

UNDECIDED: Final = "DUNNO"
"""A restriction's row that decides nothing (access(5))."""

_LEADS: Final = (LookupTable.VIRTUAL_USERS, LookupTable.GROUPS, LookupTable.LISTS)
"""Tables that say where mail for an address goes, in the order in which they are asked."""

_GUARDS: Final = (LookupTable.REFUSED, LookupTable.LIST_ACCESS)
"""Tables that say whose mail an address takes."""


@dataclass(frozen=True, slots=True)
class _Leftover:
    """A row on the target that is not wanted; `key` is the address in it, `first` is False for a further row of it."""

    table: LookupTable
    name: str
    key: str
    entry: FoundEntry

    @property
    def first(self) -> bool:
        return self.name == self.key

    def saying(self, values: tuple[str, ...]) -> WantedEntry:
        attributes = {
            "objectClass": ("lookupTableEntry",),
            "lookupKey": tuple(dict.fromkeys((self.name, self.key))),
            "lookupValue": values,
        }
        return WantedEntry(f"{self.table}: {self.name}", self.entry.dn, attributes, ROW_ATTRIBUTES)


@dataclass(frozen=True, slots=True)
class _Now:
    """What addresses are now, all in lower case.

    Fields:
        rows: those of the first table that leads an address somewhere, by their addresses.
        accounts: where accounts' mail goes, by each of their addresses.
        keys: of all rows that are wanted, for each table, and their values.
    """

    rows: Mapping[str, tuple[WantedEntry, ...]]
    accounts: Mapping[str, tuple[str, ...]]
    keys: Mapping[LookupTable, Mapping[str, tuple[str, ...]]]

    def somebodys(self, address: str) -> bool:
        """Whether there is something at the address that takes mail, or refuses it."""
        return address in self.rows or address in self.accounts or address in self.keys[LookupTable.REFUSED]

    def sent_on_to_somebody(self, address: str) -> bool:
        """Whether mail for the address, which is nobody's, goes to somebody because of what its domain says."""
        seen: set[str] = set()
        while address not in seen and not self.somebodys(address):
            seen.add(address)
            local, _, domain = address.rpartition("@")
            target = self.keys[LookupTable.UNKNOWN].get(f"@{domain}", (address,))[0].lower()
            address = local + target if target.startswith("@") else target
        return address not in seen

    def leads_to(self, address: str) -> tuple[str, ...]:
        """Return where mail for the address goes; what takes none stays at itself, where nobody gets it."""
        if address in self.rows:
            return self.rows[address][0].attributes["lookupValue"]
        if address in self.keys[LookupTable.REFUSED]:
            return (address,)
        return self.accounts[address]

    def closed(self, address: str) -> bool:
        """Whether not everybody may write to the address."""
        said = self.keys[LookupTable.LIST_ACCESS].get(address, (UNDECIDED,))
        return said[0] not in (UNDECIDED, NO_BOUNCES)


def with_leftover_rows(wanted: Desired, facts: Facts, tree: Tree) -> Desired:
    """Return `wanted` with the rows of the target that say what an address was, each with what it is now."""
    now = _now(wanted, tree)
    more: dict[DnKey, WantedEntry] = {}
    findings: list[Finding] = []
    # Further rows come first: where a first row needs some of these itself, it has the last word.
    leftover = _leftover(facts, {dn_key(row.dn) for row in wanted.rows}, tree)
    for row in sorted(leftover, key=lambda each: (each.first, each.table, each.name)):
        if untold(row.table, row.name, wanted):
            continue
        changed = list(_changed(row, now, tree))
        more |= {dn_key(each.dn): each for each in changed}
        if changed and row.first:
            findings.append(_finding(row, changed[0]))
    if not more:
        return wanted
    return replace(wanted, rows=(*wanted.rows, *more.values()), findings=(*wanted.findings, *findings))


def _now(wanted: Desired, tree: Tree) -> _Now:
    tables: dict[object, LookupTable] = {dn_key(tree.lookup_table(table)): table for table in LookupTable}
    by_table: dict[LookupTable, dict[str, list[WantedEntry]]] = {table: {} for table in LookupTable}
    for row in wanted.rows:
        table = tables.get(dn_key(row.dn)[1:])
        if table is not None:
            for key in row.attributes["lookupKey"]:
                by_table[table].setdefault(key.lower(), []).append(row)
    rows: dict[str, tuple[WantedEntry, ...]] = {}
    for table in _LEADS:
        for key, some in by_table[table].items():
            rows.setdefault(key, tuple(some))
    accounts = {
        address.lower(): entry.attributes.get("mailForwardingAddress") or entry.attributes["mail"]
        for entry in wanted.accounts
        for name in ("mail", "mailAlternateAddress")
        for address in entry.attributes.get(name, ())
    }
    keys = {
        table: {key: some[0].attributes["lookupValue"] for key, some in by_key.items()}
        for table, by_key in by_table.items()
    }
    return _Now(rows, accounts, keys)


def _leftover(facts: Facts, mine: Container[DnKey], tree: Tree) -> Iterator[_Leftover]:
    tables: dict[object, LookupTable] = {
        dn_key(tree.lookup_table(table)): table for table in (*_LEADS, *_GUARDS, LookupTable.UNKNOWN)
    }
    for dn, entry in facts.entries.items():
        table = tables.get(dn[1:])
        if table is not None and dn not in mine:
            name = dn[0][1]
            yield _Leftover(table, name, part_of(name) or name, entry)


def _changed(row: _Leftover, now: _Now, tree: Tree) -> Iterator[WantedEntry]:
    """Yield what makes the row say what its address is now; nothing when that is for people to decide."""
    if row.table is LookupTable.UNKNOWN:
        if _leads_astray(row, now):
            # It leads each name to itself then, where nobody gets its mail (virtual(5)).
            yield row.saying((row.key,))
    elif row.table in _GUARDS:
        if now.somebodys(row.key) or now.sent_on_to_somebody(row.key):
            yield row.saying((UNDECIDED,))
    elif now.somebodys(row.key):
        values = now.leads_to(row.key)
        yield row.saying(values if row.first else values[:1])
        # All rows of a large list are needed in a table that is asked before its own.
        for other in now.rows.get(row.key, ())[1:] if row.first else ():
            name = other.attributes["lookupKey"][0]
            yield replace(other, subject=f"{row.table}: {name}", dn=tree.lookup_row(row.table, name))


def _leads_astray(row: _Leftover, now: _Now) -> bool:
    """Whether a domain of ours that refuses unknown names would send them to a closed list or to another of ours.

    The former opens the list, the latter may lead round in a circle. All other such rows may be meant: they are left
    alone, and said.
    """
    ours = now.keys[LookupTable.MYDESTINATION].keys() | now.keys[LookupTable.VIRTUAL_DOMAINS].keys()
    values = [value.lower() for value in row.entry.values("lookupValue")]
    to_ours = any(now.closed(value) or (value.startswith("@") and value[1:] in ours) for value in values)
    return row.key.removeprefix("@") in ours and to_ours


def _finding(row: _Leftover, changed: WantedEntry) -> Finding:
    if row.table is LookupTable.UNKNOWN:
        why = (
            "the target refuses mail for unknown names there now, and nothing is deleted: with this row it is taken "
            "and comes back to its sender"
        )
        todo = "Delete the row, so that this mail is refused at once."
    else:
        why = (
            f"the source does not have it any more, and {row.key} is something else now, which the row would be in "
            "the way of; it says the same as that now"
        )
        todo = "Delete the row when all is well; nothing needs it."
    return Finding("table", changed.subject, Outcome.CHANGED, "row", why, todo)
