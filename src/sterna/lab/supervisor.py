"""Runs a lab's servers: ``python -m sterna.lab.supervisor DIR``, as process 1 of its own PID and mount namespaces.

Being process 1 is the safety net: when it ends, however it ends, the kernel ends every process of the namespace.
It reads what to run from DIR/run/processes.json (again on SIGHUP, to start what has been added), keeps
DIR/run/servers.json up to date, collects syslog in DIR/log/syslog.log, and on SIGTERM stops everything in order.
A server that ends by itself is written down and not started again: a test has to see that.

Only the standard library is imported, so that it starts quickly.
"""

from __future__ import annotations

import datetime as dt
import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sterna.lab.namespace import private_dev
from sterna.lab.process import ProcessSpec, load_specs
from sterna.lab.servers import Server, State, write_servers
from sterna.lab.syslog import Receiver

POLL_S = 0.004
"""How often a starting server is looked at."""
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "TZ": "UTC"}
"""All that servers get of an environment, besides what their own specification says and the lab's mark."""
MARK = "STERNA_LAB"
"""The environment variable that names the lab's folder in each of its processes."""


@dataclass(slots=True)
class Child:
    """A server and what is known of its process."""

    spec: ProcessSpec
    pid: int = 0
    state: State = State.WAITING
    started: float = 0.0
    ready_after_s: float | None = None
    exit: str = ""

    @property
    def running(self) -> bool:
        """Whether there is a process that has not been collected."""
        return self.state in (State.STARTING, State.READY, State.STOPPING)


class Supervisor:
    """One lab's servers. `run` returns when all have ended after SIGTERM."""

    def __init__(self, folder: Path, syslog: Receiver) -> None:
        self._folder = folder
        self._syslog = syslog
        self._children: dict[str, Child] = {}
        self._selector = selectors.DefaultSelector()
        self._stop = False
        self._reload = True

    def run(self) -> None:
        """Start what is to be started, look after it, stop it in order."""
        self._catch_signals()
        self._selector.register(self._syslog.socket, selectors.EVENT_READ, self._syslog.receive)
        while not self._stop:
            if self._reload:
                self._reload = False
                self._read_specs()
            self._look_whether_ready()
            self._start_next()
            self._pump(POLL_S if any(c.state is State.STARTING for c in self._children.values()) else None)
        self._stop_all()
        signal.set_wakeup_fd(-1)  # a late signal must not look for the pipe that goes away with this object
        self._syslog.close()

    def _catch_signals(self) -> None:
        """Turn signals into bytes of a pipe, so that the one place that waits sees them."""
        reading, writing = socket.socketpair()
        reading.setblocking(False)
        writing.setblocking(False)
        signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)
        self._wakeup = writing  # kept: its descriptor is the one above
        signal.signal(signal.SIGTERM, self._asked_to_stop)
        signal.signal(signal.SIGINT, self._asked_to_stop)
        signal.signal(signal.SIGHUP, self._asked_to_reload)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        self._selector.register(reading, selectors.EVENT_READ, lambda: _drain(reading))

    def _asked_to_stop(self, _number: int, _frame: object) -> None:
        self._stop = True

    def _asked_to_reload(self, _number: int, _frame: object) -> None:
        self._reload = True

    def _pump(self, timeout_s: float | None) -> None:
        """Wait for something to happen, at most `timeout_s`, and handle it."""
        for key, _ in self._selector.select(timeout_s):
            handle: Callable[[], None] = key.data
            handle()
        self._collect()

    def _read_specs(self) -> None:
        for spec in load_specs((self._folder / "run/processes.json").read_text("utf-8")):
            self._children.setdefault(spec.name, Child(spec))
        self._write()

    def _start_next(self) -> None:
        """Start everything of the lowest order that is not ready yet."""
        unready = [c for c in self._children.values() if c.state in (State.WAITING, State.STARTING, State.DIED)]
        if not unready:
            return
        order = min(child.spec.order for child in unready)
        waiting = [child for child in unready if child.spec.order == order and child.state is State.WAITING]
        for child in waiting:
            self._start(child)
        if waiting:
            self._write()

    def _start(self, child: Child) -> None:
        spec = child.spec
        log = os.open(self._folder / f"log/{spec.name}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        environment = ENVIRONMENT | {MARK: str(self._folder)} | dict(spec.environment)
        child.started = time.monotonic()
        try:
            child.pid = os.posix_spawn(
                spec.argv[0],
                spec.argv,
                environment,
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
                    (os.POSIX_SPAWN_DUP2, log, 1),
                    (os.POSIX_SPAWN_DUP2, log, 2),
                ],
                setsid=True,
                setsigmask=[],
                setsigdef=[signal.SIGPIPE, signal.SIGXFSZ],
            )
        except OSError as error:
            child.state, child.exit = State.DIED, f"cannot be started: {error}"
            self._note(f"{spec.name} {child.exit}")
        else:
            child.state = State.STARTING
            self._note(f"{spec.name} started as process {child.pid}")
        finally:
            os.close(log)

    def _look_whether_ready(self) -> None:
        starting = [child for child in self._children.values() if child.state is State.STARTING]
        if not starting:
            return
        ports, paths = listening_ports(), listening_sockets()
        for child in starting:
            if ports.issuperset(child.spec.ready_ports) and paths.issuperset(map(str, child.spec.ready_sockets)):
                child.state = State.READY
                child.ready_after_s = time.monotonic() - child.started
                self._note(f"{child.spec.name} ready after {child.ready_after_s:.3f} s")
        if any(child.state is State.READY for child in starting):
            self._write()

    def _collect(self) -> None:
        """Collect every process that has ended; process 1 inherits all orphans."""
        changed = False
        by_pid = {child.pid: child for child in self._children.values() if child.running}
        while (ended := _wait_for_any()) is not None:
            pid, how = ended
            if (child := by_pid.get(pid)) is not None:
                expected = child.state is State.STOPPING
                child.state, child.exit = (State.STOPPED if expected else State.DIED), how
                self._note(f"{child.spec.name} {'stopped' if expected else 'DIED'}: {how}")
                changed = True
        if changed:
            self._write()

    def _stop_all(self) -> None:
        for group in _stop_order([child for child in self._children.values() if child.running]):
            for child in group:
                child.state = State.STOPPING
                os.kill(child.pid, signal.SIGTERM)
            self._wait_until_ended(group)
        self._write()

    def _wait_until_ended(self, group: list[Child]) -> None:
        asked = time.monotonic()
        killed: set[int] = set()
        while left := [child for child in group if child.running]:
            for child in left:
                if child.pid not in killed and time.monotonic() > asked + child.spec.kill_after_s:
                    self._note(f"{child.spec.name} did not stop in {child.spec.kill_after_s} s and is killed")
                    os.killpg(child.pid, signal.SIGKILL)
                    killed.add(child.pid)
            self._pump(0.05)

    def _write(self) -> None:
        servers = [
            Server(c.spec.name, c.pid, c.spec.ready_ports, c.state, c.started, c.ready_after_s, c.exit)
            for c in self._children.values()
        ]
        write_servers(self._folder, servers)

    def _note(self, text: str) -> None:
        now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        sys.stderr.write(f"{now} {text}\n")
        sys.stderr.flush()


