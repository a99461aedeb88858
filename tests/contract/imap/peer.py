"""The other end of a connection, on loopback. It knows no IMAP, only bytes; each test says what it does."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from sterna.site.declaration import Server, Tls


class Peer:
    """The server's side of one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def line(self) -> bytes:
        """Return the next line without CRLF, empty at the end."""
        return (await self._reader.readline()).removesuffix(b"\r\n")

    async def octets(self, count: int) -> bytes:
        """Return exactly `count` octets."""
        return await self._reader.readexactly(count)

    async def rest(self) -> bytes:
        """Return everything until the client closes."""
        return await self._reader.read()

    async def say(self, data: bytes) -> None:
        """Send bytes and wait until they are gone."""
        self._writer.write(data)
        await self._writer.drain()

    async def start_tls(self, context: ssl.SSLContext) -> None:
        """Shake hands."""
        await self._writer.start_tls(context)

    def hang_up(self) -> None:
        """Close."""
        self._writer.close()


Script = Callable[[Peer], Awaitable[None]]


@asynccontextmanager
async def serving(
    script: Script, *, tls: ssl.SSLContext | None = None, declared: Tls = Tls.NONE, ca_file: Path | None = None
) -> AsyncIterator[Server]:
    """Serve one connection with `script` on a free port; what goes wrong in the script fails the test."""
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    begun = False

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal begun
        begun = True
        failure: Exception | None = None
        try:
            await script(Peer(reader, writer))
        except (ConnectionError, ssl.SSLError):
            pass  # the client hung up, as some tests want
        except Exception as error:  # noqa: BLE001 it belongs to the test
            failure = error
        writer.transport.close()
        try:
            async with asyncio.timeout(2):
                await writer.wait_closed()
        except (ConnectionError, ssl.SSLError):
            pass
        except TimeoutError:
            writer.transport.abort()
        if failure is not None:
            done.set_exception(failure)
        else:
            done.set_result(None)

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    port: int = server.sockets[0].getsockname()[1]
    try:
        yield Server(host="127.0.0.1", port=port, tls=declared, ca_file=ca_file, timeout_s=5)
    finally:
        server.close()
        await server.wait_closed()
    if begun:  # not where the handshake already failed
        async with asyncio.timeout(5):
            await done
