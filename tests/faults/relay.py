"""A TCP relay before a real server that cuts, stalls, garbles or slows what passes, at a byte one can choose.

It knows nothing of what it carries but for one thing: it finds IMAP literals in clear text, to cut inside of them.
"""

from __future__ import annotations

import asyncio
import enum
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

_LITERAL = re.compile(rb"\{(\d+)\}\r\n")
_READ_BYTES = 1 << 16
_REST_S = 0.001
"""What a slow line rests after each piece."""


class Way(enum.Enum):
    """Which way bytes go."""

    UP = "to the server"
    DOWN = "to the client"


class Kind(enum.Enum):
    """What goes wrong."""

    CUT = "closed"
    RESET = "reset"
    CUT_IN_LITERAL = "cut in a literal"
    STALL = "hung"
    HALF_CLOSE_CLIENT = "half closed towards the client"
    HALF_CLOSE_SERVER = "half closed towards the server"
    GARBAGE = "garbage inserted"
    FLIP = "bit flipped"
    SLOW = "slow"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong, once `after_bytes` have passed this way since the relay was armed.

    `lasting`: from then on nobody gets a connection any more, as when the server is gone.
    """

    kind: Kind
    way: Way
    after_bytes: int
    lasting: bool = False
    garbage: bytes = b"\x00\xff{\xfe\r\n"
    piece_bytes: int = 7

    def __str__(self) -> str:
        return f"{self.kind.value} after {self.after_bytes} bytes {self.way.value}{', for good' * self.lasting}"


class _EndedError(Exception):
    """The connection is over."""


@dataclass(eq=False, slots=True)
class _Link:
    client: asyncio.StreamWriter
    server: asyncio.StreamWriter
    hung: bool = False
    dropping: set[Way] = field(default_factory=set)
    slow_bytes: int = 0

    def towards(self, way: Way) -> asyncio.StreamWriter:
        return self.server if way is Way.UP else self.client

    def abort(self) -> None:
        for writer in (self.client, self.server):
            writer.transport.abort()


class Relay:
    """Stands before the server at `server_port`; clients connect to `port`. Made by `relay`.

    Attributes:
        passed: bytes that went each way since the last `arm`.
        struck: how often a fault came to pass, ever.
        connections: how many clients came, ever.
    """

    def __init__(self, server_port: int) -> None:
        self.port = 0
        self.passed = dict.fromkeys(Way, 0)
        self.struck = 0
        self.connections = 0
        self._server_port = server_port
        self._fault: Fault | None = None
        self._refusing = False
        self._links: set[_Link] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def arm(self, fault: Fault | None) -> None:
        """Wait for the next fault, or for none; the server is there again."""
        self.passed = dict.fromkeys(Way, 0)
        self._fault = fault
        self._refusing = False

    async def start(self) -> asyncio.Server:
        """Listen."""
        listening = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=_READ_BYTES)
        self.port = listening.sockets[0].getsockname()[1]
        return listening

    async def close(self) -> None:
        """End every connection."""
        for link in list(self._links):
            link.abort()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        try:
            if not self._refusing:
                with suppress(OSError):
                    upper, server = await asyncio.open_connection("127.0.0.1", self._server_port, limit=_READ_BYTES)
                    await self._join(_Link(writer, server), reader, upper)
        except asyncio.CancelledError:
            pass  # by `close`; asyncio would report a handler that was cancelled
        finally:
            writer.transport.abort()
            self._tasks.discard(task)

    async def _join(self, link: _Link, lower: asyncio.StreamReader, upper: asyncio.StreamReader) -> None:
        self._links.add(link)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pump(link, Way.UP, lower))
                group.create_task(self._pump(link, Way.DOWN, upper))
        except* (_EndedError, OSError):
            pass
        finally:
            link.abort()
            self._links.discard(link)

    async def _pump(self, link: _Link, way: Way, reader: asyncio.StreamReader) -> None:
        writer = link.towards(way)
        while data := await reader.read(_READ_BYTES):
            if way in link.dropping:
                continue
            at = self._place(way, data)
            self.passed[way] += len(data)
            if at is not None:
                data = await self._strike(link, data, at)
            if data and way not in link.dropping:
                await self._forward(link, writer, data)
        if link.hung and way is Way.DOWN:
            await asyncio.Event().wait()  # a hung server does not say either that it has gone
        writer.write_eof()
        if way is Way.UP:
            raise _EndedError

    async def _forward(self, link: _Link, writer: asyncio.StreamWriter, data: bytes) -> None:
        if not link.slow_bytes:
            writer.write(data)
            await writer.drain()
            return
        for start in range(0, len(data), link.slow_bytes):
            writer.write(data[start : start + link.slow_bytes])
            await writer.drain()
            # A slow line is slow for a while: a whole megabyte by seven bytes would only take time.
            link.slow_bytes = link.slow_bytes * 5 // 4 + 1
            await asyncio.sleep(_REST_S)

    def _place(self, way: Way, data: bytes) -> int | None:
        """Return where in `data` the fault comes to pass."""
        fault = self._fault
        if fault is None or fault.way is not way or self.passed[way] + len(data) <= fault.after_bytes:
            return None
        at = max(0, fault.after_bytes - self.passed[way])
        if fault.kind is Kind.CUT_IN_LITERAL:
            found = _LITERAL.search(data, at)
            if found is None or int(found[1]) < 2 or found.end() == len(data):
                return None
            at = found.end() + min(int(found[1]), len(data) - found.end()) // 2
        return at

    async def _strike(self, link: _Link, data: bytes, at: int) -> bytes:
        """Do what goes wrong; return what is forwarded all the same."""
        fault = self._fault
        assert fault is not None
        self._fault = None
        self._refusing = fault.lasting
        self.struck += 1
        if fault.lasting:
            for other in self._links - {link}:
                other.abort()
        before, after = data[:at], data[at:]
        match fault.kind:
            case Kind.GARBAGE:
                return before + fault.garbage + after
            case Kind.FLIP:
                return before + bytes([after[0] ^ 0x10]) + after[1:]
            case Kind.SLOW:
                link.slow_bytes = fault.piece_bytes
                return data
            case _:
                await self._break(link, fault, before)
        return b""

    async def _break(self, link: _Link, fault: Fault, before: bytes) -> None:
        """Break the connection in the fault's manner, once `before` has been forwarded."""
        if fault.kind is Kind.RESET:
            link.abort()
            raise _EndedError
        writer = link.towards(fault.way)
        writer.write(before)
        await writer.drain()
        match fault.kind:
            case Kind.STALL:
                link.hung, link.dropping = True, set(Way)
            case Kind.HALF_CLOSE_CLIENT:
                link.client.write_eof()
                link.dropping = {Way.DOWN}
            case Kind.HALF_CLOSE_SERVER:
                link.server.write_eof()
                link.dropping = {Way.UP}
            case _:
                for each in (link.client, link.server):
                    each.close()
                    with suppress(OSError):
                        await each.wait_closed()
                raise _EndedError


@asynccontextmanager
async def relay(server_port: int) -> AsyncIterator[Relay]:
    """A relay before the server at `server_port` on loopback."""
    one = Relay(server_port)
    listening = await one.start()
    try:
        yield one
    finally:
        listening.close()
        await one.close()
        await listening.wait_closed()
