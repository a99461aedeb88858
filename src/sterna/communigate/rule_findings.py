"""Say what becomes of a mail rule."""

from __future__ import annotations

from sterna.communigate.rules import Rule, RuleError
from sterna.model.address import Address
from sterna.model.finding import Finding, Outcome

VACATION = "#vacation"
"""The rule, in lower case, that user interfaces make for an absence."""

_DATA = frozenset(
    {"from", "sender", "return-path", "to", "cc", "reply-to", "'from' name", "any to or cc", "each to or cc",
     "any recipient", "each recipient", "subject", "message-id", "header field", "message size", "human generated",
     "time of day", "current date", "current day", "preference", "freebusy", "security", "source", "submit address",
     "existing mailbox", "calendar method", "any route"}
)  # fmt: skip
_ACTIONS = frozenset(
    {"store in", "mark", "add header", "tag subject", "reject with", "discard", "stop processing", "remember 'from' in",
     "accept request", "accept reply", "store encrypted in", "copy attachments into", "redirect to", "forward to",
     "mirror to", "reply with", "reply to all with", "react with", "send im", "sendim", "sendpush", "execute url",
     "sendurl", "fingernotify", "write to log", "discard rules", "execute", "externalfilter"}
)  # fmt: skip
"""The words that the manual and the server's own programs use. A rule with another word never did anything."""


def not_moved(account: Address, rule: Rule) -> Finding:
    """Return the finding for a rule that has no counterpart on the target yet."""
    if rule.name.lower() == VACATION:
        return _vacation(account, rule)
    if not rule.active:
        return Finding("filter", str(account), Outcome.DROPPED, _named(rule), "inactive on the source: not moved yet")
    why = f"not moved yet: {_told(rule)}"
    if unknown := _unknown_words(rule):
        why += f" (CommuniGate has no {' and no '.join(map(repr, unknown))}, so the rule never worked as a whole)"
    return Finding("filter", str(account), Outcome.DROPPED, _named(rule), why, "make it again as a Sieve script")


def unreached(account: Address, rule: Rule, ended_by: Rule) -> Finding:
    """Return the finding for a forwarding rule behind one that ends the processing of every message."""
    why = f"never runs on the source: the rule {ended_by.name!r} before it ends the processing of every message"
    return Finding("filter", str(account), Outcome.DROPPED, _named(rule), why)


def unread_rule(account: str, error: RuleError) -> Finding:
    """Return the finding for something that stands where a rule should."""
    return Finding("filter", account, Outcome.UNREADABLE, f"rule {error.place}", f"expected {error.expected}")


def unread_target(account: Address, rule: Rule, text: str) -> Finding:
    """Return the finding for a target that is no address."""
    why = f"{text!r} is not an address; mail is kept in the account besides going to the others"
    return Finding("forward", str(account), Outcome.UNREADABLE, _named(rule), why, "correct the address on the source")


def rewritten(account: Address, rule: Rule) -> Finding:
    """Return the finding for a redirection, which on the source replaces To and Cc."""
    why = "the target's forward keeps To and Cc, the source's Redirect puts the new address there"
    return Finding("forward", str(account), Outcome.CHANGED, _named(rule), why)


def automatic_mail(account: Address, rule: Rule, *, keep_copy: bool) -> Finding:
    """Return the finding for a forward of only the mail that people wrote."""
    stayed = "besides staying in the account" if keep_copy else "and no longer stays in the account"
    why = f"the source forwards only mail that a person wrote; on the target automatic mail is forwarded too, {stayed}"
    return Finding("forward", str(account), Outcome.CHANGED, _named(rule), why)


def _vacation(account: Address, rule: Rule) -> Finding:
    dates = [
        f"{word} {condition.parameter}"
        for word, operation in (("after", "greater than"), ("before", "less than"))
        for condition in rule.conditions
        if condition.data.lower() == "current date" and condition.operation.lower() == operation
    ]
    state = "active" if rule.active else "inactive"
    when = f", {' and '.join(dates)}" if dates else ""
    todo = "make it again as a Sieve script" if rule.active else ""
    return Finding("vacation", str(account), Outcome.DROPPED, rule.name, f"not moved yet: {state}{when}", todo)


def _named(rule: Rule) -> str:
    return f"rule {rule.name!r}"


def _told(rule: Rule) -> str:
    conditions = " and ".join(map(str, rule.conditions)) or "every message"
    actions = ", then ".join(str(action) for action in rule.actions) or "nothing"
    told = f"{conditions}: {actions}"
    return told if len(told) <= 300 else f"{told[:299]}…"


def _unknown_words(rule: Rule) -> list[str]:
    unknown = [condition.data for condition in rule.conditions if condition.data.lower() not in _DATA]
    return unknown + [action.name for action in rule.actions if action.name.lower() not in _ACTIONS]
