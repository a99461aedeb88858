"""The lab's syslog: what servers say through /dev/log, one line each in a file.

A line is ``<time> <severity> <program>[<pid>]: <text>``, times in UTC. The datagrams are those that glibc's syslog(3)
sends: ``<priority>Mmm dd hh:mm:ss program[pid]: text``.
"""

from __future__ import annotations

import datetime as dt
import re
import socket
from pathlib import Path
from typing import BinaryIO

SEVERITIES = ("emerg", "alert", "crit", "error", "warning", "notice", "info", "debug")
"""By their number, RFC 5424 section 6.2.1."""

_DATAGRAM = re.compile(rb"<(\d{1,3})>(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d )?(.*)", re.DOTALL)
_MAX_DATAGRAM_BYTES = 65536
_RECEIVE_BUFFER_BYTES = 1 << 20


def format_line(datagram: bytes, now: dt.datetime) -> bytes:
    """Return one datagram as one line; what is not in the usual form is kept as it came, as a notice."""
    match = _DATAGRAM.fullmatch(datagram.rstrip(b"\0\n"))
    severity, text = (SEVERITIES[int(match[1]) & 7], match[2]) if match else ("notice", datagram.rstrip(b"\0\n"))
    time = now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond // 1000:03d}Z"
    return b"%s %s %s\n" % (time.encode(), severity.encode(), text.replace(b"\n", b"\\n"))


class Receiver:
    """The listening end of /dev/log. `receive` is called whenever `socket` is readable."""

    def __init__(self, listening: socket.socket, log: BinaryIO) -> None:
        self.socket = listening
        self._log = log

    @classmethod
    def open(cls, at: Path, log: Path) -> Receiver:
        """Bind the socket `at` so that every user may write to it, and append to `log`."""
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER_BYTES)
        listening.setblocking(False)
        listening.bind(str(at))
        at.chmod(0o666)
        return cls(listening, log.open("ab", buffering=0))

    def receive(self) -> None:
        """Write down everything that has arrived."""
        lines = []
        while True:
            try:
                datagram = self.socket.recv(_MAX_DATAGRAM_BYTES)
            except BlockingIOError:
                break
            lines.append(format_line(datagram, dt.datetime.now(dt.UTC)))
        if lines:
            self._log.write(b"".join(lines))

    def close(self) -> None:
        """Write what is left and stop listening."""
        self.receive()
        self.socket.close()
        self._log.close()
