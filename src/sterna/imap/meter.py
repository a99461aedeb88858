"""Dates and sizes of all messages of many mailboxes, in one go over one connection.

EXAMINE and the FETCH commands of its mailbox are sent one behind the other without waiting, so a round trip is not paid
for each mailbox. A server carries out what comes later only after what came before where the one depends on the other
(RFC 9051 section 5.5). A FETCH behind an EXAMINE that was refused finds no mailbox open (section 6.3.2) and is refused
itself; so no message is ever counted in the wrong mailbox. Nothing is kept of a message that has been counted.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from sterna.errors import FormatError, Scope, SternaError
from sterna.imap import reading
from sterna.imap.answers import Answer, command_word, refusal
from sterna.imap.codes import Status, code_name
from sterna.imap.fetch import fetched
from sterna.imap.fragments import Response
from sterna.imap.quirks import Quirk

_WINDOW: Final = 10_000
"""How many messages one FETCH asks for, about; a server may gather them all before it says the first."""

_IN_FLIGHT: Final = 24
"""How many commands are under way at once."""

_MAILBOX_LEVEL: Final = frozenset({Scope.MESSAGE, Scope.MAILBOX, Scope.ACCOUNT})

OnUntagged = Callable[[Response], None]
Ask = Callable[[reading.ReadCommand, OnUntagged | None], "asyncio.Future[Answer]"]
Count = Callable[[int, int, int, int], None]
"""Takes which mailbox, UID, INTERNALDATE in Unix seconds, and size in bytes of one message."""


@dataclass(frozen=True, slots=True)
class Metered:
    """A mailbox to look through; `uidnext` and `messages` as STATUS says, to ask in windows of fitting size."""

    wire: bytes
    uidnext: int
    messages: int


async def measure(
    ask: Ask, capabilities: AbstractSet[bytes], mailboxes: Sequence[Metered], count: Count, quirks: Quirk = Quirk.KNOWN
) -> list[SternaError | None]:
    """Count every message of `mailboxes`, and return for each what could not be read of it, None when all could.

    Raises:
        SternaError: with scope SERVER or above: the connection is lost.
    """
    failures: list[SternaError | None] = [None] * len(mailboxes)
    under_way: deque[tuple[int, reading.ReadCommand, asyncio.Future[Answer]]] = deque()

    async def settle_oldest() -> None:
        number, command, future = under_way.popleft()
        # What follows a refused EXAMINE is refused for that reason alone, and the first reason stays.
        failures[number] = failures[number] or await _failure(command, future)

    def commands(number: int, mailbox: Metered) -> Iterator[tuple[reading.ReadCommand, OnUntagged | None]]:
        yield reading.examine(mailbox.wire, capabilities), None
        for first, last in _windows(mailbox):
            yield reading.fetch_dates(first, last), _Taker(number, first, count, failures, quirks).take

    for number, mailbox in enumerate(mailboxes):
        for command, taker in commands(number, mailbox) if mailbox.messages else ():
            while len(under_way) >= _IN_FLIGHT:
                await settle_oldest()
            under_way.append((number, command, ask(command, taker)))
    while under_way:
        await settle_oldest()
    return failures


async def _failure(command: reading.ReadCommand, future: asyncio.Future[Answer]) -> SternaError | None:
    try:
        answer = await future
    except SternaError as error:
        if error.scope not in _MAILBOX_LEVEL:
            raise
        return error
    if answer.status is not Status.OK and code_name(answer.code) != b"EXPUNGEISSUED":
        return refusal(command_word(command.pieces), answer)
    return None


class _Taker:
    """Takes the answers to one FETCH."""

    def __init__(
        self, number: int, first: int, count: Count, failures: list[SternaError | None], quirks: Quirk
    ) -> None:
        self._number = number
        self._first = first
        self._count = count
        self._failures = failures
        self._quirks = quirks

    def take(self, response: Response) -> None:
        """Count the message that `response` tells of; one that cannot be read is no reason to miss the others."""
        try:
            said = fetched(response, self._quirks)
        except FormatError as error:
            self._failures[self._number] = self._failures[self._number] or error
            return
        if said is None or said.uid is None or said.internaldate is None or said.size_bytes is None:
            return  # a server may say anything else at any time: new flags, for instance
        # "n:*" is the last message when all are below n (RFC 9051 section 9, seq-range): it has been counted.
        if said.uid >= self._first:
            self._count(self._number, said.uid, said.internaldate, said.size_bytes)


def _windows(mailbox: Metered) -> list[tuple[int, int | None]]:
    """Return ranges of UIDs, the last one open, each of about `_WINDOW` messages if these are evenly spread."""
    pieces = max(1, mailbox.messages // _WINDOW)
    step = max(1, mailbox.uidnext // pieces)
    starts = [1 + step * piece for piece in range(pieces)]
    return [(first, first + step - 1) for first in starts[:-1]] + [(starts[-1], None)]
