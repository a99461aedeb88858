"""Rules in combinations that nobody thought of, in Cyrus; and texts that want to break out of their script."""

from __future__ import annotations

import re

import hypothesis
import pytest
from hypothesis import strategies as st

from sterna.communigate.filters import translate_rules
from sterna.communigate.rules import Action, Condition, Rule
from sterna.communigate.values import Value
from sterna.sieve.errors import ScriptInvalidError
from sterna.sieve.script import render
from tests.real.filter_bench import ANNA, Bench, bench, deliver, identity
from tests.real.filter_trials import ALIASES, BOXES, OWNER, Trial, place, run_each, trial

__all__ = ["bench"]  # a fixture

pytestmark = pytest.mark.real

HUMAN = ("Human Generated", "---")
OPERATIONS = ("is", "is not", "in", "not in")
ADDRESSES = ("From", "Sender", "Return-Path", "To", "Cc", "Reply-To")
WORDS = ("a", "b", "work", "ü", "?", "\\", '"', "${x}", "[1]", " ", "'")
PATTERNS = st.lists(st.sampled_from((*WORDS, "*", "*")), min_size=1, max_size=5).map("".join)
PEOPLE = st.sampled_from(("a@x.example", "B@X.example", "anna@lab.example", "work@y.example", "a.b@lab.example"))
GLOBS = st.one_of(PEOPLE, st.sampled_from(("*@x.example", "a*", "*", "*@lab*", "*b*")))
OPERATION = st.sampled_from(OPERATIONS)
CONDITION = st.one_of(
    st.tuples(st.sampled_from(("Subject", "'From' Name")), OPERATION, PATTERNS),
    st.tuples(st.just("Header Field"), OPERATION, PATTERNS.map("X-Kind: {}".format)),
    st.tuples(st.sampled_from((*ADDRESSES, "Any To or Cc")), st.sampled_from(("is", "in")), GLOBS),
    st.tuples(st.sampled_from(ADDRESSES), st.sampled_from(("is not", "not in")), GLOBS),
    st.tuples(st.just("Each To or Cc"), st.just("is"), PEOPLE),
    st.tuples(st.just("Message Size"), st.sampled_from(("greater than", "less than")), st.sampled_from(("50", "2K"))),
    st.just(HUMAN),
)
CALM = st.one_of(
    st.tuples(st.just("Store in"), st.sampled_from(BOXES)),
    st.tuples(st.just("Mark"), st.sampled_from(("Read", "Flagged,Unread", "Unflagged", "Answered"))),
    st.tuples(st.just("Tag Subject"), st.sampled_from(("[a]", "b", "ü?"))),
    st.tuples(st.just("Add Header"), st.sampled_from(("X-Kind: a", "X-Kind: work [1]", "X-Other: ${x}"))),
    st.tuples(st.just("Mirror to"), st.sampled_from(("m@x.example", "n@y.example,m@x.example"))),
)
LAST = st.sampled_from(((), (), (("Discard",),), (("Stop Processing",),)))
RULE = st.tuples(
    st.integers(0, 10).map(str),
    st.text(max_size=20).filter(str.isprintable),
    st.lists(CONDITION, max_size=3).map(tuple),
    st.builds(lambda calm, last: (*dict.fromkeys(calm), *last), st.lists(CALM, max_size=3), LAST),
)
MESSAGE = st.builds(
    "From: {}{}\r\nTo: {}\r\n{}Subject: {}\r\n{}Message-ID: MID\r\n\r\n{}\r\n".format,
    st.sampled_from(("", '"a b" <', "work <", "=?utf-8?q?=C3=9C?= <")).map(str),
    PEOPLE.map("{}>".format),
    st.lists(PEOPLE, min_size=1, max_size=3).map(", ".join),
    st.one_of(st.just(""), PEOPLE.map("Cc: {}\r\n".format), PEOPLE.map("Sender: {}\r\n".format)),
    st.lists(st.sampled_from([word for word in WORDS if word.isascii()]), max_size=5).map("".join),
    st.sampled_from(("", "X-Kind: work [1]\r\n", "X-Kind: a\r\n", "List-Id: <x>\r\n", "Precedence: bulk\r\n")),
    st.sampled_from(("hi", "\r\n".join(["y" * 70] * 60))),
).map(lambda text: re.sub(r"(?m)^From: ([^<\r\n]*)>", r"From: \1", text).encode())


NEVER: Value = ("10", "never", (("Subject", "is", "never"),), (("Stop Processing",),))
"""Runs before the others, so that no rule is a forward for the directory."""


