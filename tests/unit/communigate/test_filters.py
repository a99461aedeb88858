"""Which rules forward, which become filters, and what is said of those that cannot be said."""

from __future__ import annotations

import pytest

from sterna.communigate.dataformat import read
from sterna.communigate.filters import Translated, translate_rules
from sterna.communigate.rules import read_rules
from sterna.model.account import Forward
from sterna.model.address import Address
from sterna.model.filter import Answer, Discard, Filter, Macro, Mark, SendOn, Stop, Store
from sterna.model.finding import Outcome
from sterna.model.sharing import ForeignMailbox

ANNA = Address.parse("anna@lab.example")
ALIAS = Address.parse("a.b@lab.example")


def translated(rules: bytes) -> Translated:
    found, errors = read_rules(read(rules))
    assert errors == ()
    return translate_rules(found, ANNA, (ALIAS,))


def only(rules: bytes) -> Filter:
    [each] = translated(rules).filters
    return each


def to(*addresses: str, keep_copy: bool) -> Forward:
    return Forward(tuple(Address.parse(address) for address in addresses), keep_copy)


HUMAN = b'(("Human Generated","---"))'
FORWARDS = {
    "mirror": (b'((1,"#Redirect",(),(("Mirror to","b@c.example"))))', to("b@c.example", keep_copy=True)),
    "mirror and discard": (
        b'((1,"#Redirect",(),(("Mirror to","b@c.example"),(Discard,"---"))))',
        to("b@c.example", keep_copy=False),
    ),
    "redirect": (b'((1,x,(),(("Redirect To","b@c.example"))))', to("b@c.example", keep_copy=True)),
    "several targets": (
        b'((1,x,(),(("Mirror to","b@c.example, d@e.example,\\ef@g.example"))))',
        to("b@c.example", "d@e.example", "f@g.example", keep_copy=True),
    ),
    "a target with a name": (
        b'((1,x,(),(("Mirror to","\\"Bo B\\" <b@c.example>, d@e.example"))))',
        to("b@c.example", "d@e.example", keep_copy=True),
    ),
    "two rules": (
        b'((2,x,(),(("Mirror to","b@c.example"))),(1,y,(),(("Mirror to","d@e.example,b@c.example"))))',
        to("b@c.example", "d@e.example", keep_copy=True),
    ),
    "two rules of which the last discards": (
        b'((2,x,(),(("Mirror to","b@c.example"))),(1,y,(),(("Mirror to","d@e.example"),(Discard))))',
        to("b@c.example", "d@e.example", keep_copy=False),
    ),
    "stop processing keeps": (
        b'((1,x,(),(("Mirror to","b@c.example"),("Stop Processing"))))',
        to("b@c.example", keep_copy=True),
    ),
    "to oneself keeps": (
        b'((1,x,(),(("Mirror to","b@c.example,A.B@lab.example"),(Discard))))',
        to("b@c.example", keep_copy=True),
    ),
    "an unreadable target keeps": (
        b'((1,x,(),(("Mirror to","b@c.example,nobody@"),(Discard))))',
        to("b@c.example", keep_copy=True),
    ),
    "to oneself only": (b'((1,x,(),(("Mirror to",anna),(Discard))))', None),
    "before filters": (
        b'((2,x,(),(("Mirror to","b@c.example"))),(1,y,((Subject,is,a)),((Discard))))',
        to("b@c.example", keep_copy=True),
    ),
    "an inactive rule before it": (
        b'((2,x,(),(("Mirror to","b@c.example"))),(0,y,(),((Discard))))',
        to("b@c.example", keep_copy=True),
    ),
    "human mail only": (b'((1,"#Redirect",%b,(("Mirror to","b@c.example"))))' % HUMAN, None),
    "behind a filter": (b'((2,y,((Subject,is,a)),((Discard))),(1,x,(),(("Mirror to","b@c.example"))))', None),
    "inactive": (b'((0,"#Redirect",(),(("Mirror to","b@c.example"))))', None),
    "with another act": (b'((1,x,(),(("Mirror to","b@c.example"),("Store in",Work))))', None),
    "forward as attachment": (b'((1,x,(),(("Forward to","b@c.example"))))', None),
}


@pytest.mark.parametrize(("rules", "forward"), FORWARDS.values(), ids=FORWARDS)
def test_only_rules_that_send_on_everything_before_all_others_are_a_forward(rules, forward):
    assert translated(rules).forward == forward


def test_what_is_no_forward_is_a_filter_and_nothing_is_both():
    found = translated(
        b'((2,x,(),(("Mirror to","b@c.example"))),(1,y,((Subject,is,a)),((Discard))),(0,z,(),((Discard))))'
    )
    assert [each.name for each in found.filters] == ["y", "z"]
    assert found.findings == ()


def test_a_redirect_and_an_unreadable_target_are_findings():
    found = translated(b'((1,x,(),(("Redirect to","b@c.example,nobody@"))))')
    assert {(each.kind, each.outcome) for each in found.findings} == {
        ("forward", Outcome.CHANGED),
        ("forward", Outcome.UNREADABLE),
    }


def test_what_stands_behind_a_forward_that_ends_everything_never_runs():
    found = translated(b'((2,x,(),(("Mirror to","b@c.example"),(Discard))),(1,y,((Subject,is,a)),((Discard))))')
    assert "never ran" in found.filters[0].withheld


