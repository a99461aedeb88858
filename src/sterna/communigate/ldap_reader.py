"""What CommuniGate's directory says of a domain, as raw values: accounts with their attributes, aliases, groups.

Attributes are named as the vendor's own export names settings; a site may have renamed them. Settings that are no
attributes, as quotas and rules, are not in the directory at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from sterna.communigate.ldap import LdapEntry, name_of
from sterna.communigate.raw import RawAccount
from sterna.communigate.values import Value
from sterna.model.address import Address, AddressError

SETTINGS: Final = {
    "cn": "RealName",
    "o": "o",
    "l": "l",
    "ou": "ou",
    "title": "title",
    "description": "description",
    "givenName": "givenName",
    "sn": "sn",
    "telephoneNumber": "telephoneNumber",
    "mobile": "mobile",
    "st": "st",
}
"""Attributes that are settings of an account, and the settings' names. Passwords are never asked for."""

_WANTED: Final = ("objectClass", "uid", "aliasedObjectName", "groupMember", "serverAccessRights", *SETTINGS)


@dataclass(frozen=True, slots=True)
class LdapDomain:
    """All that the directory says of one domain.

    Fields:
        accounts: by their names.
        groups: members by the names of groups.
        lost: aliases whose account is not in the directory.
        cut: beginnings of names for which the server did not give all entries.
    """

    accounts: dict[str, RawAccount] = field(default_factory=dict)
    groups: dict[str, frozenset[str]] = field(default_factory=dict)
    lost: tuple[str, ...] = ()
    cut: tuple[str, ...] = ()


class Searched(Protocol):
    """What is needed of a `sterna.communigate.ldap.SourceDirectory`."""

    cut: list[str]

    def below(self, domain: str, kind: str = "*", attributes: Sequence[str] = ()) -> Iterator[LdapEntry]:
        """Yield the entries of a domain."""


def read_domain(directory: Searched, domain: str) -> LdapDomain:
    """Return what the directory says of a domain.

    Raises:
        SourceLdapError: the server refuses, or the connection was lost.
    """
    before = len(directory.cut)
    people: dict[str, LdapEntry] = {}
    groups: dict[str, frozenset[str]] = {}
    aliases: list[tuple[str, str]] = []
    for entry in directory.below(domain, attributes=_WANTED):
        name = name_of(entry, domain)
        if entry.has_class("CommuniGateAccount"):
            people[name] = entry
        elif entry.has_class("CommuniGateGroup"):
            groups[name] = frozenset(entry.texts("groupMember"))
        elif entry.has_class("alias"):
            aliases.append((name, _uid(entry.text("aliasedObjectName") or "")))
    of: dict[str, list[str]] = {}
    for alias, account in aliases:
        of.setdefault(account, []).append(alias)
    return LdapDomain(
        accounts={name: _account(name, domain, entry, of.get(name, [])) for name, entry in people.items()},
        groups=groups,
        lost=tuple(sorted(alias for alias, account in aliases if account not in people)),
        cut=tuple(directory.cut[before:]),
    )


def _account(name: str, domain: str, entry: LdapEntry, aliases: list[str]) -> RawAccount:
    rights = entry.text("serverAccessRights")
    return RawAccount(
        name=name,
        domain=domain,
        explicit=dict(_settings(entry)),
        aliases=tuple(sorted(aliases)),
        rights=None if rights is None else tuple(each.strip() for each in rights.split(",")),
    )


def _settings(entry: LdapEntry) -> Iterator[tuple[str, Value]]:
    for attribute, key in SETTINGS.items():
        values = entry.texts(attribute)
        if values:
            yield key, ",".join(values)


def _uid(dn: str) -> str:
    """Return the name that a DN begins with, without its escapes."""
    first = dn.partition("=")[2]
    name = ""
    at = 0
    while at < len(first) and first[at] != ",":
        at += first[at] == "\\"
        name += first[at : at + 1]
        at += 1
    return name.lower()


def members(names: frozenset[str], domain: str) -> frozenset[str]:
    """Return members as full addresses; what is none is left out, as whoever reads the group itself tells it."""
    found = set()
    for name in names:
        try:
            found.add(str(Address.parse(name, domain=domain)))
        except AddressError:
            continue
    return frozenset(found)
