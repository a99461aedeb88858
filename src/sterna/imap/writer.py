r"""Writing into mailboxes of any IMAP server, over one connection that is logged in as somebody who may.

What it reads, it reads by the same reader as a source. It removes nothing but by UID, and only where the server can
do that without touching what others have marked (UID EXPUNGE, RFC 4315).
"""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from sterna.errors import FormatError, Scope, SternaError
from sterna.imap import appending
from sterna.imap.answers import Answer, refusal
from sterna.imap.appending import MAX_IN_COMMAND, Outgoing, Selected
from sterna.imap.codes import TEMPORARY, Status, code_name
from sterna.imap.content import Content
from sterna.imap.engine import Piece
from sterna.imap.fragments import Response
from sterna.imap.quoting import astring, sequence_set
from sterna.imap.reader import MailboxReader
from sterna.imap.responses import Namespace, kind, parse_list, parse_namespace
from sterna.model.mailbox import Flags, ListedMailbox, MessageFacts

_SET: Final = 300
"""UIDs in one command: together they stay below 4,000 bytes (RFC 7162 section 4)."""

_NOT_ABOUT_IT: Final = TEMPORARY | {b"OVERQUOTA", b"NOPERM", b"CONTACTADMIN", b"EXPIRED", b"AUTHORIZATIONFAILED"}
"""Codes of NO to an APPEND that say nothing of the message: the next one would fare no better."""


