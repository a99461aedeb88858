"""The plan for a source that has mail only: INBOXes and quotas. Accounts are made by somebody else.

What the directory holds is looked at and never changed: an account that is not in it gets its mail, and a finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from sterna.errors import Scope, SternaError
from sterna.imap.enquiry import Storage
from sterna.imap.servers import OTHER_ITEMS, Habit
from sterna.migration.changes import Change, CreateMailbox, SetQuota
from sterna.migration.copy.furniture import unclear_findings
from sterna.migration.desired import Desired, WantedMailbox
from sterna.migration.facts import Facts, read_facts
from sterna.migration.jobs import run_together
from sterna.migration.mailbox_names import file_findings, of_account, selection_findings
from sterna.migration.origin.files import FilesOrigin
from sterna.migration.origin.imap import ImapOrigin, Looked
from sterna.migration.origin.opening import open_origin
from sterna.migration.origin.ports import Origin
from sterna.migration.planned import Plan, new_plan
from sterna.migration.script_store import ScriptStore
from sterna.migration.selection import declared
from sterna.migration.target import open_directory, open_store
from sterna.model.address import Address
from sterna.model.finding import Finding, Outcome
from sterna.openldap.entries import dn_key
from sterna.openldap.tree import Tree
from sterna.site.declaration import Site

LARGEST_KIB = (1 << 31) - 1
"""A limit that is larger is none: so servers say that there is no end (Cyrus's quotas in KiB end here, too)."""


async def plan_mail(site: Site) -> Plan:
    """Read the accounts of the source and what the target has of them, and return what has to be made.

    Raises:
        SternaError: with scope SERVER or above: the source or the target cannot be used.
    """
    tree = Tree(site.target.directory.suffix)
    async with open_directory(site.target) as directory, open_store(site.target) as store, open_origin(site) as origin:
        addresses = await origin.addresses(None)
        looked, findings = await _look_at(origin, addresses)
        selection = declared(site.selection)
        findings += selection_findings(selection)
        if isinstance(origin, FilesOrigin):
            findings += await file_findings(origin, addresses, selection)
        facts = await read_facts(directory, store, tree, addresses, ScriptStore(site.target))
    uses = {address: each.storage for address, each in looked.items()}
    changes = list(mailbox_changes(addresses, uses, facts, site.policy.quota_headroom_bytes // 1024))
    for address, each in looked.items():
        findings += [*unclear_findings(address, each.furniture), *habit_findings(address, each)]
        findings += of_account(address, [box.name for box in each.listed], selection)
    findings += without_account(addresses, facts, tree)
    wanted = Desired((), (), (), tuple(WantedMailbox(address, None) for address in addresses), ())
    plan = new_plan((site.name, site.policy), wanted, facts, changes, findings)
    on_target = sum(address in facts.inboxes for address in addresses)
    touched = len({change.subject for change in changes})
    return replace(
        plan,
        accounts=len(addresses),
        unchanged=len(addresses) - touched,
        guard=replace(plan.guard, accounts=on_target),
    )


def mailbox_changes(
    addresses: Iterable[Address], uses: Mapping[Address, Storage | None], facts: Facts, headroom_kib: int
) -> Iterator[Change]:
    """Yield what makes INBOXes for all, each large enough for the mail that it is to get. No limit becomes smaller.

    An INBOX that is there keeps its limit as long as the mail fits: somebody has set it. A new one gets the source's.

    Args:
        addresses: whose.
        uses: what the source says of limits and use, as far as it does.
        facts: what the target has.
        headroom_kib: added to every limit.
    """
    for address in addresses:
        subject, use = str(address), uses.get(address)
        limit = None
        if use is not None and use.limit_kib is not None and use.limit_kib <= LARGEST_KIB:
            limit = max(use.limit_kib, use.used_kib) + headroom_kib
        if address not in facts.inboxes:
            yield CreateMailbox(subject)
            if limit is not None:
                yield SetQuota(subject, None, limit)
            continue
        held = facts.quotas[address].limit_kib
        if held is not None and use is not None and held < use.used_kib:
            yield SetQuota(subject, held, limit if limit is not None else use.used_kib + headroom_kib)


def without_account(addresses: Iterable[Address], facts: Facts, tree: Tree) -> Iterator[Finding]:
    """Yield the accounts with which nobody can log in on the platform."""
    for address in addresses:
        if dn_key(tree.account(address)) not in facts.entries:
            yield Finding(
                "account",
                str(address),
                Outcome.CHANGED,
                "account",
                "the directory has no such account: its mail is copied, and nobody can log in to it",
                "Make the account before its people come; nothing of this source tells what it should be.",
            )


def habit_findings(address: Address, looked: Looked) -> Iterator[Finding]:
    """Say what comes of a server's own ways in one account."""
    labels = Habit.LABELS in looked.habits
    if labels:
        yield Finding(
            "mailbox",
            str(address),
            Outcome.CHANGED,
            "labels",
            "mailboxes are labels on one store of messages here: each message is brought once, to INBOX, to a mailbox "
            "with a role or to its first label; its other labels become keywords",
            'Set without_uids = "append" under [policy]: a message that loses a label is brought to its next one then, '
            "also when newer mail is there already.",
        )
    for box in looked.listed:
        place = f"{address}: {'/'.join(box.name)}"
        if "\\all" in box.uses and not labels:
            yield Finding(
                "mailbox",
                place,
                Outcome.CHANGED,
                "a view of all messages",
                "the server shows every message here once more and does not tell which is which: all are copied twice",
                "Leave it out in [selection] if its messages are in other mailboxes, too.",
            )
        if Habit.OTHER_ITEMS in looked.habits and box.name[0].lower() in OTHER_ITEMS:
            yield Finding(
                "mailbox",
                place,
                Outcome.CHANGED,
                "a mailbox that may hold no mail",
                "by its name it is of calendars, contacts or the like; its items are copied as messages",
                "Leave it out in [selection] if nobody needs it as mail.",
            )


async def _look_at(origin: Origin, addresses: Sequence[Address]) -> tuple[dict[Address, Looked], list[Finding]]:
    """Log in to each account once; one that cannot be looked at is a finding."""
    looked: dict[Address, Looked] = {}
    findings: list[Finding] = []
    if not isinstance(origin, ImapOrigin):
        return looked, findings
    queue = iter(addresses)

    async def work() -> None:
        for address in queue:
            try:
                looked[address] = await origin.looked_at(address)
            except SternaError as error:
                if error.scope > Scope.ACCOUNT:
                    raise
                findings.append(
                    Finding(
                        "account",
                        str(address),
                        Outcome.UNREADABLE,
                        "account",
                        f"it could not be looked at: {error}",
                        "Until that is mended nothing of it is copied.",
                    )
                )

    await run_together(work() for _ in range(min(origin.connections, max(1, len(addresses)))))
    return looked, sorted(findings)
