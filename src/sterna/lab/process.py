"""What the lab's supervisor needs to know of one server to run it, and how that travels in a file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """One server, kept in the foreground by its own options.

    Fields:
        name: short, unique in the lab: ``slapd-provider``, ``cyrus``, ``dovecot``.
        argv: the command; never a shell line, never a secret.
        ready_ports: loopback TCP ports that accept a connection once the server is ready.
        ready_sockets: unix sockets that do.
        order: servers of a lower order are ready before those of a higher one are started; stopped in reverse.
        kill_after_s: SIGTERM first, SIGKILL to its process group after this many seconds.
        stop_first: stop it before all others, whatever its order: those that hang on its answers then see it gone.
    """

    name: str
    argv: tuple[str, ...]
    ready_ports: tuple[int, ...] = ()
    ready_sockets: tuple[Path, ...] = ()
    order: int = 0
    environment: Mapping[str, str] = field(default_factory=dict)
    kill_after_s: float = 1.0
    stop_first: bool = False


def dump_specs(specs: Iterable[ProcessSpec]) -> str:
    """Return `specs` as JSON, for `load_specs`."""
    rows = [
        {
            "name": spec.name,
            "argv": list(spec.argv),
            "ready_ports": list(spec.ready_ports),
            "ready_sockets": [str(path) for path in spec.ready_sockets],
            "order": spec.order,
            "environment": dict(spec.environment),
            "kill_after_s": spec.kill_after_s,
            "stop_first": spec.stop_first,
        }
        for spec in specs
    ]
    return json.dumps(rows, indent=1)


def load_specs(text: str) -> list[ProcessSpec]:
    """Return what `dump_specs` wrote."""
    return [
        ProcessSpec(
            name=row["name"],
            argv=tuple(row["argv"]),
            ready_ports=tuple(row["ready_ports"]),
            ready_sockets=tuple(Path(path) for path in row["ready_sockets"]),
            order=row["order"],
            environment=row["environment"],
            kill_after_s=row["kill_after_s"],
            stop_first=row["stop_first"],
        )
        for row in json.loads(text)
    ]
