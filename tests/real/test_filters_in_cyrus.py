"""What a rule does on the old server, its script does in Cyrus: the same message in the same places."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sterna.communigate.values import Value
from tests.real.filter_bench import ANNA, Bench, bench, deliver, identity
from tests.real.filter_trials import SHARED, now, run, trial

__all__ = ["bench"]  # a fixture

pytestmark = pytest.mark.real

PLAIN = (
    "john@example.org",
    b"""\
From: "Doe, John" <John@Example.ORG>
To: anna@lab.example
Subject: Hello [work] now
Message-ID: MID
Date: Thu, 05 Mar 2026 10:00:00 +0100

hi
""",
)
ENCODED = (
    "jm@firma.example",
    b"""\
From: =?utf-8?q?J=C3=BCrgen_M=C3=BCller?= <jm@firma.example>
To: Anna <anna@lab.example>, bob@lab.example
Cc: carl@x.example
Subject: =?utf-8?b?R3LDvMOfZSBhdXMgS8O2bG4=?=
Message-ID: MID

hi
""",
)
BOUNCE = ("", b"From: plain@firma.example\nAuto-Submitted: auto-replied\nMessage-ID: MID\n\nhi\n")
LIST = (
    "bounces@lists.example",
    b"""\
From: a.member@firma.example
Sender: owner@lists.example
Reply-To: list@lists.example
To: list@lists.example
List-Id: <list.lists.example>
Precedence: bulk
Subject: [list]
 folded
\tsubject
Message-ID: MID

hi
""",
)
ODD = (
    "eve@evil.example",
    b"""\
From: eve@evil.example (Eve Adams)
To: Anna <anna@lab.example>
Cc: bob@lab.example
Subject: what? a\\b "quoted" ${x} 100%
X-Spam-Flag: YES
X-Spam-Level: *****
Message-ID: MID

"""
    + b"y" * 3000,
)
EMPTY = (
    "sam@firma.example",
    b"""\
From: Sam <sam@firma.example>
Sender: secretary@firma.example
To: a.b@lab.example
Subject:
X-Spam-Flag: no
Auto-Submitted: no
Message-ID: MID

