"""One connection to CommuniGate's CLI: opens it, logs in, asks one command after the other, opens it again when idle.

Every wait has the deadline that the site file gives, and a whole reply a multiple of it. Because all commands only
read, one whose answer did not come, or not whole, is asked once again on a new connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import ssl
from dataclasses import dataclass
from typing import TypeVar

from sterna.communigate.commands import Command
from sterna.communigate.connection_errors import (
    CannotConnectError,
    CliLoginError,
    CliTimeoutError,
    CommandRefusedError,
    NoStartTlsError,
    ReplyCutError,
    ServerClosedError,
)
from sterna.communigate.conversation import (
    Answered,
    Conversation,
    Event,
    Greeted,
    LoggedIn,
    LoginRefused,
    UnsendableLoginError,
)
from sterna.communigate.reply import MAX_REPLY_BYTES, Reply
from sterna.communigate.values import Value
from sterna.imap.tls import client_context, explained
from sterna.site.declaration import SourceCli, Tls
from sterna.site.secrets import read_secret

IDLE_S = 240.0
"""After this time without a command a connection is opened anew: CommuniGate closes it after about 300 s."""

_CHECKED_AFTER_S = 1.0
"""A connection idle for less is not looked at before it is used; that look costs a turn of the event loop."""

_REPLY_WAITS = 20
"""A whole reply may take so many times as long as the wait for its next bytes, so that none drips for ever."""

_FAREWELL_S = 2.0
"""How long a server may take to close; nothing depends on it any more."""

_READ_BYTES = 256 * 1024

_Wanted = TypeVar("_Wanted", bound=Event)


@dataclass(slots=True)
class _Stream:
    """An open connection whose conversation is in step with the server."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    conversation: Conversation
    used_at: float  # of the event loop's clock


