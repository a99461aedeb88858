"""Put the parts together: all that the target should hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sterna.migration.desired.accounts import account_entry, claim_aliases, holdable, quota_kib
from sterna.migration.desired.addresses import claim_forwarders, domain_rows, forwarder_rows
from sterna.migration.desired.claims import Claims, domain_aliases
from sterna.migration.desired.lists import claim_lists, list_rows
from sterna.migration.desired.wanted import Aim, Desired, WantedEntry, WantedMailbox, WithoutAccount
from sterna.model.account import Account, Domain
from sterna.model.address import Address
from sterna.model.finding import Finding
from sterna.openldap.entries import domain_attributes


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
    findings: list[Finding] = []
    others = domain_aliases(domains, findings)
    kept = [account for account in sorted(accounts, key=lambda each: each.address) if holdable(account, findings)]
    # In the order of their strength.
    claims = Claims({account.address: account.address for account in kept})
    aliases = {account.address: claim_aliases(account, claims, findings) for account in kept}
    forwarders = claim_forwarders(without_account.forwarders, claims, findings)
    lists = claim_lists(without_account.lists, claims, findings)
    return Desired(
        domains=tuple(
            WantedEntry(domain.name, aim.tree.domain(domain.name), domain_attributes(domain.name)) for domain in domains
        ),
        accounts=tuple(account_entry(aim, each, aliases[each.address], others, findings) for each in kept),
        rows=(
            *domain_rows(aim, others),
            *forwarder_rows(aim, forwarders, others),
            *list_rows(aim, lists, others, findings),
        ),
        mailboxes=tuple(
            WantedMailbox(each.address, quota_kib(aim, each, use_bytes.get(each.address, 0))) for each in kept
        ),
        findings=tuple(findings),
    )