hi
""",
)
MESSAGES = (PLAIN, ENCODED, BOUNCE, LIST, ODD, EMPTY)

NOW = now()


def _span(first_hours: int, last_hours: int) -> str:
    return "-".join((NOW + timedelta(hours=hours)).strftime("%H:%M") for hours in (first_hours, last_hours))


def _day(days: int, form: str = "%d %b %Y") -> str:
    return (NOW + timedelta(days=days)).strftime(form)


TEXTS = ("john@example.org", "*@firma.example", "j*", "*", "*m*r*", "")
OPERATIONS = ("is", "is not", "in", "not in")
ADDRESSES = ("From", "Sender", "Return-Path", "To", "Cc", "Reply-To")
CONDITIONS: list[tuple[str, str, str]] = [
    *((data, operation, text) for data in ADDRESSES for operation in ("is", "is not") for text in TEXTS),
    *((data, operation, text) for data in ADDRESSES for operation in ("in", "not in") for text in TEXTS[:2]),
    *((data, "in", "x@y.example, *@lab.example,JM@*") for data in (*ADDRESSES, "Any To or Cc")),
    *(("Any To or Cc", operation, text) for operation in ("is", "is not") for text in
      ("bob@lab.example", "*@lab.example", "anna@*")),
    *(("Each To or Cc", operation, text) for operation in ("is", "is not") for text in
      ("anna@lab.example", "*@lab.example", "bob@*")),
    *(("Each To or Cc", "not in", text) for text in ("*@x.example,bob*", "*list*")),
    *((data, operation, text) for data in ("Any Recipient", "Each Recipient") for operation in OPERATIONS for text in
      ("*lab.example", "*@firma.example", "*")),
    *(("'From' Name", operation, text) for operation in OPERATIONS for text in
      ("*john*", "Doe, John", "jürgen MÜLLER", "Eve Adams", "*ü*", "*")),
    *(("Subject", operation, text) for operation in OPERATIONS for text in
      ("*[work]*", "hello*NOW", "Grüße aus *", "GRÜßE*", "[list] folded subject", "what? a\\b \"quoted\" ${x} 100%",
       "what? *\\*{x}*", "*?*", "", "*", "h*l*o*w", "*${x}*")),
    *(("Message-ID", operation, "*@test.example>") for operation in OPERATIONS),
    *(("Header Field", operation, text) for operation in OPERATIONS for text in
      ("X-Spam-Flag: YES", "x-spam-flag:*", "X-Spam-Level: **", "X-Spam-Flag: y*s", "Cc: *carl*")),
    ("Header Field", "in", "X-Spam-Flag: YES,X-Spam-Flag: no"),
    ("Header Field", "not in", "X-Spam-Flag: YES,x-spam-flag: maybe"),
    *(("Message Size", operation, text) for operation in ("greater than", "less than") for text in
      ("1K", "3000", "1M")),
    ("Message Size", "less than", "4G"),
    ("Message Size", "greater than", "4G"),
    ("Human Generated", "---", "---"),
    *(("Time Of Day", operation, text) for operation in ("in", "not in") for text in
      (_span(-2, 2), _span(2, 5), _span(-5, -2), f"{_span(2, 3)},{_span(-1, 1)}")),
    *(("Current Date", operation, text) for operation in ("greater than", "less than") for text in
      (_day(-1), _day(0), _day(1), _day(400), _day(0, "%d %b %Y 00:00:00"), _day(-1, "%d %b %Y 23:59:59"),
       (NOW + timedelta(hours=2)).strftime("%d %b %Y %H:%M:%S"))),
    *(("Current Day", operation, text) for operation in OPERATIONS for text in
      (_day(0, "%a"), _day(1, "%a"), "Mon,Tue, wed,Thursday,fri,Sat,Sun")),
    *(("Existing Mailbox", operation, text) for operation in OPERATIONS for text in
      ("Work/2020", "Nowhere", "INBOX", "Grüße ☃", SHARED)),
    ("Existing Mailbox", "in", "Nowhere,Work"),
    ("Existing Mailbox", "not in", "Nowhere,Work"),
]  # fmt: skip


def test_every_condition_with_every_operation_decides_alike(bench: Bench) -> None:
    trials = [
        trial(" ".join(condition), ("5", "x", (condition,), (("Store in", "Work"), ("Discard",))))
        for condition in dict.fromkeys(CONDITIONS)
    ]
    run(bench, trials, MESSAGES)


ACTIONS: dict[str, tuple[Value, ...]] = {
    "store": (("5", "x", (), (("Store in", "Work"),)),),
    "store and discard": (("5", "x", (), (("Store in", "Grüße ☃"), ("Discard",))),),
    "store in several": (("5", "x", (), (("Store in", "Sent 2.0"), ("Store in", "it's (a) b&c"), ("Discard",))),),
    "store in two rules": (
        ("5", "x", (), (("Store in", "Sent 2.0"),)),
        ("4", "x", (), (("Store in", "Work/2020"),)),
    ),
    "store in somebody else's": (("5", "x", (), (("Store in", SHARED), ("Discard",))),),
    "discard": (("5", "x", (("Subject", "is", "*w*"),), (("Discard",),)),),
    "stop": (
        ("5", "x", (("Subject", "is", "*w*"),), (("Stop Processing",),)),
        ("4", "y", (), (("Discard",),)),
    ),
    "the highest first": (
        ("1", "x", (), (("Store in", "Work"),)),
        ("9", "y", (("Subject", "is", "*w*"),), (("Discard",),)),
        ("10", "z", (("Subject", "is", "*k*"),), (("Store in", "Sent 2.0"),)),
    ),
    "an inactive one": (("0", "x", (), (("Discard",),)),),
    "mark": (("5", "x", (), (("Mark", "Read,Flagged"),)),),
    "mark and unmark": (
        ("5", "x", (), (("Mark", "Seen,Flagged,Answered,Draft,Deleted,Redirected,MDNSent,Junk"), ("Store in", "Work"))),
        ("4", "x", (), (("Mark", "Unread,unflagged"), ("Store in", "Work/2020"))),
        ("3", "x", (), (("Mark", "Unanswered,Undraft,Undeleted,NotRedirected,NoMDNSent,NotJunk"),
                        ("Store in", "Sent 2.0"))),
    ),
    "tag": (("5", "x", (), (("Tag Subject", "[ü ${x} \"q\" \\]"), ("Store in", "Work"))),),
    "tag twice": (
        ("5", "x", (), (("Store in", "Work"), ("Tag Subject", "[a]"), ("Store in", "Sent 2.0"))),
        ("4", "y", (), (("Tag Subject", "[b]"),)),
    ),
    "add a header": (("5", "x", (), (("Add Header", "X-Folder: päper ${x} \"q\""), ("Store in", "Work"))),),
    "a header that a later rule sees": (
        ("5", "x", (("Subject", "is", "*w*"),), (("Add Header", "X-Kind: w"),)),
        ("4", "y", (("Header Field", "is", "X-Kind: w"),), (("Store in", "Work"), ("Discard",))),
    ),
    "mirror": (("5", "a", (("Human Generated", "---"),), (("Mirror to", "a@x.example, b@y.example"),)),),
    "mirror and discard": (
        ("5", "a", (("Human Generated", "---"),), (("Mirror to", "a@x.example,o'neil+${x}@y.example"), ("Discard",))),
    ),
    "redirect, then store": (
        ("5", "a", (("From", "is", "*"),), (("Redirect to", "a@x.example"),)),
        ("4", "b", (), (("Store in", "Work"), ("Discard",))),
    ),
    "forward": (("5", "a", (("From", "is", "*"),), (("Forward To", "a@x.example"),)),),
    "many targets": (
        ("5", "a", (("From", "is", "*j*"),), (("Mirror to", ",".join(f"p{n}@x.example" for n in range(25))),)),
    ),
    "reject": (("5", "x", (("Subject", "is", "*w*"),), (("Reject with", "go away"),)),),
    "reject without a word": (("5", "x", (("Subject", "is", "*w*"),), (("Reject with",),)),),
    "reject at length": (("5", "x", (("Subject", "is", "*w*"),), (("Reject with", "go \"away\"\n.\n..\n${x}\n"),)),),
    "reject some, file others": (
        ("5", "x", (("Subject", "is", "*w*"),), (("Reject with", "go away"),)),
        ("4", "y", (), (("Store in", "Work"), ("Discard",))),
    ),
}  # fmt: skip


def test_every_action_does_the_same(bench: Bench) -> None:
    run(bench, [trial(name, *rules) for name, rules in ACTIONS.items()], MESSAGES)


TO_ANNA = (
    "s-UNIQUE@x.example",
    b"""\
