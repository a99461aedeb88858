"""Read the Router table: lines that send addresses or domains elsewhere, before anything else is looked at.

Only lines of forms that are certain become routes; the others are shown to the operator, since the language of the
table can do much more: wildcards, numbers of telephones, hosts to send to by suffixes such as ``.via``.
"""

from __future__ import annotations

import re
from typing import Final

from sterna.communigate.keys import clean
from sterna.communigate.read import Read
from sterna.communigate.values import Value, as_text, readable
from sterna.model.address import Address, AddressError
from sterna.model.finding import Finding, Outcome
from sterna.model.routes import AddressRoute, DomainRoute, Route

SERVER: Final = "source"
"""What findings about the whole old server are about."""

_LINE: Final = re.compile(r"(?P<prefixes>(?:[A-Za-z]+:\s*)*)(?P<left>[^=]*?)\s*=\s*(?P<right>.*)")
_DOMAIN: Final = re.compile(r"(?!-)[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+", re.ASCII)
_SPECIAL: Final = re.compile(
    r"[*%^{}\[\]()?|\\!#]|\.(?:_?via|smtpq?|relay|local|pipe|list|error|blacklisted|dummy|lmtp)$"
)
_BARE_WORDS: Final = frozenset({"null", "error", "blacklisted", "spamtrap"})
_TODO: Final = "look whether the target needs a transport or an alias for it"

_MAIL: Final = frozenset({"relay", "norelay", "mail", "relayall", "nomail"})
"""Prefixes that say who may use the line, and that it is about mail."""

_CALLS: Final = frozenset({"signal", "nosignal"})


def decode_routes(table: Value, main_domain: str) -> list[Read[Route]]:
    """Return what each line of the table says; a line of another form is a finding without a value."""
    lines = (readable(line).strip() for line in re.split(r"\r\n|\r|\n", as_text(table) or ""))
    return [_route(line, main_domain) for line in lines if line and not line.startswith(";")]


def _route(line: str, main_domain: str) -> Read[Route]:
    told, _, _comment = line.partition(";")
    found = _LINE.fullmatch(told.strip())
    if found is None:
        return _unknown(line, "no form of a line that Sterna knows")
    prefixes = {word.strip().lower() for word in found["prefixes"].split(":") if word.strip()}
    if prefixes & _CALLS and not prefixes & {"mail"}:
        return _finding(line, Outcome.DROPPED, "about calls, which the target does not have")
    if unknown := sorted(prefixes - _MAIL - _CALLS):
        return _unknown(line, f"its prefix {unknown[0]}: is not one that Sterna knows")
    left, right = found["left"].strip(), found["right"].strip()
    if left.startswith("<") and left.endswith(">"):
        return _address(line, left[1:-1].strip(), _bare(right), main_domain)
    if "@" not in left:
        return _domain(line, left, right)
    return _address(line, left, _bare(right), main_domain)


def _address(line: str, left: str, right: str, main_domain: str) -> Read[Route]:
    if _SPECIAL.search(left) or _SPECIAL.search(right.rpartition("@")[2]) or "%" in right or "*" in right:
        return _unknown(line, "a pattern, or a host to send to")
    if right.lower() in _BARE_WORDS:
        return _unknown(line, "mail for this address is refused or vanishes")
    try:
        address, target = Address.parse(left, domain=main_domain), Address.parse(right, domain=main_domain)
    except AddressError as error:
        return _unknown(line, str(error))
    return Read(AddressRoute(address, target, line))


def _domain(line: str, left: str, right: str) -> Read[Route]:
    if not (_DOMAIN.fullmatch(left) and _DOMAIN.fullmatch(right)) or _SPECIAL.search(right) or _SPECIAL.search(left):
        return _unknown(line, "a pattern, or a host to send to")
    return Read(DomainRoute(left.lower(), right.lower(), line))


def _bare(text: str) -> str:
    return text[1:-1].strip() if text.startswith("<") and text.endswith(">") else text


def _unknown(line: str, why: str) -> Read[Route]:
    return _finding(line, Outcome.DROPPED, f"{why}; a line of the Router table overrides all other addresses", _TODO)


def _finding(line: str, outcome: Outcome, why: str, todo: str = "") -> Read[Route]:
    return Read(None, (clean(Finding("route", SERVER, outcome, line, why, todo)),))
