"""A lab's life: up, status, down. Everything it has is in its folder and in its namespaces.

::

    DIR/sterna.toml   the lab as a site           DIR/secrets/   password files
    DIR/pki/          certificate authority       DIR/log/       what every server says
    DIR/source/       the old server              DIR/run/       sockets, and what is known of the lab itself
    DIR/target/       the new platform
"""

from __future__ import annotations

import os
import shutil
import signal
import stat
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

from sterna.lab import info as lab_info
from sterna.lab import source
from sterna.lab.checks import check_packages, check_path, check_root
from sterna.lab.errors import FolderError, LabRunningError, NoLabError, ServerStartError
from sterna.lab.info import LabInfo, SourceEnd
from sterna.lab.launch import find, launch, lock, process_1, stop
from sterna.lab.platform import PACKAGES, Platform, PlatformPorts
from sterna.lab.ports import HeldPorts
from sterna.lab.process import ProcessSpec, dump_specs, load_specs
from sterna.lab.processes import Identity, inside_namespace
from sterna.lab.servers import Server, State, read_servers
from sterna.lab.sitefile import write_platform_secrets, write_site
from sterna.lab.source.options import SourceOptions, SourcePorts
from sterna.lab.source.switches import Switches
from sterna.pki.authority import Authority

READY_TIMEOUT_S = 60.0
"""How long servers may take to listen; usually a third of a second, but a busy machine is not a broken one."""
MARKER = "run/sterna-lab"
"""The file that tells a lab's folder from somebody's home."""
_DEFAULT = SourceOptions()


@dataclass(frozen=True, slots=True)
class LabOptions:
    """What a new lab is made from; see `SourceOptions` for the old server's part."""

    with_source: bool = True
    messages: int = _DEFAULT.messages
    seed: int = _DEFAULT.seed
    corpus: Path | None = None
    switches: Switches = field(default_factory=Switches)


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """One server of a running or stopped lab.

    Fields:
        pid: its process number on this machine; None when it does not run.
        uptime_s: since its start; None when it does not run.
        exit: how it ended, when it has.
    """

    name: str
    pid: int | None
    ports: tuple[int, ...]
    state: State
    uptime_s: float | None
    exit: str


@dataclass(frozen=True, slots=True)
class LabStatus:
    """Whether a lab runs, its supervisor's process number, and its servers in the order they were started."""

    dir: Path
    pid: int | None
    servers: tuple[ServerStatus, ...]

    @property
    def running(self) -> bool:
        """Whether its supervisor runs."""
        return self.pid is not None

    @property
    def healthy(self) -> bool:
        """Whether every server that belongs to it runs."""
        return self.running and all(server.state is State.READY for server in self.servers)


class Lab:
    """The three verbs."""

    @staticmethod
    def up(folder: Path, options: LabOptions | None = None) -> LabInfo:
        """Make a lab in `folder` and start it; a stopped one is started again as it was, `options` then do not matter.

        Returns when every server listens.

        Raises:
            NotRootError, PackagesMissingError, NoDovecotError, FolderError: it cannot run here; nothing was made.
            LabRunningError: one runs in this folder.
            PortsTakenError: a stopped one cannot have its ports back.
            ServerStartError: a server ended, or did not listen in time; all are ended again, the folder is kept.
        """
        began = time.monotonic()
        check_root()
        options = options or LabOptions()
        check_packages(PACKAGES)
        if options.with_source:
            source.dovecot.prefix()
        folder = folder.absolute().resolve()
        check_path(folder)
        _make_folder(folder)
        held = lock(folder)
        try:
            with HeldPorts() as ports:
                return _Rise(folder, options, ports, held, began).rise()
        finally:
            os.close(held)

    @staticmethod
    def status(folder: Path) -> LabStatus:
        """Return what is known of the lab in `folder`, running or not.

        Raises:
            NoLabError: there is none.
        """
        folder = _existing(folder)
        outside = find(folder)
        supervisor = process_1(outside) if outside else None
        outside_numbers = inside_namespace(supervisor) if supervisor else {}
        now = time.monotonic()
        return LabStatus(
            folder,
            supervisor.pid if supervisor else None,
            tuple(_server_status(server, outside_numbers, now) for server in read_servers(folder)),
        )

    @staticmethod
    def down(folder: Path, *, remove: bool = False) -> bool:
        """End every process of the lab in `folder`, also after a crash; return whether any ran.

        Args:
            folder: the lab's.
            remove: remove it with everything in it.

        Raises:
            NoLabError: there is none; nothing was touched.
        """
        folder = _existing(folder)
        ran = stop(folder)
        if remove:
            shutil.rmtree(folder)
        return ran


