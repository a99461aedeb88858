"""Turn an account's filters into its script on the target."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sterna.cyrus.names import map_names
from sterna.migration.scripts import WantedScript, does_something
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
    account: Account, mailboxes: Iterable[MailboxName], domain_aliases: Iterable[str]
) -> tuple[WantedScript | None, tuple[Finding, ...]]:
    """Return the account's script, None when it has no filters, and a finding for each filter.

    Args:
        account: whose filters.
        mailboxes: all that it has on the source, because those that the target cannot hold get other names there.
        domain_aliases: other names of its domain.
    """
    own = [Address(domain, each.local) for each in (account.address, *account.aliases) for domain in domain_aliases]
    script = render(account.filters, account.address, (*account.aliases, *own), _places(account.address, mailboxes))
    if not script.text:
        return None, script.findings
    return WantedScript(account.address, script.text, does_something(script.text)), script.findings


def _places(account: Address, mailboxes: Iterable[MailboxName]) -> Callable[[MailboxPlace], str | None]:
    names = map_names(mailboxes)

    def place(mailbox: MailboxPlace) -> str | None:
        if not isinstance(mailbox, ForeignMailbox):
            return "/".join(names.get(mailbox) or map_names([*names, mailbox])[mailbox])
        owner = mailbox.owner.local if mailbox.owner.domain == account.domain else str(mailbox.owner)
        below = () if mailbox.name == ("INBOX",) else map_names([mailbox.name])[mailbox.name]
        return "/".join((OTHERS, owner, *below))

    return place
