"""Say what becomes of mail rules that are no filters: forwards, and what cannot be read as a rule."""

from __future__ import annotations

from sterna.communigate.rules import Rule, RuleError
from sterna.model.address import Address
from sterna.model.finding import Finding, Outcome


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


def _named(rule: Rule) -> str:
    return f"rule {rule.name!r}"
