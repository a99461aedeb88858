"""The watch over a server that takes bytes, but slowly."""

from __future__ import annotations

import asyncio
import time

import pytest

from sterna.errors import SternaError
from sterna.imap.failures import ServerTimeoutError
from sterna.imap.wire import Wire
from sterna.site.declaration import Server, Tls


class SlowTransport(asyncio.Transport):
    """Holds bytes of which the network takes one every `pause_s`."""

    def __init__(self, wire: Wire, *, pause_s: float) -> None:
        super().__init__()
        self._wire = wire
        self._pause_s = pause_s
        self._began = time.monotonic()

    def get_write_buffer_size(self) -> int:
        return 1_000_000 - int((time.monotonic() - self._began) / self._pause_s)

    def close(self) -> None:
        """Nothing is flushed here; `abort` ends it."""

    def abort(self) -> None:
        asyncio.get_running_loop().call_soon(self._wire.connection_lost, None)


class Owner:
    """Owed an answer, always."""

    def __init__(self) -> None:
        self.error: SternaError | None = None

    def received(self, data: bytes) -> None:
        """Nothing comes."""

    def sent(self) -> None:
        """Nothing waits."""

    def expects(self) -> bool:
        return True

    def lost(self, error: SternaError | None) -> None:
        self.error = error


@pytest.mark.parametrize(("pause_s", "given_up"), [(0.05, False), (60.0, True)], ids=["slow", "stuck"])
async def test_a_server_that_takes_bytes_slowly_is_waited_for_and_one_that_is_stuck_is_not(
    pause_s: float, given_up: bool
):
    owner = Owner()
    wire = Wire(Server(host="127.0.0.1", port=1, tls=Tls.NONE, timeout_s=0.2), owner)
    wire.connection_made(SlowTransport(wire, pause_s=pause_s))
    wire.watch()
    await asyncio.sleep(1.0)
    assert isinstance(owner.error, ServerTimeoutError) is given_up
    await wire.abort()
