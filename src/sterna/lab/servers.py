"""What the supervisor tells of its servers, in DIR/run/servers.json."""

from __future__ import annotations

import enum
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


class State(enum.StrEnum):
    """Where a server is in its life. ``died``: it ended without being asked to."""

    WAITING = "waiting"
    STARTING = "starting"
    READY = "ready"
    STOPPING = "stopping"
    STOPPED = "stopped"
    DIED = "died"


@dataclass(frozen=True, slots=True)
class Server:
    """One server as the supervisor sees it.

    Fields:
        pid: its process number inside the lab's PID namespace, 0 before it was started.
        started: on the monotonic clock of this machine, in seconds.
        ready_after_s: from its start until it listened, None before.
        exit: how it ended, empty while it runs.
    """

    name: str
    pid: int
    ports: tuple[int, ...]
    state: State
    started: float
    ready_after_s: float | None
    exit: str


def write_servers(folder: Path, servers: Iterable[Server]) -> None:
    """Replace DIR/run/servers.json; whoever reads it meanwhile sees the old one or the new one."""
    rows = [
        {
            "name": server.name,
            "pid": server.pid,
            "ports": list(server.ports),
            "state": server.state,
            "started": server.started,
            "ready_after_s": server.ready_after_s,
            "exit": server.exit,
        }
        for server in servers
    ]
    new = folder / "run/servers.json.new"
    new.write_text(json.dumps(rows, indent=1), "utf-8")
    new.replace(folder / "run/servers.json")


def read_servers(folder: Path) -> list[Server]:
    """Return the servers of the lab in `folder`; none when it has not been started yet."""
    try:
        rows = json.loads((folder / "run/servers.json").read_text("utf-8"))
    except FileNotFoundError:
        return []
    return [
        Server(
            row["name"],
            row["pid"],
            tuple(row["ports"]),
            State(row["state"]),
            row["started"],
            row["ready_after_s"],
            row["exit"],
        )
        for row in rows
    ]
