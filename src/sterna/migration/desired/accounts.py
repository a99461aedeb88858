"""Accounts: whether they can be held, their aliases, their entries and quotas."""

from __future__ import annotations

from collections.abc import Mapping

from sterna.cyrus.names import UnholdableAddressError, internal
from sterna.migration.desired.claims import Claims, not_ascii, under_aliases
from sterna.migration.desired.wanted import Aim, WantedEntry
from sterna.model.account import Account, ClearPassword, Forward, UnreadablePassword
from sterna.model.address import Address
from sterna.model.finding import Finding, Outcome
from sterna.model.mailbox import INBOX
from sterna.openldap.entries import ACCOUNT_ATTRIBUTES, AccountEntry, Status, kib


def holdable(account: Account, findings: list[Finding]) -> bool:
    """Return whether the mail store can hold the account under its name."""
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


def claim_aliases(account: Account, claims: Claims, findings: list[Finding]) -> tuple[Address, ...]:
    """Claim the account's aliases and return those it gets."""
    mine: list[Address] = []
    for alias in sorted(set(account.aliases)):
        if alias == account.address:
            continue
        in_the_way = claims.take(alias, account.address)
        if in_the_way is None:
            mine.append(alias)
        else:
            findings.append(in_the_way)
    return tuple(mine)


def quota_kib(aim: Aim, account: Account, use_bytes: int) -> int | None:
    """Return the quota of the account's INBOX in KiB, never below the use: nobody starts over quota."""
    if account.quota_bytes is None:
        return None
    return kib(max(account.quota_bytes, use_bytes) + aim.quota_headroom_bytes)


def account_entry(
    aim: Aim,
    account: Account,
    aliases: tuple[Address, ...],
    others: Mapping[str, tuple[str, ...]],
    findings: list[Finding],
) -> WantedEntry:
    """Return the account's entry; `aliases` are those it got, `others` the domains' other names."""
    own = (account.address, *aliases)
    alternates = [*aliases, *(each for address in own for each in under_aliases(address, others))]
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
            findings.append(not_ascii("forward", str(address), target))
    if not targets:
        return []  # a copy alone, or nowhere at all, is plain delivery: mail must never vanish
    return [*targets, address] if forward.keep_copy else targets
