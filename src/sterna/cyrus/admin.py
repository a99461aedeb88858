"""Administration of a mail store over IMAP: which accounts have an INBOX, making one, and quotas.

Only an administrator of the whole server sees everybody's mailboxes. Nothing here can delete, rename or read mail.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from sterna.cyrus.identity import PREPARED, PREPARED_UIDVALIDITY, uniqueids
from sterna.cyrus.mailbox_state import MailboxUpdate
from sterna.cyrus.names import administrator, internal
from sterna.cyrus.replication import NotAReplicationTargetError, ReplicationRefusedError, ReplicationWriter
from sterna.errors import FormatError, Scope, SternaError
from sterna.imap import mutf7
from sterna.imap.codes import Status
from sterna.imap.connection import Answer, Connection, refusal
from sterna.imap.engine import Piece
from sterna.imap.fragments import Response
from sterna.imap.quoting import astring, string
from sterna.imap.responses import kind, parse_list
from sterna.imap.scan import Scanner
from sterna.model.address import Address
from sterna.model.mailbox import INBOX

_WINDOW: Final = 200
"""Commands in flight at a time, so that a round trip is paid once for many and memory stays small."""

_NOT_SELECTABLE: Final = frozenset({b"\\noselect", b"\\nonexistent"})


class MailStoreRefusedError(SternaError):
    """The mail store refused something for one account.

    Fields:
        address: whose mailbox it was about.
        what: what was asked: ``create the INBOX``, ``set the quota``.
        answer: the server's words.
    """

    scope = Scope.ACCOUNT
    exit_code = 70

    def __init__(self, address: Address, what: str, answer: Answer) -> None:
        self.address = address
        self.what = what
        self.answer = answer.text.decode("utf-8", "replace")
        super().__init__(
            f"{address}: the mail store refused to {what}: {answer.status.name} {self.answer}; nothing was changed. "
            "Is the login one of Cyrus's admins, and does the partition exist?"
        )


@dataclass(frozen=True, slots=True)
class Quota:
    """The limit of an account's INBOX and everything below, and what is used of it, in KiB (RFC 9208, STORAGE)."""

    used_kib: int
    limit_kib: int | None


NO_QUOTA: Final = Quota(0, None)
"""What an INBOX without a quota root has: nobody counts, nobody limits."""


