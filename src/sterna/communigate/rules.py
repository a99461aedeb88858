"""Read mail rules as CommuniGate stores them: an array of ``(priority, name, conditions, actions, comment)``.

Fields hold rules that are laid out more loosely, and readers in the field take them, so these are read too:

* a single rule that is not wrapped in an array;
* a rule ``(name, conditions, actions)`` without its priority, which then is 1;
* a single condition or action that is not wrapped in an array, and more actions behind it;
* missing conditions or actions, and ``"---"`` for a parameter that is not there.
"""

from __future__ import annotations

from dataclasses import dataclass

from sterna.communigate.values import Value, as_array, as_number, as_text, texts
from sterna.errors import Scope, SternaError

_NOTHING = "---"

_PRIORITY_WORDS = {"inactive": 0, "highest": 10}
"""How user interfaces name the ends of the scale."""


class RuleError(SternaError):
    """Something in the place of a rule is none; `place` is its position in the array, from 1."""

    scope = Scope.ACCOUNT
    exit_code = 65

    def __init__(self, place: int, expected: str) -> None:
        self.place = place
        self.expected = expected
        super().__init__(f"rule {place}: expected {expected}")


@dataclass(frozen=True, slots=True)
class Condition:
    """One test, as ``Subject`` ``is`` ``*[work]*``; operation and parameter are empty where there is none."""

    data: str
    operation: str = ""
    parameter: str = ""

    def __str__(self) -> str:
        return " ".join(filter(None, (self.data, self.operation, self.parameter)))


@dataclass(frozen=True, slots=True)
class Action:
    """One act, as ``Store in`` ``Work``; the parameter is empty where there is none."""

    name: str
    parameter: str = ""

    def __str__(self) -> str:
        return f"{self.name} {self.parameter}".rstrip()


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. All conditions must hold. Rules run from the highest priority to the lowest; 0 is inactive."""

    priority: int
    name: str
    conditions: tuple[Condition, ...] = ()
    actions: tuple[Action, ...] = ()
    comment: str = ""

    @property
    def active(self) -> bool:
        """Whether the rule runs at all."""
        return self.priority > 0


def read_rules(value: Value) -> tuple[tuple[Rule, ...], tuple[RuleError, ...]]:
    """Return the rules in the order in which they run, and what in their place could not be read."""
    rules: list[Rule] = []
    errors: list[RuleError] = []
    for place, each in enumerate(_wrapped(value), 1):
        try:
            rules.append(_rule(each, place))
        except RuleError as error:
            errors.append(error)
    return tuple(sorted(rules, key=lambda rule: -rule.priority)), tuple(errors)


def _wrapped(value: Value) -> tuple[Value, ...]:
    """Return the elements of an array of arrays, or the array itself as the only element of one."""
    elements = as_array(value)
    if elements is None:
        return () if value in ("", None) else (value,)
    return (elements,) if elements and as_text(elements[0]) is not None else elements


def _rule(value: Value, place: int) -> Rule:
    elements = as_array(value)
    if not elements:
        raise RuleError(place, "an array")
    priority = _priority(elements[0])
    if priority is None:
        if len(elements) < 3 or as_text(elements[1]) is not None:
            raise RuleError(place, "a number as priority")
        priority, elements = 1, ("1", *elements)
    name = as_text(elements[1]) if len(elements) > 1 else None
    if name is None:
        raise RuleError(place, "a name")
    conditions = tuple(_condition(each, place) for each in _parts(elements, 2, place, "conditions"))
    more = tuple(each for each in elements[4:] if as_array(each))
    actions = tuple(_action(each, place) for each in (*_parts(elements, 3, place, "actions"), *more))
    comment = " ".join(texts(elements[4:]))
    return Rule(priority, name, conditions, actions, comment)


def _priority(value: Value) -> int | None:
    number = as_number(value)
    return number if number is not None else _PRIORITY_WORDS.get((as_text(value) or "").lower())


def _parts(elements: tuple[Value, ...], index: int, place: int, what: str) -> tuple[Value, ...]:
    value = elements[index] if len(elements) > index else ()
    if as_array(value) is None and value not in ("", None, _NOTHING):
        raise RuleError(place, f"an array of {what}")
    return _wrapped(as_array(value) or ())


def _condition(value: Value, place: int) -> Condition:
    return Condition(*_words(value, 3, place, "a condition (data, operation, parameter)"))


def _action(value: Value, place: int) -> Action:
    return Action(*_words(value, 2, place, "an action (name, parameter)"))


def _words(value: Value, at_most: int, place: int, expected: str) -> tuple[str, ...]:
    elements = as_array(value) or ()
    words = tuple(text for each in elements if (text := as_text(each)) is not None)
    if not 1 <= len(elements) <= at_most or len(words) < len(elements) or not words[0]:
        raise RuleError(place, expected)
    return words[:1] + tuple("" if word == _NOTHING else word for word in words[1:])
