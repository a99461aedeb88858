"""Accounts: whether they can be held, their aliases, their entries and quotas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sterna.cyrus.names import UnholdableAddressError, internal
from sterna.migration.desired.claims import Claims, not_ascii, under_aliases
from sterna.migration.desired.wanted import Aim, WantedEntry
from sterna.migration.desired.ways import Kind, Way
from sterna.model.account import Account, ClearPassword, Part, UnreadablePassword
from sterna.model.address import Address
from sterna.model.finding import Finding, Outcome
from sterna.model.mailbox import INBOX
from sterna.openldap.contact import RefusedValue, contact_attributes
from sterna.openldap.entries import ACCOUNT_ATTRIBUTES, AccountEntry, Status, kib

_ATTRIBUTES: Final = {Part.ALIASES: "mailAlternateAddress", Part.FILTERS: "mailForwardingAddress"}
"""What stays as it is in an entry while the source does not tell a part of its account."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """The addresses of an account besides its own, and where its mail goes; its own among these keeps a copy."""

    aliases: tuple[Address, ...] = ()
    forwards: tuple[Address, ...] = ()


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
    addresses: Addresses,
    others: Mapping[str, tuple[str, ...]],
    findings: list[Finding],
) -> WantedEntry:
    """Return the account's entry.

    Args:
        aim: what the site file says about the target.
        account: whose entry it is.
        addresses: the aliases it got, and where its mail goes.
        others: each domain's other names.
        findings: where to put what cannot be carried.
    """
    own = (account.address, *addresses.aliases)
    alternates = [*addresses.aliases, *(each for address in own for each in under_aliases(address, others))]
    subject = str(account.address)
    password = account.password
    if isinstance(password, ClearPassword) and not password.secret.reveal():
        # An unreadable password was reported by whoever read it; an empty one is only here seen to be of no use.
        password = UnreadablePassword("it is empty, and an empty password must open nothing (RFC 4513 section 5.1.2)")
        todo = "Set a new password on the target and tell the person."
        findings.append(Finding("account", subject, Outcome.UNREADABLE, "Password", password.reason, todo))
    untold = {_ATTRIBUTES[part] for part in account.unread if part in _ATTRIBUTES}
    contact, refused = contact_attributes(account.contact)
    findings += [_refused(subject, each) for each in refused]
    plain = AccountEntry(
        address=account.address,
        real_name=account.real_name,
        status=Status.ACTIVE if account.enabled else Status.NOACCESS,
        alternates=alternates,
        forwards=addresses.forwards,
        quota_bytes=account.quota_bytes,
        mail_server=aim.mail_server,
    ).attributes()
    return WantedEntry(
        subject=subject,
        dn=aim.tree.account(account.address),
        attributes={**plain, **contact},
        # What the source says of a person is made equal; of what it does not say, nothing is touched.
        managed=(
            *(name for name in ACCOUNT_ATTRIBUTES if name not in untold),
            *(name for name in contact if name not in ACCOUNT_ATTRIBUTES),
        ),
        password=password,
    )


def account_way(account: Account, claims: Claims, findings: list[Finding]) -> Way | None:
    """Return where the account's mail goes besides or instead of its INBOX, or None when it goes nowhere else."""
    if account.forward is None:
        return None
    subject = str(account.address)
    targets: list[Address] = []
    for target in account.forward.targets:
        if not str(target).isascii():
            findings.append(not_ascii("forward", subject, target))
        elif claims.unknown(target):
            why = "nobody has this address, so each message would come back from it; it is left out"
            todo = "Correct the rule on the source."
            findings.append(Finding("forward", subject, Outcome.DROPPED, f"forward to {target}", why, todo))
        else:
            targets.append(target)
    if not targets:
        return None  # a copy alone, or nowhere at all, is plain delivery: mail must never vanish
    if account.forward.keep_copy:
        targets.append(account.address)
    return Way(Kind.ACCOUNT, account.address, tuple(targets))


def _refused(subject: str, refused: RefusedValue) -> Finding:
    todo = "Correct it on the source, or enter it on the target by hand."
    return Finding("account", subject, Outcome.DROPPED, refused.attribute, refused.why, todo, detail=refused.value)
