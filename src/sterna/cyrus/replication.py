r"""Cyrus's replication commands on an administrator's IMAP connection: the way that keeps UIDs.

``SYNCAPPLY MESSAGE`` stages bytes, ``SYNCAPPLY MAILBOX`` makes a mailbox hold records that name staged bytes, and
``SYNCRESTART`` forgets the staging. The server trusts its client: a record whose bytes were not staged on this very
connection, or UIDs out of order, end the server process. So everything is checked here before it is sent, and what the
server holds afterwards is read back. Never sent: UNUSER, UNMAILBOX, UNQUOTA, RENAME, FORCE; they delete at once.

The commands exist on the IMAP port since Cyrus 3.0 (capability ``X-REPLICATION``); the tests run against 3.6.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from sterna.cyrus.columns import RecordColumns
from sterna.cyrus.dlist import DList, atom, keyed, parse
from sterna.cyrus.mailbox_state import MailboxHeader, MailboxUpdate, UserState, header_of, is_placeholder, text_of
from sterna.cyrus.on_host import StagingFolder
from sterna.cyrus.record import Record, from_dlist
from sterna.errors import Retry, Scope, SternaError
from sterna.imap.codes import Status
from sterna.imap.connection import Answer, Connection
from sterna.imap.content import Content
from sterna.imap.engine import Literal, Piece
from sterna.imap.fragments import Response
from sterna.model.address import Address

_TAG: Final = re.compile(rb"\* ([A-Z]+) ")


class NotAReplicationTargetError(SternaError):
    """The target is no Cyrus that we may write to by its replication commands."""

    scope = Scope.SERVER
    exit_code = 69

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(
            f"the target cannot take mail with its UIDs: {why}; it must be Cyrus IMAP 3.0 or newer, "
            "and target.imap.user must stand in its admins"
        )


class ReplicationRefusedError(SternaError):
    """Cyrus refused a replication command. `command` is its word, `answer` the server's text."""

    scope = Scope.MAILBOX
    exit_code = 76

    def __init__(self, command: str, mailbox: bytes, answer: bytes) -> None:
        self.command = command
        self.mailbox = mailbox.decode("ascii", "replace")
        self.answer = answer.decode("utf-8", "replace")
        super().__init__(f"{self.mailbox}: the target refused {command}: {self.answer}")


class MailboxChangedError(ReplicationRefusedError):
    """The mailbox on the target is not as we believed: somebody else changed it since we looked, or our view was wrong.

    With ``IMAP_SYNC_CHECKSUM`` the changes may have been applied all the same; look before going on.
    """

    retry = Retry.NOW


