"""Commands about the domains and what they inherit."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from sterna.communigate.values import Value, as_dictionary, as_number, as_text
from sterna.lab.source import tree
from sterna.lab.source.account_commands import flattened
from sterna.lab.source.arguments import Arguments, Refused
from sterna.lab.source.basedirectory import BaseDirectory, Settings
from sterna.lab.source.names import OTHER, Names
from sterna.lab.source.switches import Switches

UNKNOWN = 500
"""The code of a command that the server does not have."""


@dataclass(frozen=True, slots=True)
class _Listing:
    """What LISTDOMAINOBJECTS pages through, and what it was made from."""

    key: tuple[str, frozenset[str]]
    sources: tuple[object, ...]
    rows: list[tuple[str, Value]]


class DomainCommands:
    """Commands whose first argument is a domain, or that have none."""

    def __init__(self, base: BaseDirectory, names: Names, switches: Switches) -> None:
        self._base = base
        self._names = names
        self._switches = switches
        self._listing: _Listing | None = None

    def table(self) -> dict[str, Callable[[Arguments], Value]]:
        """Return the commands by their words."""
        rules = ("GETDOMAINRULES", "GETSERVERRULES")
        if not self._switches.old_rule_commands:
            rules = ("GETDOMAINMAILRULES", "GETSERVERMAILRULES")
        server_wide: dict[str, Callable[[], Value]] = {
            "LISTDOMAINS": lambda: tuple(self._base.domains()),
            "MAINDOMAINNAME": lambda: self._base.main_domain,
            "GETDOMAINDEFAULTS": lambda: _without(self._base.server("DomainDefault"), "AccountDefaults"),
            "GETSERVERACCOUNTDEFAULTS": lambda: as_dictionary(self._base.server("DomainDefault")["AccountDefaults"]),
            "GETSERVERACCOUNTPREFS": lambda: self._base.server("WebUserPrefs"),
            rules[1]: self._base.server_rules,
            "GETSERVERSIGNALRULES": tuple,
        }
        of_domain: dict[str, Callable[[str], Value]] = {
            "GETDOMAINALIASES": self._base.domain_aliases,
            "GETDOMAINSETTINGS": lambda dom: _without(self._settings(dom), "AccountDefaults"),
            "GETDOMAINEFFECTIVESETTINGS": self._effective,
            "GETACCOUNTDEFAULTS": lambda dom: as_dictionary(self._settings(dom).get("AccountDefaults")) or {},
            "GETACCOUNTTEMPLATE": lambda dom: self._base.domain_file(dom, tree.TEMPLATE),
            "GETACCOUNTDEFAULTPREFS": lambda dom: self._base.domain_file(dom, tree.DOMAIN_PREFS),
            "GETDOMAINLOCATION": lambda dom: str(self._base.domain_folder(dom).relative_to(self._base.base)),
            "LISTACCOUNTS": self._accounts,
            "LISTADMINDOMAINS": self._administered,
            "LISTACCOUNTSTORAGE": lambda dom: tuple(self._base.mounts(dom)),
            "GETDOMAINSIGNALRULES": lambda _: (),
            rules[0]: self._rules,
        }
        table: dict[str, Callable[[Arguments], Value]] = {"LISTDOMAINOBJECTS": self._objects}
        table |= {word: self._for_server(answer) for word, answer in server_wide.items()}
        table |= {word: self._for_domain(answer) for word, answer in of_domain.items()}
        return table

    def _for_server(self, answer: Callable[[], Value]) -> Callable[[Arguments], Value]:
        def command(_arguments: Arguments) -> Value:
            self._names.require_master()
            return answer()

        return command

    def _for_domain(self, answer: Callable[[str], Value]) -> Callable[[Arguments], Value]:
        return lambda arguments: answer(self._names.domain(arguments))

    def _settings(self, domain: str) -> Settings:
        return self._base.domain_file(domain, tree.DOMAIN_SETTINGS)

    def _effective(self, domain: str) -> Value:
        return {
            **_without(self._base.server("DomainDefault"), "AccountDefaults"),
            **_without(self._settings(domain), "AccountDefaults"),
        }

    def _administered(self, domain: str) -> Value:
        return tuple(
            each for each in self._base.domains() if as_text(self._settings(each).get("AdminDomainName")) == domain
        )

    def _accounts(self, domain: str) -> dict[str, Value]:
        known = "agrd" if self._switches.unknown_extensions else ""
        return {name: known or entry.kind for name, entry in self._base.accounts(domain).items()}

    def _rules(self, domain: str) -> Value:
        rules = self._base.domain_rules(domain)
        if not self._switches.flat_redirect:
            return rules
        flat = tuple(flattened(rule) for rule in rules)
        return flat[0] if len(flat) == 1 else flat

    def _objects(self, arguments: Arguments) -> Value:
        """``LISTDOMAINOBJECTS dom [FILTER f] limit [ACCOUNTS] [ALIASES] [FORWARDERS] [COOKIE c]``.

        The cookie is the last name of a page; the order is that of the names.
        """
        if self._switches.object_listing_refused:
            raise Refused(UNKNOWN, "unknown command")
        domain = self._names.domain(arguments)
        part = arguments.after("FILTER") or ""
        limit = as_number(arguments.value())
        if limit is None or limit < 1:
            raise Refused(OTHER, "the limit is expected as a positive number")
        kinds = frozenset(word for word in ("ACCOUNTS", "ALIASES", "FORWARDERS") if arguments.has(word))
        cookie = arguments.after("COOKIE")
        everything = self._sorted(domain, kinds)
        start = bisect_right(everything, cookie or "", key=_name_of)
        page = list(islice((row for row in islice(everything, start, None) if part in row[0]), limit + 1))
        answer: list[Value] = [
            str(len(self._base.accounts(domain))),
            dict(page[:limit]),
            str(len(self._base.aliases(domain))),
            str(len(self._base.domain_file(domain, tree.FORWARDERS))),
        ]
        if cookie is not None:
            answer.append(page[limit - 1][0] if len(page) > limit else "")
        return tuple(answer)

    def _sorted(self, domain: str, kinds: frozenset[str]) -> list[tuple[str, Value]]:
        """Return what is to be listed, by name; made anew only when something has come or gone."""
        sources = (
            self._base.accounts(domain),
            self._base.aliases(domain),
            self._base.domain_file(domain, tree.FORWARDERS),
        )
        known = self._listing
        if (
            known is None
            or known.key != (domain, kinds)
            or any(a is not b for a, b in zip(known.sources, sources, strict=True))
        ):
            rows = sorted(dict(self._named(domain, kinds)).items(), key=_name_of)
            known = self._listing = _Listing((domain, kinds), sources, rows)
        return known.rows

    def _named(self, domain: str, kinds: frozenset[str]) -> Iterator[tuple[str, Value]]:
        if "ACCOUNTS" in kinds:
            yield from self._accounts(domain).items()
        if "ALIASES" in kinds:
            yield from ((alias, (account,)) for alias, account in self._base.aliases(domain).items())
        if "FORWARDERS" in kinds:
            rows = self._base.domain_file(domain, tree.FORWARDERS).items()
            yield from ((name, ((address,),)) for name, address in rows)


def _name_of(row: tuple[str, Value]) -> str:
    return row[0]


def _without(settings: Settings, key: str) -> dict[str, Value]:
    return {name: value for name, value in settings.items() if name != key}
