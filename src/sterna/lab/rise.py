"""One lab on its way up: everything written, the supervisor started, every server awaited."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterable
from dataclasses import fields, replace
from pathlib import Path

from sterna.lab import info as lab_info
from sterna.lab import source
from sterna.lab.errors import ServerStartError
from sterna.lab.folder import clear, remove_sockets
from sterna.lab.info import LabInfo, SourceEnd
from sterna.lab.launch import find, launch, process_1, stop
from sterna.lab.options import LabOptions
from sterna.lab.platform import Platform, PlatformPorts
from sterna.lab.ports import HeldPorts
from sterna.lab.process import ProcessSpec, dump_specs, load_specs
from sterna.lab.processes import Identity
from sterna.lab.servers import State, read_servers
from sterna.lab.sitefile import write_platform_secrets, write_site
from sterna.lab.source.options import SourceOptions, SourcePorts
from sterna.pki.authority import Authority
from sterna.site.declaration import Access

READY_TIMEOUT_S = 60.0
"""How long servers may take to listen; usually a third of a second, but a busy machine is not a broken one."""

DYING_S = 5.0
"""How long the servers of a lab that was killed may keep its ports: the kernel ends them when nobody looks any more."""


class Rise:
    """One `Lab.up` under way."""

    def __init__(self, folder: Path, options: LabOptions, ports: HeldPorts, held: int, began: float) -> None:
        self.folder = folder
        self.options = options
        self.ports = ports
        self.lock = held
        self.began = began

    def rise(self) -> LabInfo:
        """Return the lab once every server listens; on any failure everything is ended first."""
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
        self.ports.take(numbers, DYING_S)
        remove_sockets(self.folder / "run")
        specs = load_specs((self.folder / "run/processes.json").read_text("utf-8"))
        self._launch()
        self._wait_until_ready([spec.name for spec in specs])
        return self._timed(info, {"ready_s": time.monotonic() - self.began})

    def _anew(self) -> LabInfo:
        """Make everything and start it; the old server is written while the new platform starts."""
        clear(self.folder)
        platform = Platform.new(self.folder, PlatformPorts(**_choose(PlatformPorts, self.ports)))
        authority = Authority.create(self.folder / "pki", "Sterna lab")
        specs = platform.prepare(authority)
        platform_names = [spec.name for spec in specs]
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
            SourceOptions(options.messages, options.seed, options.corpus, options.accounts, options.switches),
            ports,
            authority,
        )
        specs += source.processes(self.folder / "source", ports)
        self._specify(specs)
        supervisor = process_1(outside)
        if supervisor is not None:
            supervisor.signal(signal.SIGHUP)
        end = SourceEnd(ports, made.tree, made.admin, made.admin_password)
        # Only so can Dovecot list the mailboxes of thousands: see its configuration.
        access = Access.AUTHORIZE if options.accounts else Access.TILDE
        site = write_site(info.platform, info.ca, ports, made.admin, made.admin_password, access=access)
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


def _choose(kind: type[PlatformPorts | SourcePorts], ports: HeldPorts) -> dict[str, int]:
    return {each.name: ports.choose() for each in fields(kind)}


def _port_numbers(ports: PlatformPorts | SourcePorts) -> list[int]:
    return [getattr(ports, each.name) for each in fields(ports)]
