"""Finding and ending the processes of one lab, and nobody else's.

A process is known by its number *and* its start time, and signalled through a pidfd that was opened before the start
time was looked at, so that a number that has been given to another process is never signalled.
"""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Identity:
    """A process: its number and, in clock ticks since boot, when it started (proc(5)), and in which boot."""

    pid: int
    start_ticks: int
    boot: str

    @classmethod
    def of(cls, pid: int) -> Identity | None:
        """Return the identity of the running process `pid`; None when there is none, or only its remains."""
        fields = _stat(pid)
        if fields is None or fields[0] in ("Z", "X"):
            return None
        return cls(pid, int(fields[19]), _boot())

    @property
    def alive(self) -> bool:
        """Whether this very process still runs."""
        return Identity.of(self.pid) == self

    def signal(self, number: signal.Signals) -> bool:
        """Send `number` to this very process; False when it has ended."""
        with _pidfd(self.pid) as descriptor:
            if descriptor is None or not self.alive:
                return False
            try:
                signal.pidfd_send_signal(descriptor, number)
            except ProcessLookupError:
                return False
            return True

    def wait(self, timeout_s: float) -> bool:
        """Wait until this very process has ended; False when it still runs after `timeout_s`."""
        deadline = time.monotonic() + timeout_s
        with _pidfd(self.pid) as descriptor:
            # Readable when the process has ended; nobody need have collected it.
            if descriptor is not None and self.alive:
                select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))
        return not self.alive


@contextmanager
def _pidfd(pid: int) -> Iterator[int | None]:
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        yield None
        return
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def children(of: Identity) -> list[Identity]:
    """Return the running children of a process."""
    found = []
    for pid in all_pids():
        fields = _stat(pid)
        if fields is not None and int(fields[1]) == of.pid and (identity := Identity.of(pid)) is not None:
            found.append(identity)
    return found


def marked(variable: str, value: str) -> list[Identity]:
    """Return the running processes that were started with ``variable=value`` in their environment."""
    mark = os.fsencode(f"{variable}={value}")
    found = []
    for pid in all_pids():
        identity = Identity.of(pid)
        try:
            environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        except OSError:
            continue  # it has ended, or is not for us to look at, and then it is not ours
        if identity is not None and mark in environment and identity.alive:
            found.append(identity)
    return found


def inside_namespace(process_1: Identity) -> dict[int, int]:
    """Return, for each process of the PID namespace that `process_1` leads, its number inside: number outside."""
    try:
        namespace = Path(f"/proc/{process_1.pid}/ns/pid").readlink()
    except OSError:
        return {}
    numbers = {}
    for pid in all_pids():
        try:
            if Path(f"/proc/{pid}/ns/pid").readlink() != namespace:
                continue
            status = Path(f"/proc/{pid}/status").read_text("utf-8", "replace")
        except OSError:
            continue
        inside = next(line for line in status.splitlines() if line.startswith("NSpid:")).split()[-1]
        numbers[int(inside)] = pid
    return numbers


def all_pids() -> list[int]:
    """Return the numbers of all processes of this machine (of this namespace of it)."""
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208  # names are all it takes, and there may be thousands


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/PID/stat from the state on: the name before them may hold anything."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except OSError:
        return None
    return text.rpartition(") ")[2].split()


def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
