"""Which rules forward an account's mail, and what the others become."""

import pytest

from sterna.communigate.dataformat import read
from sterna.communigate.forwards import decide_forward
from sterna.communigate.rules import read_rules
from sterna.model.account import Forward
from sterna.model.address import Address
from sterna.model.finding import Finding, Outcome

ANNA = Address.parse("anna@lab.example")
OWN = frozenset((ANNA, Address.parse("a.b@lab.example")))


def decided(rules: bytes) -> tuple[Forward | None, tuple[Finding, ...]]:
    found, errors = read_rules(read(rules))
    assert errors == ()
    return decide_forward(found, OWN, ANNA)


def to(*addresses: str, keep_copy: bool) -> Forward:
    return Forward(tuple(Address.parse(address) for address in addresses), keep_copy)


HUMAN = b'(("Human Generated","---"))'
FORWARDS = {
    "mirror": (b'((1,"#Redirect",(),(("Mirror to","b@c.example"))))', to("b@c.example", keep_copy=True)),
    "mirror and discard": (
        b'((1,"#Redirect",(),(("Mirror to","b@c.example"),(Discard,"---"))))',
        to("b@c.example", keep_copy=False),
    ),
    "human mail only": (
        b'((1,"#Redirect",%b,(("Mirror to","b@c.example"))))' % HUMAN,
        to("b@c.example", keep_copy=True),
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
    "a target in the same domain": (b'((1,x,(),(("Mirror to",bob))))', to("bob@lab.example", keep_copy=True)),
    "two rules": (
        b'((2,x,(),(("Mirror to","b@c.example"))),(1,y,(),(("Mirror to","d@e.example,b@c.example"))))',
        to("b@c.example", "d@e.example", keep_copy=True),
    ),
    "two rules of which one discards": (
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
    "inactive": (b'((0,"#Redirect",(),(("Mirror to","b@c.example"))))', None),
    "conditional": (b'((1,x,((Subject,is,"*a*")),(("Mirror to","b@c.example"))))', None),
    "with another act": (b'((1,x,(),(("Mirror to","b@c.example"),("Store in",Work))))', None),
    "forward as attachment": (b'((1,x,(),(("Forward to","b@c.example"))))', None),
    "behind one that ends everything": (b'((2,x,(),((Discard))),(1,y,(),(("Mirror to","b@c.example"))))', None),
    "behind one that ends some": (
        b'((2,x,((Subject,is,a)),((Discard))),(1,y,(),(("Mirror to","b@c.example"))))',
        to("b@c.example", keep_copy=True),
    ),
}


@pytest.mark.parametrize(("rules", "forward"), FORWARDS.values(), ids=FORWARDS)
def test_rules_that_forward_everything_become_a_forward(rules, forward):
    assert decided(rules)[0] == forward


FINDINGS = {
    "inactive": (b"((0,Old,((From,is,x)),((Discard))))", "filter", Outcome.DROPPED, "inactive on the source"),
    "filter": (
        b'((5,ToWork,((Subject,is,"*[work]*")),(("Store in",Work),(Discard))))',
        "filter",
        Outcome.DROPPED,
        "Subject is *[work]*: Store in Work, then Discard",
    ),
    "a word that never worked": (
        b'((1,x,((Subjects,is,a)),(("Tag Submit",b))))',
        "filter",
        Outcome.DROPPED,
        "no 'Subjects' and no 'Tag Submit'",
    ),
    "inactive vacation": (
        b'((0,"#Vacation",%b,(("Reply with","+Subject: ^S"))))' % HUMAN,
        "vacation",
        Outcome.DROPPED,
        "inactive",
    ),
    "active vacation": (
        b'((2,"#Vacation",(%b),(("Reply with",x))))'
        % b'("Current Date","greater than","01 Aug 2011"),("Current Date","less than","15 Aug 2011")',
        "vacation",
        Outcome.DROPPED,
        "active, after 01 Aug 2011 and before 15 Aug 2011",
    ),
    "redirect": (b'((1,x,(),(("Redirect to","b@c.example"))))', "forward", Outcome.CHANGED, "keeps To and Cc"),
    "human mail, kept": (
        b'((1,x,%b,(("Mirror to","b@c.example"))))' % HUMAN,
        "forward",
        Outcome.CHANGED,
        "besides staying",
    ),
    "human mail, discarded": (
        b'((1,x,%b,(("Mirror to","b@c.example"),(Discard))))' % HUMAN,
        "forward",
        Outcome.CHANGED,
        "no longer stays",
    ),
    "target unreadable": (
        b'((1,x,(),(("Mirror to","nobody@"))))',
        "forward",
        Outcome.UNREADABLE,
        "'nobody@' is not an address",
    ),
}


@pytest.mark.parametrize(("rules", "kind", "outcome", "why"), FINDINGS.values(), ids=FINDINGS)
def test_what_is_not_the_same_on_the_target_is_a_finding(rules, kind, outcome, why):
    [finding] = decided(rules)[1]
    assert (finding.kind, finding.object, finding.outcome) == (kind, str(ANNA), outcome)
    assert why in finding.why


def test_a_rule_that_is_never_reached_says_so():
    findings = decided(b'((2,all,(),((Discard))),(1,y,(),(("Mirror to","b@c.example"))))')[1]
    assert ["never runs" in finding.why for finding in findings] == [False, True]


def test_a_plain_mirror_is_the_same_on_the_target():
    assert decided(b'((1,x,(),(("Mirror to","b@c.example"))))')[1] == ()


def test_a_long_rule_is_told_short():
    [finding] = decided(b'((1,x,((Subject,in,"%b")),((Discard))))' % (b"a," * 1000))[1]
    assert len(finding.why) < 400
