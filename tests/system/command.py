"""Run the command `sterna` as a person or a script does: as a process of its own."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "STERNA_MAIL_CORPUS"}
SECONDS = 120


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def value(self) -> Any:
        """Standard output as JSON."""
        return json.loads(self.out)


def sterna(*arguments: str | Path, folder: Path | None = None, environment: Mapping[str, str] | None = None) -> Ended:
    """Run one command line in `folder`, without a terminal; a traceback fails the test."""
    run = subprocess.run(
        [sys.executable, "-m", "sterna", *map(str, arguments)],
        cwd=folder,
        env={**ENVIRONMENT, **(environment or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert "Traceback" not in run.stderr, run.stderr
    return Ended(run.returncode, run.stdout, run.stderr)


def done(*arguments: str | Path, folder: Path | None = None) -> Any:
    """Run one command line with --json, which must succeed, and return its JSON."""
    ended = sterna(*arguments, "--json", folder=folder)
    assert ended.code == 0, ended.err or ended.out
    return ended.value


def on_terminal(*arguments: str | Path, folder: Path, answer: str = "") -> tuple[int, str]:
    """Run one command line on a terminal, type `answer` when it asks, and return its code and all it showed."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        os.execve(
            sys.executable, [sys.executable, "-m", "sterna", *map(str, arguments)], {**ENVIRONMENT, "TERM": "xterm"}
        )
    shown = b""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        ready, _, _ = select.select([terminal], [], [], 0.2)
        if not ready:
            continue
        try:
            shown += os.read(terminal, 65536)
        except OSError:  # the other end is closed
            break
        if answer and b"[y/N]" in shown:
            os.write(terminal, answer.encode() + b"\n")
            answer = ""
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), shown.decode("utf-8", "replace")
