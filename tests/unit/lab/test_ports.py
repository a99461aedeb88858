from __future__ import annotations

import random
import socket
import threading
from pathlib import Path

import pytest

from sterna.lab.ports import EPHEMERAL, LOOPBACK, HeldPorts, PortsTakenError
from sterna.lab.supervisor import listening_ports


def test_ports_are_different_and_nobody_else_is_given_one() -> None:
    with HeldPorts() as ours, HeldPorts() as theirs:
        chosen = [ports.choose() for _ in range(50) for ports in (ours, theirs)]
        assert len(set(chosen)) == 100


def test_a_chosen_port_is_none_that_the_kernel_gives_to_clients() -> None:
    with HeldPorts() as ports:
        assert ports.choose() < int(EPHEMERAL.read_text().split()[0])


def test_labs_that_begin_at_the_same_place_choose_different_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "randrange", lambda low, _high: low + 1000)
    with HeldPorts() as ours, HeldPorts() as theirs:
        chosen = [ports.choose() for _ in range(5) for ports in (ours, theirs)]
        assert len(set(chosen)) == 10


def test_where_the_kernel_gives_away_every_port_one_of_those_is_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = tmp_path / "ip_local_port_range"
    everything.write_text("1024\t65535\n")
    monkeypatch.setattr("sterna.lab.ports.EPHEMERAL", everything)
    with HeldPorts() as ports:
        assert ports.choose() >= 1024


def test_a_server_may_listen_on_a_held_port_and_is_then_seen_to() -> None:
    with HeldPorts() as ports:
        port = ports.choose()
        assert port not in listening_ports()
        with socket.create_server((LOOPBACK, port)):  # with SO_REUSEADDR, as servers do
            assert port in listening_ports()


def test_a_port_that_somebody_uses_is_named() -> None:
    with socket.create_server((LOOPBACK, 0)) as stranger, HeldPorts() as ports:
        taken = stranger.getsockname()[1]
        with pytest.raises(PortsTakenError, match=str(taken)) as error:
            ports.take([taken])
        assert error.value.ports == (taken,)


def test_after_closing_a_port_can_be_had_again() -> None:
    with HeldPorts() as ports:
        port = ports.choose()
    with HeldPorts() as again:
        again.take([port])
        assert len(again.descriptors) == 1


def test_a_port_is_waited_for_as_long_as_asked() -> None:
    with HeldPorts() as ports:
        port = ports.choose()
        dying = socket.create_server((LOOPBACK, port))
    with HeldPorts() as ports:
        threading.Timer(0.1, dying.close).start()
        ports.take([port], patience_s=10)
        assert len(ports.descriptors) == 1
