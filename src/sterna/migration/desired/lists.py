"""Mailing lists: their addresses, and the rows by which Postfix sends a message to a list's members or to Mailman.

A large list has several rows, each with `ROW_MEMBERS` members at most, so that no entry becomes too large for LDAP. All
of them have the list's address among their keys, so that Postfix finds them together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sterna.migration.desired.claims import Claims, under_all_names
from sterna.migration.desired.list_findings import exploder_findings
from sterna.migration.desired.list_members import Guards, forward_without_lists, guards, list_way
from sterna.migration.desired.list_senders import Senders, numbered, senders
from sterna.migration.desired.reach import also_by_other_domains, reach
from sterna.migration.desired.unknown import CatchAll
from sterna.migration.desired.wanted import Aim, WantedEntry
from sterna.migration.desired.ways import Kind, Way, Ways
from sterna.model.address import Address
from sterna.model.finding import Finding, Outcome
from sterna.model.lists import MailingList
from sterna.openldap.entries import ROW_ATTRIBUTES
from sterna.openldap.tree import LookupTable
from sterna.postfix.config import NO_BOUNCES, OWNER_ONLY
from sterna.site.declaration import Lists

ROW_MEMBERS: Final = 1000
"""Members in one row. A server takes requests of 4 MiB at most (olcSockbufMaxIncomingAuth), and shows 500 rows."""

PARTED: Final = (LookupTable.LISTS, LookupTable.LIST_SENDERS, LookupTable.LIST_ELSEWHERE)
"""Tables in which a row may have further ones."""

_ELSEWHERE: Final = "members"
"""The key of the one row, with further ones, of members elsewhere."""

_ROW_ELSEWHERE: Final = 100
"""The whole row is read each time one of them is looked up, so these are small; nobody asks for all of them."""

_NOBODY: Final = "nobody@members.invalid"
"""Stands where nobody else does, so that there is always something to fill a row with (RFC 2606 section 2)."""

_NO_SENDER: Final = "nobody at all"
"""Stands in each set of senders, so that one that has become empty has a row, too: else its old row would stay.

Postfix asks for a sender, its domain and ``name@``. This is none of them, so nobody can pretend to be it.
"""

_PART: Final = re.compile(r"(?P<key>.+) [0-9]+")

SERVICES: Final = {
    "on": "join",
    "subscribe": "join",
    "off": "leave",
    "unsubscribe": "leave",
    "feed": "request",
    "digest": "request",
    "index": "request",
    "null": "request",
    "confirm": "request",
    "request": "request",
    "help": "request",
    "admin": "owner",
    "owner": "owner",
    "report": "bounces",
}
"""What follows a list's name and a hyphen in the addresses that serve it: on the source, and in Mailman."""


@dataclass(frozen=True, slots=True)
class ClaimedLists:
    """The lists that have their addresses.

    Fields:
        lists: in the order of their addresses.
        claims: whose each address is.
        others: each domain's other names.
        passed_on: domains that are none of ours, and whose mail the target sends on all the same.
    """

    lists: tuple[MailingList, ...]
    claims: Claims
    others: Mapping[str, tuple[str, ...]]
    passed_on: frozenset[str] = frozenset()

    def elsewhere(self, address: Address) -> bool:
        """Whether an address is in no domain that the target knows anything of."""
        return self.claims.plain(address) is None and address.domain not in self.passed_on


def claim_lists(lists: Iterable[MailingList], claims: Claims, findings: list[Finding]) -> list[MailingList]:
    """Claim the lists' addresses and return the lists that are kept."""
    kept: list[MailingList] = []
    for each in sorted(lists, key=lambda each: each.address):
        in_the_way = claims.take_name("list", each.address, "list")
        if in_the_way is None:
            kept.append(each)
        else:
            findings.append(in_the_way)
    return kept


def guarded_ways(
    aim: Aim,
    claimed: ClaimedLists,
    aliases: Mapping[Address, tuple[Address, ...]],
    ways: Sequence[Way],
    catch_alls: Sequence[CatchAll],
    findings: list[Finding],
) -> tuple[Guards, list[Way]]:
    """Return who may write to what, and all ways with those of the lists, none of which opens a list.

    Args:
        aim: what the site file says about the target.
        claimed: the lists.
        aliases: of all accounts.
        ways: of everything else; of two with one start the later one counts.
        catch_alls: where mail for names goes that nobody has.
        findings: where to put what is left out.
    """
    if aim.lists is Lists.MAILMAN:
        return {}, list(ways)
    taken = {way.start for way in ways}
    may_write = {address: who for address, who in _senders(claimed, aliases).items() if address not in taken}
    resolve = reach(claimed.claims, catch_alls)
    allowed = guards(may_write, ways, resolve, findings)
    allowed = also_by_other_domains(allowed, catch_alls, claimed.claims)
    return allowed, [
        *(list_way(each, allowed, claimed.claims, resolve, findings) for each in claimed.lists),
        *(forward_without_lists(way, allowed, resolve, findings) if way.kind is Kind.ACCOUNT else way for way in ways),
    ]


def _senders(claimed: ClaimedLists, aliases: Mapping[Address, tuple[Address, ...]]) -> dict[Address, Senders]:
    result: dict[Address, Senders] = {}
    for each in claimed.lists:
        names = (each.owner, *aliases.get(each.owner, ()))
        result[each.address] = senders(each, (name for own in names for name in under_all_names(own, claimed.others)))
    return result


