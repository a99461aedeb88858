"""Understand the addresses of a domain that are no accounts: forwarders and groups. No input or output."""

from __future__ import annotations

from typing import Final

from sterna.communigate.keys import Meaning, clean, key_findings, shown
from sterna.communigate.read import Read
from sterna.communigate.values import Dictionary, Value, as_dictionary, as_text, is_yes, readable, texts
from sterna.model.account import Forwarder, Group
from sterna.model.address import Address, AddressError
from sterna.model.finding import Finding, Outcome

_CARRIED: Final = Meaning(Outcome.KEPT, "moved with the group, as far as the target can do the same")

GROUP_KEYS: Final[dict[str, Meaning]] = {
    **dict.fromkeys(
        ("RealName", "Members", "SetReplyTo", "RejectAutomatic", "RejectAuto", "RemoveAuthor", "EmailDisabled"),
        _CARRIED,
    ),
    "Expand": Meaning(
        Outcome.CHANGED,
        "whether groups inside it are opened before delivery; the target always opens them",
        alone=True,
    ),
    "FinalDelivery": Meaning(
        Outcome.CHANGED, "whether reports of delivery name the group; the target's name its members", alone=True
    ),
    "RemoveToAndCc": Meaning(
        Outcome.DROPPED, "whether To and Cc are taken out of messages; the target leaves them", alone=True
    ),
    "SignalDisabled": Meaning(Outcome.DROPPED, "about calls, which the target does not have"),
}
"""What becomes of each known key of a group."""


def decode_forwarder(name: str, domain: str, target: Value) -> Read[Forwarder]:
    """Return a forwarder, or no value and a finding when its name or its target is no address."""
    text = as_text(target) or ""
    try:
        return Read(Forwarder(Address.parse(name, domain=domain), Address.parse(text, domain=domain)))
    except AddressError as error:
        todo = "make an entry for it on the target by hand"
        return Read(
            None,
            (clean(Finding("forwarder", f"{name}@{domain}", Outcome.UNREADABLE, f"to {text!r}", str(error), todo)),),
        )


def decode_group(name: str, domain: str, value: Value) -> Read[Group]:
    """Return a group with its members, and a row for each of its settings; no value without an address."""
    settings = as_dictionary(value)
    full = f"{name}@{domain}"
    try:
        address = Address.parse(name, domain=domain)
    except AddressError as error:
        return Read(None, (clean(_unreadable(full, "group", str(error))),))
    if settings is None:
        return Read(None, (clean(_unreadable(full, "group", "what the source says of it is no dictionary")),))
    findings: list[Finding] = []
    members: list[Address] = []
    for text in texts(settings.get("Members")):
        try:
            members.append(Address.parse(text, domain=domain))
        except AddressError as error:
            findings.append(_unreadable(full, f"member {text!r}", str(error)))
    group = Group(
        address=address,
        real_name=readable(as_text(settings.get("RealName")) or ""),
        members=tuple(dict.fromkeys(members)),
        reply_to_group=_yes(settings, "SetReplyTo", full, findings),
        reject_automatic=_yes(settings, "RejectAutomatic", full, findings)
        or _yes(settings, "RejectAuto", full, findings),
        without_author=_yes(settings, "RemoveAuthor", full, findings),
        enabled=not _yes(settings, "EmailDisabled", full, findings),
    )
    return Read(group, tuple(map(clean, (*key_findings("group", full, settings, GROUP_KEYS), *findings))))


def _yes(settings: Dictionary, key: str, group: str, findings: list[Finding]) -> bool:
    value = settings.get(key, "NO")
    said = is_yes(value)
    if said is None and value != "default":
        findings.append(_unreadable(group, shown(key, value), "it is neither YES nor NO; NO is taken"))
    return said or False


def _unreadable(group: str, what: str, why: str) -> Finding:
    return Finding("group", group, Outcome.UNREADABLE, what, why, "correct it on the source, or make it by hand")
