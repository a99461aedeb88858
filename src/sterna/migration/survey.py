"""Look at the whole source and write nothing: accounts by its CLI, mail by IMAP, the one checked against the other."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from sterna.communigate.names import choose_name_encoding, mailbox_name
from sterna.communigate.server import MailboxUse, SourceServer
from sterna.cyrus.names import UnholdableAddressError, internal, map_names
from sterna.errors import SternaError
from sterna.migration.desired import Aim, desired
from sterna.migration.links import Links
from sterna.migration.source import SourceFacts, read_source
from sterna.migration.surveyed import (
    AccountSurveyed,
    OnSurveyed,
    Survey,
    SurveyedAccount,
    SurveyedMailbox,
)
from sterna.migration.workers import Workers
from sterna.model.address import Address
from sterna.model.finding import Finding, Outcome
from sterna.model.mailbox import INBOX, ListedMailbox, MailboxName
from sterna.openldap.tree import Tree
from sterna.site.declaration import Site

_SIZES_DIFFER: Final = 0.01
"""By what share an account's size may differ between CLI and IMAP: the source may store line ends as one byte."""

Look = tuple[Address, tuple[SurveyedMailbox, ...] | None, tuple[Finding, ...]]
"""One account's mailboxes, None when they cannot be read, and what was noticed."""


async def survey(site: Site, on_event: OnSurveyed | None = None) -> Survey:
    """Return what the source has; an account that cannot be read is a finding.

    Args:
        site: whose source; of its target only the declaration is used.
        on_event: called after each account.

    Raises:
        SternaError: with scope SERVER or above: the source cannot be reached, trusted or logged in to.
    """
    began = time.monotonic()
    async with SourceServer.open(site.source) as server:
        facts = await read_source(server)
        looks = await _look_at_all(site, server, facts, on_event)
    mailboxes = {address: found for address, found, _ in looks}
    findings = [*facts.findings, *_collisions(site, facts)]
    findings += [finding for _, _, some in sorted(looks, key=lambda look: look[0]) for finding in some]
    accounts = sorted(facts.accounts, key=lambda account: account.address)
    return Survey(
        site=site.name,
        domains=facts.domains,
        accounts=tuple(SurveyedAccount(account, mailboxes.get(account.address)) for account in accounts),
        forwarders=facts.forwarders,
        groups=facts.groups,
        lists=facts.lists,
        findings=tuple(findings),
        seconds=time.monotonic() - began,
    )


async def _look_at_all(
    site: Site, server: SourceServer, facts: SourceFacts, on_event: OnSurveyed | None
) -> Sequence[Look]:
    number = 0

    def done(look: Look) -> Look:
        nonlocal number
        number += 1
        if on_event is not None:
            on_event(AccountSurveyed(look[0], number, len(facts.accounts)))
        return look

    async def job(address: Address, links: Links) -> Look:
        return done(await _look(server, address, links))

    def failed(address: Address, error: SternaError) -> Look:
        why = f"its mailboxes could not be read: {error}"
        return done((address, None, (Finding("account", str(address), Outcome.UNREADABLE, "mailboxes", why),)))

    return await Workers(site, job, failed).run([account.address for account in facts.accounts])


async def _look(server: SourceServer, address: Address, links: Links) -> Look:
    """Read one account's mailboxes by IMAP, and compare them with what the CLI lists."""
    reader, prefix = await links.reader(address)
    listed = [mailbox for mailbox in await reader.mailboxes(prefix) if mailbox.selectable]
    states = await reader.status([prefix + mailbox.wire for mailbox in listed])
    found: dict[MailboxName, MailboxUse] = {}
    gone: list[ListedMailbox] = []
    for mailbox, state in zip(listed, states, strict=True):
        if state is None:
            gone.append(mailbox)
        else:
            size_bytes = await reader.size(prefix + mailbox.wire) if state.messages else 0
            found[mailbox.name] = MailboxUse(state.messages, size_bytes)
    raw = await server.raw_mailboxes(address)
    encoding = choose_name_encoding(raw, [mailbox.name for mailbox in listed])
    by_cli = {mailbox_name(path, encoding): use for path, use in raw.items()}
    renamed = _targets(address, found)
    findings = [
        *(_unreadable(address, mailbox.name) for mailbox in gone),
        *disagreements(address, found, by_cli, ignore={mailbox.name for mailbox in gone}),
        *(_renamed(address, name, target) for name, target in sorted(renamed.items()) if name != target),
    ]
    surveyed = tuple(
        SurveyedMailbox(name, use.messages, use.size_bytes, renamed[name]) for name, use in sorted(found.items())
    )
    return address, surveyed, tuple(findings)


