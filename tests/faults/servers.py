"""What can happen to the lab's servers themselves: killed, stopped, started again, out of disk space."""

from __future__ import annotations

import signal
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

from sterna.lab.launch import find, process_1
from sterna.lab.process import ProcessSpec, load_specs
from sterna.lab.processes import Identity, inside_namespace
from sterna.lab.supervisor import ENVIRONMENT, MARK
from tests.loopback import wait_for

IMAP_OF = {"cyrus": "/cyrus/bin/imapd", "dovecot": "/dovecot/imap"}
"""How the path of the program ends that holds a client's session."""


def sessions(lab: Path, server: str) -> list[Identity]:
    """Return the running IMAP sessions of a server of the lab in `lab`."""
    return [one for one in _programs(lab) if _program(one).endswith(IMAP_OF[server])]


def kill(processes: list[Identity], how: signal.Signals = signal.SIGKILL) -> int:
    """Send each a signal; return how many got it."""
    return sum(one.signal(how) for one in processes)


def restart(lab: Path, server: str, between: Callable[[], None] = lambda: None) -> None:
    """Kill a server with all its processes at once, do something, and start it again in the lab's namespaces."""
    spec = _spec(lab, server)
    mine = [one for one in _programs(lab) if f"/{server}" in _program(one)]
    assert kill(mine)
    for one in mine:
        assert one.wait(10)
    between()
    with (lab / f"log/{server}.log").open("ab") as log:
        process = subprocess.Popen(
            [*_inside(lab), *spec.argv],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=ENVIRONMENT | {MARK: str(lab)} | dict(spec.environment),
            start_new_session=True,
        )
    # Somebody has to collect it when the lab ends.
    threading.Thread(target=process.wait, name=server, daemon=True).start()
    for port in spec.ready_ports:
        wait_for(port)


def small_disk(lab: Path, folder: Path, free_kib: int) -> None:
    """Move a folder's content to a disk that has only so much room left; the lab's servers alone see it."""
    owner = folder.stat()
    options = f"size=500m,uid={owner.st_uid},gid={owner.st_gid},mode={owner.st_mode & 0o777:o}"
    script = """
        mount -t tmpfs -o "$1" small /mnt && cp -a "$2/." /mnt/ && mount --move /mnt "$2" &&
        used=$(df --output=used -k "$2" | tail -n 1) && mount -o "remount,size=$((used + $3))k" "$2"
    """
    subprocess.run([*_inside(lab), "sh", "-c", script, "sh", options, str(folder), str(free_kib)], check=True)


def grow_disk(lab: Path, folder: Path, size: str) -> None:
    """Give that disk more room."""
    subprocess.run([*_inside(lab), "mount", "-o", f"remount,size={size}", str(folder)], check=True)


def _first(lab: Path) -> Identity:
    """Return process 1 of the lab."""
    outside = find(lab)
    assert outside is not None
    first = process_1(outside)
    assert first is not None
    return first


def _inside(lab: Path) -> list[str]:
    return ["nsenter", "--target", str(_first(lab).pid), "--mount", "--pid", "--"]


def _programs(lab: Path) -> list[Identity]:
    """Return every process of the lab but the first."""
    first = _first(lab)
    found = [Identity.of(pid) for pid in inside_namespace(first).values() if pid != first.pid]
    return [one for one in found if one is not None]


def _spec(lab: Path, server: str) -> ProcessSpec:
    specs = load_specs((lab / "run/processes.json").read_text())
    return next(spec for spec in specs if spec.name == server)


def _program(one: Identity) -> str:
    try:
        return str(Path(f"/proc/{one.pid}/exe").readlink())
    except OSError:
        return ""  # it has just ended
