"""Bytes to and from one server: the socket, flow control, and the watch over a server that falls silent.

Reading never waits for writing: what arrives is handed on at once, and what is to be sent goes out in slices as the
socket takes them. So neither side can block the other, however much is under way in both directions.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Final, Protocol, cast

from sterna.errors import SternaError
from sterna.imap.compress import BrokenStreamError, Deflate
from sterna.imap.content import Content
from sterna.imap.failures import ConnectError, ConnectionLostError, ServerTimeoutError
from sterna.imap.tls import TlsError, client_context, explained
from sterna.site.declaration import Server, Tls

_SLICE: Final = 128 * 1024
"""Bytes handed to the transport at once. asyncio copies what the socket does not take, so this bounds the copy."""

_GRACE_S: Final = 0.2
"""How long a silence is looked at again before it counts: our own process may have been the one that was busy."""


_FAREWELL_S: Final = 2.0
"""How long closing waits for the server's part of it. Nothing can be lost by then: all answers are here."""


class Listener(Protocol):
    """Who owns a wire."""

    def received(self, data: bytes) -> None:
        """Bytes came in."""

    def sent(self) -> None:
        """The socket has taken bytes that had been waiting."""

    def lost(self, error: SternaError | None) -> None:
        """The wire has ended, once and for good; `error` says why, None means by our own `close`."""

    def expects(self) -> bool:
        """Whether the server owes something, so that its silence is an error."""


