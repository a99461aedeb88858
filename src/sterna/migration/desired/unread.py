"""What the source has and could not be read: on the target it stays as it is. Pure.

"Nobody has this address" may be said only where everything was read. Otherwise a refusal of the source would take
people out of groups, give their mail to a catch-all, and take members off lists.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from sterna.migration.desired.claims import under_all_names
from sterna.migration.desired.unknown import CatchAll
from sterna.migration.desired.wanted import Unread
from sterna.migration.desired.ways import Resolve, Way
from sterna.model.account import Account, Part
from sterna.model.address import Address
from sterna.model.finding import Finding, Outcome
from sterna.model.lists import MailingList

_AGAIN = "Let the source tell it, then plan again."


def unsure_domains(unread: Unread, accounts: Iterable[Account]) -> frozenset[str]:
    """Return the domains in which there may be addresses, as aliases, of which nothing is known."""
    untold = (account.address for account in accounts if Part.ALIASES in account.unread)
    return unread.domains.union(address.domain for address in (*unread.accounts, *untold))


def unsure_lists(unread: Unread, lists: Iterable[MailingList], accounts: Mapping[Address, Account]) -> list[Finding]:
    """Return why the rows of lists cannot be told; there is no finding when they can.

    Rows that say who may write, and to whom mail goes elsewhere, are made of all lists together.
    """
    why = "not all of its subscribers could be read; no list on the target is changed and none is made until they can"
    found = [
        Finding("list", str(each.address), Outcome.UNREADABLE, "subscribers", why, _AGAIN)
        for each in lists
        if not each.complete
    ]
    for each in lists:
        owner = accounts.get(each.owner)
        if each.owner in unread.accounts or (owner is not None and Part.ALIASES in owner.unread):
            why = f"not all addresses of its owner {each.owner} could be read, so no list on the target is changed"
            found.append(Finding("list", str(each.address), Outcome.UNREADABLE, "owner", why, _AGAIN))
    if unread.lists:
        why = "there may be lists of which nothing could be read; no list on the target is changed and none is made"
        found.append(Finding("list", "source", Outcome.UNREADABLE, "lists", why, _AGAIN))
    return found


def leading_to(ends: Collection[Address], ways: Iterable[Way], resolve: Resolve) -> frozenset[Address]:
    """Return the starts of all ways by which mail reaches one of `ends`, and these themselves."""
    back: dict[Address, list[Address]] = {}
    for way in ways:
        for target in way.targets:
            back.setdefault(resolve(target) or target, []).append(way.start)
    seen: set[Address] = set()
    waiting = list(ends)
    while waiting:
        address = waiting.pop()
        if address not in seen:
            seen.add(address)
            waiting += back.get(address, ())
    return frozenset(seen)


def told_catch_alls(wanted: Iterable[CatchAll], unsure: Collection[str], findings: list[Finding]) -> Iterator[CatchAll]:
    """Yield the catch-alls of domains of which all addresses are known; others would take mail that is somebody's."""
    for each in wanted:
        if each.domain not in unsure:
            yield each
            continue
        why = "not all addresses of the domain could be read, so where mail for other names goes stays as it is"
        findings.append(
            Finding("domain", each.domain, Outcome.UNREADABLE, f"mail for unknown names: {each.target}", why, _AGAIN)
        )


def account_findings(unread: Unread, accounts: Iterable[Account]) -> Iterator[Finding]:
    """Yield what of accounts stays as it is on the target."""
    for address in unread.accounts:
        why = "it is on the source and could not be read; what the target has of it stays as it is"
        yield Finding("account", str(address), Outcome.UNREADABLE, "account on the target", why, _AGAIN)
    names = {Part.ALIASES: "aliases", Part.FILTERS: "filters and forward"}
    for account in accounts:
        for part, what in names.items():
            if part in account.unread:
                why = "the source did not tell them; what the target has of them stays as it is"
                yield Finding("account", str(account.address), Outcome.UNREADABLE, what, why, _AGAIN)


def names_of(
    addresses: Iterable[Address], others: Mapping[str, tuple[str, ...]], services: Iterable[str] = ()
) -> Iterator[str]:
    """Yield each address under all names of its domain, also with each of the `services` after a hyphen."""
    endings = ("", *(f"-{service}" for service in services))
    for address in addresses:
        for ending in endings:
            for name in under_all_names(Address(address.domain, address.local + ending), others):
                yield str(name)
