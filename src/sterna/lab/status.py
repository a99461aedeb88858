"""What a lab looks like from outside: its servers, with their process numbers on this machine."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from sterna.lab.launch import find, process_1
from sterna.lab.processes import inside_namespace
from sterna.lab.servers import Server, State, read_servers


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """One server of a running or stopped lab.

    Fields:
        pid: its process number on this machine; None when it does not run.
        uptime_s: since its start; None when it does not run.
        exit: how it ended, when it has.
    """

    name: str
    pid: int | None
    ports: tuple[int, ...]
    state: State
    uptime_s: float | None
    exit: str


@dataclass(frozen=True, slots=True)
class LabStatus:
    """Whether a lab runs, its supervisor's process number, and its servers in the order they were started."""

    dir: Path
    pid: int | None
    servers: tuple[ServerStatus, ...]

    @property
    def running(self) -> bool:
        """Whether its supervisor runs."""
        return self.pid is not None

    @property
    def healthy(self) -> bool:
        """Whether every server that belongs to it runs."""
        return self.running and all(server.state is State.READY for server in self.servers)


def look(folder: Path) -> LabStatus:
    """Return what is known of the lab in `folder`, which is an absolute path."""
    outside = find(folder)
    supervisor = process_1(outside) if outside else None
    outside_numbers = inside_namespace(supervisor) if supervisor else {}
    now = time.monotonic()
    return LabStatus(
        folder,
        supervisor.pid if supervisor else None,
        tuple(_server_status(server, outside_numbers, now) for server in read_servers(folder)),
    )


def _server_status(server: Server, outside_numbers: dict[int, int], now: float) -> ServerStatus:
    pid = outside_numbers.get(server.pid) if server.state in (State.STARTING, State.READY, State.STOPPING) else None
    if pid is None and server.state is not State.DIED:
        return ServerStatus(server.name, None, server.ports, State.STOPPED, None, server.exit)
    uptime = now - server.started if pid is not None else None
    return ServerStatus(server.name, pid, server.ports, server.state, uptime, server.exit)
