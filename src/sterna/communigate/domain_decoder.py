"""Understand a domain and the whole server: settings, defaults, rules. No input or output."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sterna.communigate.account_keys import ACCOUNT_KEYS
from sterna.communigate.dataformat_writer import write
from sterna.communigate.domain_keys import DOMAIN_KEYS, OWN, SERVER_KEYS
from sterna.communigate.filters import original_text
from sterna.communigate.keys import INHERITED, Meaning, clean, key_findings, shown
from sterna.communigate.preference_keys import OTHERS, PREFERENCE_KEYS
from sterna.communigate.raw import RawDomain, RawServer
from sterna.communigate.read import Read
from sterna.communigate.router import SERVER
from sterna.communigate.rules import read_rules
from sterna.communigate.settings import settings_findings
from sterna.communigate.syntax import UnwritableValueError
from sterna.communigate.values import Dictionary, Value, as_array, as_dictionary, as_text, readable
from sterna.model.account import Domain
from sterna.model.finding import Finding, Outcome
from sterna.model.routes import UnknownAction, UnknownPolicy

_UNKNOWN: Final = {
    "rejected": UnknownAction.REJECT,
    "rerouted to": UnknownAction.REROUTE,
    "rerouted": UnknownAction.REROUTE,
    "discarded": UnknownAction.DISCARD,
    "accepted and bounced": UnknownAction.BOUNCE,
}
"""The values of ``MailToUnknown``."""

_TEMPLATE: Final = Meaning(Outcome.DROPPED, "what new accounts get; the target makes new accounts in its own way")


def decode_domain(raw: RawDomain) -> Read[Domain]:
    """Return the domain, and a row for each of its settings, of what its accounts inherit, and of its rules."""
    explicit = as_dictionary(raw.explicit) or {}
    effective = raw.effective
    if effective is None:
        effective = {**raw.server_defaults, **{key: value for key, value in explicit.items() if value != INHERITED}}
    name = raw.name.lower()
    unknown, findings = _policy(effective, name)
    defaults = as_dictionary(raw.account_defaults)
    if defaults is None:
        defaults = as_dictionary(explicit.get("AccountDefaults")) or {}
    rows = [
        *raw.findings,
        *key_findings("domain", name, _without_nested(explicit), DOMAIN_KEYS),
        *findings,
        *_inherited(name, defaults, raw.account_prefs, "domain"),
        *key_findings("domain", f"{name}: account template", as_dictionary(raw.template) or {}, {}, _TEMPLATE),
        *_rules(name, raw.rules, raw.signal_rules),
    ]
    aliases = tuple(dict.fromkeys(readable(alias).lower() for alias in _names(raw.aliases)))
    return Read(Domain(name, aliases, raw.main, unknown), tuple(map(clean, rows)))


def decode_server(raw: RawServer) -> tuple[Finding, ...]:
    """Return a row for each setting of the server that was met, for what is inherited from it, and for its rules."""
    defaults = as_dictionary(raw.domain_defaults) or {}
    accounts = as_dictionary(raw.account_defaults)
    if accounts is None:
        accounts = as_dictionary(defaults.get("AccountDefaults")) or {}
    rows = [
        *raw.findings,
        *key_findings("server", f"{SERVER}: domain defaults", _without_nested(defaults), DOMAIN_KEYS),
        *_inherited(SERVER, accounts, raw.account_prefs, "server"),
        *_rules(SERVER, raw.rules, raw.signal_rules),
    ]
    for name, value in sorted(raw.settings.items()):
        rows += _other(f"{SERVER}: {name}", value)
    return tuple(map(clean, rows))


def _policy(settings: Dictionary, name: str) -> tuple[UnknownPolicy, list[Finding]]:
    value = settings.get("MailToUnknown")
    if value in (None, "", INHERITED):
        return UnknownPolicy(), []
    action = _UNKNOWN.get((as_text(value) or "").strip().lower())
    target = readable(as_text(settings.get("MailRerouteAddress")) or "").strip()
    what = shown("MailToUnknown", value)
    todo = "decide what the target shall do, and set it on the source in one of the words that are known"
    if action is None:
        why = (
            "what happens to mail for unknown names is said in a word that Sterna does not know; the target refuses it"
        )
        return UnknownPolicy(), [Finding("domain", name, Outcome.UNREADABLE, what, why, todo)]
    if action is UnknownAction.REROUTE and target in ("", INHERITED):
        why = "mail for unknown names goes elsewhere, and where is not said; the target refuses it"
        return UnknownPolicy(), [Finding("domain", name, Outcome.UNREADABLE, what, why, todo)]
    return UnknownPolicy(action, target if action is UnknownAction.REROUTE else ""), []


def _inherited(object_: str, defaults: Dictionary, prefs: Value, kind: str) -> Iterator[Finding]:
    classes = as_dictionary(defaults.get("ServiceClasses"))
    own = {key: () if key == "ServiceClasses" and classes else value for key, value in defaults.items()}
    yield from settings_findings(own, f"{object_}: account defaults", kind)
    for name, each in sorted((classes or {}).items()):
        settings = as_dictionary(each)
        if settings:
            yield from key_findings(kind, f"{object_}: service class {name}", settings, ACCOUNT_KEYS)
        elif settings is None:
            why = "it is no dictionary of settings, so accounts of the class inherit nothing from it"
            yield Finding(kind, object_, Outcome.UNREADABLE, f"service class {name}", why)
        else:
            why = "accounts of the class have the settings of all others"
            yield Finding(kind, object_, Outcome.KEPT, f"service class {name} without settings", why)
    prefs_object = f"{object_}: preferences"
    yield from key_findings(kind, prefs_object, as_dictionary(prefs) or {}, PREFERENCE_KEYS, OTHERS)


def _without_nested(settings: Dictionary) -> Dictionary:
    """Leave out what is in AccountDefaults, which is told for itself."""
    return {key: () if key == "AccountDefaults" and as_dictionary(value) else value for key, value in settings.items()}


def _rules(object_: str, mail: Value, calls: Value) -> Iterator[Finding]:
    elements = as_array(mail) or ()
    one = bool(elements) and as_text(elements[0]) is not None  # a single rule that stands for an array of one
    todo = "do the same on the target by hand: in Postfix, or as a Sieve script for everybody"
    for place, each in enumerate((elements,) if one else elements, 1):
        rules, errors = read_rules((each,))
        for rule in rules:
            why = "a rule for everybody" if rule.active else "a rule for everybody, inactive"
            what = f"rule {rule.name!r}"
            yield Finding(
                "filter", object_, Outcome.DROPPED, what, why, todo if rule.active else "", original_text(rule)
            )
        for error in errors:
            what, why = f"rule {place}", f"expected {error.expected}"
            yield Finding("filter", object_, Outcome.UNREADABLE, what, why, "look at it on the source", _text(each))
    if calls_ := as_array(calls):
        why = "rules for calls, which the target does not have"
        yield Finding("filter", object_, Outcome.DROPPED, f"{len(calls_)} rules for calls", why)


def _other(object_: str, value: Value) -> Iterator[Finding]:
    if (settings := as_dictionary(value)) is not None:
        yield from key_findings("server", object_, settings, SERVER_KEYS, OWN)
    elif value not in (None, "", ()):
        yield Finding("server", object_, OWN.outcome, _text(value)[:200], OWN.why)


def _text(value: Value) -> str:
    try:
        return write(value).decode(errors="replace")
    except UnwritableValueError:
        return ""


def _names(value: Value) -> Iterator[str]:
    for each in as_array(value) or ():
        if text := as_text(each):
            yield text
