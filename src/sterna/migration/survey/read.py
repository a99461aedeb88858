"""Read accounts and addresses of the source into the store, one after the other as they come."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeVar

from sterna.communigate.read import MailboxUse, Read
from sterna.migration.desired import Aim, WithoutAccount, address_findings
from sterna.migration.groups import expanded
from sterna.migration.survey.account_findings import account_findings
from sterna.migration.survey.families import with_family
from sterna.migration.survey.rows import account_row, addresses_of, counts_of, plain
from sterna.model.account import Account, ClearPassword, Domain, Forwarder, Group
from sterna.model.address import Address
from sterna.model.finding import Finding, Outcome
from sterna.model.lists import MailingList
from sterna.model.routes import AddressRoute, DomainRoute, Route
from sterna.model.secret import Secret
from sterna.state.survey_store import SurveyStore

T = TypeVar("T")

_MOST_PASSWORDS: Final = 20
"""How many readable passwords are kept in memory, to try the normal login with some of them."""


class SurveySource(Protocol):
    """What is needed of `communigate.server.SourceServer`."""

    async def domains(self) -> list[Domain]:
        """Return all domains."""

    def accounts(self, domain: str) -> AsyncIterator[Read[Account]]:
        """Yield a domain's accounts."""

    async def forwarders(self, domain: str) -> list[Read[Forwarder]]:
        """Return a domain's forwarders."""

    async def groups(self, domain: str) -> list[Read[Group]]:
        """Return a domain's groups."""

    async def lists(self, domain: str) -> list[Read[MailingList]]:
        """Return a domain's mailing lists."""

    async def routes(self) -> list[Read[Route]]:
        """Return the lines of the router that are understood."""

    async def domain_findings(self, domain: str) -> tuple[Finding, ...]:
        """Return what a domain's own settings do."""

    async def server_findings(self) -> tuple[Finding, ...]:
        """Return what server-wide settings do."""

    async def raw_mailboxes(self, address: Address) -> dict[str, MailboxUse]:
        """Return an account's mailboxes by the names as the CLI spells them."""


@dataclass(slots=True)
class ReadSource:
    """What stays in memory of all that was read.

    Fields:
        accounts: how many.
        passwords: a few that are readable, of accounts that may log in.
    """

    accounts: int = 0
    passwords: dict[Address, Secret] = field(default_factory=dict)


async def read_into(
    store: SurveyStore, source: SurveySource, aim: Aim, on_account: Callable[[int], None]
) -> ReadSource:
    """Read everything but mail into `store`; what cannot be read is a finding there.

    Groups, lists, forwarders and routes are held in memory together, accounts are not; for working out whose each
    address is, the addresses and forwards of all accounts are.

    Args:
        store: which is empty.
        source: to read.
        aim: what the site file says about the target, on which everything is tried.
        on_account: called with the number of accounts read so far.

    Raises:
        SternaError: with scope SERVER or above: the source cannot be used.
    """
    done = ReadSource()
    domains = await source.domains()
    forwarders: list[Forwarder] = []
    groups: list[Group] = []
    lists: list[MailingList] = []
    for domain in domains:
        store.add_thing("domain", domain.name, _domain(domain))
        store.count("domain", 1)
        store.count("domain alias", len(domain.aliases))
        forwarders += _keep(store, "forwarder", await source.forwarders(domain.name), _forwarder)
        groups += _keep(store, "group", await source.groups(domain.name), _group)
        lists += _keep(store, "list", await source.lists(domain.name), _list)
    members = expanded(groups)
    for domain in domains:
        async for read in source.accounts(domain.name):
            store.add_findings(map(with_family, read.findings))
            if read.value is not None and _keep_account(store, read.value, done):
                store.add_findings(map(with_family, account_findings(aim, read.value, domain, members)))
                on_account(done.accounts)
        store.add_findings(map(with_family, await source.domain_findings(domain.name)))
    routes = _keep(store, "route", await source.routes(), _route)
    store.add_findings(map(with_family, await source.server_findings()))
    others = WithoutAccount(tuple(forwarders), tuple(groups), tuple(lists), tuple(routes))
    accounts = (addresses_of(each.as_json) for each in store.view.accounts())
    store.add_findings(map(with_family, address_findings(aim, domains, accounts, others)))
    return done


def _keep_account(store: SurveyStore, account: Account, done: ReadSource) -> bool:
    """Keep an account; False when there is one of the same address already."""
    if not store.add_account(account_row(account)):
        why = "the source lists two accounts of this name; the first is surveyed"
        twice = Finding("account", str(account.address), Outcome.DROPPED, "account", why, "Rename one of them.")
        store.add_findings([with_family(twice)])
        return False
    done.accounts += 1
    password = account.password
    if isinstance(password, ClearPassword) and account.enabled and len(done.passwords) < _MOST_PASSWORDS:
        done.passwords[account.address] = password.secret
    for kind, number in counts_of(account).items():
        store.count(kind, number)
    return True


def _keep(
    store: SurveyStore, kind: str, reads: Sequence[Read[T]], shown: Callable[[T], Mapping[str, object]]
) -> list[T]:
    """Keep what is no account, and return it."""
    values: list[T] = []
    for read in reads:
        store.add_findings(map(with_family, read.findings))
        if read.value is not None:
            row = shown(read.value)
            store.add_thing(kind, str(row.get("address", row.get("line", ""))), row)
            values.append(read.value)
    store.count(kind, len(values))
    return values


def _domain(domain: Domain) -> Mapping[str, object]:
    unknown = {"action": domain.unknown.action.value, "target": domain.unknown.target}
    return {"name": domain.name, "aliases": list(domain.aliases), "main": domain.main, "unknown": unknown}


def _forwarder(forwarder: Forwarder) -> Mapping[str, object]:
    return {"address": str(forwarder.address), "target": str(forwarder.target)}


def _group(group: Group) -> Mapping[str, object]:
    names = ("reply_to_group", "reject_automatic", "without_author", "enabled")
    return {
        "address": str(group.address),
        "real_name": group.real_name,
        "members": [str(each) for each in group.members],
        **{name: getattr(group, name) for name in names},
    }


def _list(each: MailingList) -> Mapping[str, object]:
    said = plain(each)
    assert isinstance(said, dict)  # noqa: S101 a dataclass
    del said["type"]
    subscribers = said.pop("subscribers")
    return {**said, "subscribers": len(subscribers), "members": len(each.members), "people": subscribers}


def _route(route: Route) -> Mapping[str, object]:
    match route:
        case AddressRoute():
            return {"address": str(route.address), "target": str(route.target), "line": route.line}
        case DomainRoute():
            return {"domain": route.domain, "target": route.target, "line": route.line}
