"""Whatever a server says, there is one finding or one clear error for it, and the rest is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from sterna.communigate.commands import Command, ReadCommand
from sterna.communigate.connection import CliConnection
from sterna.communigate.connection_errors import CommandRefusedError
from sterna.communigate.listing import PAGE
from sterna.communigate.reply import CliProtocolError
from sterna.communigate.server import SourceServer
from sterna.model.finding import Finding, Outcome
from sterna.site.declaration import Source, SourceImap
from tests.contract.communigate.peer import Peer, serving
from tests.contract.communigate.test_server import SITE, accounts, pages, reading

ANNA = "anna@lab.example"


def unreadable(findings: tuple[Finding, ...]) -> list[tuple[str, str]]:
    return [(each.kind, each.what) for each in findings if each.outcome is Outcome.UNREADABLE]


async def scripted(peer: Peer, cut: bytes) -> None:
    """Serve the site, but close in the middle of the reply to one command."""
    await peer.log_in()
    while line := await peer.line():
        if line == cut:
            await peer.say(b"201 {INBOX={Mess")
            return
        answer = SITE.get(line.decode(), "500 unknown command")
        await peer.say(answer.encode() + b"\r\n")


@pytest.mark.parametrize("word", ["LISTMAILBOXES", "GETACCOUNTPREFS", "GETACCOUNTALIASES"])
async def test_a_server_that_dies_of_one_question_costs_only_its_answer(tmp_path: Path, word: str):
    async def script(peer: Peer) -> None:
        await scripted(peer, f'{word} "{ANNA}"'.encode())

    async with serving(tmp_path, script) as cli:
        imap = SourceImap(host="127.0.0.1", port=143, user="x", password_file=tmp_path / "none")
        async with SourceServer.open(Source(cli=cli, imap=imap)) as server:
            [read] = await accounts(server)
    assert read.value is not None
    assert [what for _, what in unreadable(read.findings)] == [word]


async def test_an_account_that_the_server_dies_of_is_a_finding_and_the_next_is_read(tmp_path: Path):
    two = pages('201 ("2",{bob=macnt;anna=macnt;},"0","0","")')

    async def script(peer: Peer) -> None:
        await peer.log_in()
        while line := await peer.line():
            if line == b'GETACCOUNTSETTINGS "bob@lab.example"':
                await peer.say(b"201 {a=")
                return
            await peer.say((SITE | two).get(line.decode(), "500 unknown command").encode() + b"\r\n")

    async with serving(tmp_path, script) as cli:
        imap = SourceImap(host="127.0.0.1", port=143, user="x", password_file=tmp_path / "none")
        async with SourceServer.open(Source(cli=cli, imap=imap)) as server:
            bob, anna = await accounts(server)
    assert (bob.value, unreadable(bob.findings)) == (None, [("account", "account")])
    assert anna.value is not None


CODES = {"299": True, "200": True, "399": False, "600": False, "999": False, "000": False}


@pytest.mark.parametrize(("code", "good"), CODES.items(), ids=CODES)
async def test_a_code_that_nobody_knows_is_judged_by_its_first_digit(tmp_path: Path, code: str, good: bool):
    async with reading(tmp_path, {f'GETACCOUNTPREFS "{ANNA}"': f"{code} never heard of"}) as server:
        [read] = await accounts(server)
    assert read.value is not None
    assert unreadable(read.findings) == ([] if good else [("preference", "GETACCOUNTPREFS")])


async def test_what_is_no_reply_at_all_is_one_clear_error(tmp_path: Path):
    async def script(peer: Peer) -> None:
        await peer.log_in()
        await peer.line()
        await peer.say(b"HTTP/1.1 400 Bad Request\r\n")

    async with serving(tmp_path, script) as cli:
        with pytest.raises(CliProtocolError, match="three digits"):
            await CliConnection(cli).ask(Command(ReadCommand.NOOP))


NAMES = {
    "quotes": 'o\\"brien',
    "a control byte": "a\\007b",
    "an escape sequence": "\\027[31mred",
    "turned around": "anna\u202egnp",
    "not UTF-8": "J\\252rgen",
    "empty": '"" ',
    "a space": "a b",
    "an at sign": "a@b@c",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
async def test_a_name_that_cannot_be_an_address_is_a_finding_that_prints(tmp_path: Path, name: str):
    quoted = name.strip() if name.startswith('"') else f'"{name}"'
    async with reading(tmp_path, pages(f'201 ("2",{{{quoted}=macnt;anna=macnt;}},"0","0","")')) as server:
        odd, anna = await accounts(server)
    assert (odd.value, [each.outcome for each in odd.findings]) == (None, [Outcome.UNREADABLE])
    assert "".join(str(each) for each in odd.findings).isprintable()
    repr(odd.findings).encode()
    assert anna.value is not None


async def test_mailboxes_of_any_name_are_read_and_print(tmp_path: Path):
    names = ['"\u202eevil"', '"a\\007"', '"q\\"uote"', '"J\\252rgen"', '"\u05d0\u05d1"']
    answer = "201 {" + "".join(f'{name}={{Class="IPF.Task";Access={{bob=lr;}};}};' for name in names) + "}"
    async with reading(tmp_path, {f'LISTMAILBOXES "{ANNA}"': answer}) as server:
        [read] = await accounts(server)
    assert read.value is not None
    assert len(read.value.grants) == len(names)
    assert all("\u202e" not in str(each) and "\x07" not in str(each) for each in read.findings)
    for each in read.findings:
        str(each).encode()


async def test_of_two_accounts_with_one_name_the_second_is_a_finding(tmp_path: Path):
    async with reading(tmp_path, pages('201 ("2",{anna=macnt;Anna=mbox;},"0","0","")')) as server:
        first, second = await accounts(server)
    assert first.value is not None
    assert (second.value, unreadable(second.findings)) == (None, [("account", "account Anna")])


async def test_an_administrator_without_rights_is_told_which_one_is_missing(tmp_path: Path):
    refused = {line: "501 no right" for line in SITE if "anna@" in line}
    async with reading(tmp_path, refused) as server:
        [read] = await accounts(server)
    assert (read.value, unreadable(read.findings)) == (None, [("account", "account")])
    assert "501 no right" in read.findings[0].why


async def test_a_domain_that_vanishes_is_told(tmp_path: Path):
    changes = {
        f'LISTDOMAINOBJECTS "lab.example" {PAGE} ACCOUNTS COOKIE ""': "512 unknown domain",
        'LISTACCOUNTS "lab.example"': "512 unknown domain",
    }
    async with reading(tmp_path, changes) as server:
        with pytest.raises(CommandRefusedError, match="512 unknown domain"):
            await accounts(server)
