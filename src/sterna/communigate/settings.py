"""Inheritance of account settings, and what each key means for the target.

A key that is absent from an account has a value all the same: the account's service class, the domain's account
defaults or the server's account defaults give it.
"""

from __future__ import annotations

from collections.abc import Mapping

from sterna.communigate.settings_table import KEPT, NO_COUNTERPART, NOT_YET
from sterna.communigate.values import Dictionary, Value, as_array, as_dictionary, as_text, texts
from sterna.model.finding import Finding, Outcome

_INHERITED = "default"
"""The value that stands for having none."""

_LOGIN_MODES = frozenset({"imap", "pop"})
"""Access modes of which at least one is needed to read mail on the target."""


def merge_settings(explicit: Dictionary, domain_defaults: Dictionary, server_defaults: Dictionary) -> dict[str, Value]:
    """Return the settings in force: what the account says, else its service class, its domain, the server."""
    levels = [_said(explicit), _said(domain_defaults), _said(server_defaults)]
    merged = {**levels[2], **levels[1], **levels[0]}
    if service_class := as_text(merged.get("ServiceClass")):
        for defaults in (server_defaults, domain_defaults):
            classes = as_dictionary(defaults.get("ServiceClasses")) or {}
            merged |= _said(as_dictionary(classes.get(service_class)) or {})
        merged |= levels[0]
    merged.pop("ServiceClasses", None)
    return merged


def may_log_in(settings: Dictionary) -> bool:
    """Return whether the effective settings let anybody read the account's mail by IMAP or POP."""
    modes = _access_modes(settings)
    return modes is None or bool(modes & _LOGIN_MODES)


def access_findings(settings: Dictionary, account: str) -> tuple[Finding, ...]:
    """Return what is said about who may log in, for accounts that are not simply open."""
    modes = _access_modes(settings)
    if modes is None:
        return ()
    if not modes & _LOGIN_MODES:
        why = "neither IMAP nor POP is allowed on the source: nobody will be able to log in on the target either"
        return (Finding("account", account, Outcome.KEPT, "AccessModes", why),)
    missing = sorted((_LOGIN_MODES | {"mail", "tls"}) - modes)
    if not missing:
        return ()
    why = f"the source does not allow {', '.join(missing)}; on the target an account has all of it or nothing"
    return (Finding("account", account, Outcome.CHANGED, "AccessModes", why),)


def settings_findings(explicit: Dictionary, subject: str, kind: str = "account") -> tuple[Finding, ...]:
    """Return a finding for each key that says something and is not moved; those without meaning there share one.

    Values are shown only of keys that are known to hold no secret.
    """
    findings: list[Finding] = []
    no_counterpart: list[str] = []
    for key, value in sorted(_said(explicit).items()):
        if key in KEPT:
            continue
        if key in NO_COUNTERPART:
            no_counterpart.append(key)
        elif key in NOT_YET:
            findings.append(
                Finding(kind, subject, Outcome.DROPPED, shown(key, value), f"not moved yet: {NOT_YET[key]}")
            )
        else:
            why = "a setting that Sterna does not know"
            todo = "see on the source what it means, and whether anybody relies on it"
            findings.append(Finding(kind, subject, Outcome.DROPPED, key, why, todo))
    if no_counterpart:
        why = "the target has nothing that this would set"
        findings.append(Finding(kind, subject, Outcome.DROPPED, ", ".join(no_counterpart), why))
    return tuple(findings)


def shown(key: str, value: Value) -> str:
    """Return a setting on one line, cut when it is long; only its key when the value has no text."""
    elements = as_array(value)
    text = as_text(value) if elements is None else f"({', '.join(texts(elements))})"
    return key if text is None else f"{key} = {' '.join(text.split())[:80]}"


def _said(settings: Mapping[str, Value]) -> dict[str, Value]:
    return {key: value for key, value in settings.items() if value != _INHERITED}


def _access_modes(settings: Dictionary) -> frozenset[str] | None:
    """Return the allowed modes in lower case, None when all are."""
    value = settings.get("AccessModes")
    words = texts(value) if as_array(value) is not None else (as_text(value) or "All",)
    # The first element may be a number, which only says with which version's list of modes it was made.
    modes = frozenset(word.lower() for word in words if not word.lstrip("-").isdigit())
    return None if modes & {"all", _INHERITED} else modes - {"none"}
