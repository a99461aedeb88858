"""The IMAP conversation, without a connection: bytes in, events out; commands in, bytes out.

The engine owns tags, literals and the order of answers. It does no I/O, reads no clock and starts no task, so every
path through it runs in a plain test. `sterna.imap.connection` moves the bytes.

Commands are pipelined: as many as one likes are in flight. What stops the queue is only a synchronizing literal, whose
octets may not go out before the server says ``+`` (RFC 9051 section 4.3), nor anything behind them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Final

from sterna.errors import FormatError, Retry, Scope, SternaError
from sterna.imap.codes import Status, split_code
from sterna.imap.content import Content, Keep
from sterna.imap.fragments import Fragments, Limits, Response
from sterna.imap.quirks import Quirk


class ServerProtocolError(SternaError):
    """The server sent something the protocol does not allow here; the connection cannot be trusted any more.

    Fields:
        what: what was wrong, with the bytes concerned.
    """

    scope: ClassVar[Scope] = Scope.SERVER
    retry: ClassVar[Retry] = Retry.LATER
    exit_code: ClassVar[int] = 76  # EX_PROTOCOL

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(f"the server broke the IMAP protocol: {what}; nothing after that was believed")


@dataclass(frozen=True, slots=True)
class Literal:
    """Octets of a command that may hold anything, announced by their number.

    Fields:
        data: the octets; never copied, and read in pieces as they are sent where they are not in memory.
        synchronizing: whether they wait for the server's ``+``. Without (``{n+}``, RFC 7888) the server has to offer
            LITERAL+, or LITERAL- and at most 4,096 octets.
        announcement: written in place of ``{n}``, for commands with a form of their own: empty for a line of SASL,
            ``%{partition digest n}`` in Cyrus's replication.
        reply: makes what is sent, in place of `data`, from the server's words behind its ``+``: an answer to a
            challenge of SASL (RFC 4422 section 3).
        optional: the server need not ask for it; when it answers OK before, it is not sent.
    """

    data: Content = field(repr=False)
    synchronizing: bool = True
    announcement: bytes | None = None
    reply: Callable[[bytes], bytes] | None = field(default=None, repr=False)
    optional: bool = False


Piece = bytes | Literal


@dataclass(frozen=True, slots=True)
class Ticket:
    """Stands for one submitted command until its `Completed` arrives."""

    tag: bytes


@dataclass(frozen=True, slots=True)
class Greeting:
    """The server's first words. `kind` is ``OK``, ``PREAUTH`` (already logged in) or ``BYE`` (go away)."""

    kind: bytes
    code: bytes | None
    text: bytes


@dataclass(frozen=True, slots=True)
class Goodbye:
    """An untagged BYE: the server will close the connection, asked for by LOGOUT or not."""

    code: bytes | None
    text: bytes


@dataclass(frozen=True, slots=True)
class Completed:
    """The tagged answer to `ticket`; `code` is the response code without brackets."""

    ticket: Ticket
    status: Status
    code: bytes | None
    text: bytes


@dataclass(frozen=True, slots=True)
class Untagged:
    """Data the server sent; it may belong to any command in flight, or to none."""

    response: Response


Event = Greeting | Goodbye | Completed | Untagged

_CRLF: Final = b"\r\n"
_GREETINGS: Final = (b"OK", b"PREAUTH", b"BYE")


@dataclass(slots=True)
class _Unsent:
    """Bytes of the command `tag`; while it `waits`, neither it nor anything behind it may go out."""

    tag: bytes
    data: Content
    waits: bool = False
    reply: Callable[[bytes], bytes] | None = None
    optional: bool = False


