"""What there is to know about the CLI's process without being it: its files, how it is started, what it was asked."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from sterna.lab.process import ProcessSpec
from sterna.lab.source.options import SourcePorts
from sterna.lab.source.switches import Switches

IDLE_S = 300.0
"""After this long without a command the server closes the connection, in seconds (certain: about five minutes)."""

SETTINGS = "cli.json"
SWITCHES = "switches.json"
COMMAND_LOG = "log/cli-commands.jsonl"


@dataclass(frozen=True, slots=True)
class LoggedCommand:
    """One row of the command log: who said what first word, and with which code it was answered."""

    user: str
    word: str
    code: int
    writes: bool


def write_files(folder: Path, ports: SourcePorts, switches: Switches, *, idle_s: float = IDLE_S) -> None:
    """Write what the process reads: its port, and its switches, which count for every new connection."""
    (folder / SETTINGS).write_text(json.dumps({"port": ports.cli, "idle_s": idle_s}) + "\n")
    switches.save(folder / SWITCHES)


def process(folder: Path, ports: SourcePorts) -> ProcessSpec:
    """Return how it is run."""
    argv = (sys.executable, "-m", "sterna.lab.source.cliserver", str(folder))
    return ProcessSpec(name="communigate-cli", argv=argv, ready_ports=(ports.cli,), environment={"TZ": "UTC"})


def logged_commands(folder: Path) -> list[LoggedCommand]:
    """Return every command that anybody has sent so far, oldest first."""
    try:
        text = (folder / COMMAND_LOG).read_text()
    except FileNotFoundError:
        return []
    rows = (json.loads(line) for line in text.splitlines())
    return [LoggedCommand(row["user"], row["word"], row["code"], row["writes"]) for row in rows]
