"""How scripts look, and what is said of filters that are not in them as they were."""

from __future__ import annotations

from datetime import datetime, time

import pytest

from sterna.model.address import Address
from sterna.model.filter import (
    AddressField,
    AddressTest,
    Answer,
    DateTest,
    Difference,
    Discard,
    Filter,
    HeaderTest,
    HumanTest,
    Macro,
    Mark,
    Quantifier,
    Reject,
    SenderNameTest,
    SendOn,
    Store,
    TagSubject,
    TimeTest,
)
from sterna.model.filter import (
    Test as FilterTest,
)
from sterna.model.finding import Outcome
from sterna.sieve.patterns import matches
from sterna.sieve.script import Script, render

ANNA = Address.parse("anna@lab.example")
ALIAS = Address.parse("a.b@lab.example")


def made(*filters: Filter) -> Script:
    return render(filters, ANNA, (ALIAS,), lambda where: "/".join(where) if isinstance(where, tuple) else None)


def condition(*tests: FilterTest) -> str:
    """The script of one filter that discards what the tests hold for, without its head, on one line."""
    return " ".join(made(Filter("x", True, "(…)", tests, (Discard(),))).text.partition("# Filter: x\n")[2].split())


GOLDEN = """\
# Filters of anna@lab.example, from the rules of the old server.

require ["copy", "date", "envelope", "fileinto", "imap4flags", "mailbox", "relational", "vacation", "variables"];

# Filter: To "Work" (my note)
if header :matches "Subject" "*[work]*" {
    addflag "\\\\Seen";
    fileinto :create "Work/2020";
    stop;
}

# Filter: old
# Inactive.
#     The rule was: (0,old,…)
#     discard;
#     stop;

# Filter: signed
# Not run: no test sees it.
#     The rule was: (3,signed,…)
#     fileinto :copy :create "Safe";

# Filter: #Vacation
if allof (
    not envelope :is "from" "",
    not header :matches ["List-Id", "List-Help", "List-Subscribe", "List-Unsubscribe", "List-Post", "List-Owner", \
"List-Archive", "X-List", "X-ListServer", "X-Mailing-List", "X-Mirror", "X-Autoreply", "X-Autorespond"] "*",
    not header :is "Precedence" ["bulk", "junk", "list"],
    anyof (not exists "Auto-Submitted", header :is "Auto-Submitted" "no"),
    currentdate :value "ge" "date" "2026-08-01",
    currentdate :value "lt" "date" "2026-08-15"
) {
    set "subject" "";
    if header :matches "Subject" "*" {
        set "subject" "${1}";
    }
    vacation :days 365 :handle "#Vacation"
        :addresses "a.b@lab.example"
        :subject "Away: ${subject}"
        text:
I am away.

..Bye
.
    ;
}

# Filter: #Redirect
redirect :copy "eva@privat.example";
"""


def test_a_script_can_be_read_by_its_owner():
    script = made(
        Filter(
            'To "Work"',
            True,
            "(5,…)",
            (HeaderTest("Subject", ("*[work]*",)),),
            (Mark(("\\Seen",)), Store(("Work", "2020")), Discard()),
            comment="my note",
        ),
        Filter("old", False, "(0,old,…)", (), (Discard(),)),
        Filter("signed", True, "(3,signed,…)", (), (Store(("Safe",)),), withheld="no test sees it"),
        Filter(
            "#Vacation",
            True,
            "(2,…)",
            (HumanTest(), DateTest(True, datetime(2026, 8, 1)), DateTest(False, datetime(2026, 8, 15))),  # noqa: DTZ001  # the server's local time
            (Answer(("Away: ", Macro.SUBJECT), ("I am away.\n\n.Bye",), once=True),),
            differences=(Difference("once a year"),),
        ),
        Filter("#Redirect", True, "(1,…)", (), (SendOn((Address.parse("eva@privat.example"),)),)),
    )
    assert script.text == GOLDEN
    assert [finding.outcome for finding in script.findings] == [
        Outcome.KEPT,
        Outcome.KEPT,
        Outcome.DROPPED,
        Outcome.CHANGED,
        Outcome.KEPT,
    ]


_BEFORE_NOON = (
    'anyof ( currentdate :value "lt" "date" "2026-08-01", '
    'allof ( currentdate :is "date" "2026-08-01", currentdate :value "lt" "time" "12:00:00" ) )'
)