class ReplicationWriter:
    """Writes to one Cyrus over one connection that is logged in as an administrator; not to be shared by two tasks."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._staged: dict[bytes, set[bytes]] = {}
        self._folder: StagingFolder | None = None

    async def stage_by_files(self, partition: bytes, spool: Path) -> None:
        """From now on bring messages for `partition`, which is the folder `spool` of this machine, as files.

        Raises:
            OnHostError: it is not.
        """
        folder = StagingFolder(self._connection, partition, spool)
        await folder.probe()
        self._folder = folder

    async def probe(self) -> None:
        """Make sure that the server takes the commands from us.

        Raises:
            NotAReplicationTargetError: it does not.
        """
        if b"X-REPLICATION" not in self._connection.capabilities:
            raise NotAReplicationTargetError("it does not offer X-REPLICATION to this login")
        answer = await self._connection.command(b"SYNCGET USER nobody")
        if answer.status is not Status.OK:
            raise NotAReplicationTargetError(answer.text.decode("utf-8", "replace"))

    async def user(self, address: Address) -> UserState:
        """Return what the target holds of `address`; nothing at all is an empty state."""
        answer = await self._connection.run(b"SYNCGET USER ", atom(str(address).encode("ascii")))
        mailboxes: dict[bytes, MailboxHeader] = {}
        placeholders: set[bytes] = set()
        subscriptions: set[bytes] = set()
        scripts: set[bytes] = set()
        for word, value in map(_untagged, answer.untagged):
            if word == b"MAILBOX" and isinstance(value, dict) and is_placeholder(value):
                placeholders.add(text_of(value, b"MBOXNAME"))
            elif word == b"MAILBOX":
                header = header_of(value)
                mailboxes[header.name] = header
            elif word == b"SIEVE" and isinstance(value, dict):
                scripts.add(text_of(value, b"FILENAME"))
            elif word == b"LSUB" and isinstance(value, list):
                subscriptions.update(name for name in value if isinstance(name, bytes))
        return UserState(mailboxes, frozenset(placeholders), frozenset(subscriptions), frozenset(scripts))

    async def header(self, name: bytes) -> MailboxHeader | None:
        """Return one mailbox's header, None when it does not exist."""
        return _header(await self._connection.run(b"SYNCGET MAILBOXES (", atom(name), b")"))

    async def records(self, name: bytes) -> list[Record]:
        """Return every message of a mailbox, ascending by UID, expunged ones left out; none when it does not exist.

        The GUIDs are the SHA-1 sums that Cyrus itself took of the bytes it stored.
        """
        answer = await self._connection.command(b"SYNCGET FULLMAILBOX ", atom(name))
        if answer.status is not Status.OK:
            if b"IMAP_MAILBOX_NONEXISTENT" in answer.text:
                return []
            self.check("FULLMAILBOX", name, answer)
        for word, value in map(_untagged, answer.untagged):
            if word == b"MAILBOX" and isinstance(value, dict):
                rows = value.get(b"RECORD")
                records = [from_dlist(row) for row in rows] if isinstance(rows, list) else []
                return sorted((r for r in records if not r.expunged), key=lambda r: r.uid)
        return []

    async def columns(self, name: bytes) -> RecordColumns:
        """Return what `records` does, in little memory however many there are; it is read as it comes."""
        found = RecordColumns()
        answer = await self._connection.submit(
            b"SYNCGET FULLMAILBOX ", atom(name), on_untagged=found.feed, in_parts=True
        )
        if answer.status is not Status.OK and b"IMAP_MAILBOX_NONEXISTENT" not in answer.text:
            self.check("FULLMAILBOX", name, answer)
        found.finish()
        return found

    async def stage(self, partition: bytes, messages: Sequence[tuple[bytes, Content]]) -> None:
        """Bring messages, as (GUID, content), to the staging of this connection, where MAILBOX commands find them.

        Raises:
            ValueError: an empty message, which would end the server process.
            ReplicationRefusedError: the server took none of them.
        """
        known = self._staged.setdefault(partition, set())
        fresh: dict[bytes, Content] = {}
        for guid, content in messages:
            if not content:
                raise ValueError("an empty message cannot be staged")
            if guid not in known:
                fresh[guid] = content
        if not fresh:
            return
        if self._folder is None or not await self._folder.bring(partition, list(fresh.items())):
            await self._upload(partition, fresh)
        known.update(fresh)

    async def _upload(self, partition: bytes, messages: Mapping[bytes, Content]) -> None:
        pieces: list[Piece] = []
        for guid, content in messages.items():
            blank = b" " if pieces else b"SYNCAPPLY MESSAGE ("
            mark = b"%%{%b %b %d}" % (partition, guid.hex().encode("ascii"), len(content))
            pieces += (blank, Literal(content, synchronizing=False, announcement=mark))
        self.check("MESSAGE", b"a batch of messages", await self._connection.command(*pieces, b")"))

    async def apply(self, update: MailboxUpdate) -> None:
        """Send one MAILBOX command.

        Raises:
            ValueError: a new record names bytes that were not staged here.
            MailboxChangedError: the mailbox is no longer as `update.since` says; nothing was applied.
            ReplicationRefusedError: any other refusal; look before going on.
        """
        self._check_staged(update)
        self.check("MAILBOX", update.name, await self._connection.command(b"SYNCAPPLY MAILBOX ", *update.pieces()))

    @property
    def runs_ahead(self) -> bool:
        """Whether messages may be staged while what was handed over is not settled."""
        return self._folder is None

    def hand_over(self, update: MailboxUpdate) -> HandedOver:
        """Send one MAILBOX command, forget the staging, and ask for the mailbox's header, all without waiting.

        What is staged from now on is sent behind it.

        Raises:
            ValueError: as `apply`.
        """
        self._check_staged(update)
        asked = (
            self._connection.submit(b"SYNCAPPLY MAILBOX ", *update.pieces()),
            self._connection.submit(b"SYNCRESTART"),
            self._connection.submit(b"SYNCGET MAILBOXES (", atom(update.name), b")"),
        )
        self._staged.clear()
        return HandedOver(self, update.name, *asked)

    def _check_staged(self, update: MailboxUpdate) -> None:
        staged = self._staged.get(update.partition, set())
        floor = update.since.last_uid if update.since else 0
        for record in update.records:
            if record.uid > floor and not record.expunged and record.guid not in staged:
                raise ValueError(f"the bytes of UID {record.uid} were not staged on this connection")

    async def hold_place(self, name: bytes, uniqueid: bytes) -> None:
        """Say that `name` is no mailbox although others will be below it.

        Cyrus would otherwise make an empty mailbox there as soon as one below it is made, and clients would show it.
        A placeholder is not listed; a client that creates the mailbox later gets a real one.
        """
        pairs: dict[bytes, DList] = {
            b"UNIQUEID": uniqueid,
            b"MBOXNAME": name,
            b"MBOXTYPE": b"ei",
            b"HIGHESTMODSEQ": b"1",
        }
        self.check("MAILBOX", name, await self._connection.command(b"SYNCAPPLY MAILBOX ", *keyed(pairs)))

    async def restart(self) -> None:
        """Let the server forget what was staged."""
        try:
            await self._connection.run(b"SYNCRESTART")
        finally:
            self.leave()
        self._staged.clear()

    def leave(self) -> None:
        """Remove the files of what was staged: the server has forgotten it, or its connection is lost."""
        if self._folder is not None:
            self._folder.leave()

    async def subscribe(self, address: Address, names: Iterable[bytes], *, on: bool) -> None:
        """Subscribe (or unsubscribe) a user to mailboxes by internal name, which need not exist."""
        word = b"SUB" if on else b"UNSUB"
        user = atom(str(address).encode("ascii"))
        for name in names:
            arguments: list[Piece] = [b" %(USERID ", user, b" MBOXNAME ", atom(name), b")"]
            self.check(word.decode(), name, await self._connection.command(b"SYNCAPPLY " + word, *arguments))

    def check(self, word: str, mailbox: bytes, answer: Answer) -> None:
        """Raise what a refusal of a command about a mailbox means.

        Raises:
            MailboxChangedError, ReplicationRefusedError: it was refused.
        """
        if answer.status is Status.OK:
            return
        text = (b"[%b] %b" % (answer.code, answer.text)) if answer.code else answer.text
        if b"IMAP_SYNC_CHANGED" in text or b"IMAP_SYNC_CHECKSUM" in text:
            raise MailboxChangedError(word, mailbox, text)
        raise ReplicationRefusedError(word, mailbox, text)