From: "Dr. =?utf-8?q?J=C3=BC?= (x)" <s@x.example>
To: a.b@lab.example
Subject: =?utf-8?q?caf=C3=A9?= ${1} ^S "q"
Message-ID: MID
Date: Thu, 05 Mar 2026 10:00:00 +0100

hi
""",
)
TO_ANNA_TOO = ("t-UNIQUE@x.example", TO_ANNA[1].replace(b"a.b@lab", b"anna@old-lab").replace(b"Subject", b"X-Subject"))


def _between(first: int, last: int) -> tuple[Value, Value]:
    return ("Current Date", "greater than", _day(first)), ("Current Date", "less than", _day(last))


HUMAN = ("Human Generated", "---")
UNKNOWN = ("From", "not in", "#RepliedAddresses")
REMEMBER = ("Remember 'From' in", "RepliedAddresses")
ANSWERS: dict[str, tuple[Value, ...]] = {
    "plain": (("5", "x", (), (("Reply with", "I am away"),)),),
    "several lines": (("5", "x", (), (("Reply with", "I am away.\n.\n..dot\ntext:\n\"q\" \\ ${x} ä\nBye"),)),),
    "with a head": (
        ("5", "x", (),
         (("Reply with", "+Subject: Away: ^S\nIn-Reply-To: ^I\n\nDear ^N, on ^T you (^F) wrote ^I: ^S ^X."),)),
    ),
    "vacation": (
        ("2", "#Vacation", (HUMAN, UNKNOWN), (("Reply with", "+Subject: Away\n\nI am away."), REMEMBER)),
    ),
    "vacation now": (
        ("2", "#Vacation", (HUMAN, UNKNOWN, *_between(-3, 3)),
         (("Reply with", "away"), REMEMBER)),
    ),
    "vacation later": (
        ("2", "#Vacation", (HUMAN, UNKNOWN, *_between(3, 5)),
         (("Reply with", "away"), REMEMBER)),
    ),
    "vacation past": (
        ("2", "#Vacation", (HUMAN, UNKNOWN, *_between(-3, -1)), (("Reply with", "away"), REMEMBER)),
    ),
    "vacation and redirect": (
        ("2", "#Vacation", (HUMAN, UNKNOWN), (("Reply with", "away"), REMEMBER)),
        ("1", "#Redirect", (HUMAN,), (("Mirror to", "a@x.example"), ("Discard", "---"))),
    ),
    "answer and discard": (("2", "x", (), (("Reply with", "nobody reads this"), ("Discard",))),),
}  # fmt: skip


def test_answers_say_the_same(bench: Bench) -> None:
    run(bench, [trial(name, *rules) for name, rules in ANSWERS.items()], (TO_ANNA, TO_ANNA_TOO))


def test_a_vacation_answers_a_sender_once_and_a_reply_always(bench: Bench) -> None:
    sender, data = TO_ANNA
    remembering = trial("once", ("2", "#Vacation one", (UNKNOWN,), (("Reply with", "away"), REMEMBER)))
    always = trial("always", ("2", "Always", (), (("Reply with", "got it"),)))
    counts = []
    for each in (remembering, always):
        before = len(bench.sink.mail)
        with bench.scripts() as box, bench.lmtp() as lmtp:
            bench.install(box, each.script.text)
            for _ in range(3):
                deliver(lmtp, sender.replace("UNIQUE", "same"), ANNA, data.replace(b"MID", identity().encode()))
        counts.append(len(bench.sink.mail) - before)
    assert counts == [1, 3]