TESTS = {
    "wildcards are the only special signs": (
        (HeaderTest("Subject", ('a?\\b"c**d',)),),
        r'header :matches "Subject" "a\\?\\\\b\"c*d"',
    ),
    "without wildcards": ((HeaderTest("Subject", ("a?", "b")),), 'header :is "Subject" ["a?", "b"]'),
    "references to variables are text": (
        (HeaderTest("Subject", ("${1}",)),),
        'header :is "Subject" "${dollar}{1}"',
    ),
    "letters beyond ASCII": ((HeaderTest("Subject", ("grÜn",)),), 'header :is "Subject" ["grÜn", "grün"]'),
    "every address, of one domain": (
        (AddressTest(AddressField.TO_OR_CC, ("*@a.example",), quantifier=Quantifier.EACH),),
        'allof ( address :matches ["To", "Cc"] "*", not address :domain :value "ne" ["To", "Cc"] "a.example" )',
    ),
    "some address that is not": (
        (AddressTest(AddressField.TO_OR_CC, ("b@a.example",), True, Quantifier.ANY),),
        'anyof ( not address :matches ["To", "Cc"] "*", address :all :value "ne" ["To", "Cc"] "b@a.example" )',
    ),
    "past midnight": (
        (TimeTest(((time(22), time(6)),)),),
        'anyof ( currentdate :value "ge" "time" "22:00:00", currentdate :value "le" "time" "06:00:00" )',
    ),
    "an hour of a day": (
        (DateTest(False, datetime(2026, 8, 1, 12)),),  # noqa: DTZ001  # the server's local time
        _BEFORE_NOON,
    ),
    "the sender's name": ((SenderNameTest(("*doe*",), True),), 'not string :matches "${name}" "*doe*"'),
    "the recipient": (
        (AddressTest(AddressField.RECIPIENT, ("*@lab.example",)),),
        'envelope :matches "to" "*@lab.example"',
    ),
}


@pytest.mark.parametrize(("tests", "wanted"), TESTS.values(), ids=TESTS)
def test_tests_say_what_is_meant(tests, wanted):
    assert condition(*tests) == f"if {wanted} {{ discard; stop; }}"


UNSAYABLE = {
    "every address among several": AddressTest(AddressField.TO_OR_CC, ("a@b.example", "c"), quantifier=Quantifier.EACH),
    "every address like a pattern": AddressTest(AddressField.TO_OR_CC, ("a*b",), quantifier=Quantifier.EACH),
    "an alias as recipient": AddressTest(AddressField.RECIPIENT, ("a.b@lab.example",)),
}


@pytest.mark.parametrize("test", UNSAYABLE.values(), ids=UNSAYABLE)
def test_what_sieve_cannot_say_is_a_comment_and_a_finding_with_the_nearest_script(test):
    script = made(Filter("x", True, "(the rule)", (test,), (Discard(),)))
    assert all(line.startswith("#") or not line for line in script.text.splitlines())
    [finding] = script.findings
    assert finding.outcome is Outcome.DROPPED
    assert "(the rule)" in finding.detail
    assert "discard;" in finding.detail
    assert "The difference:" in finding.detail


def test_behind_a_missing_end_nothing_may_send_mail_out_or_away():
    missing = Filter("first", True, "", (), (Discard(),), withheld="it cannot be tested")
    filing = Filter("filing", True, "", (), (Store(("Work",)), Discard()))
    others = [
        Filter(name, True, "", (HeaderTest("Subject", ("a",)),), actions)
        for name, actions in {
            "dropping": (Discard(),),
            "sending": (SendOn((ALIAS,)), Store(("Work",))),
            "refusing": (Reject("no"),),
        }.items()
    ]
    findings = {each.what: each.outcome for each in made(missing, *others, filing).findings}
    assert findings["rule 'filing'"] is Outcome.CHANGED
    assert {findings[f"rule {each.name!r}"] for each in others} == {Outcome.DROPPED}


def test_a_test_of_the_subject_behind_a_tag_is_a_finding():
    tag = Filter("tag", True, "", (), (TagSubject("[x]"),))
    [_, finding] = made(tag, Filter("y", True, "", (HeaderTest("subject", ("a",)),), (Discard(),))).findings
    assert finding.outcome is Outcome.CHANGED
    assert "'tag'" in finding.why


def test_a_mailbox_that_cannot_be_called_so_is_not_replaced_by_another():
    script = render([Filter("x", True, "", (), (Store(("Work",)), Discard()))], ANNA, (), lambda _: None)
    assert "fileinto" not in script.text
    assert script.findings[0].outcome is Outcome.DROPPED


def test_mail_is_never_sent_on_to_oneself():
    script = made(Filter("x", True, "", (), (SendOn((ALIAS, ANNA)), Discard())))
    assert "redirect" not in script.text
    assert "keep;" in script.text


def test_no_filters_are_no_script():
    assert made() == Script("", (), ())


@pytest.mark.parametrize(
    ("pattern", "value", "answer"),
    [
        ("", "", True),
        ("*", "", True),
        ("a*c", "ABBC", True),
        ("a*c", "abcd", False),
        ("?", "x", False),
        ("*.*", "a.", True),
    ],
)
def test_patterns_match_whole_values(pattern, value, answer):
    assert matches(pattern, value) is answer
