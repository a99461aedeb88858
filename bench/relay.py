"""A long line between a client and a server: ``python -m bench.relay PORT TO DELAY_MS`` passes all bytes, but later.

Each direction is delayed by DELAY_MS, so that a round trip takes twice as long. No more than `WINDOW_BYTES` are under
way in one direction of a connection, as with TCP, whose window ends at about that size on Linux.
"""

from __future__ import annotations

import asyncio
import sys
from collections import deque
from typing import Final

WINDOW_BYTES: Final = 4 << 20
CHUNK_BYTES: Final = 256 << 10


class _Line:
    """One direction of a connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay_s: float) -> None:
        self._reader = reader
        self._writer = writer
        self._delay_s = delay_s
        self._pieces: deque[tuple[float, bytes]] = deque()
        self._under_way = 0
        self._changed = asyncio.Condition()

    async def carry(self) -> None:
        """Pass everything on, until one end closes."""
        await asyncio.gather(self._take(), self._send(), return_exceptions=True)

    async def _take(self) -> None:
        loop = asyncio.get_running_loop()
        data = b"-"
        while data:
            async with self._changed:
                await self._changed.wait_for(lambda: self._under_way < WINDOW_BYTES)
            try:
                data = await self._reader.read(CHUNK_BYTES)
            except ConnectionError:
                data = b""
            async with self._changed:
                self._pieces.append((loop.time() + self._delay_s, data))
                self._under_way += len(data)
                self._changed.notify_all()

    async def _send(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            async with self._changed:
                await self._changed.wait_for(lambda: bool(self._pieces))
                due, data = self._pieces.popleft()
            if (wait_s := due - loop.time()) > 0:
                await asyncio.sleep(wait_s)
            if not data:
                self._writer.close()
                return
            self._writer.write(data)
            await self._writer.drain()
            async with self._changed:
                self._under_way -= len(data)
                self._changed.notify_all()


async def _serve(port: int, to: int, delay_s: float) -> None:
    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", to, limit=CHUNK_BYTES)
        lines = (_Line(reader, far_writer, delay_s), _Line(far_reader, writer, delay_s))
        await asyncio.gather(*(line.carry() for line in lines))

    async with await asyncio.start_server(client, "127.0.0.1", port, limit=CHUNK_BYTES) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]) / 1000))
