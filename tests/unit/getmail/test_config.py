from __future__ import annotations

import configparser
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.getmail.config import RCFILE, SKIP, Lmtp, Sendmail, folder_for
from sterna.getmail.names import file_name
from sterna.getmail.seen import read_seen_file, seen_file, seen_file_name
from sterna.model.address import Address
from sterna.model.finding import Outcome
from sterna.model.polling import PolledAccount
from sterna.model.secret import Secret

ANNA = Address.parse("anna@lab.example")
HOME = PolledAccount(
    name="home",
    host="pop.example.net",
    user="anna.berg",
    password=Secret("p%c# ;=\"'[x]"),
    tls=True,
    leave=True,
    period_s=300,
    seen=("UID1-1", "a/b"),
)
CA = Path("/etc/ssl/ca.crt")
NOW = 1_700_000_000


def folder(polled=HOME, delivery=None, account=ANNA):
    made, findings = folder_for(account, polled, delivery or Sendmail(), CA, NOW)
    return made, findings


def read(text: str) -> configparser.RawConfigParser:
    """The configuration as getmail reads it."""
    parser = configparser.RawConfigParser()
    parser.read_string(text)
    return parser


def test_a_record_becomes_a_configuration_that_getmail_reads_as_it_is_meant() -> None:
    made, findings = folder()
    assert made is not None
    assert (made.path, made.period_s, list(made.files)) == (Path("anna@lab.example/home"), 300, [RCFILE])
    parser = read(made.files[RCFILE])
    assert dict(parser["retriever"]) == {
        "type": "SimplePOP3SSLRetriever",
        "server": "pop.example.net",
        "port": "995",
        "username": "anna.berg",
        "password": "p%c# ;=\"'[x]",
        "use_apop": "false",
        "ca_certs": "/etc/ssl/ca.crt",
    }
    assert parser["destination"]["arguments"] == '("-i", "-f", "%(sender)", "--", "anna@lab.example")'
    assert (parser["options"]["delete"], parser["options"]["read_all"]) == ("false", "false")
    assert findings == []


def test_without_tls_the_other_port_is_asked_and_said_so() -> None:
    made, findings = folder(replace(HOME, tls=False, apop=True, leave=False))
    assert made is not None
    parser = read(made.files[RCFILE])
    assert (parser["retriever"]["type"], parser["retriever"]["port"]) == ("SimplePOP3Retriever", "110")
    assert (parser["retriever"]["use_apop"], parser["options"]["delete"]) == ("true", "true")
    assert "ca_certs" not in parser["retriever"]
    assert [finding.outcome for finding in findings] == [Outcome.KEPT]


def test_mail_can_be_delivered_to_the_mail_store() -> None:
    made, _ = folder(delivery=Lmtp(Path("/run/cyrus/socket/lmtp")))
    assert made is not None
    destination = dict(read(made.files[RCFILE])["destination"])
    assert destination == {"type": "MDA_lmtp", "host": "/run/cyrus/socket/lmtp", "override": "anna@lab.example"}


def test_what_was_fetched_is_written_as_getmail_spells_it() -> None:
    made, _ = folder()
    assert made is not None
    assert made.seen == ("oldmail-pop.example.net-995-anna.berg", f"UID1-1\0{NOW}\na-b\0{NOW}\n")


def test_without_a_list_of_what_was_fetched_there_is_a_way_to_skip_it() -> None:
    made, [finding] = folder(replace(HOME, seen=None))
    assert made is not None
    assert made.seen is None
    assert read(made.files[SKIP])["destination"]["path"] == "/bin/true"
    assert read(made.files[SKIP])["retriever"] == read(made.files[RCFILE])["retriever"]
    assert finding.outcome is Outcome.CHANGED
    assert f"--rcfile {SKIP}" in finding.todo


def test_messages_that_are_deleted_there_need_no_list() -> None:
    made, findings = folder(replace(HOME, seen=None, leave=False))
    assert made is not None
    assert (list(made.files), findings) == ([RCFILE], [])


def test_a_password_that_is_not_shown_is_a_finding() -> None:
    made, [finding] = folder(replace(HOME, password=None))
    assert made is not None
    assert "password" not in read(made.files[RCFILE])["retriever"]
    assert "cannot log in" in finding.why


def test_another_mailbox_than_inbox_is_a_finding() -> None:
    _, [finding] = folder(replace(HOME, mailbox=("Work", "Old")))
    assert "Work/Old" in finding.why


UNWRITABLE = {
    "a line end in the password": replace(HOME, password=Secret("a\nb")),
    "a blank at the end of the password": replace(HOME, password=Secret("ab ")),
    "an empty password": replace(HOME, password=Secret("")),
    "a line end in the user": replace(HOME, user="a\n[options]"),
    "a control character in the host": replace(HOME, host="pop\x00"),
}


@pytest.mark.parametrize("polled", UNWRITABLE.values(), ids=UNWRITABLE)
def test_what_the_configuration_cannot_hold_is_a_finding_without_the_secret(polled) -> None:
    made, [finding] = folder(polled)
    assert made is None
    assert finding.outcome is Outcome.DROPPED
    secret = polled.password.reveal()
    assert not secret.strip() or secret not in repr(finding)


@pytest.mark.parametrize("local", ["~root", "a$HOME", "a%(sender)"])
def test_an_address_that_getmail_would_expand_is_a_finding(local) -> None:
    made, [finding] = folder(account=Address(domain="lab.example", local=local))
    assert made is None
    assert finding.outcome is Outcome.DROPPED


def test_no_secret_shows_in_the_repr_of_a_folder() -> None:
    made, _ = folder()
    assert HOME.password is not None
    assert HOME.password.reveal() not in repr(made)


@given(st.text(st.characters(codec="utf-8", min_codepoint=0x20)).map(str.strip).filter(bool))
def test_every_password_that_is_accepted_is_read_back(password: str) -> None:
    made, _ = folder(replace(HOME, password=Secret(password)))
    if made is not None:
        assert read(made.files[RCFILE])["retriever"]["password"] == password


@given(st.lists(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=70), unique=True))
def test_every_unique_id_is_read_back(ids: list[str]) -> None:
    wanted = {each.replace("/", "-") for each in ids}
    assert read_seen_file(seen_file(ids, NOW)) == dict.fromkeys(wanted, NOW)


def test_what_is_no_unique_id_is_left_out() -> None:
    assert seen_file(["ok", "", "a b", "a\0b", "ü", "x" * 71], NOW) == f"ok\0{NOW}\n"


def test_the_list_is_called_as_getmail_calls_it() -> None:
    assert seen_file_name("::1", 110, "a/b:c;d") == "oldmail--1-110-a-b-c-d"


@given(st.text(), st.text())
def test_two_texts_never_have_one_file_name(one: str, other: str) -> None:
    assert (file_name(one) == file_name(other)) == (one == other)


@given(st.text())
def test_a_file_name_is_one_harmless_component(text: str) -> None:
    name = file_name(text)
    assert 0 < len(name.encode()) <= 200
    assert not name.startswith(".")
    assert not set(name) & set("/%'\"\\ \n\0$")
