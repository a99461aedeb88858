"""Which mailboxes will be called otherwise on the target, and why; said by a plan, before anything is copied."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Final

from sterna.communigate.pool import together
from sterna.communigate.server import SourceServer
from sterna.cyrus.names import UnholdableAddressError, internal
from sterna.errors import Scope, SternaError
from sterna.migration.copy.choosing import target_names
from sterna.migration.origin.files import FilesOrigin
from sterna.migration.origin.ports import Remarks
from sterna.migration.selection import NamesCollideError, Selection
from sterna.migration.survey.mailboxes import place, renamed
from sterna.model.account import Account
from sterna.model.address import Address
from sterna.model.finding import Finding, Outcome
from sterna.model.mailbox import INBOX, MailboxName

_AT_A_TIME: Final = 64
"""Accounts whose mailboxes are asked for together, so that a round trip is not paid for each."""


async def name_findings(server: SourceServer, accounts: Iterable[Account], selection: Selection) -> list[Finding]:
    """Return a finding for each mailbox that gets another name or is left out, and for each collision.

    Raises:
        SternaError: with scope SERVER or above: the source cannot be used.
    """
    findings = selection_findings(selection)
    addresses = iter([account.address for account in accounts])
    while some := list(islice(addresses, _AT_A_TIME)):
        for address, names in zip(some, await together(_names(server, each) for each in some), strict=True):
            findings += _unread(address, names) if isinstance(names, str) else of_account(address, names, selection)
    return findings


def selection_findings(selection: Selection) -> list[Finding]:
    """Return what follows from leaving single messages out: it cannot be made good without new UIDs."""
    if selection.takes_all_messages:
        return []
    why = (
        "the site file's selection leaves messages out by date or size; they stay on the source only. When more is "
        "selected later, those below what is on the target by then cannot keep their UIDs"
    )
    todo = "Leave whole mailboxes out instead, or bring recent mail first by copy --since, if it is to come later."
    return [Finding("message", "selection", Outcome.DROPPED, "messages", why, todo)]


async def file_findings(origin: FilesOrigin, addresses: Iterable[Address], selection: Selection) -> list[Finding]:
    """Return the same for mail in files, and what of it cannot be taken for mail."""
    findings: list[Finding] = []
    for address in addresses:
        reader = await origin.open(address)
        try:
            names = [box.name for box in await reader.mailboxes() if box.selectable]
            findings += of_account(address, names, selection)
            if isinstance(reader, Remarks):
                for name, why, todo in await reader.remarks():
                    findings.append(Finding("mailbox", place(address, name), Outcome.DROPPED, "mailbox", why, todo))
        except SternaError as error:
            if error.scope > Scope.ACCOUNT:
                raise
            findings += _unread(address, str(error))
        finally:
            await reader.close()
    return findings


def of_account(address: Address, names: Iterable[MailboxName], selection: Selection) -> Iterator[Finding]:
    """Yield what becomes of the names of one account's mailboxes."""
    mailboxes = sorted({INBOX, *names})
    try:
        targets = target_names(mailboxes, selection.names, {}, len(internal(address, INBOX)))
    except NamesCollideError as error:
        todo = "Change selection.names in the site file, or rename one of them on the source."
        yield Finding("mailbox", str(address), Outcome.DROPPED, "names", str(error), todo)
        return
    except UnholdableAddressError:  # a finding of the account
        return
    for name in mailboxes:
        if not selection.takes_mailbox(name):
            why = "the site file's selection leaves it out; it stays on the source only"
            yield Finding("mailbox", place(address, name), Outcome.DROPPED, "mailbox", why)
        elif _is_wanted(name, selection.names):
            why = f"the site file's selection.names says so; it becomes '{'/'.join(targets[name])}'"
            yield Finding("mailbox", place(address, name), Outcome.CHANGED, "name", why, "Tell the person.")
        elif targets[name] != name:
            yield renamed(address, name, targets[name])


def _is_wanted(name: MailboxName, wanted: Mapping[MailboxName, MailboxName]) -> bool:
    return any(name[:depth] in wanted for depth in range(1, len(name) + 1))


async def _names(server: SourceServer, address: Address) -> list[MailboxName] | str:
    try:
        return list(await server.mailboxes(address))
    except SternaError as error:
        if error.scope > Scope.ACCOUNT:
            raise
        return str(error)


def _unread(address: Address, why: str) -> list[Finding]:
    said = f"the names of its mailboxes could not be read: {why}"
    return [Finding("mailbox", str(address), Outcome.UNREADABLE, "names", said, "Mend it, and plan again.")]