class HandedOver:
    """A mailbox's update that is on its way. Ask `settle` for its outcome before another one is handed over."""

    def __init__(
        self,
        writer: ReplicationWriter,
        mailbox: bytes,
        applied: asyncio.Future[Answer],
        forgotten: asyncio.Future[Answer],
        asked: asyncio.Future[Answer],
    ) -> None:
        self._writer = writer
        self._mailbox = mailbox
        self._applied = applied
        self._forgotten = forgotten
        self._asked = asked

    async def settle(self) -> MailboxHeader | None:
        """Return the mailbox's header as it is afterwards.

        Raises:
            MailboxChangedError, ReplicationRefusedError: as `ReplicationWriter.apply`.
        """
        try:
            applied, forgotten = await self._applied, await self._forgotten
        finally:
            self._writer.leave()
        self._writer.check("MAILBOX", self._mailbox, applied)
        self._writer.check("RESTART", self._mailbox, forgotten)
        asked = await self._asked
        self._writer.check("MAILBOXES", self._mailbox, asked)
        return _header(asked)


def _header(answer: Answer) -> MailboxHeader | None:
    for word, value in map(_untagged, answer.untagged):
        if word == b"MAILBOX" and not (isinstance(value, dict) and is_placeholder(value)):
            return header_of(value)
    return None


def _untagged(response: Response) -> tuple[bytes, DList]:
    found = _TAG.match(response.parts[0])
    if found is None or found[1] not in (b"MAILBOX", b"LSUB", b"SIEVE"):
        return b"", None
    return found[1], parse(response.parts, found.end())