class _Rise:
    """One `Lab.up` under way."""

    def __init__(self, folder: Path, options: LabOptions, ports: HeldPorts, held: int, began: float) -> None:
        self.folder = folder
        self.options = options
        self.ports = ports
        self.lock = held
        self.began = began

    def rise(self) -> LabInfo:
        try:
            if (self.folder / "run/lab.json").exists():
                return self._again()
            return self._anew()
        except BaseException:  # also Ctrl-C: nothing may be left running
            stop(self.folder)
            raise

    def _again(self) -> LabInfo:
        """Start a stopped lab."""
        info = lab_info.load(self.folder)
        numbers = _port_numbers(info.platform.ports) + (_port_numbers(info.source.ports) if info.source else [])
        self.ports.take(numbers)
        _remove_sockets(self.folder / "run")
        specs = load_specs((self.folder / "run/processes.json").read_text("utf-8"))
        self._launch()
        self._wait_until_ready([spec.name for spec in specs])
        return self._timed(info, {"ready_s": time.monotonic() - self.began})

    def _anew(self) -> LabInfo:
        """Make everything and start it; the old server is written while the new platform starts."""
        _clear(self.folder)
        platform = Platform.new(self.folder, PlatformPorts(**_choose(PlatformPorts, self.ports)))
        authority = Authority.create(self.folder / "pki", "Sterna lab")
        specs = platform.prepare(authority)
        write_platform_secrets(platform)
        timings = {"platform_prepared_s": time.monotonic() - self.began}
        source_ports = SourcePorts(**_choose(SourcePorts, self.ports)) if self.options.with_source else None
        self._specify(specs)
        outside = self._launch()
        info = LabInfo(self.folder, platform, authority.certificate)
        if source_ports is not None:
            info = self._add_source(info, authority, source_ports, specs, outside)
            timings["source_prepared_s"] = time.monotonic() - self.began
        self._wait_until_ready([spec.name for spec in specs])
        ready_at = {server.name: server.started + (server.ready_after_s or 0) for server in read_servers(self.folder)}
        platform_names = [spec.name for spec in specs if spec.name in _PLATFORM_SERVERS]
        timings["platform_ready_s"] = max(ready_at[name] for name in platform_names) - self.began
        if source_ports is not None:
            timings["source_ready_s"] = max(ready_at.values()) - self.began
        return self._timed(info, timings)

    def _add_source(
        self,
        info: LabInfo,
        authority: Authority,
        ports: SourcePorts,
        specs: list[ProcessSpec],
        outside: Identity,
    ) -> LabInfo:
        """Write the old server and have it started; `specs` grows by its servers."""
        options = self.options
        made = source.prepare(
            self.folder / "source",
            SourceOptions(options.messages, options.seed, options.corpus, options.switches),
            ports,
            authority,
        )
        specs += source.processes(self.folder / "source", ports)
        self._specify(specs)
        supervisor = process_1(outside)
        if supervisor is not None:
            supervisor.signal(signal.SIGHUP)
        end = SourceEnd(ports, made.tree, made.admin, made.admin_password)
        site = write_site(info.platform, info.ca, ports, made.admin, made.admin_password)
        return replace(info, source=end, site=site, accounts=made.accounts)

    def _specify(self, specs: Iterable[ProcessSpec]) -> None:
        new = self.folder / "run/processes.json.new"
        new.write_text(dump_specs(specs), "utf-8")
        new.replace(self.folder / "run/processes.json")

    def _launch(self) -> Identity:
        (self.folder / "run/servers.json").unlink(missing_ok=True)
        return launch(self.folder, (self.lock, *self.ports.descriptors))

    def _wait_until_ready(self, names: list[str]) -> None:
        deadline = time.monotonic() + READY_TIMEOUT_S
        while True:
            servers = {server.name: server for server in read_servers(self.folder)}
            for server in servers.values():
                if server.state in (State.DIED, State.STOPPED):
                    raise self._failed(server.name, server.exit)
            waiting = [name for name in names if name not in servers or servers[name].state is not State.READY]
            if not waiting:
                return
            if find(self.folder) is None:
                raise self._failed("supervisor", "it ended")
            if time.monotonic() > deadline:
                raise self._failed(waiting[0], f"it did not listen within {READY_TIMEOUT_S:.0f} s")
            time.sleep(0.005)

    def _failed(self, name: str, reason: str) -> ServerStartError:
        log = self.folder / f"log/{name}.log"
        lines = log.read_text("utf-8", "replace").splitlines() if log.exists() else []
        if not lines:
            log = self.folder / "log/syslog.log"
            lines = log.read_text("utf-8", "replace").splitlines() if log.exists() else []
        return ServerStartError(name, reason, log, " / ".join(lines[-3:]))

    @staticmethod
    def _timed(info: LabInfo, timings: dict[str, float]) -> LabInfo:
        info = replace(info, timings={name: round(seconds, 3) for name, seconds in timings.items()})
        lab_info.save(info)
        return info


