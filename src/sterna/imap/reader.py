"""Reading one account's mailboxes over a connection, without changing anything there.

What can be sent is what `sterna.imap.reading` holds; the reader has no other way to the connection.
"""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Final, Protocol, TypeVar

from sterna.errors import FormatError, SternaError
from sterna.imap import reading
from sterna.imap.answers import Answer, command_word, refusal
from sterna.imap.codes import Status, code_name, code_number
from sterna.imap.content import Content
from sterna.imap.engine import Piece
from sterna.imap.fragments import Response
from sterna.imap.marks import CONDSTORE, keywords_in, keywords_of, mark_of, search_marks
from sterna.imap.meter import Count, Metered, measure
from sterna.imap.names import foreign, listed
from sterna.imap.quirks import Quirk
from sterna.imap.quoting import sequence_set
from sterna.imap.responses import (
    StatusRow,
    fetched,
    kind,
    parse_exists,
    parse_list,
    parse_namespace,
    parse_search,
    parse_status,
    status_response,
)
from sterna.imap.windows import BodiesWindow, FactsWindow
from sterna.model.mailbox import Flags, ListedMailbox, MailboxState, MessageFacts

_SET_BYTES: Final = 4000
"""Longest set of UIDs in one command, in bytes: RFC 7162 section 4 lets a server refuse lines above 8,192."""

_STATUS_IN_FLIGHT: Final = 100
"""How many STATUS commands are asked at once: hides the round trip, and holds no more than a screenful of answers."""

_GONE: Final = frozenset({b"", b"NONEXISTENT", b"TRYCREATE", b"CANNOT"})
"""Codes of NO that say that a mailbox is not there, or never holds mail; old servers give none at all."""

T = TypeVar("T")


class Conversation(Protocol):
    """What the reader needs of a connection."""

    capabilities: frozenset[bytes]

    def submit(self, *pieces: Piece, on_untagged: Callable[[Response], None] | None = None) -> asyncio.Future[Answer]:
        """Send one command without waiting."""

    async def close(self) -> None:
        """End the conversation."""


