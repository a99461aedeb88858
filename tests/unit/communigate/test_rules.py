"""Rules in every layout that was seen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.communigate.dataformat import read
from sterna.communigate.rules import Action, Condition, Rule, RuleError, read_rules

TO_WORK = Rule(5, "ToWork", (Condition("Subject", "is", "*[work]*"),), (Action("Store in", "Work"), Action("Discard")))
MIRROR = Rule(1, "#Redirect", (Condition("Human Generated"),), (Action("Mirror to", "x@y.example"),))
MIRROR_AND_DISCARD = Rule(1, "#Redirect", (Condition("Human Generated"),), (*MIRROR.actions, Action("Discard")))

LAYOUTS = {
    "as documented": (b'((5,ToWork,((Subject,is,"*[work]*")),(("Store in","Work"),(Discard))))', [TO_WORK]),
    "--- for nothing": (b'((5,ToWork,((Subject,is,"*[work]*")),(("Store in","Work"),(Discard,"---"))))', [TO_WORK]),
    "priority as a number": (b'((#5,ToWork,((Subject,is,"*[work]*")),(("Store in","Work"),(Discard))))', [TO_WORK]),
    "with a comment": (b'((1,a,(),((Discard)),"why"))', [Rule(1, "a", (), (Action("Discard"),), "why")]),
    "without priority": (
        b'((ToWork,((Subject,is,"x")),((Discard))))',
        [Rule(1, "ToWork", (Condition("Subject", "is", "x"),), (Action("Discard"),))],
    ),
    "the array of rules not wrapped": (
        b'(1,"#Redirect",(("Human Generated","---")),(("Mirror to","x@y.example")))',
        [MIRROR],
    ),
    "condition and action not wrapped": (
        b'((1,"#Redirect",("Human Generated","---"),("Mirror to","x@y.example")))',
        [MIRROR],
    ),
    "nothing wrapped": (b'(1,"#Redirect",("Human Generated","---"),("Mirror to","x@y.example"))', [MIRROR]),
    "actions behind each other": (
        b'((1,"#Redirect",("Human Generated"),("Mirror to","x@y.example"),(Discard,"---")))',
        [MIRROR_AND_DISCARD],
    ),
    "no conditions": (b'((3,a,"---",((Discard))))', [Rule(3, "a", (), (Action("Discard"),))]),
    "nothing but priority and name": (b"((3,a))", [Rule(3, "a")]),
    "words for priorities": (b"((Inactive,a,(),()),(Highest,b,(),()))", [Rule(10, "b"), Rule(0, "a")]),
    "the highest runs first, equal ones in order": (
        b"((1,a,(),()),(5,b,(),()),(1,c,(),()),(0,d,(),()))",
        [Rule(5, "b"), Rule(1, "a"), Rule(1, "c"), Rule(0, "d")],
    ),
    "none": (b"()", []),
    "an empty string": (b'""', []),
    "null": (b"#NULL#", []),
}


@pytest.mark.parametrize(("data", "rules"), LAYOUTS.values(), ids=LAYOUTS)
def test_a_rule_is_read_in_every_layout(data, rules):
    assert read_rules(read(data)) == (tuple(rules), ())


NO_RULES = {
    "no array": (b"(a,(b))", 1, "a number as priority"),
    "an array of strings": (b"((a,b,c))", 1, "a number as priority"),
    "an empty rule": (b"((1,a,(),()),())", 2, "an array"),
    "no name": (b"((1,(),()))", 1, "a name"),
    "conditions that are none": (b"((1,a,x,()))", 1, "an array of conditions"),
    "a condition of four": (b"((1,a,((b,c,d,e)),()))", 1, "a condition"),
    "an action that is no text": (b"((1,a,(),((b,{}))))", 1, "an action"),
    "an action without a name": (b'((1,a,(),(("",b))))', 1, "an action"),
    "a dictionary": (b"{a=b;}", 1, "an array"),
}


@pytest.mark.parametrize(("data", "place", "expected"), NO_RULES.values(), ids=NO_RULES)
def test_what_is_no_rule_is_an_error_with_its_place(data, place, expected):
    _, [error] = read_rules(read(data))
    assert isinstance(error, RuleError)
    assert error.place == place
    assert expected in str(error)


def test_a_broken_rule_does_not_hide_the_others():
    rules, errors = read_rules(read(b"((1,a,(),()),(x),(2,b,(),()))"))
    assert [rule.name for rule in rules] == ["b", "a"]
    assert [error.place for error in errors] == [2]


VALUES = st.recursive(
    st.none() | st.integers() | st.text(max_size=5) | st.sampled_from(["1", "0", "Discard", "---"]),
    lambda inner: st.lists(inner, max_size=5).map(tuple) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
)


@given(VALUES)
def test_any_value_gives_rules_and_errors(value):
    rules, errors = read_rules(value)
    assert all(isinstance(rule, Rule) for rule in rules)
    assert all(isinstance(error, RuleError) for error in errors)
