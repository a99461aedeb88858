"""Whether the passwords in the directory are those of the source. A hash cannot be compared, only tried."""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from sterna.migration.desired import Desired
from sterna.migration.facts import DnKey, Facts
from sterna.model.account import ClearPassword, HashedPassword
from sterna.model.secret import Secret
from sterna.openldap.entries import dn_key
from sterna.openldap.hashing import Match, match_any


@dataclass(frozen=True, slots=True)
class PasswordCheck:
    """The password of an account and those that stand in its entry: they ought to fit."""

    key: DnKey
    subject: str
    password: ClearPassword | HashedPassword
    stored: tuple[Secret, ...]

    def differs(self) -> bool:
        """Return whether the account's password is surely not one of the stored ones; slow, argon2id takes 20 ms."""
        match self.password:
            case ClearPassword(secret):
                return match_any(secret, self.stored) is Match.DIFFERENT
            case HashedPassword(hashed):
                return hashed not in self.stored


def password_checks(desired: Desired, facts: Facts) -> Iterator[PasswordCheck]:
    """Yield every password that stands on both sides."""
    for entry in desired.accounts:
        key = dn_key(entry.dn)
        found = facts.entries.get(key)
        if found and found.passwords and isinstance(entry.password, ClearPassword | HashedPassword):
            yield PasswordCheck(key, entry.subject, entry.password, found.passwords)


async def differing_passwords(wanted: Desired, facts: Facts) -> set[DnKey]:
    """Return the entries whose password is surely not the source's; compared on all processors."""
    loop = asyncio.get_running_loop()
    ahead = 2 * (os.cpu_count() or 1)
    differing: set[DnKey] = set()
    window: deque[tuple[DnKey, asyncio.Future[bool]]] = deque()

    async def oldest() -> None:
        key, answer = window.popleft()
        if await answer:
            differing.add(key)

    for check in password_checks(wanted, facts):
        window.append((check.key, loop.run_in_executor(None, check.differs)))
        if len(window) > ahead:
            await oldest()
    while window:
        await oldest()
    return differing