class MailboxReader:
    """Reads mailboxes. `facts`, `bodies` and `uids` speak of the mailbox that was examined last."""

    def __init__(self, connection: Conversation, quirks: Quirk = Quirk.KNOWN) -> None:
        self._connection = connection
        self._quirks = quirks
        self._facts: list[FactsWindow] = []
        self._bodies: list[BodiesWindow] = []
        self._messages = 0
        self._keywords: tuple[bytes, ...] = ()
        self._state = MailboxState(0, 0, 0)
        self._wire = b""

    async def mailboxes(self, prefix: bytes = b"") -> list[ListedMailbox]:
        """Return the mailboxes whose names begin with `prefix` (``~anna@lab.example/``), named without it.

        Without a prefix, those of the account that is logged in: not other users', not shared ones.
        """
        command = reading.list_mailboxes(prefix + b"*", self._connection.capabilities)
        return await self._listed(command, b"LIST", prefix)

    async def subscribed(self, prefix: bytes = b"") -> list[ListedMailbox]:
        """Return the subscribed names that begin with `prefix`, as `mailboxes` does; they need not exist any more."""
        command = reading.list_subscribed(prefix + b"*", self._connection.capabilities)
        return await self._listed(command, b"LSUB", prefix)

    async def examine(self, wire: bytes) -> MailboxState:
        """Open a mailbox for reading only; `wire` is its full name with any prefix.

        Raises:
            CommandError: no such mailbox, or no right to read it.
        """
        answer = await self._run(reading.examine(wire, self._connection.capabilities))
        uidvalidity = uidnext = messages = highestmodseq = None
        self._keywords, self._wire = (), wire
        for response in answer.untagged:
            if kind(response) == b"EXISTS":
                messages = parse_exists(response)
            elif kind(response) == b"FLAGS":
                self._keywords = keywords_in(response)
            elif (said := status_response(response)) is not None:
                number = code_number(said[1], b"UIDVALIDITY")
                uidvalidity = uidvalidity if number is None else number
                number = code_number(said[1], b"UIDNEXT")
                uidnext = uidnext if number is None else number
                number = code_number(said[1], b"HIGHESTMODSEQ")
                highestmodseq = highestmodseq if number is None else number
        if (
            uidvalidity is None
            or messages is None
            or (uidnext is None and Quirk.EXAMINE_WITHOUT_UIDNEXT not in self._quirks)
        ):
            raise FormatError("EXISTS, UIDVALIDITY and UIDNEXT in the answer to EXAMINE", data=wire, offset=0)
        if uidnext is None:
            row = await self._status(wire, b"UIDNEXT")
            uidnext = row.items.get(b"UIDNEXT", 0)
        self._messages = messages
        self._state = MailboxState(uidvalidity, uidnext, messages, highestmodseq or None)
        return self._state

    async def uids(self) -> array[int]:
        """Return the UIDs of the examined mailbox, ascending ("L")."""
        answer = await self._run(reading.all_uids(self._connection.capabilities))
        found: array[int] = array("L")
        answered = False
        for response in answer.untagged:
            if kind(response) in (b"SEARCH", b"ESEARCH"):
                found.extend(parse_search(response, self._quirks))
                answered = True
        if not answered and (self._messages or Quirk.SILENT_EMPTY_SEARCH not in self._quirks):
            raise FormatError("SEARCH in the answer to UID SEARCH", data=answer.text, offset=0)
        ascending = all(before < uid for before, uid in pairwise(found))
        return found if ascending else array("L", sorted(set(found)))

    def facts(self, first: int, last: int) -> asyncio.Future[list[MessageFacts]]:
        """Ask for flags, date and size of the messages with UIDs from `first` to `last`; they come ascending by UID.

        The command goes out at once, so a second window can be in flight while the first is read.
        """
        return self._ask_facts(FactsWindow(range(first, last + 1)), [b"%d:%d" % (first, last)])

    def facts_of(self, uids: Sequence[int]) -> asyncio.Future[list[MessageFacts]]:
        """Ask for the same of the messages with just these UIDs, ascending."""
        return self._ask_facts(FactsWindow(frozenset(uids)), _sets(uids))

    def flags(self, first: int, last: int) -> asyncio.Future[dict[int, Flags]]:
        """Ask for the flags alone of the messages with UIDs from `first` to `last`."""
        found: dict[int, Flags] = {}
        result: asyncio.Future[dict[int, Flags]] = asyncio.get_running_loop().create_future()

        def take(response: Response) -> None:
            said = fetched(response, self._quirks)
            if said is not None and said.uid is not None and said.flags is not None and first <= said.uid <= last:
                found[said.uid] = said.flags

        _join([self._submit(reading.fetch_flags(first, last), take)], result, lambda: found, lambda: None)
        return result

    async def changed(self, since: int) -> array[int] | None:
        """Return the UIDs of messages that are new or changed since the examined mailbox had this HIGHESTMODSEQ.

        None when the server cannot tell (no CONDSTORE, RFC 7162).
        """
        if not CONDSTORE & self._connection.capabilities:
            return None
        found: array[int] = array("L")

        def take(response: Response) -> None:
            said = fetched(response, self._quirks)
            if said is not None and said.uid is not None:
                found.append(said.uid)

        command = reading.fetch_changed(since)
        _check(command.pieces, await self._submit(command, take))
        return array("L", sorted(set(found)))

    async def mark(self) -> str:
        """Return what tells whether the examined mailbox has changed since; empty when nothing does. See `marks`."""
        if CONDSTORE & self._connection.capabilities:
            return mark_of(self._state)
        [found] = await search_marks(self._submit, self._connection.capabilities, [(self._wire, self._keywords)])
        return found

    async def marks(self, asked: Sequence[tuple[bytes, str]]) -> list[str]:
        """Return the marks of mailboxes, to be compared with earlier ones; an equal mark means that nothing changed.

        With CONDSTORE that is one STATUS for each mailbox; without it the sets of UIDs that have each flag, so that no
        answer grows with the messages' number as a FETCH would. All is asked at once.

        Args:
            asked: for each mailbox its name with any prefix, and its earlier mark.
        """
        if CONDSTORE & self._connection.capabilities:
            states = await self.status([wire for wire, _ in asked])
            return [mark_of(state) if state else "" for state in states]
        boxes = [(wire, keywords_of(mark)) for wire, mark in asked]
        return await search_marks(self._submit, self._connection.capabilities, boxes)

    def _ask_facts(self, window: FactsWindow, sets: Iterable[bytes]) -> asyncio.Future[list[MessageFacts]]:
        self._facts.append(window)
        result: asyncio.Future[list[MessageFacts]] = asyncio.get_running_loop().create_future()
        asked = [self._submit(reading.fetch_facts(uids), self._fetched) for uids in sets]
        _join(asked, result, window.facts, lambda: self._facts.remove(window))
        return result

    def bodies(self, uids: Sequence[int], sink: Callable[[int, Content], None]) -> asyncio.Future[None]:
        """Ask for whole messages; `sink` gets UID and bytes of each as it comes.

        A message that is gone from the server by now is not an error: `sink` is just not called for it. What `sink`
        raises becomes the future's exception.

        Args:
            uids: ascending. Together they should fit into memory: all of them may come before `sink` can stop it.
            sink: called between two reads from the socket, so it must not take long.
        """
        result: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def deliver(uid: int, body: Content) -> None:
            if not result.done():  # whoever cancelled it wants no more
                sink(uid, body)

        window = BodiesWindow(uids, deliver)
        self._bodies.append(window)
        asked = [self._submit(reading.fetch_bodies(part), self._fetched) for part in _sets(uids)]
        _join(asked, result, window.finish, lambda: self._bodies.remove(window))
        return result

    async def status(self, wires: Sequence[bytes]) -> list[MailboxState | None]:
        """Return the state of each mailbox, None for one that is gone or holds no mail.

        Raises:
            CommandError: any other refusal (no right, not now); such a mailbox must not be taken for gone.
        """
        items = b"MESSAGES UIDNEXT UIDVALIDITY"
        if CONDSTORE & self._connection.capabilities:
            items += b" HIGHESTMODSEQ"
        states: list[MailboxState | None] = []
        for start in range(0, len(wires), _STATUS_IN_FLIGHT):
            asked = [(wire, self._ask_status(wire, items)) for wire in wires[start : start + _STATUS_IN_FLIGHT]]
            for wire, (rows, future) in asked:
                answer = await future
                states.append(_state(wire, rows, answer))
        return states

    async def measure(self, mailboxes: Sequence[Metered], count: Count) -> list[SternaError | None]:
        """Count every message of `mailboxes` with its date and size, as `meter.measure`. Nothing stays examined."""
        return await measure(self._submit, self._connection.capabilities, mailboxes, count, self._quirks)

    async def ask(self, question: Callable[[frozenset[bytes]], reading.ReadCommand | None]) -> Answer | None:
        """Return the answer to a command that reads, None when `question` makes none of the server's capabilities.

        Raises:
            CommandError: it is refused.
        """
        command = question(self._connection.capabilities)
        return None if command is None else await self._run(command)

    async def listen(self, command: reading.ReadCommand, take: Callable[[Response], None]) -> None:
        """Send a command that reads; `take` gets each untagged response as it comes.

        Raises:
            CommandError: it is refused.
        """
        _check(command.pieces, await self._submit(command, take))

    async def close(self) -> None:
        """Close the connection; what is in flight fails."""
        await self._connection.close()

    def _submit(
        self, command: reading.ReadCommand, on_untagged: Callable[[Response], None] | None = None
    ) -> asyncio.Future[Answer]:
        """Send a command: the only place where the reader does."""
        return self._connection.submit(*command.pieces, on_untagged=on_untagged)

    async def _run(self, command: reading.ReadCommand) -> Answer:
        answer = await self._submit(command)
        if answer.status is not Status.OK:
            raise refusal(command_word(command.pieces), answer)
        return answer

    async def _listed(self, command: reading.ReadCommand, word: bytes, prefix: bytes) -> list[ListedMailbox]:
        namespaces = None
        if not prefix and b"NAMESPACE" in self._connection.capabilities:
            answer = await self._run(reading.namespace())
            namespaces = next((parse_namespace(r) for r in answer.untagged if kind(r) == b"NAMESPACE"), None)
        answer = await self._run(command)
        rows = [parse_list(response, self._quirks) for response in answer.untagged if kind(response) == word]
        mine = [row for row in rows if namespaces is None or not foreign(row.name, namespaces)]
        return listed(mine, prefix, self._quirks, namespaces)

    async def _status(self, wire: bytes, items: bytes) -> StatusRow:
        answer = await self._run(reading.status(wire, items, self._connection.capabilities))
        for response in answer.untagged:
            if kind(response) == b"STATUS":
                return parse_status(response, self._quirks)
        raise FormatError("STATUS in the answer to STATUS", data=wire, offset=0)

    def _ask_status(self, wire: bytes, items: bytes) -> tuple[list[StatusRow], asyncio.Future[Answer]]:
        rows: list[StatusRow] = []

        def take(response: Response) -> None:
            if kind(response) == b"STATUS":
                rows.append(parse_status(response, self._quirks))

        return rows, self._submit(reading.status(wire, items, self._connection.capabilities), take)

    def _fetched(self, response: Response) -> None:
        try:
            said = fetched(response, self._quirks)
        except FormatError as error:
            # Whose message it was cannot be known, so nobody's window may pass for complete.
            windows: list[FactsWindow | BodiesWindow] = [*self._facts, *self._bodies]
            for window in windows:
                window.failure = error
            return
        if said is None:
            return
        if said.body is not None:
            any(bodies.take(said) for bodies in self._bodies)
        elif not any(facts.take(said) for facts in self._facts):
            any(facts.take(said, again=True) for facts in self._facts)


