"""Carry changes out: each is checked against the facts first, made, and read back.

Entries come first, in the plan's order (domains, accounts, lookup tables), then mailboxes and quotas. One account's
error is a row of the result and the rest goes on; a server that is lost ends the run, and the same plan goes on later.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from sterna.errors import Scope, SternaError
from sterna.migration.applied import Applied, OnEvent, Tally
from sterna.migration.changes import (
    AddEntry,
    Change,
    CreateMailbox,
    InstallScript,
    MailboxChange,
    ModifyEntry,
    SetQuota,
    account_of,
)
from sterna.migration.compare import addresses_of
from sterna.migration.facts import DirectoryPort, DnKey, MailStorePort, read_facts
from sterna.migration.jobs import run_together
from sterna.migration.planned import Plan
from sterna.migration.scripts import ScriptsPort
from sterna.migration.standing import PlanOutdatedError, Standing, outdated, standings
from sterna.migration.write_entry import hashed_for, write_entry
from sterna.model.account import ClearPassword, HashedPassword
from sterna.model.secret import Secret
from sterna.openldap.entries import dn_key
from sterna.openldap.tree import Tree
from sterna.site.declaration import PasswordScheme

Passwords = Mapping[str, ClearPassword | HashedPassword]
"""Readable passwords by the subject of the change that sets them."""


class MailboxNotAsWrittenError(SternaError):
    """The mail store took a change and shows something else."""

    scope = Scope.ACCOUNT
    exit_code = 70

    def __init__(self, subject: str, what: str) -> None:
        self.subject = subject
        super().__init__(
            f"{subject}: the mail store took the change, but afterwards {what}; plan again and look at what it says"
        )


class PasswordGoneError(SternaError):
    """The plan sets a password that the source does not give any more."""

    scope = Scope.ACCOUNT
    exit_code = 65

    def __init__(self, subject: str) -> None:
        self.subject = subject
        super().__init__(f"{subject}: the source does not give its password any more; make a new plan")


@dataclass(frozen=True, slots=True)
class Target:
    """What a plan is carried out on; every store of `stores` is a connection of its own to the same server."""

    directory: DirectoryPort
    stores: Sequence[MailStorePort]
    scripts: ScriptsPort
    tree: Tree
    scheme: PasswordScheme


async def carry_out(plan: Plan, target: Target, passwords: Passwords, on_event: OnEvent | None = None) -> Applied:
    """Carry `plan` out on `target`.

    Args:
        plan: what to do; its guard is not asked here.
        target: logged in.
        passwords: those that the plan sets but does not carry.
        on_event: called after each change.

    Raises:
        PlanOutdatedError: what it would touch has changed since it was made.
    """
    began = time.monotonic()
    filtered = [account_of(change) for change in plan.changes if isinstance(change, InstallScript)]
    facts = await read_facts(
        target.directory, target.stores[0], target.tree, addresses_of(plan.changes), target.scripts, filtered
    )
    standing = list(standings(plan.changes, facts))
    shifted = tuple(outdated(change, facts) for change, how in standing if how is Standing.OUTDATED)
    if shifted:
        raise PlanOutdatedError(shifted)
    tally = Tally(len(plan.changes), on_event)
    for change, how in standing:
        if how is Standing.DONE:
            tally.find(change)
    todo = [change for change, how in standing if how is Standing.TODO]
    await _carry_out_entries(list(entry_changes(todo)), target, passwords, tally)
    await _carry_out_mailboxes(_mailboxes(todo), target.stores, target.scripts, tally)
    return tally.result(time.monotonic() - began)


async def _carry_out_entries(
    changes: Sequence[AddEntry | ModifyEntry], target: Target, passwords: Passwords, tally: Tally
) -> None:
    missing: set[DnKey] = set()  # entries that could not be made
    async for change, hashed in _with_hashes(changes, passwords, target.scheme):
        if dn_key(change.dn)[1:] in missing:
            tally.skip(change)
            continue
        try:
            if change.password is not None and hashed is None:
                raise PasswordGoneError(change.subject)
            await asyncio.to_thread(write_entry, target.directory, change, hashed)
        except SternaError as error:
            if error.scope > Scope.ACCOUNT:
                raise
            tally.fail(change, error)
            if isinstance(change, AddEntry):
                missing.add(dn_key(change.dn))
        else:
            tally.make(change)


async def _with_hashes(
    changes: Sequence[AddEntry | ModifyEntry], passwords: Passwords, scheme: PasswordScheme
) -> AsyncIterator[tuple[AddEntry | ModifyEntry, Secret | None]]:
    """Yield each change with its hashed password; a few are hashed ahead, on all processors."""
    ahead = (os.cpu_count() or 1) + 1
    window: deque[tuple[AddEntry | ModifyEntry, asyncio.Future[Secret] | None]] = deque()
    loop = asyncio.get_running_loop()
    for change in changes:
        password = None
        if change.password is not None:
            password = change.password.password or passwords.get(change.subject)
        hashing = None if password is None else loop.run_in_executor(None, hashed_for, password, scheme)
        window.append((change, hashing))
        if len(window) > ahead:
            first, hashed = window.popleft()
            yield first, None if hashed is None else await hashed
    for first, hashed in window:
        yield first, None if hashed is None else await hashed


async def _carry_out_mailboxes(
    accounts: Iterator[list[MailboxChange]], stores: Sequence[MailStorePort], scripts: ScriptsPort, tally: Tally
) -> None:
    """Deal with one account at a time on each connection."""

    async def work(store: MailStorePort) -> None:
        for changes in accounts:
            await _one_account(changes, store, scripts, tally)

    await run_together(work(store) for store in stores)


async def _one_account(
    changes: Sequence[MailboxChange], store: MailStorePort, scripts: ScriptsPort, tally: Tally
) -> None:
    for change in changes:
        if tally.has_failed(change.subject):
            tally.skip(change)
            continue
        try:
            await _write_mailbox(change, store, scripts)
        except SternaError as error:
            if error.scope > Scope.ACCOUNT:
                raise
            tally.fail(change, error)
        else:
            tally.make(change)


async def _write_mailbox(change: MailboxChange, store: MailStorePort, scripts: ScriptsPort) -> None:
    address = account_of(change)
    match change:
        case CreateMailbox():
            await store.create(address)
            if not await store.exists(address):
                raise MailboxNotAsWrittenError(change.subject, "it has no INBOX")
        case SetQuota():
            await store.set_quota(address, change.new_kib)
            limit = (await store.quotas((address,)))[address].limit_kib
            if limit != change.new_kib:
                raise MailboxNotAsWrittenError(change.subject, f"its quota is {limit} KiB")
        case InstallScript():
            await scripts.install(address, change.text, activate=change.active)
            state = await scripts.state(address)
            if state.text != change.text or (change.active and not state.runs):
                raise MailboxNotAsWrittenError(change.subject, "its filter script is another one, or is not active")


def entry_changes(changes: Iterable[Change]) -> Iterator[AddEntry | ModifyEntry]:
    """Return those of `changes` that are made in the directory."""
    return (change for change in changes if isinstance(change, AddEntry | ModifyEntry))


def _mailboxes(changes: Iterable[Change]) -> Iterator[list[MailboxChange]]:
    """Yield what is to be done with mailboxes, one list for each account."""
    mine = (change for change in changes if isinstance(change, MailboxChange))
    for _, group in groupby(mine, key=lambda change: change.subject):
        yield list(group)
