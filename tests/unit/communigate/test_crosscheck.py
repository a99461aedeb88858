"""What is told when two sources say different things of one object."""

import pytest

from sterna.communigate.crosscheck import (
    CLI,
    FILES,
    LDAP,
    Account,
    compare_accounts,
    compare_domains,
    compare_members,
    missing,
)
from sterna.communigate.raw import RawAccount, RawDomain
from sterna.model.finding import Outcome


def account(**said) -> RawAccount:
    return RawAccount(name="anna", domain="lab.example", **said)


RULE = ("5", "Work", (), ())

DIFFERENT = {
    "a setting": (
        {"explicit": {"MaxAccountSize": "2G"}},
        {"explicit": {"MaxAccountSize": "1G"}},
        ("MaxAccountSize", "the CLI and the files differ: '2G' and '1G'"),
    ),
    "a setting that one has": (
        {"explicit": {}},
        {"explicit": {"ou": "Sales"}},
        ("ou", "the CLI and the files differ: nothing and 'Sales'"),
    ),
    "a password": (
        {"explicit": {"Password": "hunter2"}},
        {"explicit": {"Password": "hunter3"}},
        ("Password", "the CLI and the files differ"),
    ),
    "a nested setting": (
        {"explicit": {"WebAdminPrefs": {"ExpertLevel": "1", "Same": "x"}}},
        {"explicit": {"WebAdminPrefs": {"ExpertLevel": "2", "Same": "x"}}},
        ("WebAdminPrefs.ExpertLevel", "the CLI and the files differ: '1' and '2'"),
    ),
    "an array": (
        {"explicit": {"FailedLoginFlow": ("10", "1m")}},
        {"explicit": {"FailedLoginFlow": ("9", "1m")}},
        ("FailedLoginFlow", "the CLI and the files differ: '(10,1m)' and '(9,1m)'"),
    ),
    "aliases": (
        {"aliases": ("a.b", "ann")},
        {"aliases": ("Ann", "x")},
        ("aliases", "only in the CLI: 'a.b', only in the files: 'x'"),
    ),
    "rules": (
        {"rules": (RULE,)},
        {"explicit": {"Rules": (RULE, ("1", "Other", (), ()))}},
        ("rules", "the CLI and the files differ: 'Work' and 'Other', 'Work'"),
    ),
    "mailboxes": (
        {"mailboxes": {"INBOX": {}, "Sent": {}}},
        {"mailboxes": {"INBOX": {}, "Work/Old": {}}},
        ("mailboxes", "only in the CLI: 'Sent', only in the files: 'Work/Old'"),
    ),
    "access rights": (
        {"mailboxes": {"INBOX": {"Access": {"bob": "lrs"}}}},
        {"mailboxes": {"INBOX": {"Access": {"bob": "lr"}}}},
        ("access rights of INBOX", "the CLI and the files differ: '{bob=lrs;}' and '{bob=lr;}'"),
    ),
    "preferences": (
        {"prefs": {"SentBox": "Sent"}},
        {"prefs": {"SentBox": "Gesendet"}},
        ("preference SentBox", "the CLI and the files differ: 'Sent' and 'Gesendet'"),
    ),
}


@pytest.mark.parametrize(("better", "other", "told"), DIFFERENT.values(), ids=DIFFERENT)
def test_a_difference_is_told_with_both_values(better, other, told):
    (finding,) = compare_accounts(Account(CLI, account(**better)), Account(FILES, account(**other)))
    assert (finding.object, finding.outcome) == ("anna@lab.example", Outcome.CHANGED)
    assert (finding.what, finding.why) == (told[0], f"{told[1]}; what comes from the CLI is taken")
    assert "hunter" not in str(finding)


SAME = {
    "numbers and their digits": ({"explicit": {"QuotaAlert": 80}}, {"explicit": {"QuotaAlert": "80"}}),
    "nothing and an empty value": ({"explicit": {"ou": ""}}, {"explicit": {}}),
    "what one does not tell": ({"aliases": ("x",), "prefs": {"A": "b"}}, {}),
    "names in another spelling": ({"mailboxes": {"M&APw-ll": {}}}, {"mailboxes": {"Müll": {}}}),
    "sizes and numbers of messages": (
        {"mailboxes": {"INBOX": {"Size": 1, "Messages": 2}}},
        {"mailboxes": {"INBOX": {"Size": 3}}},
    ),
    "rules that are equal": ({"rules": (RULE,)}, {"explicit": {"Rules": (RULE,)}}),
}  # fmt: skip


@pytest.mark.parametrize(("better", "other"), SAME.values(), ids=SAME)
def test_what_means_the_same_is_no_difference(better, other):
    assert compare_accounts(Account(CLI, account(**better)), Account(FILES, account(**other))) == []


def test_attributes_of_ldap_are_settings_under_one_of_two_names_and_fill_what_is_empty():
    cli = account(explicit={"RealName": "Anna", "Organization": "Lab", "MaxAccountSize": "1G", "l": "Wien"})
    ldap = account(explicit={"RealName": "Anna", "o": "Lab", "sn": "Anna", "l": "Graz"})
    (finding,) = compare_accounts(Account(CLI, cli), Account(LDAP, ldap))
    assert (finding.what, finding.why.partition(";")[0]) == ("l", "the CLI and LDAP differ: 'Wien' and 'Graz'")


def test_what_only_one_source_has_is_told_by_the_side_it_is_on():
    gone, extra = sorted(missing("x.example", "account", (CLI, {"a", "b"}), (LDAP, {"b", "c"})), key=lambda f: f.object)
    assert (gone.object, gone.outcome, gone.what) == ("a@x.example", Outcome.KEPT, "account not in LDAP")
    assert (extra.object, extra.outcome, extra.what) == ("c@x.example", Outcome.DROPPED, "account only in LDAP")


def test_domains_are_compared_with_what_their_accounts_inherit():
    cli = RawDomain(name="x.example", explicit={"MailToUnknown": "Rejected"}, account_defaults={"MaxAccountSize": "1M"})
    files = RawDomain(name="x.example", explicit={"MailToUnknown": "Discarded"}, account_defaults={})
    assert [(each.object, each.what) for each in compare_domains((CLI, cli), (FILES, files))] == [
        ("x.example", "MailToUnknown"),
        ("x.example: account defaults", "MaxAccountSize"),
    ]


def test_members_of_groups_are_compared():
    known, more = {"all": {"a@x.example"}, "own": {"b@x.example"}}, {"all": {"a@x.example", "c@x.example"}}
    found = compare_members("x.example", (CLI, known), (LDAP, more))
    assert [(each.object, each.what) for each in found] == [
        ("own@x.example", "group not in LDAP"),
        ("all@x.example", "members"),
    ]
