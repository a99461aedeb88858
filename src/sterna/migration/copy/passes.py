"""The passes over accounts, one after the other, for any number of workers in one process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from sterna.cyrus.mailbox_state import MAX_BYTES
from sterna.errors import SternaError
from sterna.migration.copy.account import AccountPass, Options
from sterna.migration.copy.append.account import AppendPass
from sterna.migration.copy.events import AccountDone, AccountResult, Counts, Failure, OnEvent
from sterna.migration.copy.mailbox import Means
from sterna.migration.copy.ports import JournalThread
from sterna.migration.copy.refused import FOLDER, Quarantine
from sterna.migration.links import Links
from sterna.migration.origin.ports import Origin
from sterna.migration.selection import Choice, declared
from sterna.model.address import Address
from sterna.site.declaration import Site, WithoutUids

MESSAGES_BYTES: Final = 96 << 20
"""Bytes of messages held in memory at a time: for each account under way up to three batches."""


def means(site: Site, journal: JournalThread, clock: Callable[[], float], at_a_time: int, options: Options) -> Means:
    """Return what mailboxes are moved with when so many accounts are under way at a time."""
    batch_bytes = min(MAX_BYTES, max(MESSAGES_BYTES // (3 * at_a_time), 1 << 20))
    quarantine = Quarantine(site.state_dir / FOLDER)
    without_uids = site.policy.without_uids is WithoutUids.APPEND
    choice = Choice(declared(site.selection), options.now)
    return Means(journal, quarantine, clock, batch_bytes, options.thorough, without_uids, choice)


class AccountPasses:
    """Makes the pass over one account after the other."""

    def __init__(self, site: Site, origin: Origin, means: Means, on_event: OnEvent, options: Options) -> None:
        self._site = site
        self._origin = origin
        self._options = options
        self._means = means
        self._on_event = on_event
        self._under_way: dict[Address, AccountPass] = {}
        self._earlier: dict[Address, Counts] = {}
        """What attempts at accounts did that were broken off."""

    async def account(self, address: Address, links: Links) -> AccountResult:
        """Make the pass over one account.

        Raises:
            SternaError: what was done until then is done; see `failed`.
        """
        broken_off = self._under_way.pop(address, None)
        earlier = broken_off.counts if broken_off is not None else Counts()
        earlier = self._earlier[address] = self._earlier.get(address, Counts()) + earlier
        reader, prefix = await links.reader(address)
        besides = await self._origin.besides(address, reader)
        if links.appends:
            appending = self._under_way[address] = AppendPass(address, self._means, self._on_event, self._options)
            result = await appending.append(reader, prefix, await links.appender(address), besides)
        else:
            one = self._under_way[address] = AccountPass(address, self._means, self._on_event, self._options)
            result = await one.run(reader, prefix, await links.writer(), besides, links.renew_writer)
        result = replace(result, counts=result.counts.after(earlier))
        self._on_event(AccountDone(address, result.counts, len(result.failures)))
        del self._under_way[address], self._earlier[address]
        return result

    def failed(self, address: Address, error: SternaError) -> AccountResult:
        """Return what was done of an account that failed, and where it was."""
        one = self._under_way.pop(address, None)
        failure = Failure(address, one.at if one else None, None, str(error).removeprefix(f"{address}: "))
        self._on_event(failure)
        counts, failures = (one.counts, one.failures) if one else (Counts(), ())
        counts = counts.after(self._earlier.pop(address, Counts()))
        self._on_event(AccountDone(address, counts, len(failures) + 1))
        return AccountResult(address, 0, counts, failures=(*failures, failure))
