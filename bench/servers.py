"""Servers of the bench: each in a folder and in process namespaces of its own, which end with it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sterna.lab.launch import find, launch, process_1, stop
from sterna.lab.ports import HeldPorts
from sterna.lab.process import ProcessSpec, dump_specs
from sterna.lab.processes import inside_namespace
from sterna.lab.servers import State, read_servers

READY_S: Final = 60.0
"""How long a server may take to listen."""


class ServerFailedError(RuntimeError):
    """A server of the bench did not start."""


@contextmanager
def running(folder: Path, spec: ProcessSpec, ports: HeldPorts) -> Iterator[None]:
    """Run one server, whose files are in `folder`, until the block is left."""
    for name in ("run", "log"):
        (folder / name).mkdir(exist_ok=True, mode=0o755)
    (folder / "run/processes.json").write_text(dump_specs([spec]), "utf-8")
    (folder / "run/servers.json").unlink(missing_ok=True)  # of an earlier life
    launch(folder, ports.descriptors)
    try:
        _wait(folder)
        yield
    finally:
        stop(folder)


def processor_s(folder: Path) -> float:
    """Return how much processor time, user and system, the server in `folder` and all its processes have had so far."""
    outside = find(folder)
    leader = process_1(outside) if outside else None
    ticks = 0
    for pid in inside_namespace(leader).values() if leader else ():
        try:
            fields = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(") ")[2].split()
        except OSError:
            continue  # its time is its parent's now
        ticks += sum(map(int, fields[11:15]))  # its own, and that of its children that have ended
    return ticks / os.sysconf("SC_CLK_TCK")


def _wait(folder: Path) -> None:
    deadline = time.monotonic() + READY_S
    while True:
        states = {server.state for server in read_servers(folder)}
        if states == {State.READY}:
            return
        if states & {State.DIED, State.STOPPED} or find(folder) is None or time.monotonic() > deadline:
            logs = "\n".join(path.read_text("utf-8", "replace")[-800:] for path in sorted(folder.glob("log/*.log")))
            raise ServerFailedError(f"the server in {folder} did not start: {logs}")
        time.sleep(0.01)
