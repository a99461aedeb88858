"""Free ports on loopback, held for the life of a lab.

A port is held by a socket that is bound but does not listen. Servers set SO_REUSEADDR, so they may bind it
beside that socket; the kernel hands it to nobody who asks for any port. So no two labs choose the same one, even when
both are still starting. (Postfix would share a port with a stranger without a complaint, by SO_REUSEPORT.)
"""

from __future__ import annotations

import socket
from collections.abc import Iterable
from types import TracebackType
from typing import Self

from sterna.errors import SternaError

LOOPBACK = "127.0.0.1"


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

    def choose(self) -> int:
        """Return a port that nobody uses, and hold it."""
        return self._hold(0)

    def take(self, ports: Iterable[int]) -> None:
        """Hold exactly these.

        Raises:
            PortsTakenError: some are in use.
        """
        taken = []
        for port in ports:
            try:
                self._hold(port)
            except OSError:
                taken.append(port)
        if taken:
            raise PortsTakenError(taken)

    def _hold(self, port: int) -> int:
        holder = socket.socket()
        try:
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            holder.bind((LOOPBACK, port))
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
