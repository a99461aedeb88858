"""What the whole reader makes of a server's answers, and of answers that stay away."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sterna.communigate.connection_errors import CommandRefusedError, NoRightError
from sterna.communigate.listing import PAGE
from sterna.communigate.names import NameEncoding
from sterna.communigate.read import MailboxUse, Read
from sterna.communigate.reply import CliProtocolError
from sterna.communigate.server import SourceServer
from sterna.model.account import (
    Account,
    ClearPassword,
    Domain,
    Forward,
    Forwarder,
    Group,
    UnreadablePassword,
)
from sterna.model.address import Address
from sterna.model.finding import Outcome
from sterna.model.lists import Delivery, Posting, Subscriber
from sterna.model.routes import AddressRoute, UnknownAction, UnknownPolicy
from sterna.model.secret import Secret
from sterna.model.sharing import ForeignMailbox, Grant, GroupMembers, MailboxAlias, MailboxGrants
from sterna.site.declaration import Source, SourceImap
from tests.contract.communigate.peer import Peer, serving

ANNA = Address.parse("anna@lab.example")

SITE = {
    "MAINDOMAINNAME": "201 Lab.Example",
    "LISTDOMAINS": "201 (fjord.example,Lab.Example)",
    'GETDOMAINALIASES "lab.example"': '201 ("old-lab.example")',
    'GETDOMAINALIASES "fjord.example"': "201 ()",
    f'LISTDOMAINOBJECTS "lab.example" {PAGE} ACCOUNTS COOKIE ""': '201 ("1",{anna=macnt;},"1","0","")',
    'GETACCOUNTSETTINGS "anna@lab.example"': '201 {RealName="Anna \\195\\132";Password="A1b2";}',
    'GETACCOUNTEFFECTIVESETTINGS "anna@lab.example"': (
        '201 {RealName="Anna \\195\\132";Password="A1b2";PasswordEncryption="A-crpt";MaxAccountSize=20M;}'
    ),
    'GETACCOUNTALIASES "anna@lab.example"': '201 (a,"a.b")',
    'GETACCOUNTMAILRULES "anna@lab.example"': '201 ((1,"#Redirect",(),(("Mirror to","b@c.example"))))',
    'GETACCOUNTPLAINPASSWORD "anna@lab.example"': '201 "x y"',
    'GETACCOUNTRPOPS "anna@lab.example"': "201 {}",
    'GETACCOUNTPREFS "anna@lab.example"': "201 {}",
    'GETACCOUNTRIGHTS "anna@lab.example"': "201 ()",
    'GETACCOUNTACL "anna@lab.example"': "201 {}",
    'LISTMAILBOXES "anna@lab.example"': (
        '201 {INBOX={Messages=#2;Size=#300;Access={};};"A/B"=({Messages="1";Size="9";});A=();}'
    ),
    'GETMAILBOXALIASES "anna@lab.example"': "201 {}",
    'GETMAILBOXSUBSCRIPTION "anna@lab.example"': '201 (INBOX,"A/B","gone","~bob/News")',
    'GETMAILBOXACL "anna@lab.example" MAILBOX "A/B"': "201 {}",
}
"""The dialogue of a small site, as the lines go over the wire."""


@asynccontextmanager
async def reading(folder: Path, changes: Mapping[str, str] | None = None) -> AsyncIterator[SourceServer]:
    """Open a server that answers as `SITE` does, but for `changes`; what is in neither is an unknown command."""
    answers = {line.encode(): answer.encode() for line, answer in (SITE | dict(changes or {})).items()}

    async def script(peer: Peer) -> None:
        await peer.answer(answers)

    async with serving(folder, script) as cli:
        imap = SourceImap(host="127.0.0.1", port=143, user="x", password_file=folder / "none")
        async with SourceServer.open(Source(cli=cli, imap=imap), connections=2) as server:
            yield server


async def accounts(server: SourceServer, domain: str = "lab.example") -> list[Read[Account]]:
    return [read async for read in server.accounts(domain)]


async def test_domains_come_with_their_aliases_and_the_main_one_first(tmp_path: Path):
    async with reading(tmp_path) as server:
        assert await server.main_domain() == "lab.example"
        assert await server.domains() == [
            Domain("lab.example", ("old-lab.example",), main=True),
            Domain("fjord.example"),
        ]


async def test_an_account_is_read_with_all_that_belongs_to_it(tmp_path: Path):
    async with reading(tmp_path) as server:
        [read] = await accounts(server)
    assert read.value == Account(
        address=ANNA,
        real_name="Anna Ä",
        password=ClearPassword(Secret("x y")),
        aliases=(Address.parse("a@lab.example"), Address.parse("a.b@lab.example")),
        forward=Forward((Address.parse("b@c.example"),), keep_copy=True),
        quota_bytes=20 * 1024 * 1024,
        foreign_subscriptions=(ForeignMailbox(Address.parse("bob@lab.example"), ("News",)),),
        folders=(("A",),),
    )
    assert [(finding.kind, finding.outcome.value, finding.what) for finding in read.findings] == [
        ("account", "kept", "Password"),
        ("account", "kept", "RealName"),
        ("password", "changed", "Password"),
        ("subscription", "kept", "subscription ~bob/News"),
    ]


async def test_a_server_without_effective_settings_has_them_merged(tmp_path: Path):
    changes = {
        'GETACCOUNTEFFECTIVESETTINGS "anna@lab.example"': "500 unknown command",
        'GETACCOUNTDEFAULTS "lab.example"': "201 {MaxAccountSize=5M;}",
        "GETSERVERACCOUNTDEFAULTS": "201 {MaxAccountSize=9M;PasswordEncryption=clear;}",
        'GETACCOUNTPLAINPASSWORD "anna@lab.example"': "500 unknown command",
    }
    async with reading(tmp_path, changes) as server:
        [read] = await accounts(server)
    assert read.value is not None
    assert (read.value.quota_bytes, read.value.password) == (5 * 1024 * 1024, ClearPassword(Secret("A1b2")))


async def test_an_account_is_not_guessed_when_its_inherited_settings_cannot_be_read(tmp_path: Path):
    changes = {'GETACCOUNTEFFECTIVESETTINGS "anna@lab.example"': "500 unknown command"}
    async with reading(tmp_path, changes) as server:
        [read] = await accounts(server)
    assert read.value is None
    assert [finding.outcome for finding in read.findings] == [Outcome.UNREADABLE]


async def test_older_words_are_used_where_the_newer_ones_are_unknown(tmp_path: Path):
    changes = {
        'GETACCOUNTMAILRULES "anna@lab.example"': "500 unknown command",
        'GETACCOUNTRULES "anna@lab.example"': '201 ((1,x,(),(("Mirror to","c@d.example"))))',
        'GETMAILBOXSUBSCRIPTION "anna@lab.example"': "500 unknown command",
        'GETACCOUNTSUBSCRIPTION "anna@lab.example"': "201 (INBOX)",
    }
    async with reading(tmp_path, changes) as server:
        [read] = await accounts(server)
        assert await server.subscriptions(ANNA) == [("INBOX",)]
    assert read.value is not None
    assert read.value.forward == Forward((Address.parse("c@d.example"),), keep_copy=True)


TWO = {
    f'LISTDOMAINOBJECTS "lab.example" {PAGE} ACCOUNTS COOKIE ""': '201 ("2",{bob=macnt;anna=macnt;},"1","0","")',
}


@pytest.mark.parametrize("word", ["GETACCOUNTSETTINGS", "GETACCOUNTALIASES", "LISTMAILBOXES"])
async def test_an_account_that_vanishes_meanwhile_is_a_finding_and_the_rest_goes_on(tmp_path: Path, word: str):
    bob = {line.replace("anna@", "bob@"): answer for line, answer in SITE.items() if "anna@" in line}
    async with reading(tmp_path, {**TWO, **bob, f'{word} "bob@lab.example"': "513 unknown user account"}) as server:
        gone, there = await accounts(server)
    assert gone.value is None
    assert [(finding.object, finding.outcome) for finding in gone.findings] == [("bob@lab.example", Outcome.UNREADABLE)]
    assert "513 unknown user account" in gone.findings[0].why
    assert there.value is not None


async def test_a_question_that_is_refused_costs_a_finding_and_not_the_account(tmp_path: Path):
    changes = {
        'GETACCOUNTRPOPS "anna@lab.example"': "501 no right",
        'GETACCOUNTPREFS "anna@lab.example"': "201 {a=b",
        'GETMAILBOXACL "anna@lab.example" MAILBOX "A/B"': "501 locked",
    }
    async with reading(tmp_path, changes) as server:
        [read] = await accounts(server)
    assert read.value is not None
    unreadable = [finding for finding in read.findings if finding.outcome is Outcome.UNREADABLE]
    assert [(finding.kind, finding.object) for finding in unreadable] == [
        ("rpop", "anna@lab.example"),
        ("preference", "anna@lab.example"),
        ("acl", "anna@lab.example: A/B"),
    ]


async def test_settings_that_cannot_be_read_cost_the_account_and_show_no_password(tmp_path: Path):
    async with reading(tmp_path, {'GETACCOUNTSETTINGS "anna@lab.example"': '201 {Password="s3cret" x;}'}) as server:
        [read] = await accounts(server)
    assert read.value is None
    assert "line 1, column 20: expected ';'" in read.findings[0].why
    assert "s3cret" not in repr(read)


async def test_what_cannot_be_taken_as_it_is_is_said(tmp_path: Path):
    changes = {
        'GETACCOUNTEFFECTIVESETTINGS "anna@lab.example"': (
            '201 {RealName="J\\252rgen";MaxAccountSize=lots;AccessModes=None;UseAppPassword=NO;}'
        ),
        'GETACCOUNTALIASES "anna@lab.example"': '201 (a,"b c")',
        'GETACCOUNTMAILRULES "anna@lab.example"': "201 ((1))",
        'GETACCOUNTRPOPS "anna@lab.example"': "201 {home={authName=j;domain=p.example;password=s3cret;};}",
        'GETACCOUNTPREFS "anna@lab.example"': '201 {SentBox="Sent Items";Language=German;}',
        'GETACCOUNTRIGHTS "anna@lab.example"': "201 (Master)",
        'GETACCOUNTACL "anna@lab.example"': "201 {bob=lr;}",
        'GETMAILBOXALIASES "anna@lab.example"': '201 {News="~public/News";}',
        'GETMAILBOXACL "anna@lab.example" MAILBOX "A/B"': '201 {"#sales"=lrs;nobody="";}',
    }
    async with reading(tmp_path, changes) as server:
        [read] = await accounts(server)
    assert read.value is not None
    assert read.value.real_name == "Jürgen"
    assert (read.value.quota_bytes, read.value.enabled) == (None, False)
    assert isinstance(read.value.password, UnreadablePassword)
    assert read.value.grants == (
        MailboxGrants(("A", "B"), (Grant(GroupMembers(Address.parse("sales@lab.example")), "lrs"),)),
    )
    assert read.value.shares == (
        MailboxAlias(("News",), ForeignMailbox(Address.parse("public@lab.example"), ("News",))),
    )
    assert [(each.host, each.user, each.password) for each in read.value.polled] == [
        ("p.example", "j", Secret("s3cret"))
    ]
    assert "s3cret" not in repr(read)
    assert sorted((finding.kind, finding.outcome.value, finding.what) for finding in read.findings) == [
        ("account", "changed", "RealName"),
        ("account", "kept", "AccessModes"),
        ("account", "kept", "Password"),
        ("account", "kept", "RealName"),
        ("acl", "dropped", "whole account shared with bob (lr)"),
        ("acl", "kept", "shared with #sales (lrs)"),
        ("alias", "unreadable", "alias 'b c'"),
        ("filter", "unreadable", "rule 1"),
        ("mailbox", "changed", "mailbox alias News = ~public/News"),
        ("mailbox", "dropped", "SentBox = Sent Items"),
        ("password", "dropped", "Password"),
        ("preference", "dropped", "Language = German"),
        ("preference", "kept", "SentBox = Sent Items"),
        ("quota", "unreadable", "MaxAccountSize"),
        ("right", "dropped", "rights Master"),
        ("rpop", "kept", "RPOP home"),
        ("rpop", "kept", "authName, domain, password"),
        ("subscription", "kept", "subscription ~bob/News"),
    ]


def pages(*answers: str) -> dict[str, str]:
    cookies = ["", *(f"c{n}" for n in range(1, len(answers)))]
    return {
        f'LISTDOMAINOBJECTS "lab.example" {PAGE} ACCOUNTS COOKIE {cookie or chr(34) * 2}': answer
        for cookie, answer in zip(cookies, answers, strict=True)
    }


LISTINGS = {
    "pages": pages('201 ("3",{a=macnt;b=macnt;},"0","0",c1)', '201 ("3",{c=mbox;},"0","0","")'),
    "no pages, and all in the first answer": pages('201 ("3",{a=macnt;b=macnt;c=macnt;},"0","0")'),
    "no pages, and not all in the first answer": {
        **pages('201 ("3",{a=macnt;b=macnt;},"0","0")'),
        'LISTACCOUNTS "lab.example"': "201 {a=macnt;b=macnt;c=macnt;}",
    },
    "an older server": {**pages("500 unknown command"), 'LISTACCOUNTS "lab.example"': "201 {a=macnt;b=macnt;c=mbox;}"},
    "aliases and forwarders among them": pages(
        '201 (#3,{a=macnt;x=(a);b=macnt;y=(("z@q.example"));c=macnt;},#1,#1,"")'
    ),
    "a name that cannot be an address": pages('201 ("4",{a=macnt;"b c"=macnt;b=macnt;c=macnt;},"0","0","")'),
}


@pytest.mark.parametrize("answers", LISTINGS.values(), ids=LISTINGS)
async def test_all_accounts_are_listed_however_the_server_does_it(tmp_path: Path, answers: dict[str, str]):
    async with reading(tmp_path, answers) as server:
        assert [address.local for address in await server.addresses("lab.example")] == ["a", "b", "c"]


async def test_an_account_whose_name_cannot_be_an_address_is_a_finding(tmp_path: Path):
    async with reading(tmp_path, pages('201 ("1",{"b c"=macnt;},"0","0","")')) as server:
        [read] = await accounts(server)
    assert read.value is None
    assert (read.findings[0].object, read.findings[0].outcome) == ("b c@lab.example", Outcome.UNREADABLE)


async def test_pages_that_do_not_end_are_an_error(tmp_path: Path):
    answers = pages('201 ("9",{a=macnt;},"0","0",c1)', '201 ("9",{b=macnt;},"0","0",c1)')
    async with reading(tmp_path, answers) as server:
        with pytest.raises(CliProtocolError, match="does not end"):
            await accounts(server)


@pytest.mark.parametrize("word", ["MAINDOMAINNAME", "LISTDOMAINS", 'GETDOMAINALIASES "lab.example"'])
async def test_a_login_without_the_right_to_see_domains_is_told_so(tmp_path: Path, word: str):
    async with reading(tmp_path, {word: "501 you are not an administrator"}) as server:
        with pytest.raises(NoRightError, match=r'give the account in \[source.cli\] the right "Master"') as caught:
            await server.domains()
    assert caught.value.exit_code == 77


async def test_a_login_without_the_right_to_see_accounts_is_told_so(tmp_path: Path):
    answers = {**pages("501 no right"), 'LISTACCOUNTS "lab.example"': "501 no right"}
    async with reading(tmp_path, answers) as server:
        with pytest.raises(NoRightError, match="LISTACCOUNTS"):
            await accounts(server)


async def test_many_accounts_are_read_in_order(tmp_path: Path):
    names = [f"u{number:03}" for number in range(100)]
    changes = {f'GETACCOUNTSETTINGS "{name}@lab.example"': "201 {}" for name in names}
    changes |= {f'GETACCOUNTEFFECTIVESETTINGS "{name}@lab.example"': "201 {}" for name in names}
    objects = "".join(f"{name}=macnt;" for name in names)
    async with reading(tmp_path, {**changes, **pages(f'201 ("100",{{{objects}}},"0","0","")')}) as server:
        found = await accounts(server)
    assert [read.value.address.local for read in found if read.value] == names


async def test_mailboxes_have_their_use_and_folders_are_none(tmp_path: Path):
    async with reading(tmp_path) as server:
        assert await server.mailboxes(ANNA) == {("INBOX",): MailboxUse(2, 300), ("A", "B"): MailboxUse(1, 9)}
        assert await server.raw_mailboxes(ANNA) == {"INBOX": MailboxUse(2, 300), "A/B": MailboxUse(1, 9)}
        assert await server.subscriptions(ANNA) == [("INBOX",), ("A", "B"), ("gone",)]


async def test_mailboxes_of_an_account_that_is_gone_are_an_error_of_that_account(tmp_path: Path):
    async with reading(tmp_path, {'LISTMAILBOXES "anna@lab.example"': "513 unknown user account"}) as server:
        with pytest.raises(CommandRefusedError) as caught:
            await server.mailboxes(ANNA)
    assert caught.value.gone


ENCODINGS = {
    "modified UTF-7 by itself": ('201 {"M&APw-ll"={};}', None, ("Müll",)),
    "UTF-8 by itself": ('201 {"R&D"={};}', None, ("R&D",)),
    "modified UTF-7 as told": ('201 {"R&-D"={};}', NameEncoding.MUTF7, ("R&D",)),
    "UTF-8 as told": ('201 {"R&-D"={};}', NameEncoding.UTF8, ("R&-D",)),
}


@pytest.mark.parametrize(("answer", "encoding", "name"), ENCODINGS.values(), ids=ENCODINGS)
async def test_names_are_read_in_the_encoding_they_show_or_are_told_to_have(
    tmp_path: Path, answer: str, encoding: NameEncoding | None, name: tuple[str, ...]
):
    async with reading(tmp_path, {'LISTMAILBOXES "anna@lab.example"': answer}) as server:
        server.name_encoding = encoding
        assert list(await server.mailboxes(ANNA)) == [name]


ADDRESSES = {
    'LISTFORWARDERS "lab.example"': "201 (sales,odd)",
    'GETFORWARDER "sales@lab.example"': '201 "bo@crm.example"',
    'GETFORWARDER "odd@lab.example"': '201 "not an address"',
    'LISTGROUPS "lab.example"': "201 (staff,lost)",
    'GETGROUP "staff@lab.example"': '201 {RealName="All of us";Members=(anna,"c@d.example","e f");}',
    'GETGROUP "lost@lab.example"': "501 not found",
    'LISTLISTS "lab.example"': "201 (news,hidden)",
    'GETDOMAINLISTS "lab.example"': '201 {news="7";hidden="-1";}',
    'GETLIST "news@lab.example"': "201 {Owner=anna;}",
    'GETLIST "hidden@lab.example"': "201 {Owner=anna;}",
    'READSUBSCRIBERS "news@lab.example"': "501 no right",
    'LISTSUBSCRIBERS "news@lab.example"': "501 no right",
    'READSUBSCRIBERS "hidden@lab.example"': '201 (#2,({Sub="a@b.example";mode=feed;},{Sub="c@d.example";mode=null;}))',
}


async def test_forwarders_have_a_target_or_a_finding(tmp_path: Path):
    async with reading(tmp_path, ADDRESSES) as server:
        sales, odd = await server.forwarders("lab.example")
    assert sales == Read(Forwarder(Address.parse("sales@lab.example"), Address.parse("bo@crm.example")))
    assert odd.value is None
    assert (odd.findings[0].object, odd.findings[0].what) == ("odd@lab.example", "to 'not an address'")


async def test_groups_have_members_and_a_row_for_each_setting(tmp_path: Path):
    async with reading(tmp_path, ADDRESSES) as server:
        staff, lost = await server.groups("lab.example")
    members = (ANNA, Address.parse("c@d.example"))
    assert staff.value == Group(Address.parse("staff@lab.example"), "All of us", members)
    assert [(each.outcome, each.what) for each in staff.findings] == [
        (Outcome.KEPT, "Members, RealName"),
        (Outcome.UNREADABLE, "member 'e f'"),
    ]
    assert (lost.value, [finding.outcome for finding in lost.findings]) == (None, [Outcome.UNREADABLE])


async def test_lists_come_with_their_subscribers(tmp_path: Path):
    async with reading(tmp_path, ADDRESSES) as server:
        news, hidden = await server.lists("lab.example")
    assert news.value is not None
    assert hidden.value is not None
    assert news.value.owner == hidden.value.owner == ANNA
    assert [str(each.address) for each in hidden.value.subscribers] == ["a@b.example", "c@d.example"]
    assert {each.outcome for each in hidden.findings} == {Outcome.KEPT}
    # Nobody tells who the seven are; that is a loss, and said.
    assert news.value.subscribers == ()
    assert "the source says there are 7, and tells 0" in [each.why for each in news.findings]


async def test_a_server_that_tells_only_the_first_subscribers_is_asked_for_all(tmp_path: Path):
    changes = {
        'READSUBSCRIBERS "hidden@lab.example"': '201 (#2,({Sub="a@b.example";}))',
        'READSUBSCRIBERS "hidden@lab.example" FILTER "" 2': '201 (#2,({Sub="a@b.example";},{Sub="c@d.example";}))',
    }
    async with reading(tmp_path, {**ADDRESSES, **changes}) as server:
        _, hidden = await server.lists("lab.example")
    assert hidden.value is not None
    assert len(hidden.value.subscribers) == 2


async def test_subscribers_are_asked_one_by_one_where_the_server_does_not_tell_them_together(tmp_path: Path):
    changes = {
        'READSUBSCRIBERS "hidden@lab.example"': "500 unknown command",
        'LISTSUBSCRIBERS "hidden@lab.example"': '201 ("a@b.example","c@d.example","e@f.example")',
        'GETSUBSCRIBERINFO "hidden@lab.example" NAME "a@b.example"': (
            '201 {mode=digest;timeSubscribed="20100102030405";posts=moderateAll;}'
        ),
        'GETSUBSCRIBERINFO "hidden@lab.example" NAME "c@d.example"': "501 locked",
        'GETSUBSCRIBERINFO "hidden@lab.example" NAME "e@f.example"': "201 {mode=weekly;}",
    }
    async with reading(tmp_path, {**ADDRESSES, **changes}) as server:
        _, hidden = await server.lists("lab.example")
    assert hidden.value is not None
    assert hidden.value.subscribers == (
        Subscriber(
            Address.parse("a@b.example"),
            delivery=Delivery.DIGEST,
            posting=Posting.MODERATED,
            subscribed=datetime(2010, 1, 2, 3, 4, 5, tzinfo=UTC),
        ),
    )
    unreadable = [each for each in hidden.findings if each.outcome is Outcome.UNREADABLE]
    assert [each.what for each in unreadable] == ["GETSUBSCRIBERINFO", "subscriber e@f.example: mode = weekly"]


async def test_addresses_that_may_not_be_listed_are_one_finding(tmp_path: Path):
    async with reading(tmp_path, {'LISTFORWARDERS "lab.example"': "501 no right"}) as server:
        [read] = await server.forwarders("lab.example")
    assert read.value is None
    assert [(finding.object, finding.what) for finding in read.findings] == [("lab.example", "LISTFORWARDERS")]


async def test_a_server_without_groups_has_none(tmp_path: Path):
    async with reading(tmp_path) as server:
        assert await server.groups("lab.example") == []


ROUTE = "Relay:<anna> = <a@b.example>"

UNKNOWN_HERE = [
    "GETBLACKLISTEDIPS",
    "GETCLIENTIPS",
    "GETDIRECTORYACCESSRIGHTS",
    "GETDIRECTORYINTEGRATION",
    "GETDOMAINDEFAULTS",
    "GETDOMAINSIGNALRULES",
    "GETNETWORK",
    "GETPROTECTION",
    "GETQUEUESETTINGS",
    "GETROUTERSETTINGS",
    "GETSERVERSETTINGS",
    "GETSERVERSIGNALRULES",
    "GETWHITEHOLEIPS",
    "LISTDIRECTORYUNITS",
    "LISTMODULES",
    "LISTSTORAGEFILES",
]


async def test_domains_and_the_server_have_findings_of_their_own(tmp_path: Path):
    changes = {
        'GETDOMAINSETTINGS "lab.example"': (
            '201 {MailToUnknown="Rerouted to";MailRerouteAddress=anna;Foldering=flat;AutoSignup=NO;}'
        ),
        'GETACCOUNTDEFAULTS "lab.example"': "201 {QuotaAlert=80;}",
        'GETDOMAINMAILRULES "lab.example"': "201 ((1,virus,(),((Discard))),(0,old,(),((Discard))))",
        "GETSERVERMAILRULES": "501 no right",
        "GETROUTERTABLE": f'201 "; comment\\e<*@x.example> = anna\\e\\e{ROUTE}"',
        'GETACCOUNTPLAINPASSWORD "anna@lab.example"': "500 unknown command",
    }
    async with reading(tmp_path, changes) as server:
        await accounts(server)
        domain = await server.domain_findings("lab.example")
        whole = await server.server_findings()
        routes = await server.routes()
        assert [each.unknown for each in await server.domains() if each.main] == [
            UnknownPolicy(UnknownAction.REROUTE, "anna")
        ]
    assert [(finding.kind, finding.object, finding.outcome.value, finding.what) for finding in domain] == [
        ("domain", "lab.example", "dropped", "AutoSignup = NO"),
        ("domain", "lab.example", "kept", "MailRerouteAddress = anna"),
        ("domain", "lab.example", "kept", "MailToUnknown = Rerouted to"),
        ("domain", "lab.example", "dropped", "Foldering"),
        ("domain", "lab.example: account defaults", "changed", "QuotaAlert = 80"),
        ("filter", "lab.example", "dropped", "rule 'virus'"),
        ("filter", "lab.example", "dropped", "rule 'old'"),
    ]
    assert [(each.kind, each.outcome.value, each.what) for each in whole if "account" not in each.what.lower()] == [
        ("server", "unreadable", "GETSERVERMAILRULES"),
        *(("server", "unreadable", word) for word in UNKNOWN_HERE),
    ]
    assert ("server", "unreadable", "GETACCOUNTPLAINPASSWORD") in [(e.kind, e.outcome.value, e.what) for e in whole]
    assert [each.value for each in routes] == [None, AddressRoute(ANNA, Address.parse("a@b.example"), ROUTE)]
    assert [each.what for read in routes for each in read.findings] == ["<*@x.example> = anna"]