def _state(wire: bytes, rows: list[StatusRow], answer: Answer) -> MailboxState | None:
    if answer.status is Status.NO and code_name(answer.code) in _GONE:
        return None
    if answer.status is not Status.OK:
        raise refusal("STATUS", answer)
    for row in rows:
        items = row.items
        if b"UIDVALIDITY" in items and b"UIDNEXT" in items and b"MESSAGES" in items:
            modseq = items.get(b"HIGHESTMODSEQ") or None
            return MailboxState(items[b"UIDVALIDITY"], items[b"UIDNEXT"], items[b"MESSAGES"], modseq)
    raise FormatError("UIDVALIDITY, UIDNEXT and MESSAGES in the answer to STATUS", data=wire, offset=0)


def _check(pieces: tuple[Piece, ...], answer: Answer) -> None:
    """Accept OK, and NO where the only trouble is messages expunged meanwhile (RFC 5530 section 3, EXPUNGEISSUED)."""
    if answer.status is not Status.OK and code_name(answer.code) != b"EXPUNGEISSUED":
        raise refusal(command_word(pieces), answer)


def _sets(uids: Sequence[int]) -> list[bytes]:
    """Return sequence-sets that stand for `uids` together, each short enough for one command."""
    per_set = _SET_BYTES // len("4294967295,")
    return [sequence_set(uids[start : start + per_set]) for start in range(0, len(uids), per_set)]


def _join(
    asked: list[asyncio.Future[Answer]],
    result: asyncio.Future[T],
    finish: Callable[[], T],
    leave: Callable[[], None],
) -> None:
    """Give `result` what `finish` gives once all of `asked` are answered; `leave` runs then in any case."""
    waiting = len(asked)

    def complete() -> None:
        leave()
        if result.done():
            return
        try:
            for future in asked:
                _check((b"UID FETCH",), future.result())
            result.set_result(finish())
        except Exception as error:  # noqa: BLE001 handed on to whoever waits for the result
            result.set_exception(error)
            result.exception()  # a window that is dropped because an earlier one failed is no offence

    def answered(_: asyncio.Future[Answer]) -> None:
        nonlocal waiting
        waiting -= 1
        if not waiting:
            complete()

    for future in asked:
        future.add_done_callback(answered)
    if not asked:
        complete()
