"""Free ports on loopback, held for the life of a lab.

A port is held by a socket that is bound but does not listen. Servers set SO_REUSEADDR, so they may bind it
beside that socket; so no two labs choose the same one, even when both are still starting. (Postfix would share a port
with a stranger without a complaint, by SO_REUSEPORT.)

Ports are chosen below those that the kernel gives to every client that connects somewhere: a lab that was stopped finds
its own free again.
"""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from sterna.errors import SternaError

LOOPBACK = "127.0.0.1"
LOWEST = 10_240
"""Below are the ports of well-known servers."""
EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")
"""The first and the last port that the kernel gives away by itself (ip(7))."""


class PortsTakenError(SternaError):
    """Ports that a stopped lab is configured for are used by somebody else now."""

    exit_code = 75

    def __init__(self, ports: Iterable[int]) -> None:
        self.ports = tuple(ports)
        super().__init__(
            f"the lab's ports {', '.join(map(str, self.ports))} are used by other programs now. "
            "Nothing was started; end those programs, or take the lab down with its data and make a new one."
        )


class HeldPorts:
    """A set of ports kept free of strangers until `close`. The sockets may be handed to a child process."""

    def __init__(self) -> None:
        self._sockets: list[socket.socket] = []
        self._end = int(EPHEMERAL.read_text("ascii").split()[0])
        self._next = random.randrange(LOWEST, max(self._end, LOWEST + 1))  # noqa: S311  only to keep labs apart

    def choose(self) -> int:
        """Return a port that nobody uses, and hold it."""
        for _ in range(LOWEST, self._end):
            port = self._next
            self._next = port + 1 if port + 1 < self._end else LOWEST
            try:
                return self._hold(port, alone=True)
            except OSError:
                continue
        return self._hold(0)

    def take(self, ports: Iterable[int], patience_s: float = 0.0) -> None:
        """Hold exactly these.

        Args:
            ports: by number.
            patience_s: how long to wait for those that are in use.

        Raises:
            PortsTakenError: some are in use and stay so.
        """
        deadline = time.monotonic() + patience_s
        while taken := [port for port in ports if not self._try(port)]:
            if time.monotonic() > deadline:
                raise PortsTakenError(taken)
            ports = taken
            time.sleep(0.02)

    def _try(self, port: int) -> bool:
        try:
            self._hold(port)
        except OSError:
            return False
        return True

    def _hold(self, port: int, *, alone: bool = False) -> int:
        """Bind `port`; with `alone` only if no other socket is bound to it, not even one that holds it too."""
        holder = socket.socket()
        try:
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(not alone))
            holder.bind((LOOPBACK, port))
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        except OSError:
            holder.close()
            raise
        self._sockets.append(holder)
        held: int = holder.getsockname()[1]
        return held

    @property
    def descriptors(self) -> tuple[int, ...]:
        """File descriptors of the sockets, for a child that goes on holding them."""
        return tuple(holder.fileno() for holder in self._sockets)

    def close(self) -> None:
        """Let go; twice is once."""
        for holder in self._sockets:
            holder.close()
        self._sockets.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
