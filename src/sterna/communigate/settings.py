"""Inheritance of account settings, and who may log in.

A key that is absent from an account has a value all the same: the account's service class, the domain's account
defaults or the server's account defaults give it.
"""

from __future__ import annotations

from collections.abc import Mapping

from sterna.communigate.account_keys import ACCOUNT_KEYS
from sterna.communigate.keys import INHERITED, key_findings
from sterna.communigate.values import Dictionary, Value, as_array, as_dictionary, as_text, texts
from sterna.model.finding import Finding, Outcome

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
    """Return rows in which every key of an account's settings stands, or of what accounts inherit."""
    return key_findings(kind, subject, explicit, ACCOUNT_KEYS)


def _said(settings: Mapping[str, Value]) -> dict[str, Value]:
    return {key: value for key, value in settings.items() if value != INHERITED}


def _access_modes(settings: Dictionary) -> frozenset[str] | None:
    """Return the allowed modes in lower case, None when all are."""
    value = settings.get("AccessModes")
    words = texts(value) if as_array(value) is not None else (as_text(value) or "All",)
    # The first element may be a number, which only says with which version's list of modes it was made.
    modes = frozenset(word.lower() for word in words if not word.lstrip("-").isdigit())
    return None if modes & {"all", INHERITED} else modes - {"none"}
