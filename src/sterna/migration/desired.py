"""What the target should hold, from what the source has: entries, rows of lookup tables, mailboxes and quotas. Pure.

An address belongs to one account or forwarder only. Where two claim it, the stronger claim wins (an account's own name,
then an alias, then a forwarder; among equals the first in the order of addresses) and the other is a finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sterna.cyrus.names import UnholdableAddressError, internal
from sterna.model.account import Account, ClearPassword, Domain, Forward, Forwarder, Password, UnreadablePassword
from sterna.model.address import Address
from sterna.model.finding import Finding, Outcome
from sterna.model.mailbox import INBOX
from sterna.openldap.entries import (
    ACCOUNT_ATTRIBUTES,
    ROW_ATTRIBUTES,
    AccountEntry,
    Attributes,
    Status,
    domain_attributes,
    kib,
    row_attributes,
)
from sterna.openldap.tree import LookupTable, Tree


@dataclass(frozen=True, slots=True)
class Aim:
    """What the site file says about the target."""

    tree: Tree
    mail_server: str
    quota_headroom_bytes: int


@dataclass(frozen=True, slots=True)
class WantedEntry:
    """An entry of the directory.

    Fields:
        subject: what it is for, as an operator would name it: an address, a domain, or ``table: key``.
        attributes: without the password.
        managed: the attributes in which an entry that exists already is made equal; all others are left alone.
        password: to be set when the entry has none; None for what nobody logs in with.
    """

    subject: str
    dn: str
    attributes: Attributes
    managed: tuple[str, ...] = ()
    password: Password | None = None


@dataclass(frozen=True, slots=True)
class WantedMailbox:
    """An account's INBOX; `quota_kib` is None when there is no limit."""

    address: Address
    quota_kib: int | None


@dataclass(frozen=True, slots=True)
class Desired:
    """All of it, each tuple in the order in which it has to be made."""

    domains: tuple[WantedEntry, ...]
    accounts: tuple[WantedEntry, ...]
    rows: tuple[WantedEntry, ...]
    mailboxes: tuple[WantedMailbox, ...]
    findings: tuple[Finding, ...]


def desired(
    aim: Aim,
    domains: Sequence[Domain],
    accounts: Iterable[Account],
    forwarders: Iterable[Forwarder],
    use_bytes: Mapping[Address, int],
) -> Desired:
    """Return what the target should hold.

    Args:
        aim: what the site file says about the target.
        domains: with their other names; every account and forwarder is in one of them.
        accounts: in any order.
        forwarders: in any order.
        use_bytes: how much mail each account with a limit has now.
    """
    findings: list[Finding] = []
    others = _domain_aliases(domains, findings)
    kept = [account for account in sorted(accounts, key=lambda each: each.address) if _holdable(account, findings)]
    claims = {account.address: account.address for account in kept}
    aliases = {account.address: _aliases(account, claims, findings) for account in kept}
    sent_on = _forwarders(forwarders, claims, findings)
    return Desired(
        domains=tuple(
            WantedEntry(domain.name, aim.tree.domain(domain.name), domain_attributes(domain.name)) for domain in domains
        ),
        accounts=tuple(_account(aim, each, aliases[each.address], others, findings) for each in kept),
        rows=tuple(_rows(aim, others, sent_on)),
        mailboxes=tuple(
            WantedMailbox(each.address, quota_kib(aim, each, use_bytes.get(each.address, 0))) for each in kept
        ),
        findings=tuple(findings),
    )


def quota_kib(aim: Aim, account: Account, use_bytes: int) -> int | None:
    """Return the quota of the account's INBOX in KiB, never below the use: nobody starts over quota."""
    if account.quota_bytes is None:
        return None
    return kib(max(account.quota_bytes, use_bytes) + aim.quota_headroom_bytes)


def _domain_aliases(domains: Sequence[Domain], findings: list[Finding]) -> dict[str, tuple[str, ...]]:
    """Return for each domain its other names, those left out that are somebody else's already."""
    taken = {domain.name: domain.name for domain in domains}
    result: dict[str, tuple[str, ...]] = {}
    for domain in domains:
        mine: list[str] = []
        for alias in domain.aliases:
            owner = taken.setdefault(alias, domain.name)
            if owner == domain.name and alias != domain.name:
                mine.append(alias)
            elif owner != domain.name:
                why = f"the name belongs to the domain {owner} already"
                findings.append(_collision("domain", domain.name, f"domain alias {alias}", why))
        result[domain.name] = tuple(dict.fromkeys(mine))
    return result


def _holdable(account: Account, findings: list[Finding]) -> bool:
    try:
        internal(account.address, INBOX)
    except UnholdableAddressError as error:
        findings.append(
            Finding(
                "account",
                str(account.address),
                Outcome.DROPPED,
                "account",
                f"{error}",
                "Give it another name on the source, with this one as an alias where possible.",
            )
        )
        return False
    return True


