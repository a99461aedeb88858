"""Find out what an account's rules mean for the target: where its mail is forwarded, and what is not moved yet.

A rule forwards when all it does is ``Mirror to`` or ``Redirect to`` (with or without ``Discard``) and it does so for
every message, or for every one that a person wrote (``Human Generated``). User interfaces call it ``#Redirect``; the
name does not matter here. Everything else becomes a finding that names the rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from sterna.communigate.rule_findings import automatic_mail, not_moved, rewritten, unreached, unread_target
from sterna.communigate.rules import Action, Rule
from sterna.model.account import Forward
from sterna.model.address import Address, AddressError
from sterna.model.finding import Finding

_SENDING = {"mirror to": False, "redirect to": True}
"""Actions that send a message on, and whether To and Cc are replaced."""

_ENDING = frozenset({"discard", "stop processing"})
_BRACKETED = re.compile(r"<([^<>]*)>")


@dataclass(frozen=True, slots=True)
class _Forwarding:
    """One rule that forwards."""

    rule: Rule
    targets: tuple[Address, ...]
    keep_copy: bool
    findings: tuple[Finding, ...]


def decide_forward(
    rules: Iterable[Rule], own: frozenset[Address], account: Address
) -> tuple[Forward | None, tuple[Finding, ...]]:
    """Return where the account's mail goes, None when nowhere else, and what is changed or dropped.

    Args:
        rules: as `read_rules` returns them, in the order in which they run.
        own: the account's addresses. Mail "forwarded" to them stays where it is, so it counts as a kept copy.
        account: whose rules they are.
    """
    findings: list[Finding] = []
    forwardings: list[_Forwarding] = []
    ended_by: Rule | None = None
    for rule in rules:
        if not (rule.active and _forwards(rule)):
            findings.append(not_moved(account, rule))
        elif ended_by is not None:
            findings.append(unreached(account, rule, ended_by))
            continue
        else:
            forwardings.append(_forwarding(rule, own, account))
        if ended_by is None and rule.active and not rule.conditions and _names(rule.actions) & _ENDING:
            ended_by = rule
    findings += (finding for each in forwardings for finding in each.findings)
    targets = dict.fromkeys(target for each in forwardings for target in each.targets)
    if not targets:
        return None, tuple(findings)
    keep_copy = all(each.keep_copy for each in forwardings)
    return Forward(tuple(targets), keep_copy), tuple(findings)


def _names(actions: Iterable[Action]) -> frozenset[str]:
    return frozenset(action.name.lower() for action in actions)


def _forwards(rule: Rule) -> bool:
    names = _names(rule.actions)
    always = all(condition.data.lower() == "human generated" for condition in rule.conditions)
    return always and bool(names & _SENDING.keys()) and names <= _SENDING.keys() | _ENDING


def _forwarding(rule: Rule, own: frozenset[Address], account: Address) -> _Forwarding:
    findings: list[Finding] = []
    keep_copy = "discard" not in _names(rule.actions)
    targets: list[Address] = []
    for action in rule.actions:
        if action.name.lower() not in _SENDING:
            continue
        if _SENDING[action.name.lower()]:
            findings.append(rewritten(account, rule))
        for text in _split(action.parameter):
            try:
                target = Address.parse(text, domain=account.domain)
            except AddressError:
                # Better one copy too many than mail that nobody gets.
                findings.append(unread_target(account, rule, text))
                keep_copy = True
                continue
            if target in own:
                keep_copy = True
            else:
                targets.append(target)
    if rule.conditions and targets:
        findings.append(automatic_mail(account, rule, keep_copy=keep_copy))
    return _Forwarding(rule, tuple(targets), keep_copy, tuple(dict.fromkeys(findings)))


def _split(parameter: str) -> list[str]:
    """Return the addresses of a parameter: separated by commas, often by spaces or line ends too."""
    texts: list[str] = []
    for part in re.split(r"[,;\r\n]", parameter):
        bracketed = _BRACKETED.search(part)
        texts += [bracketed[1].strip()] if bracketed else part.split()
    return texts
