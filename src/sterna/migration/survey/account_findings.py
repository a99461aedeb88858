"""What becomes of one account on the target, apart from its mail and from what other accounts have. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from sterna.migration.copy.furniture import Members, unclear_grants
from sterna.migration.desired import Aim
from sterna.migration.desired.accounts import Addresses, account_entry
from sterna.migration.filters import wanted_script
from sterna.model.account import Account, Domain
from sterna.model.finding import Finding


def account_findings(aim: Aim, account: Account, domain: Domain, members: Members) -> Iterator[Finding]:
    """Yield what its entry, its filters and the access rights to its mailboxes lose.

    Args:
        aim: what the site file says about the target.
        account: as the source has it.
        domain: which it is in.
        members: of groups, each with those of the groups in it.
    """
    of_entry: list[Finding] = []
    account_entry(aim, account, Addresses((), ()), {}, of_entry)
    yield from of_entry
    _, of_filters = wanted_script(account, (), domain.aliases)
    yield from of_filters
    yield from unclear_grants(account, members)
