"""Runs commands together and says how long they took, how much processor, and how much memory at most."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SAMPLE_S: Final = 0.05
"""How often memory is looked at. The kernel keeps each process's peak, so only its very last moment is missed."""


class TookTooLongError(RuntimeError):
    """A contestant was ended because its time was over."""


class ContestantFailedError(RuntimeError):
    """A contestant did not do what it was asked to."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What some commands needed, from the start of the first to the end of the last.

    Fields:
        seconds: by the clock.
        processor_s: of all of them, user and system.
        peak_bytes: of the largest process among them and their children.
    """

    seconds: float
    processor_s: float
    peak_bytes: int


def together(
    commands: Sequence[Sequence[str]],
    log: Path,
    *,
    limit_s: float,
    environment: Mapping[str, str] | None = None,
    good: Sequence[int] = (0,),
) -> Measured:
    """Run commands side by side.

    Args:
        commands: each a program and its arguments.
        log: what they print goes there, as ``log.0``, ``log.1`` …
        limit_s: end them after so long.
        environment: besides our own.
        good: exit codes that are no failure.

    Raises:
        TookTooLongError: they were not ready in time.
        ContestantFailedError: one ended with another exit code.
    """
    began = time.monotonic()
    processes = {}
    for number, command in enumerate(commands):
        with Path(f"{log}.{number}").open("wb") as output:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=os.environ | (environment or {}),
                start_new_session=True,
            )
        processes[process.pid] = process
    peaks: dict[int, int] = {}
    processor_s, ended = 0.0, began
    codes: list[int] = []
    running = set(processes)
    # What the kernel says of an ended process counts also what it was before it became the command: ourselves.
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        while running:
            for pid in list(running):
                _look(pid, peaks)
                found, status, used = os.wait4(pid, os.WNOHANG)
                if found:
                    running.discard(pid)
                    ended = time.monotonic()
                    processes[pid].returncode = os.waitstatus_to_exitcode(status)
                    codes.append(processes[pid].returncode)
                    processor_s += used.ru_utime + used.ru_stime
                    if used.ru_maxrss > own:
                        peaks[pid] = max(used.ru_maxrss * 1024, peaks.get(pid, 0))
            if time.monotonic() - began > limit_s:
                raise TookTooLongError(f"not ready within {limit_s:.0f} s")
            time.sleep(SAMPLE_S)
    finally:
        for pid in running:
            os.killpg(pid, signal.SIGKILL)
            processes[pid].wait()
    if bad := [code for code in codes if code not in good]:
        said = Path(f"{log}.0").read_text("utf-8", "replace")[-600:]
        raise ContestantFailedError(f"{commands[0][0]} ended with {bad[0]}; see {log}.*: {said}")
    return Measured(ended - began, processor_s, max(peaks.values(), default=0))


def _look(pid: int, peaks: dict[int, int]) -> None:
    """Take down the peak of a process and of all below it."""
    try:
        rows = Path(f"/proc/{pid}/status").read_text("ascii", "replace").splitlines()
        peak = next((int(row.split()[1]) * 1024 for row in rows if row.startswith("VmHWM:")), 0)
        below = [
            child for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()
        ]
    except OSError:
        return
    peaks[pid] = max(peak, peaks.get(pid, 0))
    for child in below:
        _look(int(child), peaks)
