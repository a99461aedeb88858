"""Translate an account's mail rules into filters, and tell a plain forward from them.

A rule that sends every message on, and before which no other runs, is a forward: that is the directory's business. All
others are filters in their order. What a rule says that no filter can say is a difference of the filter; where leaving
it out could lose mail or send it elsewhere, the filter is withheld.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sterna.communigate.dataformat_writer import write
from sterna.communigate.names import NameEncoding, guess_name_encoding, is_foreign, mailbox_name
from sterna.communigate.rule_actions import ActionReader, Understood, split_addresses
from sterna.communigate.rule_findings import rewritten, unread_target
from sterna.communigate.rule_tests import NoCounterpartError, UnknownWordError, listed, read_condition
from sterna.communigate.rule_words import simple
from sterna.communigate.rules import Condition, Rule
from sterna.communigate.values import Value
from sterna.model.account import Forward
from sterna.model.address import Address, AddressError
from sterna.model.filter import Answer, Difference, Discard, Filter, MailboxPlace, Reject, Stop, Test
from sterna.model.finding import Finding
from sterna.model.mailbox import INBOX
from sterna.model.sharing import ForeignMailbox

_SENDING = frozenset({"mirror to", "redirect to"})
_ENDING = frozenset({"discard", "stop processing"})

_ANSWERING = Difference(
    "the answer goes to the envelope's sender, and only where To, Cc or Bcc name one of the account's addresses"
)
_REMEMBERING = Difference("who was answered before the move is answered once more, and each sender again after a year")


@dataclass(frozen=True, slots=True)
class Translated:
    """What an account's rules mean for the target.

    Fields:
        forward: for the directory.
        filters: for its script, in the order in which they run.
        findings: about the forward; those about filters come with the script.
    """

    forward: Forward | None
    filters: tuple[Filter, ...]
    findings: tuple[Finding, ...]


def translate_rules(
    rules: Sequence[Rule], account: Address, aliases: Sequence[Address] = (), encoding: NameEncoding | None = None
) -> Translated:
    """Return forward and filters of an account.

    Args:
        rules: as `sterna.communigate.rules.read_rules` returns them, in the order in which they run.
        account: whose rules they are.
        aliases: its other addresses, those in other names of its domain too.
        encoding: how the source spells mailbox names; None: their look decides.
    """
    return _Translator(account, frozenset((account, *aliases)), encoding).translated(rules)


class _Translator:
    def __init__(self, account: Address, own: frozenset[Address], encoding: NameEncoding | None) -> None:
        self._account = account
        self._own = own
        self._encoding = encoding
        self._actions = ActionReader(account, own, self._place)

    def translated(self, rules: Sequence[Rule]) -> Translated:
        findings: list[Finding] = []
        targets: dict[Address, None] = {}
        keep_copy, ended_by = True, ""
        forwards, others = _leading_forwards(rules)
        for rule in forwards:
            more, kept = self._targets(rule, findings)
            targets |= dict.fromkeys(more)
            keep_copy = keep_copy and kept
            if _names(rule) & _ENDING:
                ended_by = rule.name
        filters = [self.filter(rule) for rule in others]
        if ended_by:
            why = f"it never ran: the rule {ended_by!r} before it ends the processing of every message"
            filters = [replace(each, withheld=why) if each.active else each for each in filters]
        forward = Forward(tuple(targets), keep_copy) if targets else None
        return Translated(forward, tuple(filters), tuple(dict.fromkeys(findings)))

    def filter(self, rule: Rule) -> Filter:
        """Return one rule as a filter."""
        made = Filter(rule.name, rule.active, original_text(rule), comment=rule.comment)
        try:
            understood = self._actions.read(rule.actions)
            lists = _remembered_lists(rule.conditions)
            replies = any(isinstance(action, Answer) for action in understood.actions)
            conditions = [each for each in rule.conditions if not (replies and _list_of(each))]
            tests, missing = self._tests(conditions)
        except UnknownWordError as error:
            return replace(made, withheld=f"{error}, so it never worked", broken=True)
        if replies:
            _answer(understood, lists)
        elif understood.remembers:
            understood.differ("it no longer remembers senders; only answers do")
        withheld = missing or (understood.missing if _risky(understood) else "")
        return replace(
            made,
            tests=tests,
            actions=tuple(understood.actions),
            differences=tuple(dict.fromkeys(understood.differences)),
            withheld=withheld,
        )

    def _tests(self, conditions: Sequence[Condition]) -> tuple[tuple[Test, ...], str]:
        tests: list[Test] = []
        missing = ""
        for condition in conditions:
            try:
                tests += read_condition(condition, self._place)
            except NoCounterpartError as error:
                missing = missing or f"its condition {str(condition)!r} cannot be tested: {error}"
        return tuple(tests), missing

    def _targets(self, rule: Rule, findings: list[Finding]) -> tuple[list[Address], bool]:
        """Return where a rule that forwards sends mail, and whether a copy stays."""
        keep_copy = "discard" not in _names(rule)
        targets: list[Address] = []
        for action in rule.actions:
            if simple(action.name) not in _SENDING:
                continue
            if simple(action.name) == "redirect to":
                findings.append(rewritten(self._account, rule))
            for text in split_addresses(action.parameter):
                try:
                    target = Address.parse(text, domain=self._account.domain)
                except AddressError:
                    # Better one copy too many than mail that nobody gets.
                    findings.append(unread_target(self._account, rule, text))
                    keep_copy = True
                    continue
                if target in self._own:
                    keep_copy = True
                else:
                    targets.append(target)
        return targets, keep_copy

    def _place(self, path: str) -> MailboxPlace | None:
        """Read a mailbox's path: ``Work/2020``, ``~anna/Work``, ``~anna@fjord.example/Work``."""
        path = path.strip()
        encoding = self._encoding or guess_name_encoding([path]) or NameEncoding.UTF8
        if not is_foreign(path):
            return _components(path, encoding)
        owner, _, rest = path[1:].partition("/")
        name = _components(rest, encoding) if rest else INBOX
        try:
            address = Address.parse(owner, domain=self._account.domain)
        except AddressError:
            return None
        if name is None or address in self._own:
            return name
        return ForeignMailbox(address, name)


