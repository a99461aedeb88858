"""Inheritance, and what becomes of each key."""

import pytest

from sterna.communigate.dataformat import read
from sterna.communigate.mailboxes import CliMailbox, read_mailboxes
from sterna.communigate.read import MailboxUse
from sterna.communigate.settings import access_findings, may_log_in, merge_settings
from sterna.communigate.values import as_dictionary
from sterna.model.finding import Outcome

WHO = "anna@lab.example"


def merged(explicit: bytes, domain: bytes = b"{}", server: bytes = b"{}") -> object:
    levels = (as_dictionary(read(each)) for each in (explicit, domain, server))
    return merge_settings(*(level or {} for level in levels))


LEVELS = {
    "the account says it": (b"{a=1;}", b"{a=2;}", b"{a=3;}", {"a": "1"}),
    "the domain says it": (b"{}", b"{a=2;}", b"{a=3;}", {"a": "2"}),
    "the server says it": (b"{}", b"{}", b"{a=3;}", {"a": "3"}),
    "default means nothing": (b"{a=default;}", b"{a=default;}", b"{a=3;}", {"a": "3"}),
    "the account's class": (
        b"{ServiceClass=gold;b=1;}",
        b"{a=2;ServiceClasses={gold={a=9;b=9;};};}",
        b"{a=3;}",
        {"ServiceClass": "gold", "a": "9", "b": "1"},
    ),
    "the server's class": (
        b"{}",
        b"{ServiceClass=gold;}",
        b"{ServiceClasses={gold={a=9;};};}",
        {"ServiceClass": "gold", "a": "9"},
    ),
    "a class that nobody defines": (b"{ServiceClass=tin;}", b"{a=2;}", b"{}", {"ServiceClass": "tin", "a": "2"}),
}


@pytest.mark.parametrize(("explicit", "domain", "server", "result"), LEVELS.values(), ids=LEVELS)
def test_a_key_has_the_value_of_the_nearest_level_that_says_it(explicit, domain, server, result):
    assert merged(explicit, domain, server) == result


ACCESS = {
    "all": (b"{AccessModes=All;}", True, []),
    "absent": (b"{}", True, []),
    "default": (b"{AccessModes=default;}", True, []),
    "none": (b"{AccessModes=None;}", False, [Outcome.KEPT]),
    "an empty list": (b"{AccessModes=();}", False, [Outcome.KEPT]),
    "everything that counts": (b"{AccessModes=(26,Mail,POP,IMAP,TLS);}", True, []),
    "only IMAP": (b"{AccessModes=(26,Mail,IMAP,TLS);}", True, [Outcome.CHANGED]),
    "only POP": (b"{AccessModes=(#26,Mail,pop,TLS);}", True, [Outcome.CHANGED]),
    "neither IMAP nor POP": (b"{AccessModes=(26,Mail,WebMail);}", False, [Outcome.KEPT]),
}


@pytest.mark.parametrize(("settings", "enabled", "outcomes"), ACCESS.values(), ids=ACCESS)
def test_an_account_is_open_when_it_may_use_imap_or_pop(settings, enabled, outcomes):
    value = as_dictionary(read(settings)) or {}
    assert may_log_in(value) is enabled
    assert [finding.outcome for finding in access_findings(value, WHO)] == outcomes


MAILBOXES = {
    "mailbox": (b"{INBOX={Messages=#12;Size=#34567;};}", [CliMailbox("INBOX", MailboxUse(12, 34567))]),
    "numbers as strings": (b'{INBOX={Messages="12";Size="34567";};}', [CliMailbox("INBOX", MailboxUse(12, 34567))]),
    "mailbox and folder": (b"{Work=({Messages=#3;Size=#900;});}", [CliMailbox("Work", MailboxUse(3, 900))]),
    "mailbox and folder without numbers": (b"{Work=(());}", [CliMailbox("Work", MailboxUse(None, 0))]),
    "folder": (b"{Archive=();}", []),
    "class": (
        b'{C={Class="IPF.Appointment";Messages=#5;Size=#4;};}',
        [CliMailbox("C", MailboxUse(5, 4), "IPF.Appointment")],
    ),
    "access": (b"{C={Access={bob=lrs;};};}", [CliMailbox("C", MailboxUse(None, 0), "", {"bob": "lrs"})]),
    "none": (b"{}", []),
}


@pytest.mark.parametrize(("data", "mailboxes"), MAILBOXES.values(), ids=MAILBOXES)
def test_mailboxes_are_told_from_folders(data, mailboxes):
    assert list(read_mailboxes(read(data))) == mailboxes


def test_only_mail_and_notes_of_mail_are_mail():
    assert [
        CliMailbox("x", MailboxUse(None, 0), item_class).holds_mail for item_class in ("", "IPF.Note", "IPF.Task")
    ] == [True, True, False]
