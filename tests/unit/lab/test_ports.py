from __future__ import annotations

import socket

import pytest

from sterna.lab.ports import LOOPBACK, HeldPorts, PortsTakenError
from sterna.lab.supervisor import listening_ports


def test_ports_are_different_and_nobody_else_is_given_one() -> None:
    with HeldPorts() as ours, HeldPorts() as theirs:
        chosen = [ports.choose() for _ in range(50) for ports in (ours, theirs)]
        assert len(set(chosen)) == 100


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
