"""What the CLI refuses to tell is marked as not told: it is never taken for something that is not there."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from sterna.communigate.server import Read, SourceServer
from sterna.model.account import Part
from sterna.model.address import Address
from tests.contract.communigate.test_server import ANNA, SITE, reading

REFUSED = "501 you cannot do that"

QUESTIONS = {
    'GETACCOUNTALIASES "anna@lab.example"': Part.ALIASES,
    'GETACCOUNTMAILRULES "anna@lab.example"': Part.FILTERS,
    'LISTMAILBOXES "anna@lab.example"': Part.GRANTS,
    'GETMAILBOXACL "anna@lab.example" MAILBOX "A/B"': Part.GRANTS,
    'GETMAILBOXSUBSCRIPTION "anna@lab.example"': Part.SUBSCRIPTIONS,
}


async def others(source: SourceServer, kind: str) -> Sequence[Read[object]]:
    match kind:
        case "GROUP":
            return await source.groups("lab.example")
        case "FORWARDER":
            return await source.forwarders("lab.example")
        case _:
            return await source.lists("lab.example")


NEWS = 'LISTLISTS "lab.example"', "201 (news)"
SETTINGS = 'GETLIST "news@lab.example"', "201 {Owner=anna;}"
TOGETHER = 'READSUBSCRIBERS "news@lab.example"'
ONE_BY_ONE = 'LISTSUBSCRIBERS "news@lab.example"'
INFO = 'GETSUBSCRIBERINFO "news@lab.example" NAME "bo@c.example"'

INCOMPLETE = {
    "refused": {},
    "none told together, and the others refused": {ONE_BY_ONE: REFUSED},
    "no array": {ONE_BY_ONE: '201 "x"'},
    "one refused": {ONE_BY_ONE: '201 ("bo@c.example")', INFO: REFUSED},
    "fewer than the source says": {TOGETHER: '201 (#3,({Sub="bo@c.example";}))'},
    "cut": {TOGETHER: '201 (#3,({Sub="bo@c.', ONE_BY_ONE: "201 (bo"},
}


async def test_an_account_of_which_everything_is_told_has_no_unread_part(tmp_path):
    async with reading(tmp_path) as source:
        account = (await source.account(ANNA)).value
    assert account is not None
    assert account.unread == frozenset()


@pytest.mark.parametrize("answer", [REFUSED, "500 unknown command", "201 (cut"], ids=["refused", "unknown", "cut"])
@pytest.mark.parametrize("question", QUESTIONS)
async def test_a_part_that_is_not_told_is_unread(tmp_path, question, answer):
    assert question in SITE
    async with reading(tmp_path, {question: answer}) as source:
        account = (await source.account(ANNA)).value
    assert account is not None
    assert account.unread == {QUESTIONS[question]}


async def test_rules_among_the_settings_are_read_where_the_question_for_them_is_not_answered(tmp_path):
    changes = {
        'GETACCOUNTMAILRULES "anna@lab.example"': REFUSED,
        'GETACCOUNTSETTINGS "anna@lab.example"': '201 {Rules=((1,"#Redirect",(),(("Mirror to","b@c.example"))));}',
    }
    async with reading(tmp_path, changes) as source:
        account = (await source.account(ANNA)).value
    assert account is not None
    assert account.unread == frozenset()
    assert account.forward is not None


async def test_an_account_that_cannot_be_read_keeps_its_address(tmp_path):
    async with reading(tmp_path, {'GETACCOUNTSETTINGS "anna@lab.example"': REFUSED}) as source:
        reads = [read async for read in source.accounts("lab.example")]
    assert [(read.value, read.address) for read in reads] == [(None, ANNA)]


@pytest.mark.parametrize("answers", INCOMPLETE.values(), ids=INCOMPLETE)
async def test_a_list_whose_subscribers_are_not_all_told_is_not_complete(tmp_path, answers):
    changes = (
        dict([NEWS, SETTINGS])
        | {TOGETHER: REFUSED, f'{TOGETHER} FILTER "" "3"': REFUSED, ONE_BY_ONE: REFUSED}
        | answers
    )
    async with reading(tmp_path, changes) as source:
        (read,) = await source.lists("lab.example")
    assert read.value is not None
    assert not read.value.complete


@pytest.mark.parametrize("told", [{TOGETHER: '201 (#1,({Sub="bo@c.example";}))'}, {ONE_BY_ONE: "201 ()"}])
async def test_a_list_whose_subscribers_are_all_told_is_complete(tmp_path, told):
    async with reading(tmp_path, dict([NEWS, SETTINGS]) | told) as source:
        (read,) = await source.lists("lab.example")
    assert read.value is not None
    assert read.value.complete


@pytest.mark.parametrize("kind", ["GROUP", "FORWARDER", "LIST"])
async def test_what_is_no_account_and_cannot_be_read_keeps_its_address(tmp_path, kind):
    changes = {f'LIST{kind}S "lab.example"': "201 (news)", f'GET{kind} "news@lab.example"': REFUSED}
    async with reading(tmp_path, changes) as source:
        (read,) = await others(source, kind)
    assert (read.value, read.address) == (None, Address.parse("news@lab.example"))


@pytest.mark.parametrize("kind", ["GROUP", "FORWARDER", "LIST"])
async def test_a_domain_that_is_not_told_what_it_has_is_said_to_be_unread(tmp_path, kind):
    async with reading(tmp_path, {f'LIST{kind}S "lab.example"': REFUSED}) as source:
        (read,) = await others(source, kind)
    assert (read.value, read.domain) == (None, "lab.example")