def _stop_order(children: list[Child]) -> Iterator[list[Child]]:
    """Those that go first, then one order after the other, the highest first."""
    yield [child for child in children if child.spec.stop_first]
    rest = [child for child in children if not child.spec.stop_first]
    for order in sorted({child.spec.order for child in rest}, reverse=True):
        yield [child for child in rest if child.spec.order == order]


def _wait_for_any() -> tuple[int, str] | None:
    """Collect one ended process: its number and how it ended; None when there is none."""
    try:
        pid, status = os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return None
    if pid == 0:
        return None
    if os.WIFSIGNALED(status):
        return pid, f"signal {signal.Signals(os.WTERMSIG(status)).name}"
    return pid, f"exit {os.WEXITSTATUS(status)}"


def _drain(reading: socket.socket) -> None:
    try:
        while reading.recv(4096):
            pass
    except BlockingIOError:
        return


def listening_ports() -> set[int]:
    """TCP ports (IPv4) on which somebody listens; looking does not disturb them as connecting would (proc(5))."""
    ports = set()
    for row in Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]:
        fields = row.split(maxsplit=4)
        if fields[3] == "0A":
            ports.add(int(fields[1].rpartition(":")[2], 16))
    return ports


def listening_sockets() -> set[str]:
    """Paths of the unix sockets on which somebody listens (proc(5): flag 10000 is __SO_ACCEPTCON)."""
    paths = set()
    for row in Path("/proc/net/unix").read_bytes().splitlines()[1:]:
        fields = row.split(maxsplit=7)
        if len(fields) == 8 and int(fields[3], 16) & 0x10000:
            paths.add(os.fsdecode(fields[7]))
    return paths


def main(argv: list[str]) -> int:
    """Run the supervisor of the lab in the folder ``argv[1]``; further arguments are descriptors that it keeps open."""
    folder = Path(argv[1])
    for descriptor in map(int, argv[2:]):  # ports and the lab's lock: ours until we end, and not our servers'
        os.set_inheritable(descriptor, False)
    os.umask(0o022)
    log = private_dev(folder / "run/dev")
    Supervisor(folder, Receiver.open(log, folder / "log/syslog.log")).run()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