def test_whatever_rules_are_combined_they_do_the_same(bench: Bench) -> None:
    """No repetition for a failure: all are delivered first, then compared; what they are is always the same."""
    cases: list[tuple[Trial, list[tuple[str, bytes]]]] = []

    @hypothesis.settings(
        max_examples=250, derandomize=True, database=None, phases=[hypothesis.Phase.generate], deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )  # fmt: skip
    @hypothesis.given(
        st.lists(RULE, min_size=1, max_size=4), st.lists(st.tuples(PEOPLE, MESSAGE), min_size=2, max_size=3)
    )
    def collect(rules: list[Value], messages: list[tuple[str, bytes]]) -> None:
        cases.append((trial(repr(rules), NEVER, *rules), messages))

    collect()
    assert len(cases) == 250
    run_each(bench, cases)


# Words of rules, with texts that are no words for them.
NASTY = st.lists(
    st.one_of(
        st.sampled_from(
            ("\r\n", "\n", ".", '"', "\\", "*", "?", "${", "}", "${1}", "${hex:41}", "text:", ";", "*/", "/*", "#", "%",
             "\x00", "\udc80", "require", "\u202e", "\uffff", "ü", "{3+}", "]", "~a@b.example/", ":", ",", "+", "^S",
             "<", ">", "@", "a@b.example", "\t")
        ),
        st.text(max_size=3),
    ),
    max_size=8,
).map("".join)  # fmt: skip
DATA = st.sampled_from(
    ("From", "Each To or Cc", "Any Recipient", "Return-Path", "'From' Name", "Subject", "Header Field", "Message Size",
     "Time Of Day", "Current Date", "Current Day", "Existing Mailbox", "Human Generated", "Security", "Subjects")
)  # fmt: skip
ACTION_NAMES = st.sampled_from(
    ("Store in", "Mark", "Add Header", "Tag Subject", "Reject with", "Discard", "Stop Processing", "Mirror to",
     "Redirect to", "Forward to", "Reply with", "Remember 'From' in", "Execute", "Tag Submit")
)  # fmt: skip
NASTY_RULE = st.builds(
    Rule,
    st.integers(0, 10),
    NASTY,
    st.lists(st.builds(Condition, DATA, st.sampled_from((*OPERATIONS, "greater than")), NASTY), max_size=2).map(tuple),
    st.lists(st.builds(Action, ACTION_NAMES, NASTY), max_size=3).map(tuple),
    NASTY,
)


def test_whatever_is_in_a_rule_its_script_compiles(bench: Bench) -> None:
    with bench.scripts() as box:

        @hypothesis.settings(max_examples=400, derandomize=True, database=None, deadline=None)
        @hypothesis.given(st.lists(NASTY_RULE, min_size=1, max_size=3))
        def compiles(rules: list[Rule]) -> None:
            translated = translate_rules(rules, OWNER, ALIASES)
            script = render(translated.filters, OWNER, ALIASES, place)
            try:
                bench.run(box.check_script(script.text))
            except ScriptInvalidError as error:
                raise AssertionError(f"{error}\n{script.text}") from error

        compiles()


CONFLICTS: dict[str, tuple[tuple[Value, ...], set[str], int]] = {
    "a second answer": (
        (
            ("5", "a", (), (("Reply with", "one"),)),
            ("4", "b", (), (("Reply with", "two"), ("Store in", "Work"), ("Discard",))),
        ),
        {"Work"},
        250,
    ),
    "refused after it was stored": (
        (("5", "a", (), (("Store in", "Work"),)), ("4", "b", (), (("Reject with", "no"),))),
        {"Work", "INBOX"},
        250,
    ),
    "stored and refused by one rule": (
        (("5", "a", (), (("Store in", "Work"), ("Reject with", "no"))),),
        {"Work", "INBOX"},
        250,
    ),
    "refused, though another one would have been stored": (
        (("5", "a", (("Subject", "is", "other"),), (("Store in", "Work"),)), ("4", "b", (), (("Reject with", "no"),))),
        set(),
        550,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CONFLICTS)
def test_what_sieve_forbids_together_loses_no_mail(bench: Bench, name: str) -> None:
    rules, wanted, answer = CONFLICTS[name]
    each = trial(name, *rules)
    assert any(finding.outcome == "changed" for finding in each.script.findings)
    mid = identity()
    data = f"From: x@y.example\r\nTo: {ANNA}\r\nMessage-ID: {mid}\r\n\r\nhi\r\n".encode()
    with bench.scripts() as box, bench.lmtp() as lmtp:
        bench.install(box, each.script.text)
        assert deliver(lmtp, f"{mid[1:9]}@y.example", ANNA, data) == answer
    found = bench.found().get(mid, {})
    assert set(found) == wanted
    assert not any("$SieveFailed" in each.flags for each in found.values())