def _aliases(account: Account, claims: dict[Address, Address], findings: list[Finding]) -> tuple[Address, ...]:
    """Claim the account's aliases and return those it gets."""
    mine: list[Address] = []
    for alias in sorted(set(account.aliases)):
        if alias == account.address:
            continue
        if not str(alias).isascii():
            findings.append(_not_ascii("alias", str(account.address), alias))
            continue
        owner = claims.setdefault(alias, account.address)
        if owner == account.address:
            mine.append(alias)
        else:
            why = f"the address belongs to {owner} already"
            findings.append(_collision("alias", str(account.address), f"alias {alias}", why))
    return tuple(mine)


def _forwarders(
    forwarders: Iterable[Forwarder], claims: dict[Address, Address], findings: list[Finding]
) -> list[Forwarder]:
    """Claim the forwarders' addresses and return those that are kept."""
    kept: list[Forwarder] = []
    for forwarder in sorted(forwarders, key=lambda each: (each.address, each.target)):
        subject = str(forwarder.address)
        if not (subject + str(forwarder.target)).isascii():
            findings.append(_not_ascii("forwarder", subject, forwarder.address))
        elif forwarder.target == forwarder.address:
            why = "it sends mail to itself"
            findings.append(_collision("forwarder", subject, f"forwarder to {forwarder.target}", why))
        elif forwarder.address in claims:
            why = f"the address belongs to {claims[forwarder.address]} already"
            findings.append(_collision("forwarder", subject, f"forwarder to {forwarder.target}", why))
        else:
            claims[forwarder.address] = forwarder.address
            kept.append(forwarder)
    return kept


def _account(
    aim: Aim,
    account: Account,
    aliases: tuple[Address, ...],
    others: Mapping[str, tuple[str, ...]],
    findings: list[Finding],
) -> WantedEntry:
    own = (account.address, *aliases)
    alternates = [*aliases, *(each for address in own for each in _under_aliases(address, others))]
    subject = str(account.address)
    password = account.password
    if isinstance(password, ClearPassword) and not password.secret.reveal():
        # An unreadable password was reported by whoever read it; an empty one is only here seen to be of no use.
        password = UnreadablePassword("it is empty, and an empty password must open nothing (RFC 4513 section 5.1.2)")
        todo = "Set a new password on the target and tell the person."
        findings.append(Finding("account", subject, Outcome.UNREADABLE, "Password", password.reason, todo))
    return WantedEntry(
        subject=subject,
        dn=aim.tree.account(account.address),
        attributes=AccountEntry(
            address=account.address,
            real_name=account.real_name,
            status=Status.ACTIVE if account.enabled else Status.NOACCESS,
            alternates=alternates,
            forwards=_forwards(account.address, account.forward, findings),
            quota_bytes=account.quota_bytes,
            mail_server=aim.mail_server,
        ).attributes(),
        managed=ACCOUNT_ATTRIBUTES,
        password=password,
    )


def _forwards(address: Address, forward: Forward | None, findings: list[Finding]) -> list[Address]:
    if forward is None:
        return []
    targets: list[Address] = []
    for target in forward.targets:
        if str(target).isascii():
            targets.append(target)
        else:
            findings.append(_not_ascii("forward", str(address), target))
    if not targets:
        return []  # a copy alone, or nowhere at all, is plain delivery: mail must never vanish
    return [*targets, address] if forward.keep_copy else targets


def _under_aliases(address: Address, others: Mapping[str, tuple[str, ...]]) -> list[Address]:
    return [Address(domain=domain, local=address.local) for domain in others.get(address.domain, ())]


def _rows(aim: Aim, others: Mapping[str, tuple[str, ...]], forwarders: Sequence[Forwarder]) -> Iterable[WantedEntry]:
    for domain in others:
        yield _row(aim, LookupTable.MYDESTINATION, domain, domain)
    for domain, aliases in others.items():
        for alias in aliases:
            yield _row(aim, LookupTable.VIRTUAL_DOMAINS, alias, domain)
    for forwarder in forwarders:
        for address in (forwarder.address, *_under_aliases(forwarder.address, others)):
            yield _row(aim, LookupTable.VIRTUAL_USERS, str(address), str(forwarder.target))


def _row(aim: Aim, table: LookupTable, key: str, value: str) -> WantedEntry:
    dn = aim.tree.lookup_row(table, key)
    return WantedEntry(f"{table}: {key}", dn, row_attributes(key, (value,)), ROW_ATTRIBUTES)


def _collision(kind: str, subject: str, what: str, why: str) -> Finding:
    return Finding(kind, subject, Outcome.DROPPED, what, why, "Decide whose it is, and correct it on the source.")


def _not_ascii(kind: str, subject: str, address: Address) -> Finding:
    why = "the directory holds addresses in ASCII only (RFC 4524 section 2.4)"
    return Finding(kind, subject, Outcome.DROPPED, f"address {address}", why, "Give it an address in ASCII.")
