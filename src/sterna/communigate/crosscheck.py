"""Compare what several sources say of the same domains and accounts. No input or output.

The CLI is believed before the files, and the files before LDAP; a difference is a finding that names both values. Of
what may be a secret it only says that it differs. What a source does not tell is not compared.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from sterna.communigate.dataformat_writer import write
from sterna.communigate.mailboxes import read_mailboxes
from sterna.communigate.names import NameEncoding, guess_name_encoding, mailbox_name
from sterna.communigate.raw import RawAccount, RawDomain
from sterna.communigate.syntax import UnwritableValueError
from sterna.communigate.values import Dictionary, Value, as_dictionary, as_text, texts
from sterna.model.finding import Finding, Outcome

CLI, FILES, LDAP = "the CLI", "the files", "LDAP"
"""What the sources are called in findings."""

_SECRET: Final = re.compile(r"passw|secret|token|private ?key|recovery", re.IGNORECASE)
"""Keys whose values are never shown."""

_ELSEWHERE: Final = frozenset({"Rules", "SignalRules"})
"""Settings that are compared for themselves."""

_RENAMED: Final = {
    "o": ("o", "Organization"),
    "l": ("l", "City"),
    "ou": ("ou", "Department"),
    "description": ("description", "Title"),
    "title": ("title", "Title"),
    "givenName": ("givenName", "FirstName"),
    "sn": ("sn", "FamilyName"),
}
"""Under which settings the vendor's own export finds an attribute of LDAP."""

_FILLED: Final = frozenset({"sn", "RealName"})
"""What LDAP must have, so the server makes it up where the account has none."""

_SHOWN_CHARACTERS: Final = 60


@dataclass(frozen=True, slots=True)
class Account:
    """What one source says of one account; `source` as it is called in findings."""

    source: str
    raw: RawAccount


def missing(
    domain: str, kind: str, better: tuple[str, AbstractSet[str]], other: tuple[str, AbstractSet[str]]
) -> list[Finding]:
    """Return which names only one of two sources has; each comes with what it is called.

    Args:
        domain: in which they are.
        kind: of the findings and of the things: ``account``, ``group``, ``domain``.
        better: the source that is believed, and its names.
        other: the other one.
    """
    (first, known), (second, more) = better, other
    findings = []
    for name in sorted(more - known):
        why = f"it is in {second} and not in {first}; what comes from {first} is taken, so it is not moved"
        todo = f"look on the source whether the {kind} is in use"
        findings.append(Finding(kind, _address(name, domain), Outcome.DROPPED, f"{kind} only in {second}", why, todo))
    for name in sorted(known - more):
        why = f"it is in {first} and not in {second}; what comes from {first} is taken"
        findings.append(Finding(kind, _address(name, domain), Outcome.KEPT, f"{kind} not in {second}", why))
    return findings


def compare_accounts(better: Account, other: Account) -> list[Finding]:
    """Return where two sources say different things of one account."""
    name = f"{better.raw.name}@{better.raw.domain}"
    compare = _Comparison("account", name, better.source, other.source)
    if other.source == LDAP:
        compare.attributes(better.raw.explicit, other.raw.explicit)
    else:
        compare.settings(better.raw.explicit, other.raw.explicit)
        compare.rules(_rules(better.raw), _rules(other.raw))
        compare.mailboxes(better.raw.mailboxes, other.raw.mailboxes)
        compare.told("preferences", better.raw.prefs, other.raw.prefs, compare.preferences)
    compare.told("aliases", better.raw.aliases, other.raw.aliases, compare.names)
    compare.told("rights", better.raw.rights, other.raw.rights, compare.names)
    return compare.findings


def compare_domains(better: tuple[str, RawDomain], other: tuple[str, RawDomain]) -> list[Finding]:
    """Return where two sources say different things of a domain's settings and of what its accounts inherit."""
    (first, known), (second, more) = better, other
    compare = _Comparison("domain", known.name, first, second)
    compare.settings(_flat(known.explicit), _flat(more.explicit))
    inherited = _Comparison("domain", f"{known.name}: account defaults", first, second)
    inherited.settings(as_dictionary(known.account_defaults) or {}, as_dictionary(more.account_defaults) or {})
    return compare.findings + inherited.findings


def compare_members(
    domain: str, better: tuple[str, Mapping[str, AbstractSet[str]]], other: tuple[str, Mapping[str, AbstractSet[str]]]
) -> list[Finding]:
    """Return where two sources give groups different members, and which groups only one of them has."""
    (first, known), (second, more) = better, other
    findings = missing(domain, "group", (first, known.keys()), (second, more.keys()))
    for name in sorted(known.keys() & more.keys()):
        compare = _Comparison("group", _address(name, domain), first, second)
        compare.names("members", tuple(known[name]), tuple(more[name]))
        findings += compare.findings
    return findings