WITHHELD = {
    "a condition without a counterpart": (b"((1,x,((Security,is,signed)),((Discard))))", "signed or encrypted"),
    "a misspelt condition": (b'((1,x,((Subjects,is,a)),((Discard))))', "no condition 'Subjects'"),
    "a misspelt action": (b'((1,x,(),(("Tag Submit",b))))', "no action 'Tag Submit'"),
    "a misspelt operation": (b"((1,x,((Subject,contains,a)),((Discard))))", "no operation 'contains'"),
    "an address list": (b'((1,x,((From,in,"#Friends")),((Discard))))', "'#Friends'"),
    "a header field without a name": (b'((1,x,(("Header Field",in,"X-A: b,c")),((Discard))))', "colon"),
    "a header field with a wildcard": (b'((1,x,(("Header Field",is,"X-*: b")),((Discard))))', "wildcards"),
    "several header fields": (b'((1,x,(("Header Field",in,"X-A: b,X-B: c")),((Discard))))', "several header"),
    "text that is greater": (b'((1,x,((Subject,"greater than",5)),((Discard))))', "not text"),
    "no size": (b'((1,x,(("Message Size","greater than",big)),((Discard))))', "no size"),
    "no time": (b'((1,x,(("Time Of Day",in,"8-18")),((Discard))))', "no time"),
    "no date": (b'((1,x,(("Current Date","less than","32 Mar 2011")),((Discard))))', "no date"),
    "no day": (b'((1,x,(("Current Day",in,"Mon,Funday")),((Discard))))', "no day"),
    "a mailbox by a pattern": (b'((1,x,(("Existing Mailbox",is,"W*")),((Discard))))', "by a pattern"),
    "a program and a discard": (b"((1,x,(),((Execute,prog),(Discard))))", "runs a program"),
    "no mailbox": (b'((1,x,(),(("Store in",""),(Discard))))', "no name of a mailbox"),
    "encryption": (b'((1,x,(),(("Store Encrypted in",Safe))))', "encrypted"),
    "a discard that depends on whom it answered": (
        b'((1,x,((From,"not in","#Replied")),(("Reply with",hi),(Discard))))',
        "whom it answered",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("rules", "why"), WITHHELD.values(), ids=WITHHELD)
def test_what_could_lose_mail_is_withheld_with_the_reason(rules, why):
    each = only(rules)
    assert not each.runs
    assert why in each.withheld


def test_a_rule_with_unknown_words_is_broken_and_others_are_not():
    assert only(WITHHELD["a misspelt action"][0]).broken
    assert not only(WITHHELD["an address list"][0]).broken


DIFFERENT = {
    "a program": (b'((1,x,(),((Execute,prog),("Store in",Work))))', (Store(("Work",)),), "runs a program"),
    "a log": (b'((1,x,(),(("Write To Log",a),(Discard))))', (Discard(),), "log"),
    "a redirect": (
        b'((1,x,((From,is,a)),(("Redirect to","b@c.example"))))',
        (SendOn((Address.parse("b@c.example"),)),),
        "To and Cc",
    ),
    "an unreadable target": (
        b'((1,x,((From,is,a)),(("Mirror to","nobody@"),(Discard))))',
        (Store(("INBOX",)), Discard()),
        "not an address",
    ),
    "an unknown mark": (b'((1,x,(),((Mark,"Read,Purple"))))', (Mark(("\\Seen",)),), "'Purple'"),
    "a mark of its own": (b'((1,x,(),((Mark,"Unread,Hidden"))))', (Mark((), ("\\Seen",)),), "'Hidden'"),
    "an act behind the end": (b'((1,x,(),((Discard),("Store in",Work))))', (Discard(), Store(("Work",))), "behind"),
    "what it remembers": (b'((1,x,(),(("Remember \'From\' in",A),("Stop Processing"))))', (Stop(),), "remembers"),
}  # fmt: skip


@pytest.mark.parametrize(("rules", "actions", "what"), DIFFERENT.values(), ids=DIFFERENT)
def test_what_is_a_little_different_runs_and_says_so(rules, actions, what):
    each = only(rules)
    assert each.runs
    assert each.actions == actions
    assert any(what in difference.what for difference in each.differences), each.differences


def test_mailboxes_of_others_are_known_by_their_owner():
    each = only(
        b'((1,x,(),(("Store in","~public/News/2020"),("Store in","~a.b@lab.example/inbox"),'
        b'("Store in","~eva@fjord.example"))))'
    )
    assert each.actions == (
        Store(ForeignMailbox(Address.parse("public@lab.example"), ("News", "2020"))),
        Store(("INBOX",)),
        Store(ForeignMailbox(Address.parse("eva@fjord.example"), ("INBOX",))),
    )


def test_a_vacation_keeps_its_head_its_macros_and_its_memory():
    each = only(
        b'((2,"#Vacation",(("Human Generated","---"),(From,"not in","#RepliedAddresses")),'
        b'(("Reply with","+Subject: Away: ^S\\eIn-Reply-To: ^I\\eFrom: a.b@lab.example\\eX-Y: z\\e\\eBye, ^N"),'
        b"(\"Remember 'From' in\",RepliedAddresses))))"
    )
    assert each.actions == (Answer(("Away: ", Macro.SUBJECT), ("Bye, ", Macro.SENDER_NAME), sender=ALIAS, once=True),)
    assert any("'X-Y'" in difference.what for difference in each.differences)


def test_a_reply_without_memory_answers_everybody():
    each = only(b'((2,x,(),(("Reply with","+Content-Type: text/html\\eFrom: ^F\\e\\e<p>hi"))))')
    assert each.actions == (Answer(("Re: ", Macro.SUBJECT), ("<p>hi",), "text/html; charset=utf-8"),)
    assert any("in the name of" in difference.what for difference in each.differences)


def test_the_original_is_kept_as_the_source_writes_it():
    rule = b'(5,"To \\"Work\\"",((Subject,is,"*[work]*")),(("Store in",Work),(Discard,"---")),"my note")'
    each = only(b"(" + rule + b")")
    assert each.original.encode() == rule
    assert each.comment == "my note"
