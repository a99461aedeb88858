"""Turn an account's filters into its script on the target."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from sterna.cyrus.names import map_names
from sterna.migration.copy.choosing import target_names
from sterna.migration.scripts import WantedScript, does_something
from sterna.migration.selection import NamesCollideError
from sterna.model.account import Account
from sterna.model.address import Address
from sterna.model.filter import MailboxPlace
from sterna.model.finding import Finding
from sterna.model.mailbox import MailboxName
from sterna.model.sharing import ForeignMailbox
from sterna.sieve.script import render

OTHERS = "Other Users"
"""What Cyrus's ``altnamespace`` calls the place of other people's mailboxes."""


def wanted_script(
    account: Account,
    mailboxes: Iterable[MailboxName],
    domain_aliases: Iterable[str],
    new_names: Mapping[MailboxName, MailboxName] = MappingProxyType({}),
) -> tuple[WantedScript | None, tuple[Finding, ...]]:
    """Return the account's script, None when it has no filters, and a finding for each filter.

    Args:
        account: whose filters.
        mailboxes: all that it has on the source, because those that the target cannot hold get other names there.
        domain_aliases: other names of its domain.
        new_names: what the operator wants mailboxes to be called, by their names on the source.
    """
    own = [Address(domain, each.local) for each in (account.address, *account.aliases) for domain in domain_aliases]
    script = render(
        account.filters, account.address, (*account.aliases, *own), _places(account.address, mailboxes, new_names)
    )
    if not script.text:
        return None, script.findings
    return WantedScript(account.address, script.text, does_something(script.text)), script.findings


def _places(
    account: Address, mailboxes: Iterable[MailboxName], new_names: Mapping[MailboxName, MailboxName]
) -> Callable[[MailboxPlace], str | None]:
    def mapped(these: set[MailboxName]) -> dict[MailboxName, MailboxName]:
        try:
            return target_names(these, new_names, {})
        except NamesCollideError:  # a finding of the plan; nothing is copied until it is decided
            return map_names(these)

    known = set(mailboxes)
    names = mapped(known)

    def place(mailbox: MailboxPlace) -> str | None:
        if not isinstance(mailbox, ForeignMailbox):
            return "/".join(names.get(mailbox) or mapped({*known, mailbox})[mailbox])
        owner = mailbox.owner.local if mailbox.owner.domain == account.domain else str(mailbox.owner)
        below = () if mailbox.name == ("INBOX",) else map_names([mailbox.name])[mailbox.name]
        return "/".join((OTHERS, owner, *below))

    return place