def _components(path: str, encoding: NameEncoding) -> tuple[str, ...] | None:
    if not path or not all(path.split("/")) or "\0" in path:
        return None
    return mailbox_name(path, encoding)


def _leading_forwards(rules: Sequence[Rule]) -> tuple[list[Rule], list[Rule]]:
    """Return the rules that send every message on before any other active rule has a say, and the rest."""
    forwards: list[Rule] = []
    for rule in (each for each in rules if each.active):
        names = _names(rule)
        if rule.conditions or not names & _SENDING or not names <= _SENDING | _ENDING:
            break
        forwards.append(rule)
        if names & _ENDING:
            break
    return forwards, [rule for rule in rules if not any(rule is each for each in forwards)]


def _names(rule: Rule) -> frozenset[str]:
    return frozenset(simple(action.name) for action in rule.actions)


def _list_of(condition: Condition) -> str:
    """Return the address list in which a sender must not be, as ``RepliedAddresses``; else nothing."""
    if simple(condition.data) != "from" or simple(condition.operation) != "not in":
        return ""
    pictures = listed("not in", condition.parameter)
    return pictures[0][1:] if len(pictures) == 1 and pictures[0].startswith("#") else ""


def _remembered_lists(conditions: Sequence[Condition]) -> list[str]:
    return [name for each in conditions if (name := _list_of(each))]


def _answer(understood: Understood, lists: Sequence[str]) -> None:
    """Let a rule's answers remember whom they answered, and say how that differs."""
    understood.differences.insert(0, _ANSWERING)
    once = bool(lists)
    if once:
        understood.differences.append(_REMEMBERING)
        if not set(lists) & set(understood.remembers):
            understood.differ("the source does not remember whom this rule answers; here they are answered once")
        others = [action for action in understood.actions if not isinstance(action, Answer | Stop)]
        if others:
            understood.missing = understood.missing or "all that it does depends on whom it answered before"
            understood.differ("only the answer can depend on whom was answered before; the rest is left out")
            if not any(isinstance(action, Discard) for action in others):
                understood.actions = [action for action in understood.actions if isinstance(action, Answer | Stop)]
    elif understood.remembers:
        understood.differ("it no longer puts senders into an address list")
    understood.actions = [
        replace(action, once=once) if isinstance(action, Answer) else action for action in understood.actions
    ]


def _risky(understood: Understood) -> bool:
    """Return whether the rest must not be done without what is missing, or nothing is left."""
    return not understood.actions or any(isinstance(action, Discard | Reject) for action in understood.actions)


def original_text(rule: Rule) -> str:
    """Return the rule in the source's text format."""
    conditions = tuple((each.data, each.operation or "---", each.parameter or "---") for each in rule.conditions)
    actions = tuple((each.name, each.parameter or "---") for each in rule.actions)
    value: list[Value] = [str(rule.priority), rule.name, conditions, actions]
    if rule.comment:
        value.append(rule.comment)
    return write(tuple(value)).decode("utf-8", "replace")