class MailStoreAdmin:
    """An administrator's view of a mail store, over a connection that is logged in and owned by the caller."""

    def __init__(
        self, connection: Connection, *, partition: str = "default", clock: Callable[[], float] = time.time
    ) -> None:
        self._connection = connection
        self._partition = partition.encode("ascii")
        self._clock = clock

    async def is_administrator(self) -> bool:
        """Return whether the login may see and change everybody's mailboxes; nothing is changed by asking."""
        # Asked for the quota of a mailbox that cannot exist, Cyrus tells others that they may not know.
        answer = await self._connection.command(b"GETQUOTA user/nobody@invalid")
        return not answer.text.lower().startswith(b"permission denied")

    async def inboxes(self) -> set[Address]:
        """Return every account that has an INBOX, in one command; mailboxes without a domain are nobody's account.

        Raises:
            CommandError: the server refuses to list.
        """
        found: set[Address] = set()

        def take(response: Response) -> None:
            if kind(response) == b"LIST":
                row = parse_list(response)
                if not row.attributes & _NOT_SELECTABLE and (address := _owner(row.name)) is not None:
                    found.add(address)

        command = b'LIST "" "user/%@%"'
        answer = await self._connection.submit(command, on_untagged=take)
        if answer.status is not Status.OK:
            raise refusal("LIST", answer)
        return found

    async def exists(self, address: Address) -> bool:
        """Return whether the account has an INBOX."""
        # Neither % nor * can stand in the name of a user, so that this pattern fits one mailbox only.
        name = string(administrator(address, INBOX), self._connection.capabilities)
        answer = await self._connection.run(b'LIST "" ', name)
        rows = [parse_list(response) for response in answer.untagged if kind(response) == b"LIST"]
        return any(_owner(row.name) == address and not row.attributes & _NOT_SELECTABLE for row in rows)

    async def create(self, address: Address) -> None:
        """Make the account's INBOX on the partition; one that exists stays as it is.

        Where the replication commands are to be had it is made by them, so that it can become the source's INBOX with
        the source's UIDVALIDITY later. One that CREATE makes has a UIDVALIDITY that is too large for that, and would
        have to be replaced, together with its owner's filter scripts.

        Raises:
            MailStoreRefusedError: the server refuses and there is still none.
        """
        if not await self.exists(address) and await self._prepare(address):
            return
        answer = await self._connection.command(b"CREATE ", self._name(address), b" " + self._partition)
        if answer.status is not Status.OK and not await self.exists(address):
            raise MailStoreRefusedError(address, "create the INBOX", answer)

    async def _prepare(self, address: Address) -> bool:
        """Make an INBOX by the replication commands; False where that is not possible."""
        writer = ReplicationWriter(self._connection)
        try:
            await writer.probe()
        except NotAReplicationTargetError:
            return False
        for uniqueid in uniqueids(address, INBOX, PREPARED):
            update = MailboxUpdate(
                name=internal(address, INBOX),
                uniqueid=uniqueid,
                partition=self._partition,
                uidvalidity=PREPARED_UIDVALIDITY,
                last_uid=0,
                highestmodseq=1,
                sync_crc=0,
                owner=address,
                now=int(self._clock()),
                records=(),
            )
            try:
                await writer.apply(update)
            except ReplicationRefusedError:
                continue  # a deleted INBOX keeps its identity for some days
            if await self.exists(address):
                return True
        return False

    async def scripts(self, addresses: Iterable[Address]) -> dict[Address, frozenset[str]]:
        """Return the names of each account's filter scripts; those of which the server does not tell are left out."""
        writer = ReplicationWriter(self._connection)
        try:
            await writer.probe()
        except NotAReplicationTargetError:
            return {}
        found: dict[Address, frozenset[str]] = {}
        for address in addresses:
            try:
                state = await writer.user(address)
            except SternaError as error:
                if error.scope > Scope.ACCOUNT:
                    raise
                continue
            names = (name.decode("utf-8", "replace").removesuffix(".script") for name in state.scripts)
            found[address] = frozenset(names)
        return found

    async def quotas(self, addresses: Iterable[Address]) -> Mapping[Address, Quota]:
        """Return the quota of each account; those without a quota root, or without an INBOX, have `NO_QUOTA`.

        Raises:
            MailStoreRefusedError: the server refuses to say.
            FormatError: it says something that is no quota.
        """
        result: dict[Address, Quota] = {}
        window: deque[tuple[Address, asyncio.Future[Answer]]] = deque()

        async def oldest() -> None:
            address, answer = window.popleft()
            result[address] = _quota(address, await answer)

        for address in addresses:
            window.append((address, self._connection.submit(b"GETQUOTA ", self._name(address))))
            if len(window) >= _WINDOW:
                await self._connection.drain()
                await oldest()
        while window:
            await oldest()
        return result

    async def set_quota(self, address: Address, limit_kib: int | None) -> None:
        """Limit the account's mail to `limit_kib` KiB, or take its limit away.

        Raises:
            MailStoreRefusedError: the server refuses, for instance because there is no INBOX.
        """
        limits = b" ()" if limit_kib is None else b" (STORAGE %d)" % limit_kib
        answer = await self._connection.command(b"SETQUOTA ", self._name(address), limits)
        if answer.status is not Status.OK:
            raise MailStoreRefusedError(address, "set the quota", answer)

    def _name(self, address: Address) -> Piece:
        return astring(administrator(address, INBOX), self._connection.capabilities)


def _owner(name: bytes) -> Address | None:
    """Return whose INBOX ``user/local@domain`` is; None for any other name, also one that no address can be."""
    user, at, domain = name.removeprefix(b"user/").rpartition(b"@")
    if not at or not name.startswith(b"user/") or b"/" in user:
        return None
    try:
        return Address(domain=domain.decode("ascii").lower(), local=mutf7.decode(user).lower())
    except (UnicodeDecodeError, FormatError):
        return None


def _quota(address: Address, answer: Answer) -> Quota:
    if answer.status is not Status.OK:
        # Cyrus has no response code for it; this text is the same in all its versions.
        if answer.text.lower().startswith((b"quota root does not exist", b"mailbox does not exist")):
            return NO_QUOTA
        raise MailStoreRefusedError(address, "say the quota", answer)
    for response in answer.untagged:
        if kind(response) == b"QUOTA":
            return parse_quota(response)
    return NO_QUOTA


def parse_quota(response: Response) -> Quota:
    """Read ``* QUOTA root (STORAGE used limit …)`` (RFC 9208 section 5.1); only STORAGE counts.

    Raises:
        FormatError: it is not that.
    """
    scan = Scanner(response)
    scan.expect(b"* ")
    if scan.word() != b"QUOTA":
        scan.fail("QUOTA before this")
    scan.expect(b" ")
    scan.astring()
    scan.expect(b" (")
    found = NO_QUOTA
    while not scan.skip(b")"):
        resource = scan.word()
        scan.expect(b" ")
        used = scan.number()
        scan.expect(b" ")
        limit = scan.number()
        if resource == b"STORAGE":
            found = Quota(used, limit)
        scan.spaces()
    scan.end()
    return found
