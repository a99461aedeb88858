"""The CLI's side of connections on loopback. It knows no CommuniGate, only lines; each test says what it answers."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from sterna.site.declaration import SourceCli, Tls

GREETING = b"200 mail.lab.example ready\r\n"
LOGIN = [(b"USER postmaster", b"300 go"), (b"PASS s3cret", b"200 OK"), (b"INLINE", b"200 OK")]


class Peer:
    """The server's side of one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def line(self) -> bytes:
        """Return the next line without CRLF, empty at the end."""
        return (await self._reader.readline()).removesuffix(b"\r\n")

    async def say(self, data: bytes) -> None:
        """Send bytes."""
        self._writer.write(data)
        await self._writer.drain()

    async def log_in(self) -> None:
        """Greet and take the login."""
        await self.say(GREETING)
        for line, answer in LOGIN:
            assert await self.line() == line
            await self.say(answer + b"\r\n")

    async def answer(self, answers: Mapping[bytes, bytes]) -> None:
        """Log in, then answer each command from a table, 500 where it has none, until the client goes."""
        await self.log_in()
        while line := await self.line():
            await self.say(answers.get(line, b"500 unknown command") + b"\r\n")


Script = Callable[[Peer], Awaitable[None]]


@asynccontextmanager
async def serving(
    folder: Path, *scripts: Script, context: ssl.SSLContext | None = None, **declared: object
) -> AsyncIterator[SourceCli]:
    """Serve connections, each by the next script, the last one for all others; a failing script fails the test."""
    failures: list[Exception] = []
    todo = list(scripts)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        script = todo.pop(0) if len(todo) > 1 else todo[0]
        try:
            await script(Peer(reader, writer))
        except (ConnectionError, ssl.SSLError):
            pass  # the client hung up, as some tests want
        except Exception as error:  # noqa: BLE001 - it belongs to the test
            failures.append(error)
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError, ssl.SSLError):
                await writer.wait_closed()

    password = folder / "password"
    password.write_text("s3cret\n")
    password.chmod(0o600)
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    try:
        yield SourceCli.model_validate(
            {
                "host": "127.0.0.1",
                "port": server.sockets[0].getsockname()[1],
                "tls": Tls.TLS if context else Tls.NONE,
                "user": "postmaster",
                "password_file": password,
                "timeout_s": 5,
                **declared,
            }
        )
    finally:
        server.close()
        await server.wait_closed()
    assert failures == []