class _Comparison:
    """Collects the differences of one object between two sources."""

    def __init__(self, kind: str, object_: str, first: str, second: str) -> None:
        self.findings: list[Finding] = []
        self._kind = kind
        self._object = object_
        self._first = first
        self._second = second

    def told(self, what: str, known: Value, more: Value, compare: Callable[[str, Value, Value], None]) -> None:
        """Compare what both sources tell."""
        if known is not None and more is not None:
            compare(what, known, more)

    def settings(self, known: Dictionary, more: Dictionary, prefix: str = "") -> None:
        for key in sorted((known.keys() | more.keys()) - _ELSEWHERE):
            if _same(known.get(key), more.get(key)):
                continue
            nested = as_dictionary(known.get(key)), as_dictionary(more.get(key))
            if nested[0] is not None and nested[1] is not None:
                self.settings(nested[0], nested[1], f"{prefix}{key}.")
            else:
                self._differs(prefix + key, _shown(key, known.get(key)), _shown(key, more.get(key)))

    def attributes(self, known: Dictionary, more: Dictionary) -> None:
        """Compare settings with attributes of LDAP, which are made of settings that may be called otherwise."""
        for attribute, value in sorted(more.items()):
            said = [known[key] for key in _RENAMED.get(attribute, (attribute,)) if known.get(key) not in (None, "")]
            if any(_same(each, value) for each in said) or (not said and attribute in _FILLED):
                continue
            self._differs(attribute, _shown(attribute, said[0] if said else None), _shown(attribute, value))

    def preferences(self, what: str, known: Value, more: Value) -> None:  # noqa: ARG002  as the others are called
        self.settings(as_dictionary(known) or {}, as_dictionary(more) or {}, "preference ")

    def names(self, what: str, known: Value, more: Value) -> None:
        first, second = ({name.lower() for name in texts(value)} for value in (known, more))
        if first != second:
            self._names_differ(what, first - second, second - first)

    def rules(self, known: Value, more: Value) -> None:
        if known is None or more is None or _same(known, more):
            return
        self._differs("rules", _rule_names(known), _rule_names(more))

    def mailboxes(self, known: Value, more: Value) -> None:
        if known is None or more is None:
            return
        first, second = _mailboxes(known), _mailboxes(more)
        if first.keys() != second.keys():
            here, there = ({"/".join(name) for name in some} for some in (first, second))
            self._names_differ("mailboxes", here - there, there - here)
        for name in sorted(first.keys() & second.keys()):
            # Sizes are not compared: on disk a line may end in one byte, and mail arrives meanwhile.
            for what, one, two in zip(("class", "access rights"), first[name], second[name], strict=True):
                if one is not None and two is not None and not _same(one, two):
                    self._differs(f"{what} of {'/'.join(name)}", _shown(what, one), _shown(what, two))

    def _differs(self, what: str, known: str, more: str) -> None:
        """Note a difference; two values that may not be shown look the same."""
        values = "" if known == more else f": {known} and {more}"
        self._note(what, f"{self._first} and {self._second} differ{values}")

    def _names_differ(self, what: str, known: Iterable[str], more: Iterable[str]) -> None:
        parts = ((self._first, sorted(known)), (self._second, sorted(more)))
        self._note(what, ", ".join(f"only in {source}: {_listed(names)}" for source, names in parts if names))

    def _note(self, what: str, why: str) -> None:
        why = f"{why}; what comes from {self._first} is taken"
        todo = "see on the source which one is right"
        self.findings.append(Finding(self._kind, self._object, Outcome.CHANGED, what, why, todo))


def _rules(raw: RawAccount) -> Value:
    return raw.explicit.get("Rules") if raw.rules is None else raw.rules


def _rule_names(rules: Value) -> str:
    elements = rules if isinstance(rules, tuple | list) else ()
    names = [texts(rule)[1] for rule in elements if len(texts(rule)) > 1]
    return _listed(names) if names else "no rules"


def _mailboxes(value: Value) -> dict[tuple[str, ...], tuple[Value, Value]]:
    """Return class and access rights of each mailbox by its name."""
    found = list(read_mailboxes(value))
    encoding = guess_name_encoding(mailbox.path for mailbox in found) or NameEncoding.UTF8
    return {mailbox_name(mailbox.path, encoding): (mailbox.item_class, mailbox.access) for mailbox in found}


def _flat(settings: Value) -> Dictionary:
    return {key: value for key, value in (as_dictionary(settings) or {}).items() if key != "AccountDefaults"}


def _same(known: Value, more: Value) -> bool:
    """Whether two values mean the same: numbers and strings of digits do, an empty array and no value too."""
    if known in (None, (), "", {}) and more in (None, (), "", {}):
        return True
    first, second = as_text(known), as_text(more)
    return first == second if first is not None and second is not None else known == more


def _shown(key: str, value: Value) -> str:
    if value is None:
        return "nothing"
    if _SECRET.search(key):
        return "a value that is not shown"
    try:
        text = as_text(value) or write(value).decode(errors="replace")
    except UnwritableValueError:
        return "a value"
    text = text if text.isprintable() else ascii(text)
    return repr(text if len(text) <= _SHOWN_CHARACTERS else f"{text[: _SHOWN_CHARACTERS - 1]}…")


def _listed(names: Iterable[str]) -> str:
    shown = sorted(names)
    return ", ".join(map(repr, shown[:10])) + (" …" if len(shown) > 10 else "")


def _address(name: str, domain: str) -> str:
    return f"{name}@{domain}" if domain else name
