"""A hundred thousand accounts: listed page by page and read as a stream, so that memory does not grow with them."""

from __future__ import annotations

import gc
import itertools
import re
from pathlib import Path
from types import FrameType

import pytest

from sterna.communigate.listing import PAGE
from sterna.communigate.server import SourceServer
from sterna.model.account import Account
from sterna.site.declaration import Source, SourceImap
from tests.contract.communigate.peer import Peer, serving

ACCOUNTS = 100_000

_PAGE = re.compile(rb'LISTDOMAINOBJECTS "lab.example" [0-9]+ ACCOUNTS COOKIE (?:""|c([0-9]+))')
_ABOUT = re.compile(rb'([A-Z]+) "u([0-9]+)@lab.example".*')

ANSWERS = {
    b"GETACCOUNTSETTINGS": b'{RealName="Number %s";Password=x;}',
    b"GETACCOUNTEFFECTIVESETTINGS": b'{RealName="Number %s";Password=x;PasswordEncryption=clear;MaxAccountSize=20M;}',
    b"GETACCOUNTALIASES": b'("n.%s")',
    b"GETACCOUNTMAILRULES": b'((5,Work,((Subject,is,"*[work]*")),(("Store in",Work),(Discard))))',
    b"GETACCOUNTPREFS": b"{Language=German;}",
    b"GETACCOUNTEFFECTIVEPREFS": b'{SentBox="Sent Items";}',
    b"LISTMAILBOXES": b'{INBOX={Messages=#2;Size=#300;Access={};};"Sent Items"={Messages=#1;Size=#9;Access={};};}',
}


class Crowd:
    """Answers for accounts that are made as they are asked for; counts the pages."""

    def __init__(self) -> None:
        self.pages = 0

    async def script(self, peer: Peer) -> None:
        await peer.log_in()
        while line := await peer.line():
            await peer.say(self._answer(line) + b"\r\n")

    def _answer(self, line: bytes) -> bytes:
        if page := _PAGE.fullmatch(line):
            self.pages += 1
            start = int(page[1] or 0)
            names = b"".join(b"u%06d=macnt;" % n for n in range(start, min(start + PAGE, ACCOUNTS)))
            cookie = b"c%d" % (start + PAGE) if start + PAGE < ACCOUNTS else b'""'
            return b'201 ("%d",{%s},"0","0",%s)' % (ACCOUNTS, names, cookie)
        about = _ABOUT.fullmatch(line)
        answer = ANSWERS.get(about[1]) if about else None
        if about is None or answer is None:
            return b"500 unknown command"
        return b"201 " + (answer % about[2] if b"%s" in answer else answer)


def count(kind: type) -> int:
    return sum(isinstance(each, kind) for each in gc.get_objects())


@pytest.fixture
def crowd() -> Crowd:
    return Crowd()


def source(cli: object, folder: Path) -> Source:
    imap = SourceImap(host="127.0.0.1", port=143, user="x", password_file=folder / "none")
    return Source.model_validate({"cli": cli, "imap": imap})


async def test_all_names_are_listed_by_pages(tmp_path: Path, crowd: Crowd):
    async with serving(tmp_path, crowd.script) as cli, SourceServer.open(source(cli, tmp_path)) as server:
        addresses = await server.addresses("lab.example")
    assert len(set(addresses)) == ACCOUNTS
    assert crowd.pages == ACCOUNTS // PAGE


async def test_a_refusal_that_is_remembered_does_not_remember_who_asked(tmp_path: Path, crowd: Crowd):
    async with serving(tmp_path, crowd.script) as cli, SourceServer.open(source(cli, tmp_path)) as server:
        before = count(FrameType)
        number = 0
        async for _ in server.accounts("lab.example"):
            number += 1
            if number == 300:
                break
        assert count(FrameType) - before < 100


async def test_only_a_few_accounts_are_in_memory_at_a_time(tmp_path: Path, crowd: Crowd):
    before = count(Account)
    most = 0
    async with serving(tmp_path, crowd.script) as cli, SourceServer.open(source(cli, tmp_path)) as server:
        numbers = itertools.count(1)
        async for read in server.accounts("lab.example"):
            assert read.value is not None
            assert read.value.filters
            number = next(numbers)
            if number % 100 == 0:
                most = max(most, count(Account) - before)
            if number == 2 * PAGE:
                break
    assert most <= 64
    assert crowd.pages <= 3  # the others are not asked for before they are needed
