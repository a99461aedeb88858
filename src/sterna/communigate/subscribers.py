"""Understand the subscribers of a mailing list, in the words of either command that tells of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from sterna.communigate.keys import Meaning, key_findings, shown
from sterna.communigate.raw import RawList
from sterna.communigate.values import Dictionary, Value, as_array, as_dictionary, as_number, as_text, readable
from sterna.model.address import Address, AddressError
from sterna.model.finding import Finding, Outcome
from sterna.model.lists import Delivery, Posting, Subscriber

_BRACKETED = re.compile(r"<([^<>]*)>")
_ACAP_TIME = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:([0-9]{2})([0-9]{2})([0-9]{2}))?.*", re.ASCII)

_POSTING: Final = {
    "special": (Posting.SPECIAL, None),
    "unmoderated": (Posting.SPECIAL, None),
    "moderateall": (Posting.MODERATED, None),
    "prohibited": (Posting.PROHIBITED, None),
}
"""What ``posts`` says when it is no count: how a subscriber may write, and how many messages wait (None: all)."""

_CARRIED: Final = Meaning(Outcome.KEPT, "moved with the subscriber")
_KNOWN: Final = {
    **dict.fromkeys(("Sub", "RealName", "mode", "posts", "subscribeTime", "timeSubscribed", "bounces"), _CARRIED),
    **dict.fromkeys(
        ("lastBounceTime", "lastBounced"), Meaning(Outcome.DROPPED, "when a message last came back; counted anew")
    ),
    "confirmationID": Meaning(Outcome.DROPPED, "belongs to a request that only the source can confirm"),
}

_NO_MEMBERS: Final = {
    Delivery.PENDING: "asked to subscribe and have not confirmed: they are no members",
    Delivery.LEFT: "have left, and only their record is kept: they are no members",
}


def read_subscribers(raw: RawList, address: Address) -> tuple[tuple[Subscriber, ...], tuple[Finding, ...]]:
    """Return those who could be read, and what is lost or changed of them all."""
    name = str(address)
    findings: list[Finding] = []
    found: dict[Address, Subscriber] = {}
    keys: dict[str, Value] = {}
    for each in raw.subscribers:
        record = as_dictionary(each) or {}
        keys |= record
        subscriber = _subscriber(record, address)
        if isinstance(subscriber, Finding):
            findings.append(subscriber)
        elif subscriber.address in found:
            why = "it is there twice; the first record counts"
            findings.append(Finding("list", name, Outcome.DROPPED, f"subscriber {subscriber.address}", why))
        else:
            found[subscriber.address] = subscriber
    if raw.total is not None and raw.total != len(raw.subscribers):
        why = f"the source says there are {raw.total}, and tells {len(raw.subscribers)}"
        todo = "compare the list's subscribers on the source with those of the new list"
        findings.append(Finding("list", name, Outcome.UNREADABLE, "subscribers", why, todo))
    findings += _no_members(name, found.values())
    return tuple(found.values()), (*key_findings("list", f"{name}: subscribers", keys, _KNOWN), *findings)


def _subscriber(record: Dictionary, address: Address) -> Subscriber | Finding:
    name, text = str(address), as_text(record.get("Sub")) or ""
    bracketed = _BRACKETED.search(text)
    try:
        who = Address.parse(bracketed[1] if bracketed else text, domain=address.domain)
    except AddressError as error:
        todo = "correct the subscriber on the source"
        return Finding("list", name, Outcome.UNREADABLE, f"subscriber {text!r}", str(error), todo)
    word = (as_text(record.get("mode")) or "feed").strip().lower()
    try:
        delivery = Delivery(word)
    except ValueError:
        why = "how this subscriber gets messages is said in a word that Sterna does not know; it is left out"
        return Finding(
            "list", name, Outcome.UNREADABLE, f"subscriber {who}: {shown('mode', word)}", why, "add it by hand"
        )
    posting, moderated = _posting(record.get("posts"))
    return Subscriber(
        address=who,
        real_name=readable(as_text(record.get("RealName")) or ""),
        delivery=delivery,
        posting=posting,
        moderated_posts=moderated,
        subscribed=_time(record.get("subscribeTime", record.get("timeSubscribed"))),
        posts=max(0, as_number(record.get("posts")) or 0),
        bounces=max(0, as_number(record.get("bounces")) or 0),
    )


def _posting(value: Value) -> tuple[Posting, int | None]:
    if elements := as_array(value):
        return Posting.MODERATED, as_number(elements[0])
    return _POSTING.get((as_text(value) or "").strip().lower(), (Posting.FREE, None))


def _time(value: Value) -> datetime | None:
    """Return when; the second command writes YYYYMMDDhhmmss."""
    if isinstance(value, datetime):
        return value
    found = _ACAP_TIME.fullmatch((as_text(value) or "").strip())
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None


def _no_members(name: str, subscribers: Iterable[Subscriber]) -> list[Finding]:
    findings = []
    for delivery, why in _NO_MEMBERS.items():
        if them := sorted(str(each.address) for each in subscribers if each.delivery is delivery):
            what = f"{len(them)} in mode {delivery.value}"
            findings.append(Finding("list", name, Outcome.DROPPED, what, why, detail="\n".join(them)))
    return findings
