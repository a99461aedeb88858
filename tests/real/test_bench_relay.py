"""The bench's long line between a client and a server."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from bench.stage import relay

pytestmark = pytest.mark.real


def test_the_line_delays_each_direction_and_loses_nothing():
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=echo, args=(server,))
        thread.start()
        with relay(server.getsockname()[1], 40) as port, socket.create_connection(("127.0.0.1", port)) as client:
            for size in (1, 9_000_000):
                sent = bytes(range(256)) * (size // 256 + 1)
                began = time.monotonic()
                sending = threading.Thread(target=client.sendall, args=(sent,))
                sending.start()
                assert exactly(client, len(sent)) == sent
                assert time.monotonic() - began >= 0.08
                sending.join()
            client.shutdown(socket.SHUT_WR)
            thread.join(10)
            assert not thread.is_alive(), "the end of one side did not reach the other"


def echo(server: socket.socket) -> None:
    with server.accept()[0] as end:
        while data := end.recv(1 << 16):
            end.sendall(data)


def exactly(client: socket.socket, size: int) -> bytes:
    found = bytearray()
    while len(found) < size and (data := client.recv(1 << 20)):
        found += data
    return bytes(found)
