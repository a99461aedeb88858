"""Small clients that talk to the CLI as programs in the field do: not as clever as ours, and each with its own habits.

* `Careful`: takes APOP when the greeting has a stamp, asks for INLINE and lives without it, reads data line by line,
  trimmed, until one ends with the bracket that closes the first character, and connects anew after 295 idle seconds.
* `OneLine`: skips the greeting, says USER, PASS, INLINE, and takes exactly one line for every command.
* `OneGulp`: needs the stamp, and takes what one read of the socket gives for the whole reply.
* `ByteWise`: never says INLINE; reads the code and the rest of the line byte by byte, and data until a read ends with
  CRLF.
"""

from __future__ import annotations

import hashlib
import re
import socket
from collections.abc import Callable

IDLE_S = 295.0
"""After so many seconds `Careful` does not trust its connection any more."""


class Stranger:
    """What all of them have: a socket that ends with the test."""

    _socket: socket.socket

    def ask(self, command: str) -> tuple[int, str]:
        """Return the code, and the text or the data."""
        raise NotImplementedError(command)

    def close(self) -> None:
        """Leave without a word."""
        self._socket.close()


class Careful(Stranger):
    """Reads line by line; `now` is its clock, in seconds."""

    def __init__(self, port: int, user: str, password: str, now: Callable[[], float], *, apop: bool = True) -> None:
        self.connections = 0
        self._login = (port, user, password, apop)
        self._now = now
        self._connect()

    def ask(self, command: str) -> tuple[int, str]:
        """Return the code, and the text or the data."""
        if self._now() - self._last > IDLE_S:
            self.close()
            self._connect()
        self._stream.write(command.encode() + b"\r\n")
        self._stream.flush()
        code, text = self._reply()
        if code == 200 and text == "data follow":
            return code, self._data()
        return code, text

    def close(self) -> None:
        """Leave without a word."""
        self._stream.close()
        super().close()

    def _connect(self) -> None:
        port, user, password, apop = self._login
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self._stream = self._socket.makefile("rwb")
        self.connections += 1
        self._last = self._now()
        _, greeting = self._reply()
        stamp = re.search(r"(<.*@.*>)", greeting)
        if apop and stamp:
            digest = hashlib.md5((stamp[1] + password).encode(), usedforsecurity=False).hexdigest()
            assert self.ask(f"APOP {user} {digest}")[0] == 200
        else:
            assert self.ask(f"USER {user}")[0] == 300
            assert self.ask(f"PASS {password}")[0] == 200
        assert self.ask("INLINE")[0] in (200, 500)

    def _reply(self) -> tuple[int, str]:
        found = re.match(r"(\d+)\s(.*)", self._stream.readline().decode())
        assert found is not None
        self._last = self._now()
        return int(found[1]), found[2].rstrip("\r\n")

    def _data(self) -> str:
        bag, closing = "", ""
        while True:
            line = self._stream.readline().decode().strip()
            if not bag:
                closing = {"(": ")", "{": "}"}.get(line[:1], "")
            bag += line
            if line.endswith(closing):
                return bag


class OneLine(Stranger):
    """One line for every command, whatever it is."""

    def __init__(self, port: int, user: str, password: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self._stream = self._socket.makefile("rwb")
        self._stream.readline()
        for line in (f"USER {user}", f"PASS {password}", "INLINE"):
            self.ask(line)

    def close(self) -> None:
        """Leave without a word."""
        self._stream.close()
        super().close()

    def ask(self, command: str) -> tuple[int, str]:
        """Return the code and the text."""
        self._stream.write(command.encode() + b"\n")
        self._stream.flush()
        found = re.fullmatch(r"(\d{3}) (.+)", self._stream.readline().decode().rstrip("\r\n"))
        assert found is not None
        return int(found[1]), found[2]


class OneGulp(Stranger):
    """One read of the socket for every reply; so it can only ask for what is short."""

    def __init__(self, port: int, user: str, password: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        stamp = re.search(rb"(<.*@.*>)", self._socket.recv(4096))
        assert stamp is not None
        digest = hashlib.md5(stamp[1] + password.encode(), usedforsecurity=False).hexdigest()
        assert self.ask(f"APOP {user} {digest}")[0] == 200
        assert self.ask("INLINE")[0] == 200

    def ask(self, command: str) -> tuple[int, str]:
        """Return the code and the text."""
        self._socket.send(command.encode() + b"\r\n")
        found = re.search(r"^(\d+)\s(.*)$", self._socket.recv(4096).decode(), re.MULTILINE)
        assert found is not None
        return int(found[1]), found[2].strip()


class ByteWise(Stranger):
    """Data follow on lines of their own; they are over when a read ends with CRLF."""

    def __init__(self, port: int, user: str, password: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self._line()
        self.ask(f"USER {user}")
        assert self.ask(f"PASS {password}")[0] == 200

    def ask(self, command: str) -> tuple[int, str]:
        """Return the code, and the text or the data."""
        self._socket.send(command.encode() + b"\n")
        code, text = self._line()
        if text != "data follow":
            return code, text
        data = b""
        while not data.endswith(b"\r\n"):
            data += self._socket.recv(4096)
        return code, data[:-2].decode()

    def _line(self) -> tuple[int, str]:
        code = self._socket.recv(4).decode()
        text = b""
        while not text.endswith(b"\r\n"):
            text += self._socket.recv(1)
        return int(code), text[:-2].decode()