class MailboxUnusableError(SternaError):
    """A mailbox of the target cannot be written to by APPEND."""

    scope = Scope.MAILBOX
    exit_code = 69

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"the target's mailbox cannot be used: {why}; nothing was written to it")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A message that the server does not take; `answer` in its own words."""

    answer: str


Outcome = int | None | Refusal
"""What became of an appended message: its new UID, None for one whose UID was not said, or a refusal."""


class Conversation(Protocol):
    """What the writer needs of a connection."""

    capabilities: frozenset[bytes]

    def submit(self, *pieces: Piece, on_untagged: Callable[[Response], None] | None = None) -> asyncio.Future[Answer]:
        """Send one command without waiting."""

    async def drain(self) -> None:
        """Wait until little is left to be sent."""

    async def close(self) -> None:
        """End the conversation."""


class AppendWriter:
    """Writes to one account's mailboxes. After `open`, everything but `append` speaks of the mailbox opened last."""

    def __init__(self, connection: Conversation) -> None:
        self._connection = connection
        self._reader = MailboxReader(connection)
        self._wire = b""

    @property
    def can_expunge(self) -> bool:
        """Whether messages can be removed without touching others."""
        return b"UIDPLUS" in self._connection.capabilities

    @property
    def takes_binary(self) -> bool:
        """Whether it takes messages with NUL in them."""
        return b"BINARY" in self._connection.capabilities

    @property
    def size_limit(self) -> int | None:
        """The largest message it takes, in bytes, where it says so."""
        return appending.size_limit(self._connection.capabilities)

    async def mailboxes(self) -> list[ListedMailbox]:
        """Return the account's mailboxes."""
        return await self._reader.mailboxes()

    async def subscribed(self) -> list[ListedMailbox]:
        """Return the names that it is subscribed to."""
        return await self._reader.subscribed()

    async def personal(self) -> Namespace:
        """Return where the account's own mailboxes begin, and what stands between the components of their names."""
        if b"NAMESPACE" in self._connection.capabilities:
            answer = await self._run(b"NAMESPACE")
            for response in answer.untagged:
                if kind(response) == b"NAMESPACE" and (found := parse_namespace(response).personal):
                    return next((space for space in found if not space.prefix), found[0])
        answer = await self._run(b'LIST "" ""')
        for response in answer.untagged:
            if kind(response) == b"LIST":
                return Namespace(b"", parse_list(response).delimiter)
        return Namespace(b"", b"/")

    async def create(self, wire: bytes, role: bytes | None = None) -> None:
        r"""Make a mailbox, with a role such as ``\Sent`` where the server can give one (RFC 6154).

        Raises:
            CommandError: it refuses.
        """
        use = b" (USE (%b))" % role if role and b"CREATE-SPECIAL-USE" in self._connection.capabilities else b""
        await self._run(b"CREATE ", self._name(wire), use)

    async def open(self, wire: bytes) -> Selected:
        """Open a mailbox for writing.

        Raises:
            MailboxUnusableError: it is read-only, or forgets its UIDs.
            CommandError: it cannot be opened.
        """
        answer = await self._run(b"SELECT ", self._name(wire))
        said = appending.selected(answer)
        if said is None:
            raise FormatError("EXISTS and UIDVALIDITY in the answer to SELECT", data=wire, offset=0)
        if said.read_only:
            raise MailboxUnusableError("it may only be read by this login")
        if not said.sticky:
            raise MailboxUnusableError("its UIDs are others each time (UIDNOTSTICKY), so nothing could be recognised")
        self._wire = wire
        return said

    async def append(self, messages: Sequence[Outgoing], *, binary: bool = False) -> list[Outcome]:
        """Put messages into the open mailbox; return what became of each.

        With MULTIAPPEND they go in one command, which a server carries out wholly or not at all; what it refuses is
        sent again one by one, to learn which message is meant.

        Raises:
            CommandError: a refusal that is not about a message (quota, rights, not now); of those sent one by one,
                earlier ones may be there.
            ConnectionLostError: whether they are there is unknown.
        """
        if len(messages) > 1 and b"MULTIAPPEND" in self._connection.capabilities:
            answer = await self._send(messages, binary=binary)
            if answer.status is Status.OK:
                return self._outcomes(answer, len(messages))
            if code_name(answer.code) in _NOT_ABOUT_IT:
                raise refusal("APPEND", answer)
        asked = []
        for message in messages:
            asked.append(self._send([message], binary=binary))
            await self._connection.drain()
        outcomes: list[Outcome] = []
        failure: Answer | None = None
        for future in asked:
            answer = await future
            if answer.status is Status.OK:
                outcomes += self._outcomes(answer, 1)
            elif code_name(answer.code) in _NOT_ABOUT_IT:
                failure = answer
            else:
                code = f"[{answer.code.decode('ascii', 'replace')}] " if answer.code else ""
                outcomes.append(Refusal(code + answer.text.decode("utf-8", "replace")))
        if failure is not None:
            raise refusal("APPEND", failure)
        return outcomes

    async def catch_up(self) -> None:
        """Let the server tell of messages that came meanwhile; only then can they be read."""
        await self._run(b"NOOP")

    async def uids(self) -> array[int]:
        """Return all UIDs, ascending."""
        return await self._reader.uids()

    def facts(self, first: int, last: int) -> asyncio.Future[list[MessageFacts]]:
        """Ask for flags, date and size of messages."""
        return self._reader.facts(first, last)

    def bodies(self, uids: Sequence[int], sink: Callable[[int, Content], None]) -> asyncio.Future[None]:
        """Ask for whole messages."""
        return self._reader.bodies(uids, sink)

    async def set_flags(self, flags: Mapping[int, Flags]) -> None:
        """Make the flags of messages, by UID, equal to these."""
        alike: dict[Flags, list[int]] = {}
        for uid, wanted in flags.items():
            alike.setdefault(wanted, []).append(uid)
        for wanted, uids in alike.items():
            for part in _parts(uids):
                await self._run(b"UID STORE %b FLAGS.SILENT (%b)" % (part, appending.flag_list(wanted)))

    async def expunge(self, uids: Iterable[int]) -> None:
        r"""Remove messages by UID. The caller knows that they are its own.

        Raises:
            ValueError: the server can only remove whatever anybody has marked.
        """
        if not self.can_expunge:
            raise ValueError("without UIDPLUS an EXPUNGE would remove what others have marked")
        for part in _parts(uids):
            await self._run(b"UID STORE %b +FLAGS.SILENT (\\Deleted)" % part)
            await self._run(b"UID EXPUNGE %b" % part)

    async def subscribe(self, wire: bytes, *, on: bool) -> None:
        """Subscribe to a mailbox, or end that."""
        await self._run(b"SUBSCRIBE " if on else b"UNSUBSCRIBE ", self._name(wire))

    async def close(self) -> None:
        """End the conversation."""
        await self._connection.close()

    def _name(self, wire: bytes) -> Piece:
        return astring(wire, self._connection.capabilities)

    def _send(self, messages: Sequence[Outgoing], *, binary: bool) -> asyncio.Future[Answer]:
        if len(messages) > MAX_IN_COMMAND:
            raise ValueError(f"more than {MAX_IN_COMMAND} messages in one APPEND")
        capabilities = self._connection.capabilities
        return self._connection.submit(*appending.append(self._wire, messages, capabilities, binary=binary))

    def _outcomes(self, answer: Answer, count: int) -> list[Outcome]:
        said = appending.append_uids(answer, count)
        return list(said[1]) if said else [None] * count

    async def _run(self, *pieces: Piece) -> Answer:
        answer = await self._connection.submit(*(piece for piece in pieces if piece != b""))
        if answer.status is not Status.OK:
            word = pieces[0].split(b" ")[0] if isinstance(pieces[0], bytes) else b""
            raise refusal(word.decode("ascii"), answer)
        return answer


def _parts(uids: Iterable[int]) -> list[bytes]:
    ascending = sorted(uids)
    return [sequence_set(ascending[start : start + _SET]) for start in range(0, len(ascending), _SET)]
