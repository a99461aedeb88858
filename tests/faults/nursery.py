"""Passes in processes of their own that can be killed: ``python -m tests.faults.nursery``, forked when asked for.

Starting Python and reading all modules takes longer than a small pass. So one process does that once and forks for each
pass; what is killed is a real process all the same, with a journal, a lock and connections of its own.
"""

from __future__ import annotations

import asyncio
import base64
import ctypes
import functools
import inspect
import itertools
import json
import os
import pickle
import select
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sterna.cyrus.replication import ReplicationWriter
from sterna.errors import SternaError
from sterna.migration.copy.ports import JournalThread
from sterna.migration.copy.run import copy_site
from sterna.site.declaration import Site
from tests.faults.impatience import hurry
from tests.faults.trial import FOLLOW

READS = frozenset(
    {"uids", "rows", "has_unsettled", "skipped", "messages", "mailboxes", "subscriptions", "given", "probe", "user"}
    | {"header", "records", "close"}
)
"""Methods of the journal and of the target's writer that change nothing; all others are effects."""

_NEW_MOUNTS = 0x20000
"""CLONE_NEWNS of unshare(2)."""

BUG = 70
"""Exit code of a pass that ended with a traceback, which no failure of a server may cause."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a pass ended: its exit code, negative for a signal; and how many effects it had when it ended by itself."""

    code: int
    effects: int


class Nursery:
    """The process that forks; one pass at a time. Made by `nursery`."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def copy(
        self, site: Site, account: str, *, kill_at: int = -1, kill_after_s: float = -1.0, state_kib: int = 0
    ) -> Ended:
        """Make a pass over one account and wait until it has ended, however it does.

        Args:
            site: where.
            account: whose mail.
            kill_at: it kills itself at this step: before an effect if even, after it if odd.
            kill_after_s: it is killed after so many seconds, wherever it is.
            state_kib: the state folder is a fresh disk of this size, which is gone when the pass has ended.
        """
        packed = base64.b64encode(pickle.dumps((site, account, kill_at, kill_after_s, state_kib))).decode("ascii")
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(packed + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the nursery has ended"
        said = json.loads(line)
        return Ended(said["code"], said["effects"])


@contextmanager
def nursery() -> Iterator[Nursery]:
    """Start it; it ends with the block."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.faults.nursery"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield Nursery(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(timeout=20)


def _main() -> None:
    for line in sys.stdin:
        site, account, kill_at, kill_after_s, state_kib = pickle.loads(base64.b64decode(line))
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reading)
            if state_kib:
                _small_disk(site.state_dir, state_kib)
            code = _pass(site, account, kill_at, writing)
            os._exit(code)
        os.close(writing)
        if kill_after_s >= 0:
            _wait(pid, kill_after_s)
            os.kill(pid, signal.SIGKILL)  # ours, and not collected yet, so its number is nobody else's
        _, status = os.waitpid(pid, 0)
        with os.fdopen(reading) as effects:
            said = {"code": os.waitstatus_to_exitcode(status), "effects": int(effects.read() or 0)}
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()


def _small_disk(folder: Path, size_kib: int) -> None:
    """Put a fresh disk of this size at `folder`, for this process alone."""
    folder.mkdir(exist_ok=True)
    assert ctypes.CDLL(None).unshare(_NEW_MOUNTS) == 0
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size_kib}k,mode=700", "small", str(folder)], check=True)


def _wait(pid: int, seconds: float) -> None:
    """Wait until our child has ended, or so long."""
    ended = os.pidfd_open(pid)
    select.select([ended], [], [], seconds)
    os.close(ended)


def _pass(site: Site, account: str, kill_at: int, writing: int) -> int:
    steps = itertools.count()
    for owner in (JournalThread, ReplicationWriter):
        _trip(owner, steps, kill_at)
    hurry(setattr)
    try:
        report = asyncio.run(copy_site(site, accounts=[account], options=FOLLOW))
    except SternaError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    except BaseException:  # noqa: BLE001  whatever it is, it is told
        traceback.print_exc()
        return BUG
    os.write(writing, b"%d" % next(steps))
    return report.exit_code


def _trip(owner: type, steps: Iterator[int], kill_at: int) -> None:
    """Make every effect of `owner` count before and after it, and end this process at one of them."""
    for name, method in inspect.getmembers(owner, inspect.iscoroutinefunction):
        if not name.startswith("_") and name not in READS:
            setattr(owner, name, _tripped(method, steps, kill_at))


def _tripped(method: Callable[..., Any], steps: Iterator[int], kill_at: int) -> Callable[..., Any]:
    @functools.wraps(method)
    async def step(*args: Any, **kwargs: Any) -> Any:
        if next(steps) == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        result = await method(*args, **kwargs)
        if next(steps) == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    return step


if __name__ == "__main__":
    _main()
