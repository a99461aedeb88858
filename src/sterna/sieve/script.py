"""Write an account's filters as one Sieve script, in their order, readable for its owner.

Every filter stands under its name. One that is inactive, or that must not run because its nearest form could lose or
misdirect mail, stands there as a comment. What is not the same as on the source is a finding with the original, the
nearest script and the difference. RFC 5228; extensions as the script's ``require`` tells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sterna.model.address import Address
from sterna.model.filter import Answer, Difference, Discard, Filter, HeaderTest, Reject, SendOn, Store, TagSubject
from sterna.model.finding import Finding, Outcome
from sterna.sieve.actions import Actions, Before, prepared
from sterna.sieve.conditions import Conditions, NotInSieveError, Place
from sterna.sieve.text import INDENT, Expression, all_of, clean, comment, indented, written

SCRIPT_NAME = "sterna"
"""What the script is called on the server."""


@dataclass(frozen=True, slots=True)
class Script:
    """A script and what it does otherwise than the source. `text` is empty when there are no filters; lines end in LF.

    Fields:
        needs: the extensions that the server must offer.
    """

    text: str
    needs: tuple[str, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class _Part:
    """One filter, written."""

    filter: Filter
    lines: tuple[str, ...]
    needs: frozenset[str]
    differences: tuple[Difference, ...]
    withheld: str

    @property
    def runs(self) -> bool:
        return self.filter.active and not self.withheld


def render(filters: Sequence[Filter], account: Address, addresses: Sequence[Address], place: Place) -> Script:
    """Return the script of `account` and a finding for each filter.

    Args:
        filters: in the order in which they run.
        account: whose they are; its address on the target.
        addresses: its other addresses, those in other names of its domain too. Vacation answers mail to these only.
        place: gives the name of a mailbox as the account's owner calls it on the target (in UTF-8, other people's
            mailboxes with their prefix), None where it cannot have one.
    """
    if not filters:
        return Script("", (), ())
    own = tuple(dict.fromkeys((account, *addresses)))
    parts = _Renderer(filters, own, place).parts()
    code = "\n".join(line for part in parts if part.runs for line in part.lines)
    preparation = prepared(code)
    needs = {need for part in parts if part.runs for need in part.needs} | ({"variables"} if preparation else set())
    lines = [*comment(f"Filters of {account}, from the rules of the old server."), ""]
    if needs:
        lines += [f"require [{', '.join(f'{chr(34)}{need}{chr(34)}' for need in sorted(needs))}];", ""]
    if preparation:
        lines += [*preparation, ""]
    for part in parts:
        lines += [*_shown(part), ""]
    text = "\n".join(lines[:-1]) + "\n"
    return Script(text, tuple(sorted(needs)), tuple(_finding(part, account) for part in parts))


class _Renderer:
    """Writes one filter after the other, and knows what those before may have done."""

    def __init__(self, filters: Sequence[Filter], own: Sequence[Address], place: Place) -> None:
        self._filters = filters
        self._own = own
        self._place = place
        running = [each for each in filters if each.runs]
        self._tracked = Before(
            acted=any(isinstance(action, Reject) for each in running for action in each.actions),
            answered=sum(isinstance(action, Answer) for each in running for action in each.actions) > 1,
        )

    def parts(self) -> list[_Part]:
        before = Before()
        missing: Filter | None = None
        tagged: Filter | None = None
        parts: list[_Part] = []
        for each in self._filters:
            part = self._part(each, before)
            part = _after_missing(part, missing) if missing is not None else part
            part = _after_tagging(part, tagged) if tagged is not None else part
            parts.append(part)
            if part.runs:
                before = before.and_then(each)
                if tagged is None and any(isinstance(action, TagSubject) for action in each.actions):
                    tagged = each
            elif each.active and missing is None and each.ends:
                missing = each
        return parts

    def _part(self, each: Filter, before: Before) -> _Part:
        needs: set[str] = set()
        notes: dict[str, None] = {}

        def note(text: str) -> None:
            notes[text] = None

        conditions = Conditions(self._place, self._own, needs.add, note)
        actions = Actions(self._place, self._own, needs.add, note, tracked=self._tracked)
        withheld = each.withheld
        tests: list[Expression] = []
        for test in each.tests:
            try:
                tests.append(conditions.written(test))
            except NotInSieveError as error:
                tests.append(error.nearest)
                withheld = withheld or str(error)
        try:
            statements = actions.written(each, before)
        except NotInSieveError as error:
            statements = []
            withheld = withheld or str(error)
        differences = (*each.differences, *(Difference(text) for text in notes))
        return _Part(each, tuple(_block(tests, statements)), frozenset(needs), differences, withheld)


def _block(tests: Sequence[Expression], statements: Sequence[str]) -> list[str]:
    if not statements:
        return ["# It does nothing that can be done here."]
    if not tests:
        return list(statements)
    return [*f"if {written(all_of(tests))} {{".split("\n"), *indented(statements), "}"]


def _after_missing(part: _Part, missing: Filter) -> _Part:
    """Return `part` as it may run behind an ending filter that does not run, and so sees more messages than it should.

    What only files or marks a message still may; what would send it out or away may not.
    """
    if not part.runs:
        return part
    why = f"it also sees the messages that the filter {missing.name!r} before it would have ended, which is not run"
    actions = part.filter.actions
    stored = any(isinstance(action, Store) for action in actions)
    leaves = any(isinstance(action, SendOn | Answer | Reject) for action in actions)
    if leaves or (any(isinstance(action, Discard) for action in actions) and not stored):
        return replace(part, withheld=why)
    return replace(part, differences=(*part.differences, Difference(why)))


def _after_tagging(part: _Part, tagged: Filter) -> _Part:
    asks = any(isinstance(test, HeaderTest) and test.name.lower() == "subject" for test in part.filter.tests)
    if not (asks and part.runs):
        return part
    difference = Difference(
        f"it compares the subject with the tag that the filter {tagged.name!r} puts before it; whether the source does "
        "so too is not known"
    )
    return replace(part, differences=(*part.differences, difference))


def _shown(part: _Part) -> list[str]:
    each = part.filter
    head = comment(f"Filter: {_named(each)}" + (f" ({_one_line(each.comment)})" if each.comment else ""))
    if part.runs:
        return [*head, *part.lines]
    if each.active:
        head += comment(f"Not run: {part.withheld}.")
    else:
        head += comment("Inactive.")
    head += comment(f"The rule was: {each.original}", indent=INDENT)
    return [*head, *(line for code in part.lines for line in comment(code, indent=INDENT))]


def _finding(part: _Part, account: Address) -> Finding:
    each = part.filter
    kind = "vacation" if any(isinstance(action, Answer) for action in each.actions) else "filter"
    what = f"rule {_named(each)!r}"
    if not each.active:
        why = "inactive on the source; kept as a comment in the Sieve script"
        return Finding(kind, str(account), Outcome.KEPT, what, why, detail=_detail(part))
    todos = "; ".join(dict.fromkeys(difference.todo for difference in part.differences if difference.todo))
    if part.withheld:
        why = f"kept as a comment in the Sieve script, but not run: {part.withheld}"
        todo = todos or "decide with its owner, and change the script"
        return Finding(kind, str(account), Outcome.DROPPED, what, why, todo, _detail(part))
    if part.differences:
        why = f"runs as Sieve with a difference: {part.differences[0].what}"
        if len(part.differences) > 1:
            why = f"runs as Sieve with {len(part.differences)} differences: " + "; ".join(
                difference.what for difference in part.differences
            )
        return Finding(kind, str(account), Outcome.CHANGED, what, why, todos, _detail(part))
    return Finding(kind, str(account), Outcome.KEPT, what, "runs as part of the Sieve script")


def _detail(part: _Part) -> str:
    """Return the original, the nearest script and the difference, one below the other."""
    blocks = [f"The rule on the source:\n{INDENT}{part.filter.original}"]
    blocks.append("The nearest script:\n" + "\n".join(f"{INDENT}{line}" for line in part.lines))
    reasons = [part.withheld] if part.withheld else []
    reasons += [difference.what for difference in part.differences]
    if reasons:
        blocks.append("The difference:\n" + "\n".join(f"{INDENT}- {reason}" for reason in reasons))
    return "\n".join(blocks)


def _named(each: Filter) -> str:
    return _one_line(each.name) or "without a name"


def _one_line(text: str) -> str:
    return " ".join(clean(text).split())
