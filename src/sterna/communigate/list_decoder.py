"""Understand a mailing list: its settings and its subscribers. No input or output."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import replace
from typing import Final, TypeVar

from sterna.communigate.dataformat_writer import write
from sterna.communigate.keys import INHERITED, clean, inner_keys, key_findings, shown
from sterna.communigate.list_keys import LIST_KEYS
from sterna.communigate.raw import RawList
from sterna.communigate.read import Read
from sterna.communigate.sizes import SizeError, read_seconds, read_size
from sterna.communigate.subscribers import read_subscribers
from sterna.communigate.syntax import UnwritableValueError
from sterna.communigate.values import Dictionary, Value, as_dictionary, as_number, as_text, is_yes, readable
from sterna.model.address import Address, AddressError
from sterna.model.finding import Finding, Outcome
from sterna.model.lists import Content, Delivery, MailingList, Posters, Subscriber, Subscribing

_E = TypeVar("_E", bound=enum.StrEnum)

_ALL_MODERATED: Final = 10000
_PROHIBITED: Final = 10001
"""Numbers of ``FirstModerated`` that are none: everything is moderated; newcomers may not post."""

_CORRECT: Final = "correct it on the source, or set it on the new list"

_REPLIES: Final = {"to list": True, "0": True, "to sender": False, "1": False}
_ORDERS: Final[Mapping[str, tuple[enum.StrEnum, ...]]] = {
    "Subscribe": tuple(Subscribing),
    "Postings": tuple(Posters),
    "Format": tuple(Content),
    "Distribution": (Delivery.FEED, Delivery.NULL, Delivery.BANNED, Delivery.DIGEST, Delivery.INDEX),
}
"""The values of each key in the order in which the administration pages number them; scripts store the number."""


def decode_list(raw: RawList) -> Read[MailingList]:
    """Return the list with its subscribers, and what is lost or changed of it; no value without an address."""
    name = f"{raw.name}@{raw.domain}"
    try:
        address = Address.parse(raw.name, domain=raw.domain)
    except AddressError as error:
        finding = Finding("list", name, Outcome.UNREADABLE, "list", str(error), "rename the list on the source")
        return Read(None, tuple(map(clean, (*raw.findings, finding))))
    settings = as_dictionary(raw.settings) or {}
    decoder = _Decoder(settings, address)
    subscribers, findings = read_subscribers(raw, address)
    told_all = raw.complete and (raw.total is None or raw.total <= len(raw.subscribers))
    value = replace(decoder.read(subscribers), complete=told_all)
    own = key_findings("list", name, {k: v for k, v in settings.items() if k not in decoder.told}, LIST_KEYS)
    return Read(value, tuple(map(clean, (*raw.findings, *own, *decoder.findings, *findings))))


class _Decoder:
    """Collects what is wrong with single settings; `told` are the keys that have a row of their own by that."""

    def __init__(self, settings: Dictionary, address: Address) -> None:
        self.findings: list[Finding] = []
        self.told: set[str] = set()
        self._settings = settings
        self._address = address

    def read(self, subscribers: tuple[Subscriber, ...]) -> MailingList:
        first = self._number("FirstModerated")
        return MailingList(
            address=self._address,
            owner=self._owner(),
            description=self._text("Description") or self._text("RealName"),
            subscribing=self._word("Subscribe", Subscribing),
            posters=self._word("Postings", Posters),
            confirm=self._yes("Confirmation"),
            delivery=self._word("Distribution", Delivery),
            first_moderated=None if first == _ALL_MODERATED else 0 if first == _PROHIBITED else first or 0,
            newcomers_prohibited=first == _PROHIBITED,
            content=self._word("Format", Content),
            subject_prefix=self._text("FeedSubject").strip(),
            reply_to_list=self._reply(),
            size_limit_bytes=self._size("SizeLimit"),
            header=self._text("FeedHeader"),
            footer=self._text("FeedTrailer"),
            welcome=self._text("PolicyText"),
            goodbye=self._text("ByeText"),
            digest_period_s=self._seconds("DigestPeriod"),
            digest_size_bytes=self._size("DigestSizeLimit"),
            digest_header=self._text("DigestHeader"),
            digest_footer=self._text("DigestTrailer"),
            archive=self._yes("Store") or False,
            hide_from=self._yes("HideFromAddress") or False,
            max_bounces=self._number("MaxBounces"),
            subscribers=subscribers,
            settings=tuple(sorted((key, _as_text(value)) for key, value in self._settings.items())),
        )

    def _owner(self) -> Address:
        text = as_text(self._settings.get("Owner")) or ""
        try:
            return Address.parse(text, domain=self._address.domain)
        except AddressError:
            owner = Address(self._address.domain, "postmaster")
            named = f"the owner {text!r} is no account's name" if text else "the source names no owner"
            self._note("Owner", Outcome.CHANGED, f"{named}; {owner} is taken", _CORRECT)
            return owner

    def _word(self, key: str, words: type[_E]) -> _E | None:
        value = self._said(key)
        if value is None:
            return None
        text = (as_text(value) or "").strip().lower()
        order, number = _ORDERS[key], as_number(value)
        for each in words:
            if text == each.value or (number is not None and 0 <= number < len(order) and order[number] is each):
                return each
        self._unread(key, "a word that Sterna does not know")
        return None

    def _reply(self) -> bool | None:
        value = self._said("Reply")
        known = _REPLIES.get((as_text(value) or "").strip().lower())
        if value is not None and known is None:
            self._unread("Reply", "a word that Sterna does not know")
        return known

    def _yes(self, key: str) -> bool | None:
        value = self._said(key)
        known = is_yes(value)
        if value is not None and known is None:
            self._unread(key, "neither YES nor NO")
        return known

    def _number(self, key: str) -> int | None:
        value = self._said(key)
        number = as_number(value)
        if value is not None and (number is None or number < 0):
            self._unread(key, "no number")
            return None
        return number

    def _size(self, key: str) -> int | None:
        value = self._said(key)
        try:
            return None if value is None else read_size(value)
        except SizeError:
            self._unread(key, "no size")
            return None

    def _seconds(self, key: str) -> int | None:
        value = self._said(key)
        seconds = read_seconds(value)
        if value is not None and seconds is None:
            self._unread(key, "no time such as 30m or 7d")
        return seconds

    def _text(self, key: str) -> str:
        return readable(as_text(self._said(key)) or "").replace("\r\n", "\n")

    def _said(self, key: str) -> Value:
        value = self._settings.get(key)
        return None if value in (INHERITED, "") else value

    def _unread(self, key: str, is_: str) -> None:
        self._note(key, Outcome.UNREADABLE, f"it is {is_}; the new list has its own default there", _CORRECT)

    def _note(self, key: str, outcome: Outcome, why: str, todo: str) -> None:
        self.told.add(key)
        value = self._settings.get(key)
        detail = "\n".join(inner_keys(key, value))
        self.findings.append(Finding("list", str(self._address), outcome, shown(key, value), why, todo, detail))


def _as_text(value: Value) -> str:
    text = as_text(value)
    if text is not None:
        return readable(text)
    try:
        return write(value).decode(errors="replace")
    except UnwritableValueError:
        return ""
