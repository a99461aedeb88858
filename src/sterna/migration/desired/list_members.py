"""Whom a list's mail reaches, and who may write to lists and to what leads to them. Pure.

An address that leads to a list must not open it: whoever may not write to the list may not reach it by a group, a
forwarder, another list or somebody's forward either.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from sterna.migration.desired.claims import Claims, not_ascii
from sterna.migration.desired.list_senders import Senders
from sterna.migration.desired.unknown import CatchAll
from sterna.migration.desired.ways import Kind, Resolve, Way
from sterna.model.address import Address
from sterna.model.finding import Finding, Outcome
from sterna.model.lists import MailingList

Guards = Mapping[Address, Senders]
"""Who may write to lists, and to groups, forwarders and routes that lead to lists."""


def guards(
    may_write: Mapping[Address, Senders], ways: Iterable[Way], resolve: Resolve, findings: list[Finding]
) -> dict[Address, Senders]:
    """Return who may write where.

    Args:
        may_write: the same for the lists alone.
        ways: of everything else; accounts take mail from everybody and are left out.
        resolve: whose an address is.
        findings: where to put what becomes of groups.
    """
    result = dict(may_write)
    leads = {way.start: way for way in ways if way.kind is not Kind.ACCOUNT}
    for way in leads.values():
        closed = [each for each in sorted(_behind(way, leads, resolve) & may_write.keys()) if not may_write[each].open]
        if not closed:
            continue
        who = may_write[closed[0]]
        for each in closed[1:]:
            who = who.also(may_write[each])
        result[way.start] = who
        if len(way.targets) > 1:
            why = (
                f"mail to it reaches the list {closed[0]}, so the target takes mail only from those who may write there"
            )
            todo = "Take the list out of it if everybody has to be able to write to the others."
            findings.append(Finding(way.kind, str(way.start), Outcome.CHANGED, "members", why, todo))
    return result


def list_way(
    mailing_list: MailingList, allowed: Guards, claims: Claims, resolve: Resolve, findings: list[Finding]
) -> Way:
    """Return where a list's mail goes: to its members who get mail, to its owner when there are none."""
    subject = str(mailing_list.address)
    members: set[Address] = set()
    for subscriber in mailing_list.subscribers:
        member = subscriber.address
        if not subscriber.delivery.receives or member in members:
            continue
        if not str(member).isascii():
            findings.append(not_ascii("list", subject, member))
        elif claims.owner(member) == mailing_list.address:
            why = "the list is a member of itself; the target leaves this out"
            findings.append(Finding("list", subject, Outcome.CHANGED, f"member {member}", why))
        elif claims.unknown(member):
            why = "nobody has this address, so each message would come back from it; it is left out"
            findings.append(Finding("list", subject, Outcome.DROPPED, f"member {member}", why, "Take it off the list."))
        else:
            members.add(member)
    admitted = tuple(_admitted(mailing_list.address, sorted(members), allowed, resolve, findings))
    return Way(Kind.LIST, mailing_list.address, admitted or (mailing_list.owner,))


def forward_without_lists(way: Way, allowed: Guards, resolve: Resolve, findings: list[Finding]) -> Way:
    """Return an account's way without those targets by which everybody could write to a list."""
    kept: list[Address] = []
    for target in way.targets:
        home = resolve(target)
        if home is None or home not in allowed or allowed[home].open:
            kept.append(target)
            continue
        why = f"{target} takes mail only from those who may write to it, and this account from everybody"
        todo = f"Let somebody who may write to {target} send on what belongs there."
        findings.append(Finding("forward", str(way.start), Outcome.DROPPED, f"forward to {target}", why, todo))
    # A copy alone is plain delivery, and nowhere at all as well.
    return replace(way, targets=tuple(kept) or (way.start,))


def without_closed_lists(
    catch_alls: Iterable[CatchAll], allowed: Guards, resolve: Resolve, findings: list[Finding]
) -> list[CatchAll]:
    """Return those catch-alls by which nobody reaches a list who may not write to it."""
    kept: list[CatchAll] = []
    for each in catch_alls:
        # A whole domain's guards hold for the names that are sent on to it.
        home = None if each.target.startswith("@") else resolve(Address.parse(each.target))
        if home is None or home not in allowed or allowed[home].open:
            kept.append(each)
            continue
        why = f"mail for unknown names goes to {each.target}, which not everybody may write to; the target refuses it"
        todo = "Let it go to a person."
        findings.append(Finding("domain", each.domain, Outcome.DROPPED, "mail for unknown names", why, todo))
    return kept


def _admitted(
    address: Address, members: Iterable[Address], allowed: Guards, resolve: Resolve, findings: list[Finding]
) -> Iterator[Address]:
    """Yield the members without the lists that would not take mail from this one."""
    for member in members:
        other = allowed.get(resolve(member) or member)
        if other is None or other.open or other.admits(address):
            yield member
        else:
            why = f"{member} takes mail only from those who may write to it, and the list {address} is none of them"
            todo = f"Let {address} write to {member}, as a member of it without delivery, if it is meant to."
            findings.append(Finding("list", str(address), Outcome.DROPPED, f"member {member}", why, todo))


def _behind(way: Way, leads: Mapping[Address, Way], resolve: Resolve) -> set[Address]:
    """Return all of ours that mail to `way` reaches, as far as groups, forwarders and routes lead."""
    seen: set[Address] = set()
    waiting = list(way.targets)
    while waiting:
        address = resolve(waiting.pop())
        if address is not None and address not in seen:
            seen.add(address)
            if address in leads:
                waiting += leads[address].targets
    return seen
