"""The faults that the CLI can be made to have: when they strike, and what becomes of a reply."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest

from sterna.lab.source.faults import Fault, Trouble, endless, load, save, spoilt, strike

REPLY = b'201 {Name="value";Other=(a,b);}\r\n'


def test_without_a_file_nothing_goes_wrong(tmp_path: Path):
    assert load(tmp_path) == []
    assert strike(tmp_path, "LISTDOMAINS", "LISTDOMAINS") is None


def test_a_fault_strikes_the_command_and_the_account_it_is_meant_for(tmp_path: Path):
    save(tmp_path, [Trouble(Fault.GARBAGE, "GETACCOUNTSETTINGS", part="karl@"), Trouble(Fault.SLOW, "LISTDOMAINS")])
    assert strike(tmp_path, "GETACCOUNTSETTINGS", "GETACCOUNTSETTINGS karl@lab.example") is Fault.GARBAGE
    assert strike(tmp_path, "GETACCOUNTSETTINGS", "GETACCOUNTSETTINGS anna@lab.example") is None
    assert strike(tmp_path, "LISTDOMAINS", "LISTDOMAINS") is Fault.SLOW
    save(tmp_path, [])
    assert strike(tmp_path, "LISTDOMAINS", "LISTDOMAINS") is None


def test_a_fault_strikes_as_often_as_it_is_told_to(tmp_path: Path):
    save(tmp_path, [Trouble(Fault.CLOSE_AT_ONCE, times=2)])
    struck = [strike(tmp_path, "NOOP", "NOOP") for _ in range(4)]
    assert struck == [Fault.CLOSE_AT_ONCE, Fault.CLOSE_AT_ONCE, None, None]


@pytest.mark.parametrize(
    "fault",
    [
        Fault.CLOSE_IN_REPLY,
        Fault.UNKNOWN_CODE,
        Fault.STRANGE_ERROR,
        Fault.NO_CODE,
        Fault.TRUNCATED,
        Fault.GARBAGE,
        Fault.REFUSED,
    ],
)
def test_a_spoilt_reply_is_another_one(fault: Fault):
    changed = spoilt(fault, REPLY)
    assert changed != REPLY
    assert changed.endswith(b"\r\n") is (fault is not Fault.CLOSE_IN_REPLY)


def test_an_endless_reply_goes_on():
    for fault in (Fault.ENDLESS, Fault.ENDLESS_LINES):
        pieces = list(islice(endless(fault), 50))
        assert len(set(pieces)) == 50
        assert (b"\n" in pieces[3]) is (fault is Fault.ENDLESS_LINES)
