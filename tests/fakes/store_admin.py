"""A small honest mail store to administer, in memory; it passes the same contract as Cyrus."""

from __future__ import annotations

from collections.abc import Iterable

from sterna.cyrus.admin import NO_QUOTA, MailStoreRefusedError, Quota
from sterna.imap.codes import Status
from sterna.imap.connection import Answer
from sterna.model.address import Address


class FakeStoreAdmin:
    """INBOXes with quotas; `use` says how many KiB are in one."""

    def __init__(self) -> None:
        self.limits: dict[Address, int | None] = {}
        self.use: dict[Address, int] = {}

    async def inboxes(self) -> set[Address]:
        return set(self.limits)

    async def exists(self, address: Address) -> bool:
        return address in self.limits

    async def create(self, address: Address) -> None:
        self.limits.setdefault(address, None)

    async def quotas(self, addresses: Iterable[Address]) -> dict[Address, Quota]:
        return {address: self._quota(address) for address in addresses}

    async def set_quota(self, address: Address, limit_kib: int | None) -> None:
        if address not in self.limits:
            raise MailStoreRefusedError(address, "set the quota", Answer(Status.NO, None, b"Mailbox does not exist"))
        self.limits[address] = limit_kib

    def _quota(self, address: Address) -> Quota:
        limit = self.limits.get(address)
        return NO_QUOTA if limit is None else Quota(self.use.get(address, 0), limit)
