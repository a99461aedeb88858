from __future__ import annotations

import datetime as dt
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.lab.syslog import Receiver, format_line

NOON = dt.datetime(2026, 1, 2, 12, 0, 0, 7000, dt.UTC)


@pytest.mark.parametrize(
    ("datagram", "line"),
    [
        (b"<163>Nov  2 16:39:14 cyrus/imap[7]: IOERROR", b"error cyrus/imap[7]: IOERROR"),
        (b"<22>Nov 22 16:39:14 postfix/smtpd[7]: connect\n\0", b"info postfix/smtpd[7]: connect"),
        (b"<0>no time", b"emerg no time"),
        (b"two\nlines", b"notice two\\nlines"),
        (b"", b"notice "),
    ],
)
def test_a_datagram_becomes_a_line(datagram: bytes, line: bytes) -> None:
    assert format_line(datagram, NOON) == b"2026-01-02T12:00:00.007Z " + line + b"\n"


@given(st.binary())
def test_any_datagram_becomes_exactly_one_line(datagram: bytes) -> None:
    line = format_line(datagram, NOON)
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")


def test_what_programs_say_stands_in_the_file(tmp_path: Path) -> None:
    receiver = Receiver.open(tmp_path / "log", tmp_path / "syslog.log")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as program:
        program.connect(str(tmp_path / "log"))
        for number in range(5):
            program.send(b"<13>Nov 22 16:39:14 x: %d" % number)
    receiver.close()
    lines = (tmp_path / "syslog.log").read_text().splitlines()
    assert [line.split(" ", 1)[1] for line in lines] == [f"notice x: {number}" for number in range(5)]
