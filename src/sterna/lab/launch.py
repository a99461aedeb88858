"""Starting, finding and stopping the supervisor of one lab from outside its namespaces."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from sterna.lab.errors import LabRunningError
from sterna.lab.processes import Identity, children, marked
from sterna.lab.supervisor import ENVIRONMENT, MARK

STOP_TIMEOUT_S = 20.0
"""How long the supervisor may take to stop everything in order; after that the kernel ends it all at once."""

_UNSHARE = (
    *("/usr/bin/unshare", "--pid", "--mount", "--propagation", "private"),
    *("--fork", "--kill-child", "--mount-proc"),
)  # fmt: skip


def lock(folder: Path) -> int:
    """Return a descriptor that holds the lab's lock until it and all its copies are closed.

    Raises:
        LabRunningError: somebody else holds it.
    """
    descriptor = os.open(folder / "run/lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise LabRunningError(folder) from error
    return descriptor


def launch(folder: Path, keep_open: Sequence[int]) -> Identity:
    """Start the supervisor of the lab in `folder` in namespaces of its own; return the process outside of them.

    Args:
        folder: the lab's.
        keep_open: descriptors that it holds as long as it lives: the lock, and the sockets that reserve ports.
    """
    environment = ENVIRONMENT | {MARK: str(folder)}
    if "PYTHONPATH" in os.environ:
        environment["PYTHONPATH"] = os.environ["PYTHONPATH"]
    command = (sys.executable, "-m", "sterna.lab.supervisor", str(folder), *map(str, keep_open))
    with (folder / "log/supervisor.log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603  # a fixed program, arguments without a shell
            (*_UNSHARE, *command),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment,
            cwd="/",
            pass_fds=keep_open,
            start_new_session=True,
        )
    # Somebody has to collect it when it ends, if we are still there then.
    threading.Thread(target=process.wait, name="lab-supervisor", daemon=True).start()
    outside = Identity.of(process.pid)
    if outside is None:
        raise ChildProcessError(f"unshare ended at once; see {folder}/log/supervisor.log")
    record = folder / "run/supervisor.json"
    record.write_text(json.dumps(asdict(outside)), "ascii")
    return outside


def find(folder: Path) -> Identity | None:
    """Return the running process outside the lab's namespaces, or None when it does not run.

    It is looked up by its record, and without one by its mark: whoever launched it may have been killed in between.
    """
    try:
        recorded = Identity(**json.loads((folder / "run/supervisor.json").read_text("ascii")))
    except (FileNotFoundError, json.JSONDecodeError, TypeError):
        recorded = None
    if recorded is not None and recorded.alive:
        return recorded
    ours = marked(MARK, str(folder))
    below = {child for one in ours for child in children(one)}
    return next((one for one in ours if one not in below), None)


def process_1(outside: Identity) -> Identity | None:
    """Return the supervisor itself, which is process 1 of its namespace; None while it is not there (any more)."""
    return next(iter(children(outside)), None)


def stop(folder: Path) -> bool:
    """End every process of the lab in `folder`; False when none was running.

    The supervisor is asked to stop its servers in order. If it does not, it is killed, and the kernel ends the rest.
    """
    outside = find(folder)
    if outside is None:
        return False
    supervisor = process_1(outside)
    if supervisor is not None:
        supervisor.signal(signal.SIGTERM)
        if not outside.wait(STOP_TIMEOUT_S):
            supervisor.signal(signal.SIGKILL)
    outside.signal(signal.SIGKILL)
    outside.wait(STOP_TIMEOUT_S)
    return True
