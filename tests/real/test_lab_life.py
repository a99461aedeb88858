"""A lab's life on the real system: started, looked at, ended, killed; and that nothing is left of it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sterna.lab.errors import FolderError, LabRunningError, NoLabError, ServerStartError
from sterna.lab.lab import Lab, LabOptions
from sterna.lab.launch import find, process_1
from sterna.lab.ports import LOOPBACK, HeldPorts, PortsTakenError
from sterna.lab.processes import Identity, all_pids
from sterna.lab.servers import State

if TYPE_CHECKING:
    from tests.real.conftest import Site

pytestmark = pytest.mark.real

TARGET_ONLY = LabOptions(with_source=False)


@pytest.fixture
def other_folder(lab_folder: Path) -> Iterator[Path]:
    """A second folder beside the first; ended and removed afterwards."""
    folder = lab_folder.with_name(lab_folder.name + "-b")
    yield folder
    if (folder / "run/sterna-lab").exists():
        Lab.down(folder, remove=True)
    shutil.rmtree(folder, ignore_errors=True)


def processes_of(folder: Path) -> list[int]:
    """Every process that has to do with `folder`, by its command line, its working folder or its environment."""
    found = []
    for pid in all_pids():
        if pid == os.getpid():
            continue
        try:
            said = Path(f"/proc/{pid}/cmdline").read_bytes() + Path(f"/proc/{pid}/environ").read_bytes()
            where = os.fsencode(Path(f"/proc/{pid}/cwd").readlink())
        except OSError:
            continue
        if os.fsencode(folder) in said + where:
            found.append(pid)
    return found


def nothing_is_left(folder: Path, ports: list[int]) -> None:
    """Check that no process knows the folder and every port can be had."""
    deadline = time.monotonic() + 5
    while processes_of(folder) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert processes_of(folder) == []
    with HeldPorts() as held:
        held.take(ports)


def ports_of(site: Site) -> list[int]:
    return list(asdict(site.info.platform.ports).values())


def test_status_shows_every_server_and_down_leaves_nothing(platform: Site) -> None:
    folder = platform.info.dir
    status = Lab.status(folder)
    assert status.healthy
    assert [server.name for server in status.servers] == [
        "slapd-provider",
        "slapd-consumer",
        "saslauthd",
        "postfix",
        "cyrus",
    ]
    for server in status.servers:
        assert server.pid is not None
        assert server.uptime_s is not None
        assert 0 < server.uptime_s < 60
        program = Path(f"/proc/{server.pid}/exe").readlink().name
        assert program in ("slapd", "saslauthd", "master")
    assert Lab.down(folder) is True
    nothing_is_left(folder, ports_of(platform))
    after = Lab.status(folder)
    assert not after.running
    assert {server.state for server in after.servers} == {State.STOPPED}
    assert Lab.down(folder) is False


def test_a_new_platform_takes_little_of_the_processor(lab_folder: Path) -> None:
    """Two seconds are promised on an idle machine; tests run beside others, so only its own work is counted."""
    before = os.times()
    Lab.up(lab_folder, TARGET_ONLY)
    after = os.times()
    used = sum(after[:4]) - sum(before[:4])
    assert used < 1


def test_two_labs_run_side_by_side(platform: Site, other_folder: Path) -> None:
    other = Lab.up(other_folder, TARGET_ONLY)
    assert not set(asdict(other.platform.ports).values()) & set(ports_of(platform))
    Lab.down(other_folder)
    assert Lab.status(platform.info.dir).healthy
    with platform.imap(*platform.admin):
        pass


@pytest.mark.parametrize("victim", ["the supervisor", "the process outside"])
def test_when_the_supervisor_is_killed_nothing_is_left(platform: Site, victim: str) -> None:
    folder = platform.info.dir
    outside = find(folder)
    assert outside is not None
    supervisor = process_1(outside)
    assert supervisor is not None
    assert len(processes_of(folder)) > 5
    (supervisor if victim == "the supervisor" else outside).signal(signal.SIGKILL)
    nothing_is_left(folder, ports_of(platform))
    assert Lab.down(folder) is False
    assert not Lab.status(folder).running


def test_down_ends_a_supervisor_that_does_not_listen(platform: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sterna.lab.launch.STOP_TIMEOUT_S", 0.5)
    folder = platform.info.dir
    outside = find(folder)
    assert outside is not None
    supervisor = process_1(outside)
    assert supervisor is not None
    supervisor.signal(signal.SIGSTOP)
    assert Lab.down(folder) is True
    nothing_is_left(folder, ports_of(platform))


def test_down_never_signals_a_process_that_has_got_a_recorded_number(platform: Site) -> None:
    folder = platform.info.dir
    Lab.down(folder)
    with subprocess.Popen(["sleep", "60"]) as innocent:
        own = Identity.of(innocent.pid)
        assert own is not None
        record = asdict(own) | {"start_ticks": own.start_ticks - 1}
        (folder / "run/supervisor.json").write_text(json.dumps(record))
        assert Lab.down(folder) is False
        assert innocent.poll() is None
        innocent.kill()


def test_down_finds_a_lab_whose_record_was_never_written(platform: Site) -> None:
    folder = platform.info.dir
    (folder / "run/supervisor.json").unlink()
    assert Lab.status(folder).running
    assert Lab.down(folder) is True
    nothing_is_left(folder, ports_of(platform))


def test_a_stopped_lab_comes_back_with_its_mail_and_its_ports(platform: Site) -> None:
    platform.add_domain("lab.example")
    platform.add_account("anna@lab.example")
    platform.send("anna@lab.example", "still here")
    platform.inbox("anna@lab.example", messages=1)
    folder = platform.info.dir
    Lab.down(folder)
    again = Lab.up(folder, TARGET_ONLY)
    assert again.as_json() == platform.info.as_json()
    platform.inbox("anna@lab.example", messages=1)


def test_a_stopped_lab_whose_port_was_taken_says_which(platform: Site) -> None:
    folder = platform.info.dir
    Lab.down(folder)
    port = platform.info.platform.ports.imap
    with socket.create_server((LOOPBACK, port)), pytest.raises(PortsTakenError, match=str(port)):
        Lab.up(folder, TARGET_ONLY)
    assert Lab.up(folder, TARGET_ONLY).platform.ports.imap == port


def test_a_server_that_dies_is_noted_and_not_started_again(platform: Site) -> None:
    platform.expect("saslauthd DIED")
    [saslauthd] = [server for server in Lab.status(platform.info.dir).servers if server.name == "saslauthd"]
    assert saslauthd.pid is not None
    os.kill(saslauthd.pid, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while (status := Lab.status(platform.info.dir)).healthy and time.monotonic() < deadline:
        time.sleep(0.02)
    [dead] = [server for server in status.servers if server.name == "saslauthd"]
    assert (dead.state, dead.exit, dead.pid) == (State.DIED, "signal SIGKILL", None)
    assert status.running
    assert not status.healthy
    assert "saslauthd DIED: signal SIGKILL" in (platform.info.dir / "log/supervisor.log").read_text()


def test_a_running_lab_is_not_started_twice(platform: Site) -> None:
    with pytest.raises(LabRunningError, match="lab status"):
        Lab.up(platform.info.dir, TARGET_ONLY)
    assert Lab.status(platform.info.dir).healthy


def test_a_folder_with_other_things_in_it_is_left_alone(lab_folder: Path) -> None:
    lab_folder.mkdir()
    (lab_folder / "thesis.txt").write_text("years of work")
    with pytest.raises(FolderError, match="other things"):
        Lab.up(lab_folder, TARGET_ONLY)
    assert [path.name for path in lab_folder.iterdir()] == ["thesis.txt"]
    for verb in (Lab.down, Lab.status):
        with pytest.raises(NoLabError):
            verb(lab_folder)


def test_a_folder_that_the_servers_cannot_reach_is_refused_with_the_way_out(lab_folder: Path) -> None:
    lab_folder.mkdir(mode=0o700)
    with pytest.raises(FolderError, match=f"chmod o\\+x {lab_folder}$"):
        Lab.up(lab_folder / "lab", TARGET_ONLY)
    assert not (lab_folder / "lab").exists()


def test_when_a_server_cannot_start_all_are_ended_and_the_next_try_begins_anew(
    lab_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr("sterna.lab.platform.CYRUS_SERVER", "/usr/bin/false")
        with pytest.raises(ServerStartError, match="cyrus did not start"):
            Lab.up(lab_folder, TARGET_ONLY)
    assert processes_of(lab_folder) == []
    assert Lab.up(lab_folder, TARGET_ONLY).timings["platform_ready_s"] > 0
    assert Lab.status(lab_folder).healthy


def test_a_lab_outlives_who_started_it(lab_folder: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from sterna.lab.lab import Lab, LabOptions;"
        "Lab.up(Path(sys.argv[1]), LabOptions(with_source=False))"
    )
    subprocess.run([sys.executable, "-c", program, str(lab_folder)], check=True, timeout=60)
    assert Lab.status(lab_folder).healthy
    assert Lab.down(lab_folder) is True


def test_secrets_are_for_root_and_each_servers_own_user(platform: Site) -> None:
    folder = platform.info.dir
    clear = [secret.reveal().encode() for secret in platform.info.platform.passwords.values()]
    for path in folder.rglob("*"):
        if not path.is_file() or path.stat().st_size > 1 << 20:
            continue
        if any(password in path.read_bytes() for password in clear):
            mode = stat.S_IMODE(path.stat().st_mode)
            above = [stat.S_IMODE(parent.stat().st_mode) for parent in path.parents if folder in parent.parents]
            assert not mode & stat.S_IROTH or any(not each & stat.S_IXOTH for each in above), f"{path} is {mode:04o}"
            assert "log" not in path.relative_to(folder).parts


def test_the_hosts_own_dev_is_untouched(platform: Site) -> None:
    assert str(platform.info.dir) not in Path("/proc/mounts").read_text()
    assert (platform.info.dir / "log/syslog.log").stat().st_size > 0
