"""Put the parts together: all that the target should hold."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sterna.migration.desired.accounts import (
    Addresses,
    account_entry,
    account_way,
    claim_aliases,
    holdable,
    quota_kib,
)
from sterna.migration.desired.addresses import (
    chained,
    claim_forwarders,
    domain_rows,
    forwarder_way,
    table_entries,
    way_rows,
)
from sterna.migration.desired.claims import Claims, domain_aliases
from sterna.migration.desired.groups import claim_groups, group_way, without_members
from sterna.migration.desired.list_members import Guards, without_closed_lists
from sterna.migration.desired.lists import SERVICES, ClaimedLists, claim_lists, guarded_ways, list_rows
from sterna.migration.desired.reach import reach, without_dead_ends, without_rounds
from sterna.migration.desired.routes import (
    DomainRoutes,
    claim_routes,
    domain_routes,
    domains_elsewhere,
    existing_routes,
    overlay,
    passed_on_rows,
)
from sterna.migration.desired.unknown import CatchAll, catch_all_rows, catch_alls
from sterna.migration.desired.unread import (
    account_findings,
    leading_to,
    names_of,
    told_catch_alls,
    unsure_domains,
    unsure_lists,
)
from sterna.migration.desired.wanted import Aim, Desired, Unread, WantedEntry, WantedMailbox, WithoutAccount
from sterna.migration.desired.ways import Kind, Way, Ways, untangle
from sterna.model.account import Account, Domain
from sterna.model.address import Address
from sterna.model.finding import Finding
from sterna.openldap.entries import domain_attributes
from sterna.site.declaration import Lists


@dataclass(frozen=True, slots=True)
class _Settled:
    """Whose each address is and where its mail goes; what stood in the way is in `findings`, to which more may come."""

    routed: DomainRoutes
    others: Mapping[str, tuple[str, ...]]
    kept: Sequence[Account]
    aliases: Mapping[Address, tuple[Address, ...]]
    lists: ClaimedLists
    allowed: Guards
    catch_alls: Sequence[CatchAll]
    ways: Ways
    findings: list[Finding]
    untouched: frozenset[Address]
    """What is not made or changed, because not all of it, or of what it leads to, could be read."""
    lists_untouched: bool
    unsure: frozenset[str]


def desired(
    aim: Aim,
    domains: Sequence[Domain],
    accounts: Iterable[Account],
    without_account: WithoutAccount,
    use_bytes: Mapping[Address, int],
) -> Desired:
    """Return what the target should hold.

    Args:
        aim: what the site file says about the target.
        domains: with their other names; every account, forwarder, group and list is in one of them.
        accounts: in any order.
        without_account: what else takes mail.
        use_bytes: how much mail each account with a limit has now.
    """
    settled = _settled(aim, domains, accounts, without_account)
    kept, others, ways, findings = settled.kept, settled.others, settled.ways, settled.findings
    return Desired(
        domains=tuple(
            WantedEntry(domain.name, aim.tree.domain(domain.name), domain_attributes(domain.name)) for domain in domains
        ),
        accounts=tuple(
            account_entry(aim, each, Addresses(settled.aliases[each.address], _forwards(each, ways)), others, findings)
            for each in kept
        ),
        rows=(
            *table_entries(aim),
            *domain_rows(aim, others),
            *passed_on_rows(aim, settled.routed),
            *way_rows(aim, _told(ways, settled.untouched), others),
            *_list_rows(aim, settled),
            *catch_all_rows(aim, settled.catch_alls, others),
        ),
        mailboxes=tuple(
            WantedMailbox(each.address, quota_kib(aim, each, use_bytes.get(each.address, 0))) for each in kept
        ),
        findings=tuple(findings),
        unread=_unread_names(without_account.unread, settled),
        lists_unread=settled.lists_untouched,
    )


def address_findings(
    aim: Aim, domains: Sequence[Domain], accounts: Iterable[Account], without_account: WithoutAccount
) -> tuple[Finding, ...]:
    """Return what `desired` finds in addresses and in lists, without making entries, of which a large site has many.

    Of the accounts only addresses, aliases and forwards matter.
    """
    settled = _settled(aim, domains, accounts, without_account)
    list(_list_rows(aim, settled))
    return tuple(settled.findings)


def _settled(
    aim: Aim, domains: Sequence[Domain], accounts: Iterable[Account], without_account: WithoutAccount
) -> _Settled:
    findings: list[Finding] = []
    routed = domain_routes(without_account.routes, domain_aliases(domains, findings), findings)
    others = routed.same
    kept = [account for account in sorted(accounts, key=lambda each: each.address) if holdable(account, findings)]
    # In the order of their strength.
    unread = without_account.unread
    claims = Claims({each: each for each in (*unread.accounts, *(account.address for account in kept))}, others)
    aliases = {account.address: claim_aliases(account, claims, findings) for account in kept}
    forwarders = claim_forwarders(without_account.forwarders, claims, findings)
    groups = claim_groups(without_account.groups, claims, findings)
    lists = ClaimedLists(
        tuple(claim_lists(without_account.lists, claims, findings)),
        claims,
        others,
        frozenset(route.domain for route in routed.passed_on),
    )
    for each in unread.others:
        claims.take_name("address", each, "address")  # whoever has it already gets it
    unsure = unsure_domains(unread, kept)
    claims.may_have_more(unsure)
    findings += account_findings(unread, kept)
    held = unsure_lists(unread, lists.lists, {account.address: account for account in kept})
    findings += held
    # The router has the last word, because it is asked first.
    routes = claim_routes(without_account.routes, claims, findings)
    routes += [way for route in routed.overlaid for way in overlay(route, claims, findings)]
    catch_alls = _catch_alls(domains, routed, claims, findings)
    plain = [
        *(way for account in kept if (way := account_way(account, claims, findings)) is not None),
        *(forwarder_way(each, claims, findings) for each in forwarders),
        *(group_way(each, claims, findings) for each in groups),
        *existing_routes(routes, claims, findings),
    ]
    allowed, guarded = guarded_ways(aim, lists, aliases, plain, catch_alls, findings)
    resolve = reach(claims, catch_alls)
    ways = untangle(guarded, resolve, findings)
    catch_alls = without_closed_lists(catch_alls, allowed, resolve, findings)
    catch_alls = without_dead_ends(catch_alls, ways, resolve, findings)
    catch_alls = list(told_catch_alls(catch_alls, unsure, findings))
    # What leads to a list may open it while it is not known who may write there.
    untouched = leading_to(unread.others, ways.values(), resolve)
    untouched |= frozenset(allowed if held else ())
    findings += chained(ways, claims)
    findings += [without_members(each) for each in groups if each.enabled and not ways[each.address].targets]
    done = (routed, others, kept, aliases, lists, allowed, catch_alls, ways, findings)
    return _Settled(*done, untouched=untouched, lists_untouched=bool(held), unsure=unsure)


def _catch_alls(
    domains: Sequence[Domain], routed: DomainRoutes, claims: Claims, findings: list[Finding]
) -> list[CatchAll]:
    """Return where mail for unknown names goes; a line of the router is stronger than what the domain says."""
    elsewhere = domains_elsewhere(routed, claims, findings)
    taken = {each.domain for each in elsewhere}
    wanted = catch_alls([each for each in domains if each.name not in taken], claims, findings)
    return without_rounds([*elsewhere, *wanted], claims, findings)


def _told(ways: Ways, untouched: Collection[Address]) -> Iterator[Way]:
    for way in ways.values():
        if way.kind not in (Kind.ACCOUNT, Kind.LIST) and way.start not in untouched:
            yield way


def _list_rows(aim: Aim, settled: _Settled) -> Iterator[WantedEntry]:
    lists = settled.lists
    if aim.lists is Lists.MAILMAN:  # it has the members, and the rows of each list are its own
        lists = replace(lists, lists=tuple(each for each in lists.lists if each.complete))
    elif settled.lists_untouched:
        return
    yield from list_rows(aim, lists, settled.allowed, settled.ways, settled.findings)


def _unread_names(unread: Unread, settled: _Settled) -> frozenset[str]:
    lists = [each.address for each in settled.lists.lists if settled.lists_untouched]
    return frozenset(
        (
            *names_of((*unread.accounts, *settled.untouched), settled.others),
            *names_of((*unread.others, *lists), settled.others, SERVICES),
            *(f"@{name}" for domain in settled.unsure for name in (domain, *settled.others.get(domain, ()))),
        )
    )


def _forwards(account: Account, ways: Ways) -> tuple[Address, ...]:
    way = ways.get(account.address)
    return way.targets if way is not None and way.kind is Kind.ACCOUNT else ()
