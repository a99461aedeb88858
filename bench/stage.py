"""What every part of the bench works with: a folder, how often and how long, and rounds of contestants in turn."""

from __future__ import annotations

import imaplib
import math
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.measure import ContestantFailedError, Measured, TookTooLongError
from bench.results import Row
from bench.servers import ServerFailedError
from sterna.lab.ports import HeldPorts

Trial = Callable[[Path], Measured]
"""Does the work once, with everything it writes in the given new folder."""

RELAY_READY_S: Final = 10.0
FAILURES: Final = (TookTooLongError, ContestantFailedError, ServerFailedError, OSError, imaplib.IMAP4.error)
"""What may happen to a contestant, or to what is made ready for it."""


@dataclass(slots=True)
class Stage:
    """One run of the bench.

    Fields:
        folder: everything is written below it. Nothing in it is removed before the end, since files are made much more
            slowly where others have just been removed.
        runs: how often each contestant runs.
        quick: everything small, to see that it works.
        limit_s: no contestant may take longer for one run.
        until: once the monotonic clock is past it, each contestant runs only once.
    """

    folder: Path
    runs: int
    quick: bool
    limit_s: float
    until: float = math.inf
    _made: int = 0

    def new(self, name: str) -> Path:
        """Return a new folder."""
        self._made += 1
        path = self.folder / f"{self._made:03d}-{name.replace(' ', '-')}"
        path.mkdir(mode=0o711)
        return path

    def size(self, full: int, quick: int) -> int:
        """Return how much of something there shall be."""
        return quick if self.quick else full

    def rounds(self, case: str, trials: Mapping[str, Trial], messages: int, *, rate: bool = True) -> list[Row]:
        """Let all contestants run in turn, `runs` times; one that fails is out, and its row says why.

        Args:
            case: what is to be done.
            trials: contestants by name.
            messages: how many each run moves.
            rate: tell messages a second; otherwise the seconds themselves.
        """
        found: dict[str, list[Measured]] = {who: [] for who in trials}
        notes: dict[str, str] = {}
        for turn in range(self.runs):
            if turn and time.monotonic() > self.until:
                say(f"  {case}: the time is over; no further runs")
                break
            for who, trial in trials.items():
                if who in notes:
                    continue
                try:
                    measured = trial(self.new(who))
                except FAILURES as error:
                    notes[who] = str(error)[:300].replace("\n", " ").replace("|", "/")
                    say(f"  {case}: {who}: {error}")
                    continue
                finally:
                    os.sync()  # what one has left to be written is not to slow down the next
                found[who].append(measured)
                what = f"{messages / measured.seconds:,.0f} msg/s" if rate else f"{measured.seconds:.2f} s"
                say(f"  {case}: {who}: {what}, {measured.peak_bytes / 1e6:.0f} MB (run {turn + 1})")
        return [_row(case, who, runs, messages if rate else 0, notes.get(who, "")) for who, runs in found.items()]


def _row(case: str, who: str, runs: Sequence[Measured], messages: int, note: str) -> Row:
    values = [messages / run.seconds if messages else run.seconds for run in runs]
    unit = "msg/s" if messages else "s"
    peak = max((run.peak_bytes for run in runs), default=0)
    return Row(case, who, unit, values, peak, statistics.median([run.processor_s for run in runs] or [0.0]), note)


def say(line: str) -> None:
    """Tell how far it is."""
    print(f"{time.strftime('%H:%M:%S')} {line}", file=sys.stderr, flush=True)


@contextmanager
def relay(to: int, delay_ms: float) -> Iterator[int]:
    """Run a line to the port `to` that is `delay_ms` long in each direction; yield the port of its near end."""
    with HeldPorts() as ports:
        port = ports.choose()
        process = subprocess.Popen([sys.executable, "-m", "bench.relay", str(port), str(to), str(delay_ms)])
        try:
            _await_port(port)
            yield port
        finally:
            process.kill()
            process.wait()


def _await_port(port: int) -> None:
    row = f"0100007F:{port:04X} 00000000:0000 0A"
    deadline = time.monotonic() + RELAY_READY_S
    while row not in Path("/proc/net/tcp").read_text("ascii"):
        if time.monotonic() > deadline:
            raise ServerFailedError("the relay does not listen")
        time.sleep(0.01)
