"""What the lab's supervisor needs to know of one server to run it."""

from __future__ import annotations

from collections.abc import Mapping
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
    """

    name: str
    argv: tuple[str, ...]
    ready_ports: tuple[int, ...] = ()
    ready_sockets: tuple[Path, ...] = ()
    order: int = 0
    environment: Mapping[str, str] = field(default_factory=dict)
    kill_after_s: float = 1.0
