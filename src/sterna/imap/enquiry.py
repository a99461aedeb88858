"""What a server tells of a mailbox besides its mail: limits (RFC 9208) and who else may use it (RFC 4314)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final, Protocol, runtime_checkable

from sterna.errors import Retry
from sterna.imap import reading
from sterna.imap.answers import Answer, CommandError
from sterna.imap.fragments import Response
from sterna.imap.responses import kind
from sterna.imap.scan import Scanner

_QUOTA: Final = b"QUOTA"
_ACL: Final = b"ACL"


@dataclass(frozen=True, slots=True)
class Storage:
    """How much mail a mailbox's root holds, and may hold; both in units of 1,024 bytes, `limit_kib` None for no end."""

    used_kib: int
    limit_kib: int | None


@runtime_checkable
class Asked(Protocol):
    """What is asked: `sterna.imap.reader.MailboxReader`."""

    async def ask(self, question: Callable[[frozenset[bytes]], reading.ReadCommand | None]) -> Answer | None:
        """Return the answer to a command that reads, None when there is none to send."""


async def storage(reader: Asked, wire: bytes) -> Storage | None:
    """Return what limits a mailbox; the tightest root where it has several. None when the server does not tell.

    Raises:
        CommandError: it could tell, and not now.
    """

    def question(capabilities: AbstractSet[bytes]) -> reading.ReadCommand | None:
        return reading.quota_roots(wire, capabilities) if _QUOTA in capabilities else None

    answer = await _told(reader, question)
    if answer is None:
        return None
    roots = [found for each in answer.untagged if kind(each) == _QUOTA and (found := parse_quota(each)) is not None]
    limits = [root for root in roots if root.limit_kib is not None]
    return min(limits, key=lambda root: root.limit_kib or 0, default=Storage(0, None))


async def access_lists(reader: Asked, wires: Sequence[bytes]) -> list[dict[bytes, bytes] | None]:
    """Return the rights by identifier for each mailbox, None for one of which the server does not tell. All at once.

    Raises:
        CommandError: it could tell, and not now.
    """

    async def one(wire: bytes) -> dict[bytes, bytes] | None:
        def question(capabilities: AbstractSet[bytes]) -> reading.ReadCommand | None:
            return reading.access_list(wire, capabilities) if _ACL in capabilities else None

        answer = await _told(reader, question)
        if answer is None:
            return None
        return next((parse_acl(each) for each in answer.untagged if kind(each) == _ACL), None)

    return list(await asyncio.gather(*(one(wire) for wire in wires)))


def parse_quota(response: Response) -> Storage | None:
    """Read ``* QUOTA root (STORAGE used limit …)``; None when it limits something else than bytes."""
    scan = Scanner(response)
    scan.expect(b"* ")
    scan.word()
    scan.expect(b" ")
    scan.astring()
    scan.expect(b" (")
    found = None
    scan.spaces()
    while not scan.skip(b")"):
        resource = scan.word()
        scan.expect(b" ")
        used = scan.number()
        scan.expect(b" ")
        limit = scan.number()
        if resource == b"STORAGE":
            found = Storage(used, limit)
        scan.spaces()
    scan.end()
    return found


def parse_acl(response: Response) -> dict[bytes, bytes]:
    """Read ``* ACL mailbox identifier rights …``."""
    scan = Scanner(response)
    scan.expect(b"* ")
    scan.word()
    scan.expect(b" ")
    scan.astring()
    rows: dict[bytes, bytes] = {}
    while scan.next_is(b" ") and not scan.next_is(b" \r"):
        scan.expect(b" ")
        identifier = scan.astring()
        scan.expect(b" ")
        rows[identifier] = scan.astring()
    scan.end()
    return rows


async def _told(reader: Asked, question: Callable[[frozenset[bytes]], reading.ReadCommand | None]) -> Answer | None:
    """Return the answer, None when the server never gives one: it has no such command, or no right for us."""
    try:
        return await reader.ask(question)
    except CommandError as error:
        if error.retry is not Retry.NEVER:
            raise
        return None