def disagreements(
    address: Address,
    by_imap: Mapping[MailboxName, MailboxUse],
    by_cli: Mapping[MailboxName, MailboxUse],
    ignore: Iterable[MailboxName] = (),
) -> list[Finding]:
    """Return where the source's two interfaces say different things of an account's mailboxes.

    Mail that only the CLI knows cannot be copied. A message that arrives between the two questions is a difference
    too; a second survey tells.
    """
    findings: list[Finding] = []
    for name in sorted(by_cli.keys() - by_imap.keys() - set(ignore)):
        use = by_cli[name]
        why = f"the CLI lists it with {use.messages} messages, IMAP does not show it, so it is not copied"
        todo = "Let IMAP show it (IMAPSeesNonMail), or export what is in it." if use.messages else ""
        findings.append(Finding("mailbox", _place(address, name), Outcome.DROPPED, "mailbox", why, todo))
    for name in sorted(by_imap.keys() - by_cli.keys()):
        why = "IMAP shows it and the CLI does not list it; what IMAP shows is copied"
        findings.append(Finding("mailbox", _place(address, name), Outcome.KEPT, "mailbox", why))
    for name in sorted(by_imap.keys() & by_cli.keys()):
        seen, told = by_imap[name].messages, by_cli[name].messages
        if seen != told:
            why = f"IMAP shows {seen} messages, the CLI counts {told}; what IMAP shows is copied"
            todo = "Survey again; if the difference stays, look into the mailbox on the source."
            findings.append(Finding("mailbox", _place(address, name), Outcome.CHANGED, "messages", why, todo))
    seen = sum(by_imap[name].size_bytes for name in by_imap.keys() & by_cli.keys())
    told = sum(by_cli[name].size_bytes for name in by_imap.keys() & by_cli.keys())
    if abs(seen - told) > _SIZES_DIFFER * max(seen, told):
        why = f"IMAP adds up to {seen} bytes, the CLI to {told}; quotas are planned by the CLI's figure"
        todo = "Where the first is larger, raise policy.quota_headroom_bytes by the difference."
        findings.append(Finding("account", str(address), Outcome.CHANGED, "size", why, todo))
    return findings


def _targets(address: Address, names: Iterable[MailboxName]) -> dict[MailboxName, MailboxName]:
    try:
        root_bytes = len(internal(address, INBOX))
    except UnholdableAddressError:  # reported as a finding of the account
        return {name: name for name in names}
    return map_names(names, root_bytes=root_bytes)


def _collisions(site: Site, facts: SourceFacts) -> tuple[Finding, ...]:
    """What planning would find in the source alone: addresses that two claim, names that cannot be held."""
    aim = Aim(Tree(site.target.directory.suffix), site.target.mail_server, site.policy.quota_headroom_bytes)
    return desired(aim, facts.domains, facts.accounts, facts.without_account, {}).findings


def _renamed(address: Address, name: MailboxName, target: MailboxName) -> Finding:
    why = f"Cyrus cannot hold this name; it becomes {'/'.join(target)}"
    return Finding("mailbox", _place(address, name), Outcome.CHANGED, "name", why, "Tell the person.")


def _unreadable(address: Address, name: MailboxName) -> Finding:
    why = "IMAP lists it and does not let it be opened"
    return Finding("mailbox", _place(address, name), Outcome.UNREADABLE, "mailbox", why, "Look at its access rights.")


def _place(address: Address, name: MailboxName) -> str:
    return f"{address}: {'/'.join(name)}"