class Wire(asyncio.Protocol):
    """One connection to `server`, used once."""

    def __init__(self, server: Server, listener: Listener) -> None:
        self._server = server
        self._listener = listener
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._out: deque[memoryview | Iterator[bytes]] = deque()
        self._paused = False
        self._closing = False
        self._failure: SternaError | None = None
        self._ended = self._loop.create_future()
        self._watch: asyncio.TimerHandle | None = None
        self._active_at = 0.0
        self._buffered = 0
        self._suspected = False
        self._deflate: Deflate | None = None
        self.unsent_bytes = 0

    async def connect(self) -> None:
        """Open the connection, with TLS from the first byte where it is declared so.

        Raises:
            ConnectError: no such host, refused, or no answer within the server's timeout.
            TlsError: its certificate is not trusted, or it does not speak TLS.
        """
        server = self._server
        context = client_context(server) if server.tls is Tls.TLS else None
        try:
            async with asyncio.timeout(server.timeout_s):
                await self._loop.create_connection(lambda: self, server.host, server.port, ssl=context)
        except ssl.SSLError as error:
            raise explained(error, server) from error
        except TimeoutError as error:
            reason = f"no answer within {server.timeout_s:g} s"
            raise ConnectError(server, reason) from error
        except OSError as error:
            raise ConnectError(server, _said(error)) from error

    async def start_tls(self) -> None:
        """Protect the connection from here on.

        Raises:
            TlsError: its certificate is not trusted, or it does not speak TLS.
            ConnectionLostError: it closed the connection instead.
        """
        transport = self._transport
        if transport is None or self._failure is not None:
            raise self._failure or ConnectionLostError(self._server, "closed before STARTTLS")
        context = client_context(self._server)
        try:
            protected = await self._loop.start_tls(
                transport,
                self,
                context,
                server_hostname=self._server.host,
                ssl_handshake_timeout=self._server.timeout_s,
            )
        except ssl.SSLError as error:
            self._forget()
            raise explained(error, self._server) from error
        except OSError as error:
            self._forget()
            reason = f"while TLS began: {_said(error)}"
            raise ConnectionLostError(self._server, reason) from error
        if protected is None:
            self._forget()
            raise TlsError(self._server, "the connection ended in the TLS handshake", "Look at the server's log.")
        self._transport = protected

    @property
    def backlog_bytes(self) -> int:
        """How many bytes the socket has not taken yet."""
        return self.unsent_bytes + (self._transport.get_write_buffer_size() if self._transport is not None else 0)

    def hold(self) -> None:
        """Read nothing more until TLS has begun; what a stranger adds in clear is not read at all."""
        if self._transport is not None:
            self._transport.pause_reading()

    def compress(self) -> None:
        """Compress from here on in both directions (RFC 4978); nothing is under way in either."""
        self._deflate = Deflate()

    def send(self, contents: Iterable[Content]) -> None:
        """Queue bytes and send what the socket takes now; they are neither copied nor read before it takes them."""
        for content in contents:
            if content:
                self._out.append(memoryview(content) if isinstance(content, bytes) else content.chunks())
                self.unsent_bytes += len(content)
        self._pump()

    def watch(self) -> None:
        """From now on the server owes something, and its silence counts until it owes nothing any more."""
        self._active_at = self._loop.time()
        self._suspected = False
        if self._watch is None and not self._closing:
            self._watch = self._loop.call_later(self._server.timeout_s, self._look)

    def fail(self, error: SternaError) -> None:
        """End the connection at once, because of `error`."""
        if self._failure is None:
            self._failure = error
        self._closing = True
        self._abort()

    async def abort(self) -> None:
        """End the connection at once, whatever is still to be sent."""
        self._closing = True
        self._abort()
        await self.close()

    async def close(self) -> None:
        """End the connection and wait until it has ended. May be called more than once."""
        self._closing = True
        if self._transport is None:
            return
        self._transport.close()
        _, unfinished = await asyncio.wait({self._ended}, timeout=_FAREWELL_S)
        if unfinished:
            self._abort()

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to write."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Hand bytes on."""
        self._active_at = self._loop.time()
        if self._deflate is None:
            self._listener.received(data)
            return
        try:
            for piece in self._deflate.inflate(data):
                if not self._closing:
                    self._listener.received(piece)
        except BrokenStreamError as error:
            self.fail(ConnectionLostError(self._server, f"its compressed answer cannot be read: {error}"))

    def eof_received(self) -> bool:
        """End too: IMAP has no half-closed connections."""
        return False

    def pause_writing(self) -> None:
        """The socket takes no more for now."""
        self._paused = True

    def resume_writing(self) -> None:
        """The socket takes more."""
        self._paused = False
        self._active_at = self._loop.time()
        self._pump()
        self._listener.sent()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the owner, with the reason."""
        if self._watch is not None:
            self._watch.cancel()
        self._out.clear()
        failure = self._failure
        if failure is None and not self._closing:
            reason = _said(exc) if exc else "the server closed it"
            failure = ConnectionLostError(self._server, reason)
        self._closing = True
        self._failure = failure
        if not self._ended.done():
            self._ended.set_result(None)
            self._listener.lost(failure)

    def _forget(self) -> None:
        """Note that the connection has ended in the handshake, of which asyncio does not tell the protocol."""
        self._abort()
        self._transport = None
        if not self._ended.done():
            self.connection_lost(None)

    def _abort(self) -> None:
        """End the transport at once. One of TLS that has ended cannot be aborted once more in Python 3.11.2."""
        if self._transport is not None:
            with contextlib.suppress(AttributeError):
                self._transport.abort()

    def _pump(self) -> None:
        transport = self._transport
        while self._out and not self._paused and transport is not None and not transport.is_closing():
            batch: list[memoryview] = []
            size = 0
            while self._out and size < _SLICE:
                head = self._next()
                if head is None:
                    continue
                if len(head) > _SLICE - size:
                    self._out.appendleft(head[_SLICE - size :])
                    head = head[: _SLICE - size]
                batch.append(head)
                size += len(head)
            self.unsent_bytes -= size
            data = batch[0] if len(batch) == 1 else b"".join(batch)
            transport.write(data if self._deflate is None else self._deflate.deflate(bytes(data)))

    def _next(self) -> memoryview | None:
        """Take the next bytes from the queue; None where a content has come to its end."""
        head = self._out[0]
        if isinstance(head, memoryview):
            self._out.popleft()
            return head
        chunk = next(head, None)
        if chunk is None:
            self._out.popleft()
            return None
        return memoryview(chunk)

    def _look(self) -> None:
        """Find out whether the server has been silent for too long."""
        self._watch = None
        if self._closing or not self._listener.expects():
            return
        now = self._loop.time()
        buffered = self._transport.get_write_buffer_size() if self._transport is not None else 0
        if buffered != self._buffered:
            self._buffered = buffered
            self._active_at = now
        left_s = self._active_at + self._server.timeout_s - now
        if left_s > 0:
            self._suspected = False
            self._watch = self._loop.call_later(left_s, self._look)
        elif not self._suspected:
            self._suspected = True
            self._watch = self._loop.call_later(_GRACE_S, self._look)
        else:
            self.fail(ServerTimeoutError(self._server))


def _said(error: Exception) -> str:
    """Return what the system said, for people. asyncio says nothing when a server closes in the TLS handshake."""
    said = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return said or "the server ended the TLS handshake; perhaps port and tls do not fit, or it has no TLS 1.2"
