"""The CLI's read commands beyond those every migration needs, and the habits in which servers differ."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from sterna.communigate.dataformat import Reader, read
from sterna.communigate.syntax import Form
from sterna.lab.source.population import population
from sterna.lab.source.tree import write_base
from tests.unit.lab.source.talk import master


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_base(tmp_path / "base", population())
    return tmp_path


def test_a_password_can_be_verified_and_no_object_comes(folder: Path):
    talk = master(folder)
    assert talk.say('VERIFYACCOUNTPASSWORD karl PASSWORD "umkehrbar"') == "200 OK"
    assert talk.say("VERIFYACCOUNTPASSWORD karl PASSWORD x").startswith("515 ")
    assert talk.say('VERIFYACCOUNTPASSWORD md5.alt PASSWORD "fuenf mal fuenf"') == "200 OK"
    assert talk.say("VERIFYACCOUNTPASSWORD nobody PASSWORD x").startswith("513 ")


def test_files_of_an_account_are_listed_and_read_in_parts(folder: Path):
    talk = master(folder)
    listed = talk.ask("LISTSTORAGEFILES otto")
    assert isinstance(listed, dict)
    assert listed["private"] == ()
    assert "STFileSize" in listed["index.html"]
    rpopids = talk.ask('LISTSTORAGEFILES otto PATH "private/rpopids"')
    assert isinstance(rpopids, dict)
    assert set(rpopids) == {"privat", "firma"}
    data, modified, size = talk.array('READSTORAGEFILE otto FILE "private/rpopids/privat"')
    assert isinstance(data, bytes)
    assert isinstance(modified, datetime)
    assert data.count(b"\n") == 3
    assert size == len(data)
    assert talk.array('READSTORAGEFILE otto FILE "private/rpopids/privat" OFFSET 8 SIZE 4')[0] == data[8:12]
    assert talk.ask("LISTSTORAGEFILES anna") == {}
    for path in ("../../otto.macnt/account.settings", "gone"):
        assert talk.say(f'READSTORAGEFILE otto FILE "{path}"').startswith("501 ")


def test_datasets_are_listed_and_read(folder: Path):
    talk = master(folder)
    assert talk.ask('DATASET rolf.tat {what=listSubsets;subsetName="";}') == {"Bekannte": "", "RepliedAddresses": ""}
    entries = talk.ask("DATASET rolf.tat {what=listEntries;subsetName=Bekannte;}")
    assert isinstance(entries, dict)
    assert entries["anna@lab.example"]["addressbook.Email"] == "anna@lab.example"
    assert talk.say("DATASET anna {what=listEntries;subsetName=Bekannte;}").startswith("501 ")


def test_the_router_is_told_and_followed(folder: Path):
    talk = master(folder)
    table = talk.ask("GETROUTERTABLE")
    assert isinstance(table, str)
    assert table.startswith("; the lab's router table\n<webmaster@lab.example> = ")
    assert talk.ask("ROUTE lynx@old-lab.example mail") == ("LOCAL", "rene.pfeiffer@lab.example", "")
    assert talk.ask("ROUTE webmaster@lab.example") == ("LOCAL", "postmaster@lab.example", "")
    assert talk.ask("ROUTE anna@nord.example") == ("LOCAL", "anna@fjord.example", "")
    assert talk.ask("ROUTE segeln@lab.example") == ("LIST", "seglerinnen@lab.example", "post")
    assert talk.ask("ROUTE verkauf@lab.example") == ("LOCAL", "anna@lab.example", "")
    assert talk.ask("ROUTE jemand@outside.example") == ("SMTP", "outside.example", "jemand@outside.example")
    assert talk.say("ROUTE ping@lab.example").startswith("501 ")


def test_rights_count_groups_domains_and_what_is_taken_away(folder: Path):
    for mailbox in ("Offen", "Gruppe", "Ohne Bernd"):
        (folder / f"lab.example/teilhaber/{mailbox}/cur").mkdir(parents=True)
        (folder / f"lab.example/teilhaber/{mailbox}/new").mkdir()
    talk = master(folder)

    def rights(mailbox: str, who: str) -> object:
        return talk.ask(f'GETMAILBOXRIGHTS teilhaber MAILBOX "{mailbox}" AUTH {who}')

    assert rights("Offen", "teilhaber") == "lrswipcda"
    assert rights("Offen", "bernd@lab.example") == "lrs"
    assert rights("Offen", "sigrid@fjord.example") == "lr"
    assert rights("Gruppe", "bernd") == "lrswip"
    assert rights("Gruppe", "sigrid@fjord.example") == "lrswip"
    assert rights("Gruppe", "lars@fjord.example") == ""
    assert rights("Ohne Bernd", "bernd") == ""
    assert talk.ask("GETACCOUNTACLRIGHTS teilhaber AUTH anna") == "lr"


def test_preferences_of_account_domain_and_server_are_merged(folder: Path):
    talk = master(folder)
    assert talk.ask("GETACCOUNTDEFAULTPREFS fjord.example") == {"SentBox": "Sendt", "Language": "Norwegian"}
    prefs = talk.ask("GETACCOUNTEFFECTIVEPREFS sigrid@fjord.example")
    assert isinstance(prefs, dict)
    assert (prefs["SentBox"], prefs["JunkBox"], prefs["DraftsBox"]) == ("Sendt", "Spam", "Kladd")


def test_modules_and_settings_of_the_server_are_told(folder: Path):
    talk = master(folder)
    for module in talk.array("LISTMODULES"):
        assert isinstance(talk.ask(f"GETMODULE {module}"), dict), module
    assert talk.say("GETMODULE NOSUCH").startswith("501 ")
    for word in ("GETSERVERSETTINGS", "GETNETWORK", "GETQUEUESETTINGS", "GETROUTERSETTINGS", "GETCLIENTIPS"):
        assert talk.ask(word), word
    assert talk.array("LISTADMINDOMAINS lab.example") == ("fjord.example",)
    words = talk.array("LISTCLICOMMANDS")
    assert {"VERIFYACCOUNTPASSWORD", "DATASET", "ROUTE", "INLINE"} <= set(words)
    for line in ("GETVERSION", "GETCURRENTTIME", "ECHO {a=(b,#1,[AAEC]);}"):
        talk.ask(line)


def test_accounts_of_every_kind_say_where_they_are(folder: Path):
    talk = master(folder)
    listed = talk.ask("LISTACCOUNTS lab.example")
    assert isinstance(listed, dict)
    assert {listed[name] for name in ("anna", "textfach", "ordnerfach")} == {"macnt", "mbox", "mdir"}
    assert talk.ask("GETACCOUNTLOCATION anna") == "anna.macnt"
    assert talk.ask("GETACCOUNTLOCATION textfach") == "textfach.mbox"
    assert talk.ask("GETACCOUNTLOCATION auswaerts") == "platte2.mnt/auswaerts.macnt"
    assert talk.array("LISTACCOUNTSTORAGE lab.example") == ("platte2",)
    unknown = master(folder, unknown_extensions=True).ask("LISTACCOUNTS lab.example")
    assert isinstance(unknown, dict)
    assert set(unknown.values()) == {"agrd"}


def test_every_rule_of_everybody_is_told_as_it_stands(folder: Path):
    talk = master(folder)
    for person in population().people:
        assert talk.ask(f"GETACCOUNTMAILRULES {person.address}") == person.rules, person.address


@pytest.mark.parametrize("switch", ["wide_atoms", "wrapped_strings", "bare_newlines"])
@pytest.mark.parametrize("inline", [True, False])
def test_other_spellings_mean_the_same(folder: Path, switch: str, inline: bool):
    usual, other = master(folder), master(folder, **{switch: True, "inline_refused": not inline})
    changed = 0
    for line in ("LISTDOMAINS", "GETLIST seglerinnen", "GETROUTERTABLE", "GETACCOUNTMAILRULES urlaub"):
        wanted = usual.ask(line)
        said, _ = other.dialogue.hear(line.encode())
        text = said[4:] if inline else said.partition(b"\n")[2]
        reader = Reader(text, form=Form.FILE)
        assert reader.read() == wanted, line
        plain, _ = master(folder, inline_refused=not inline).dialogue.hear(line.encode())
        changed += said != plain
    assert changed


def test_names_collide_when_the_switch_is_on(folder: Path):
    talk = master(folder, colliding_names=True)
    objects = talk.array('LISTDOMAINOBJECTS lab.example 1000 ALIASES FORWARDERS COOKIE ""')[1]
    assert isinstance(objects, dict)
    assert objects["zweiter"] == ("lynx",)
    assert objects["anna"] == (("anna@outside.example",),)
    assert "anna" in talk.array("LISTGROUPS")
    assert "anna" in talk.array("LISTLISTS")
    assert talk.ask("GETLIST anna") == {"Owner": "bernd"}
    assert "zweiter" not in str(master(folder).array('LISTDOMAINOBJECTS lab.example 1000 ALIASES COOKIE ""'))


def test_old_servers_lack_commands(folder: Path):
    assert master(folder, object_listing_refused=True).say("LISTDOMAINOBJECTS lab.example 10").startswith("500 ")
    old = master(folder, old_subscription_command=True)
    assert old.say("GETMAILBOXSUBSCRIPTION anna").startswith("500 ")
    assert old.say("GETACCOUNTSUBSCRIPTION anna").startswith("201 ")
    assert read(old.say("GETACCOUNTALIASES anna")[4:].encode()) == ("anna.bergmann", "a.bergmann")