def list_rows(
    aim: Aim, claimed: ClaimedLists, allowed: Guards, ways: Ways, findings: list[Finding]
) -> Iterator[WantedEntry]:
    """Yield the rows of the lists, as the site file says who sends their mail; the arguments are `exploder_rows`'."""
    if aim.lists is Lists.MAILMAN:
        yield from mailman_rows(aim, claimed, findings)
    else:
        yield from exploder_rows(aim, claimed, allowed, ways, findings)


def exploder_rows(
    aim: Aim, claimed: ClaimedLists, allowed: Guards, ways: Ways, findings: list[Finding]
) -> Iterator[WantedEntry]:
    """Yield the rows by which Postfix sends mail to the members of lists.

    Args:
        aim: what the site file says about the target.
        claimed: the lists.
        allowed: who may write to what.
        ways: where mail goes, without circles.
        findings: where to put what an exploder cannot do.
    """
    yield from _access_rows(aim, claimed, allowed, findings)
    mine = [each for each in claimed.lists if ways[each.address].kind is Kind.LIST]  # others are the router's
    every = {target for each in mine for target in ways[each.address].targets}
    if mine:
        elsewhere = (address for address in every if claimed.elsewhere(address))
        yield from _rows(aim, LookupTable.LIST_ELSEWHERE, _ELSEWHERE, (_NOBODY, *elsewhere), size=_ROW_ELSEWHERE)
    for each in mine:
        findings += exploder_findings(each)
        for own in under_all_names(each.address, claimed.others):
            yield from _rows(aim, LookupTable.LISTS, str(own), ways[each.address].targets)
        if not claimed.claims.unknown(each.owner):
            for name in SERVICES:
                yield from _service_rows(aim, claimed, each, name, each.owner)


def _access_rows(aim: Aim, claimed: ClaimedLists, allowed: Guards, findings: list[Finding]) -> Iterator[WantedEntry]:
    """Yield the rows that say who may write to what."""
    sets = numbered(allowed)
    # Senders come first: while a plan is carried out, nobody may write who may not afterwards.
    for number, who in sorted(sets.sets.items()):
        yield from _rows(aim, LookupTable.LIST_SENDERS, str(number), (_NO_SENDER, *who))
    for address, restrictions in sets.restrictions.items():
        if restrictions is None:
            why = "there are more different sets of people who may write to lists than Postfix can tell apart here"
            todo = "Load the lists into Mailman: sterna lists load"
            findings.append(Finding("list", str(address), Outcome.CHANGED, "postings: nobody may write", why, todo))
        for own in under_all_names(address, claimed.others):
            yield from _rows(aim, LookupTable.LIST_ACCESS, str(own), (restrictions or f"{NO_BOUNCES}, {OWNER_ONLY}",))


def mailman_rows(aim: Aim, claimed: ClaimedLists, findings: list[Finding]) -> Iterator[WantedEntry]:
    """Yield the rows that lead the old addresses to Mailman; an address that leads to itself is let pass."""
    taken: dict[Address, Address] = {}
    for each in claimed.lists:
        there = mailman_address(each.address, aim.list_domain)
        if taken.setdefault(there, each.address) != each.address:
            why = f"in Mailman it would be {there}, as {taken[there]} is"
            todo = "Keep the domains apart: let policy.list_domain contain {domain}, or rename one on the source."
            findings.append(Finding("list", str(each.address), Outcome.DROPPED, "address", why, todo))
            continue
        if there != each.address:
            why = f"its address is {there} in Mailman; mail to the old one and to its service addresses goes there"
            findings.append(Finding("list", str(each.address), Outcome.CHANGED, "address", why))
        for own in under_all_names(each.address, claimed.others):
            yield from _rows(aim, LookupTable.LISTS, str(own), (there,))
            # Mailman decides who may write; a row of an exploder may be there from before.
            yield from _rows(aim, LookupTable.LIST_ACCESS, str(own), ("DUNNO",))
        for name, service in SERVICES.items():
            target = Address(there.domain, f"{there.local}-{service}")
            yield from _service_rows(aim, claimed, each, name, target)


def part_of(key: str) -> str | None:
    """Return the key of the row that the one with `key` continues, or None when it continues none."""
    part = _PART.fullmatch(key)
    return None if part is None else part["key"]


def mailman_address(address: Address, list_domain: str) -> Address:
    """Return the address that a list has in Mailman, by ``policy.list_domain``."""
    return Address(list_domain.replace("{domain}", address.domain), address.local)


def _service_rows(
    aim: Aim, claimed: ClaimedLists, each: MailingList, name: str, target: Address
) -> Iterator[WantedEntry]:
    """Yield the rows of one address that serves a list, unless somebody has it."""
    address = Address(each.address.domain, f"{each.address.local}-{name}")
    if claimed.claims.owner(address) is None:
        for own in under_all_names(address, claimed.others):
            yield from _rows(aim, LookupTable.LISTS, str(own), (target,))


def _rows(
    aim: Aim, table: LookupTable, key: str, values: Iterable[object], *, size: int = ROW_MEMBERS
) -> Iterator[WantedEntry]:
    """Yield one row, or several when there are more than `size` values."""
    every = sorted({str(value) for value in values if str(value).isascii()})
    for number, start in enumerate(range(0, len(every), size), 1):
        name = key if number == 1 else f"{key} {number}"
        attributes = {
            "objectClass": ("lookupTableEntry",),
            "lookupKey": (key,) if number == 1 else (name, key),
            "lookupValue": tuple(every[start : start + size]),
        }
        yield WantedEntry(f"{table}: {name}", aim.tree.lookup_row(table, name), attributes, ROW_ATTRIBUTES)
