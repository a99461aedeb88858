"""The CLI's conversation, line by line, on a base directory and an empty mail store."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.communigate.dataformat import read
from sterna.communigate.syntax import Form
from sterna.communigate.values import Value
from sterna.lab.source.arguments import split
from sterna.lab.source.basedirectory import BaseDirectory
from sterna.lab.source.commands import Commands, is_writing
from sterna.lab.source.dialogue import Phase
from sterna.lab.source.mailstore import MailStore
from sterna.lab.source.population import population
from sterna.lab.source.switches import Switches, SwitchFileError
from sterna.lab.source.tree import write_base
from tests.unit.lab.source.talk import ADMIN_PASSWORD, Talk, master


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_base(tmp_path / "base", population())
    return tmp_path


def test_greetings_of_both_ages_begin_with_200_and_carry_a_stamp(folder: Path):
    for old in (False, True):
        greeting = Talk(folder, Switches(old_greeting=old)).dialogue.greeting()
        assert re.fullmatch(rb"200 .*CommuniGate Pro.* PWD Server .* <1\.2@mail\.lab\.example>\r\n", greeting)
    assert b"<" not in Talk(folder, Switches(greeting_without_stamp=True)).dialogue.greeting()


def test_nothing_is_answered_before_login(folder: Path):
    talk = Talk(folder, Switches())
    assert talk.say("LISTDOMAINS").startswith("500 ")
    assert talk.login(password="wrong").startswith("515 ")
    assert talk.say("LISTDOMAINS").startswith("500 ")
    assert talk.say("USER nobody@lab.example").startswith("300 ")
    assert talk.say("PASS x").startswith("513 ")
    assert talk.say("PASS x").startswith("500 ")


def test_apop_takes_the_digest_of_stamp_and_password(folder: Path):
    digest = hashlib.md5(b"<1.2@mail.lab.example>" + ADMIN_PASSWORD.encode(), usedforsecurity=False).hexdigest()
    assert Talk(folder, Switches()).say(f"APOP postmaster@lab.example {digest}").startswith("200 ")
    assert Talk(folder, Switches()).say(f"APOP postmaster@lab.example {digest[::-1]}").startswith("515 ")
    assert Talk(folder, Switches(greeting_without_stamp=True)).say(f"APOP postmaster {digest}").startswith("500 ")


@pytest.mark.parametrize(
    ("user", "password"),
    [
        ("karl", "umkehrbar"),
        ("hans-peter", "nur als SHA"),
        ("ines_b", "gesalzen"),
        ("lynx@old-lab.example", "Kuestenseeschwalbe2006"),
    ],
)
def test_every_account_can_log_in_by_any_of_its_names(folder: Path, user: str, password: str):
    assert Talk(folder, Switches()).login(user, password).startswith("200 ")
    assert Talk(folder, Switches()).login(user, password + "x").startswith("515 ")


def test_only_an_administrator_may_ask_about_others(folder: Path):
    talk = Talk(folder, Switches())
    assert talk.login("anna@lab.example", "Apfel und Birne").startswith("200 ")
    talk.say("INLINE")
    assert talk.ask("GETACCOUNTALIASES *") == ("anna.bergmann", "a.bergmann")
    for line in (
        "GETACCOUNTALIASES bernd",
        "LISTDOMAINS",
        "LISTACCOUNTS",
        "GETACCOUNTPLAINPASSWORD *",
        "GETGROUP vertrieb",
    ):
        assert talk.say(line).startswith("501 "), line


def test_data_come_on_lines_of_their_own_until_inline_is_said(folder: Path):
    talk = Talk(folder, Switches())
    talk.login()
    head, *lines = talk.say("GETDOMAINSETTINGS fjord.example").split("\r\n")
    assert head == "200 data follow"
    assert [line for line in lines[:-1] if line.endswith(("}", ")"))] == []
    settings = read("\r\n".join(lines).encode(), form=Form.FILE)
    assert isinstance(settings, dict)
    assert settings["AdminDomainName"] == "lab.example"
    assert settings["TrailerText"] == "--\nFjord AS"
    assert talk.say("INLINE").startswith("200 ")
    assert talk.say("MAINDOMAINNAME") == '201 "lab.example"'


def test_inline_can_be_refused(folder: Path):
    talk = Talk(folder, Switches(inline_refused=True))
    talk.login()
    assert talk.say("INLINE").startswith("500 ")
    assert talk.say("MAINDOMAINNAME") == '200 data follow\r\n"lab.example"'


def test_pages_of_objects_cover_all_of_them_exactly_once(folder: Path):
    talk = master(folder)
    people = [person for person in population().people if person.domain == "lab.example"]
    seen: dict[str, Value] = {}
    cookie: Value = ""
    for _ in range(50):
        line = f'LISTDOMAINOBJECTS lab.example 7 ACCOUNTS ALIASES FORWARDERS COOKIE "{cookie}"'
        total, objects, *others, cookie = talk.array(line)
        assert isinstance(objects, dict)
        assert len(objects) <= 7
        assert not set(seen) & set(objects)
        seen |= objects
        if cookie == "":
            assert len(seen) == sum(int(str(count)) for count in (total, *others))
            assert total == str(len(people))
            break
    else:
        pytest.fail("the pages do not end")
    kinds = {name: value for name, value in seen.items() if isinstance(value, str)}
    assert kinds == {person.local: person.kind for person in people}
    assert seen["lynx"] == ("rene.pfeiffer",)
    assert seen["sales"] == (("anna@lab.example",),)


def test_unknown_names_have_the_documented_codes(folder: Path):
    talk = master(folder)
    for line, code in {
        "GETACCOUNTSETTINGS nobody@lab.example": "513",
        "GETACCOUNTSETTINGS a@nowhere.example": "512",
        "LISTACCOUNTS nowhere.example": "512",
        "GETGROUP nobody": "501",
        "FROBNICATE": "500",
        "GETACCOUNTSETTINGS": "501",
        "GETACCOUNTSETTINGS anna {": "501",
        'GETACCOUNTSETTINGS "anna': "501",
        "LISTDOMAINS extra": "501",
    }.items():
        assert talk.say(line)[:3] == code, line


WRITERS = (
    "CREATEACCOUNT x",
    "SETACCOUNTSETTINGS anna {}",
    "DELETEMAILBOX anna MAILBOX INBOX",
    "KILLACCOUNTSESSIONS anna",
    "UPDATEACCOUNTSETTINGS anna {Password=x;}",
    "LIST seglerinnen unsubscribe <a@b>",
    "setaccountpassword anna PASSWORD x",
    "SUSPENDDOMAIN lab.example",
    "DATASET anna {what=addEntry;subsetName=x;}",
)


@pytest.mark.parametrize("line", WRITERS)
def test_commands_that_write_are_refused_and_known_as_such(folder: Path, line: str):
    talk = master(folder)
    assert talk.say(line).startswith("501 ")
    word, _, rest = line.partition(" ")
    assert is_writing(word.upper(), rest.encode())


def test_no_read_command_counts_as_one_that_writes(folder: Path):
    base = BaseDirectory(folder / "base")
    words = set(Commands(base, MailStore(folder, folder / "crowd"), Switches(), "postmaster@lab.example").known)
    assert len(words) > 85
    assert {word for word in words if is_writing(word)} == {"DATASET"}
    assert not is_writing("DATASET", b'anna {what=listSubsets;subsetName="";}')


def test_plain_passwords_are_given_where_they_can_be(folder: Path):
    talk = master(folder)
    assert talk.ask("GETACCOUNTPLAINPASSWORD karl") == "umkehrbar"
    assert talk.ask("GETACCOUNTPLAINPASSWORD olga") == 'q"uo\\te  {}()=;,%s #1'
    for name in ("lena", "hans-peter", "jan.kowalski"):
        assert talk.say(f"GETACCOUNTPLAINPASSWORD {name}").startswith("501 ")
    assert master(folder, plain_passwords_refused=True).say("GETACCOUNTPLAINPASSWORD karl").startswith("500 ")


def test_switches_change_what_they_say(folder: Path):
    assert master(folder).ask("LISTMAILBOXES neu") == {"INBOX": {"Messages": 0, "Size": 0}}
    strings = master(folder, numbers_as_strings=True)
    assert strings.ask("LISTMAILBOXES neu") == {"INBOX": {"Messages": "0", "Size": "0"}}
    assert strings.array("READSUBSCRIBERS ankuendigungen")[0] == "3"
    old = master(folder, old_rule_commands=True)
    assert old.say("GETACCOUNTMAILRULES eva").startswith("500 ")
    assert len(old.array("GETACCOUNTRULES eva")) == 1
    assert master(folder, flat_redirect=True).ask("GETACCOUNTMAILRULES eva") == (
        ("1", "#Redirect", ("Human Generated", "---"), ("Mirror to", "eva@privat.example")),
    )
    refused = master(folder, effective_settings_refused=True)
    assert refused.say("GETACCOUNTEFFECTIVESETTINGS eva").startswith("500 ")


def test_subscribers_and_their_details_are_given(folder: Path):
    talk = master(folder)
    total, rows = talk.array("READSUBSCRIBERS seglerinnen")
    assert isinstance(rows, tuple)
    assert total == len(rows) == 8
    assert talk.ask('LISTSUBSCRIBERS seglerinnen FILTER "outside" 2') == ("ida@outside.example", "nora@outside.example")
    info = talk.ask("GETSUBSCRIBERINFO seglerinnen NAME bounce@outside.example")
    assert info == {
        "RealName": "",
        "mode": "feed",
        "timeSubscribed": "20090408093000",
        "posts": "2",
        "bounces": "3",
        "lastBounced": "20111009093000",
    }


def test_quit_ends_the_conversation(folder: Path):
    talk = master(folder)
    assert talk.say("NOOP") == "200 OK"
    assert talk.say("QUIT").startswith("200 ")
    assert talk.dialogue.phase is Phase.OVER


@given(st.binary())
def test_any_line_is_cut_into_pieces_and_nothing_is_lost(line: bytes):
    assert b"".join(split(line)).replace(b" ", b"") == line.replace(b" ", b"")


def test_blanks_in_strings_and_objects_do_not_divide():
    assert list(split(b'a  "b \\" c" {d="e f";} (g, h) i@j')) == [b"a", b'"b \\" c"', b'{d="e f";}', b"(g, h)", b"i@j"]


def test_switches_come_back_from_their_file(tmp_path: Path):
    path = tmp_path / "switches.json"
    assert Switches.load(path) == Switches()
    changed = replace(Switches(), mutf7_names=True, impersonation=False)
    changed.save(path)
    assert Switches.load(path) == changed


@pytest.mark.parametrize("text", ["", "[]", '{"unknown": true}', '{"mutf7_names": 1}'])
def test_a_wrong_switch_file_is_named(tmp_path: Path, text: str):
    path = tmp_path / "switches.json"
    path.write_text(text)
    with pytest.raises(SwitchFileError, match=r"switches\.json"):
        Switches.load(path)
