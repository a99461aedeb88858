"""What a survey of the source found, as values and as JSON."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sterna.migration.planned import finding_as_json
from sterna.migration.report import numbers
from sterna.model.account import (
    Account,
    ClearPassword,
    Domain,
    Forwarder,
    Group,
    HashedPassword,
    UnreadablePassword,
)
from sterna.model.address import Address
from sterna.model.finding import Finding
from sterna.model.lists import MailingList
from sterna.model.mailbox import MailboxName


@dataclass(frozen=True, slots=True)
class SurveyedMailbox:
    """A mailbox that can be read by IMAP; `target` is its name on the target, which cannot hold all names."""

    name: MailboxName
    messages: int
    size_bytes: int
    target: MailboxName


@dataclass(frozen=True, slots=True)
class SurveyedAccount:
    """An account and its mailboxes; `mailboxes` is None when they could not be read, and a finding says why."""

    account: Account
    mailboxes: tuple[SurveyedMailbox, ...] | None

    @property
    def messages(self) -> int:
        """How many messages it has."""
        return sum(mailbox.messages for mailbox in self.mailboxes or ())

    @property
    def size_bytes(self) -> int:
        """The size of them all."""
        return sum(mailbox.size_bytes for mailbox in self.mailboxes or ())


@dataclass(frozen=True, slots=True)
class Survey:
    """All that the source has, as far as it could be read.

    Fields:
        findings: whatever the target will not have, or have otherwise, or what could not be read.
        seconds: how long the survey took.
    """

    site: str
    domains: tuple[Domain, ...]
    accounts: tuple[SurveyedAccount, ...]
    forwarders: tuple[Forwarder, ...]
    groups: tuple[Group, ...]
    lists: tuple[MailingList, ...]
    findings: tuple[Finding, ...]
    seconds: float

    @property
    def exit_code(self) -> int:
        """Always 0: what was found is the result, whatever it is."""
        return 0

    def summary(self) -> str:
        """Say in one line what there is."""
        counts = self.counts()
        parts = [
            f"{numbers.count(counts['accounts'], 'account')} in {numbers.count(counts['domains'], 'domain')}",
            numbers.count(counts["aliases"], "alias", "aliases"),
            numbers.count(counts["mailboxes"], "mailbox", "mailboxes"),
            f"{numbers.count(counts['messages'], 'message')} ({numbers.size(counts['bytes'])})",
            numbers.count(counts["findings"], "finding"),
        ]
        return ", ".join(parts)

    def counts(self) -> dict[str, int]:
        """Return the sums."""
        people = [each.account for each in self.accounts]
        return {
            "domains": len(self.domains),
            "domain_aliases": sum(len(domain.aliases) for domain in self.domains),
            "accounts": len(people),
            "aliases": sum(len(account.aliases) for account in people),
            "forwards": sum(account.forward is not None for account in people),
            "forwarders": len(self.forwarders),
            "groups": len(self.groups),
            "lists": len(self.lists),
            "passwords_clear": sum(isinstance(account.password, ClearPassword) for account in people),
            "passwords_hashed": sum(isinstance(account.password, HashedPassword) for account in people),
            "passwords_unreadable": sum(isinstance(account.password, UnreadablePassword) for account in people),
            "without_login": sum(not account.enabled for account in people),
            "mailboxes": sum(len(each.mailboxes or ()) for each in self.accounts),
            "mailboxes_renamed": sum(
                mailbox.name != mailbox.target for each in self.accounts for mailbox in each.mailboxes or ()
            ),
            "messages": sum(each.messages for each in self.accounts),
            "bytes": sum(each.size_bytes for each in self.accounts),
            "findings": len(self.findings),
        }

    def as_json(self) -> dict[str, object]:
        """Return the survey as JSON values; of passwords only their kind."""
        return {
            "site": self.site,
            "summary": self.counts(),
            "domains": [{"name": d.name, "aliases": list(d.aliases), "main": d.main} for d in self.domains],
            "accounts": [_account(each) for each in self.accounts],
            "forwarders": [{"address": str(f.address), "target": str(f.target)} for f in self.forwarders],
            "groups": [
                {"address": str(g.address), "real_name": g.real_name, "members": [str(each) for each in g.members]}
                for g in self.groups
            ],
            "lists": [
                {"address": str(each.address), "owner": str(each.owner), "subscribers": len(each.subscribers)}
                for each in self.lists
            ],
            "findings": [finding_as_json(finding) for finding in self.findings],
            "seconds": round(self.seconds, 3),
        }


@dataclass(frozen=True, slots=True)
class AccountSurveyed:
    """The mailboxes of an account were read, or could not be; `number` of `total` accounts are done."""

    address: Address
    number: int
    total: int


OnSurveyed = Callable[[AccountSurveyed], None]


def password_kind(account: Account) -> str:
    """Return in a word what is known of the account's password: ``clear``, ``hashed`` or ``unreadable``."""
    match account.password:
        case ClearPassword():
            return "clear"
        case HashedPassword():
            return "hashed"
        case UnreadablePassword():
            return "unreadable"


def _account(each: SurveyedAccount) -> dict[str, object]:
    account, forward = each.account, each.account.forward
    return {
        "address": str(account.address),
        "real_name": account.real_name,
        "aliases": [str(alias) for alias in account.aliases],
        "forward": forward and {"targets": [str(target) for target in forward.targets], "keep_copy": forward.keep_copy},
        "quota_bytes": account.quota_bytes,
        "enabled": account.enabled,
        "password": password_kind(account),
        "messages": each.messages,
        "bytes": each.size_bytes,
        "mailboxes": None if each.mailboxes is None else [_mailbox(mailbox) for mailbox in each.mailboxes],
    }


def _mailbox(mailbox: SurveyedMailbox) -> dict[str, object]:
    return {
        "name": list(mailbox.name),
        "target": list(mailbox.target),
        "messages": mailbox.messages,
        "bytes": mailbox.size_bytes,
    }