class Engine:
    """One client conversation.

    After a `ServerProtocolError` it is of no further use: every method raises that error again.
    """

    def __init__(self, limits: Limits | None = None, quirks: Quirk = Quirk.KNOWN, keep: Keep | None = None) -> None:
        self._fragments = Fragments(limits, quirks, keep)
        self._quirks = quirks
        self._in_flight: dict[bytes, Ticket] = {}
        self._unsent: deque[_Unsent] = deque()
        self._next_tag = 1
        self._greeted = False
        self._broken: ServerProtocolError | None = None
        self.unsent_bytes = 0

    @property
    def is_between_responses(self) -> bool:
        """Whether no part of an unfinished response is held: nothing was smuggled in behind the last one."""
        return self._fragments.is_between_responses

    def take_parts(self, *, on: bool) -> None:
        """Say whether untagged responses with a long line may come in several parts from now on."""
        self._fragments.in_parts = on

    def submit(self, *pieces: Piece) -> Ticket:
        """Queue one command; its tag, the announcements of literals and the CRLF at its end are added here.

        Raises:
            ValueError: CR, LF or NUL outside a literal. That would be a second command, so it is refused, always.
            ServerProtocolError: the conversation has ended.
        """
        self._check()
        for piece in pieces:
            _refuse_line_ends(piece)
        ticket = Ticket(b"T%d" % self._next_tag)
        self._next_tag += 1
        self._in_flight[ticket.tag] = ticket
        text = [ticket.tag, b" "]
        for piece in pieces:
            if isinstance(piece, Literal):
                text += (_announcement(piece), _CRLF)
                self._queue(_Unsent(ticket.tag, b"".join(text)))
                self._queue(_Unsent(ticket.tag, piece.data, piece.synchronizing, piece.reply, piece.optional))
                text.clear()
            else:
                text.append(piece)
        text.append(_CRLF)
        self._queue(_Unsent(ticket.tag, b"".join(text)))
        return ticket

    def bytes_to_send(self) -> list[Content]:
        """Take everything that may go on the wire now, in order; empty when nothing may."""
        self._check()
        out: list[Content] = []
        while self._unsent and not self._unsent[0].waits:
            out.append(self._unsent.popleft().data)
            self.unsent_bytes -= len(out[-1])
        return out

    def receive(self, data: bytes) -> Iterator[Event]:
        """Take bytes from the server and yield what they mean, oldest first. The iterator has to be exhausted.

        Raises:
            ServerProtocolError: the bytes cannot be cut into responses, or an answer or a ``+`` that nothing of ours
                asked for. What was yielded before is good.
        """
        self._check()
        try:
            for response in self._fragments.feed(data):
                line = response.parts[0]
                if response.continues:
                    yield Untagged(response)
                elif not self._greeted:
                    yield self._greeting(line)
                elif line.startswith(b"* "):
                    yield self._goodbye(line) if line[2:5].upper() == b"BYE" else Untagged(response)
                elif line.startswith(b"+"):
                    self._let_go(line)
                else:
                    yield self._completed(line)
        except FormatError as error:
            self._broken = ServerProtocolError(str(error))
            raise self._broken from error
        except ServerProtocolError as error:
            self._broken = error
            raise

    def _check(self) -> None:
        if self._broken is not None:
            raise self._broken

    def _queue(self, piece: _Unsent) -> None:
        self._unsent.append(piece)
        self.unsent_bytes += len(piece.data)

    def _greeting(self, line: bytes) -> Greeting:
        kind, _, text = line[2:].rstrip(_CRLF).partition(b" ")
        if not line.startswith(b"* ") or kind.upper() not in _GREETINGS:
            raise ServerProtocolError(f"{line[:64]!r} is no greeting of an IMAP server")
        self._greeted = True
        return Greeting(kind.upper(), *split_code(text))

    def _goodbye(self, line: bytes) -> Goodbye:
        return Goodbye(*split_code(line[6:].rstrip(_CRLF)))

    def _let_go(self, line: bytes) -> None:
        if line[1:2] != b" " and (line != b"+\r\n" or Quirk.BARE_CONTINUATION not in self._quirks):
            raise ServerProtocolError(f"{line[:64]!r} is no continuation")
        if not self._unsent or not self._unsent[0].waits:
            raise ServerProtocolError('"+" although nothing waits for it')
        waiting = self._unsent[0]
        waiting.waits = False
        if waiting.reply is not None:
            waiting.data = waiting.reply(line[2:].removesuffix(_CRLF))
            _refuse_line_ends(waiting.data)
            self.unsent_bytes += len(waiting.data)

    def _completed(self, line: bytes) -> Completed:
        tag, _, rest = line.removesuffix(_CRLF).partition(b" ")
        word, space, text = rest.partition(b" ")
        ticket = self._in_flight.pop(tag, None)
        if ticket is None:
            raise ServerProtocolError(f"{line[:64]!r} answers nothing that was asked")
        try:
            status = Status(word.upper())
        except ValueError:
            raise ServerProtocolError(f"{line[:64]!r} is neither OK nor NO nor BAD") from None
        if not space and Quirk.MISSING_TEXT not in self._quirks:
            raise ServerProtocolError(f"{line[:64]!r} has no text")
        self._drop_rest_of(tag, status)
        return Completed(ticket, status, *split_code(text))

    def _drop_rest_of(self, tag: bytes, status: Status) -> None:
        """Forget what a command has not sent yet, because the server refused the literal that comes next.

        RFC 9051 section 4.3 says a server refuses a literal with BAD; they also say NO (quota, no such mailbox).
        Either way its octets must never go out, and what is queued behind them may.
        """
        mine = next((piece for piece in self._unsent if piece.tag == tag), None)
        if mine is None:
            return
        if not mine.waits or (status is Status.OK and not mine.optional):
            raise ServerProtocolError(f"{tag.decode()} was answered {status.name} before it was sent whole")
        while self._unsent and self._unsent[0].tag == tag:
            self.unsent_bytes -= len(self._unsent.popleft().data)


def _announcement(literal: Literal) -> bytes:
    if literal.announcement is not None:
        return literal.announcement
    return b"{%d}" % len(literal.data) if literal.synchronizing else b"{%d+}" % len(literal.data)


def _refuse_line_ends(piece: Piece) -> None:
    text = (piece.announcement or b"") if isinstance(piece, Literal) else piece
    if b"\r" in text or b"\n" in text or b"\0" in text:
        raise ValueError("CR, LF or NUL in a command: only a Literal may hold them")