_PLATFORM_SERVERS = ("slapd-provider", "slapd-consumer", "saslauthd", "postfix", "cyrus")


def _make_folder(folder: Path) -> None:
    """Make the lab's folder, if it is not there; everybody may pass through, nobody look around.

    Raises:
        FolderError: there are other things in it, or it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o711)
        if not (folder / MARKER).exists() and any(folder.iterdir()):
            raise FolderError(folder, "there are other things in it; choose an empty or a new folder")
        folder.chmod(0o711)
        for name in ("log", "run"):
            (folder / name).mkdir(exist_ok=True, mode=0o755)
        shutil.chown(folder / "log", group="postfix")  # its postlogd(8) opens a file there; the others are given theirs
        (folder / "log").chmod(0o710)
        (folder / MARKER).touch()
    except OSError as error:
        raise FolderError(folder, f"{error.strerror}: {error.filename}") from error


def _clear(folder: Path) -> None:
    """Remove what a lab that was never finished has left."""
    for path in folder.iterdir():
        if path.name not in ("run", "log"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in (folder / "run").iterdir():
        if path.name not in (Path(MARKER).name, "lock"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _existing(folder: Path) -> Path:
    folder = folder.absolute().resolve()
    if not (folder / MARKER).exists():
        raise NoLabError(folder)
    return folder


def _choose(kind: type[PlatformPorts | SourcePorts], ports: HeldPorts) -> dict[str, int]:
    return {each.name: ports.choose() for each in fields(kind)}


def _port_numbers(ports: PlatformPorts | SourcePorts) -> list[int]:
    return [getattr(ports, each.name) for each in fields(ports)]


def _remove_sockets(folder: Path) -> None:
    """Remove sockets of servers that were killed; some programs would not start while they are there."""
    for path in folder.rglob("*"):
        if stat.S_ISSOCK(path.lstat().st_mode):
            path.unlink()


def _server_status(server: Server, outside_numbers: dict[int, int], now: float) -> ServerStatus:
    pid = outside_numbers.get(server.pid) if server.state in (State.STARTING, State.READY, State.STOPPING) else None
    if pid is None and server.state is not State.DIED:
        return ServerStatus(server.name, None, server.ports, State.STOPPED, None, server.exit)
    uptime = now - server.started if pid is not None else None
    return ServerStatus(server.name, pid, server.ports, server.state, uptime, server.exit)


__all__ = ["Lab", "LabInfo", "LabOptions", "LabRunningError", "LabStatus", "ServerStatus"]