class CliConnection:
    """A connection to the CLI, opened by `connect` or by the first `ask`. One task at a time may use it."""

    def __init__(self, server: SourceCli, *, limit_bytes: int = MAX_REPLY_BYTES, idle_s: float = IDLE_S) -> None:
        self.greeting = ""
        self._server = server
        self._limit_bytes = limit_bytes
        self._idle_s = idle_s
        self._stream: _Stream | None = None

    async def connect(self) -> None:
        """Connect and log in.

        Raises:
            CannotConnectError, CliTimeoutError, ServerClosedError, CliProtocolError: no conversation with the server.
            TlsError, NoStartTlsError: no protected one.
            SecretFileError, UnsendableLoginError: the password cannot be read or sent.
            CliLoginError: the server refuses the login.
        """
        self._stream = await self._opened()

    async def ask(self, command: Command) -> Value:
        """Send `command` and return the object of its reply, None when it has none.

        Raises:
            CommandRefusedError: the server answers with another code than 2xx.
            UnwritableValueError: the command cannot be written; nothing was sent.
            DataFormatError: the reply's object cannot be read. The connection can be used again.
            SternaError: as `connect`; the next command opens a new connection.
        """
        reply = await self.reply(command)
        if not reply.good:
            raise CommandRefusedError(str(command), reply.code, reply.text)
        return reply.value()

    async def reply(self, command: Command) -> Reply:
        """Send `command` and return its reply, whatever it says; errors as of `ask`, but for those about the reply."""
        command.line()  # what cannot be sent fails here, with the connection untouched
        stream = await self._usable()
        try:
            answered = await self._answer(stream, command)
        except ServerClosedError:
            answered = await self._again(command)
        return answered.reply

    async def _again(self, command: Command) -> Answered:
        """Ask once more on a new connection; a reply that is cut again is the fault of what was asked for."""
        stream = await self._opened()
        try:
            return await self._answer(stream, command)
        except ServerClosedError as error:
            if error.in_reply:
                raise ReplyCutError(self._server, str(command)) from error
            raise

    async def close(self) -> None:
        """Say good-bye, if the connection is open, and close it."""
        if stream := self._taken():
            stream.conversation.leave()
            await self._shut(stream, stream.conversation.bytes_to_send())

    async def _usable(self) -> _Stream:
        """Return an open connection; a new one when the old one was idle for too long or the server has closed it."""
        if stream := self._taken():
            idle_s = asyncio.get_running_loop().time() - stream.used_at
            if idle_s < self._idle_s and (idle_s < _CHECKED_AFTER_S or not await _has_spoken(stream)):
                return stream
            await self._shut(stream)
        return await self._opened()

    def _taken(self) -> _Stream | None:
        """Return the open connection and forget it: it comes back only when a reply to it was whole."""
        stream, self._stream = self._stream, None
        return stream

    async def _answer(self, stream: _Stream, command: Command) -> Answered:
        stream.conversation.submit(command)
        answered = await self._until(Answered, stream)
        self._stream = stream
        return answered

    async def _opened(self) -> _Stream:
        password = read_secret(self._server.password_file)
        stream = await self._connected()
        self.greeting = ""
        self.greeting = (await self._until(Greeted, stream)).text
        try:
            stream.conversation.login(self._server.user, password)
        except UnsendableLoginError:
            _abort(stream)
            raise
        event = await self._until((LoggedIn, LoginRefused), stream)
        if isinstance(event, LoginRefused):
            await self._shut(stream)
            raise CliLoginError(self._server, event.code, event.text)
        return stream

    async def _connected(self) -> _Stream:
        server = self._server
        if server.tls is Tls.STARTTLS:
            raise NoStartTlsError(server)
        context = client_context(server) if server.tls is Tls.TLS else None
        try:
            async with asyncio.timeout(server.timeout_s):
                reader, writer = await asyncio.open_connection(server.host, server.port, ssl=context)
        except TimeoutError as error:
            raise CannotConnectError(server, f"no answer within {server.timeout_s:g} s") from error
        except ssl.SSLError as error:
            raise explained(error, server) from error
        except OSError as error:
            raise CannotConnectError(server, _reason(error)) from error
        now = asyncio.get_running_loop().time()
        return _Stream(reader, writer, Conversation(limit_bytes=self._limit_bytes), now)

    async def _until(self, wanted: type[_Wanted] | tuple[type[_Wanted], ...], stream: _Stream) -> _Wanted:
        """Send what is to be sent and read until an event of the type `wanted`; on any failure the stream is ended."""
        until = asyncio.get_running_loop().time() + _REPLY_WAITS * self._server.timeout_s
        try:
            while True:
                if out := stream.conversation.bytes_to_send():
                    stream.writer.write(out)
                for event in stream.conversation.receive(await self._received(stream, until)):
                    if isinstance(event, wanted):
                        stream.used_at = asyncio.get_running_loop().time()
                        return event
        except BaseException:  # also when we are cancelled: a reply nobody waits for would answer the next command
            _abort(stream)
            raise

    async def _received(self, stream: _Stream, until: float) -> bytes:
        try:
            async with asyncio.timeout(min(self._server.timeout_s, until - asyncio.get_running_loop().time())):
                await stream.writer.drain()
                data = await stream.reader.read(_READ_BYTES)
        except TimeoutError as error:
            raise CliTimeoutError(self._server, greeted=bool(self.greeting)) from error
        except OSError as error:
            raise ServerClosedError(self._server, in_reply=stream.conversation.in_reply) from error
        if not data:
            raise ServerClosedError(self._server, in_reply=stream.conversation.in_reply)
        return data

    async def _shut(self, stream: _Stream, last_words: bytes = b"") -> None:
        try:
            with contextlib.suppress(OSError, TimeoutError):  # ssl.SSLError is an OSError
                async with asyncio.timeout(_FAREWELL_S):
                    stream.writer.write(last_words)
                    stream.writer.close()
                    await stream.writer.wait_closed()
        finally:
            _abort(stream)


def _abort(stream: _Stream) -> None:
    """End the stream at once. A TLS transport of Python 3.11.2 that has ended already cannot be aborted once more."""
    with contextlib.suppress(AttributeError):
        stream.writer.transport.abort()


def _reason(error: OSError) -> str:
    """Return why a connection was not made; asyncio's own text repeats the address instead."""
    if isinstance(error, socket.gaierror) or not error.errno:
        return error.strerror or str(error)
    return os.strerror(error.errno).lower()


async def _has_spoken(stream: _Stream) -> bool:
    """Return whether the server has closed, or said anything, since the last reply: its good-bye is no answer."""
    try:
        async with asyncio.timeout(0):
            await stream.reader.read(1)
    except TimeoutError:
        return False
    except OSError:
        return True
    return True
