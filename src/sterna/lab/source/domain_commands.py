"""Commands about the server and its domains."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

from sterna.communigate.values import Value, as_dictionary, as_number, as_text
from sterna.lab.source import tree
from sterna.lab.source.arguments import Arguments, Refused
from sterna.lab.source.basedirectory import BaseDirectory, Settings
from sterna.lab.source.names import OTHER, Names
from sterna.lab.source.switches import Switches

_EXTENSION = "macnt"


class DomainCommands:
    """Commands whose first argument is a domain, or that have none."""

    def __init__(self, base: BaseDirectory, names: Names, switches: Switches) -> None:
        self._base = base
        self._names = names
        self._switches = switches

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
            "GETROUTERTABLE": lambda: "; the lab's router table\n<webmaster@lab.example> = postmaster@lab.example\n",
        }
        of_domain: dict[str, Callable[[str], Value]] = {
            "GETDOMAINALIASES": self._base.domain_aliases,
            "GETDOMAINSETTINGS": lambda dom: _without(self._settings(dom), "AccountDefaults"),
            "GETDOMAINEFFECTIVESETTINGS": self._effective,
            "GETACCOUNTDEFAULTS": lambda dom: as_dictionary(self._settings(dom).get("AccountDefaults")) or {},
            "GETACCOUNTTEMPLATE": lambda dom: self._base.domain_file(dom, tree.TEMPLATE),
            "GETACCOUNTDEFAULTPREFS": lambda _: {},
            "GETDOMAINLOCATION": lambda dom: str(self._base.domain_folder(dom).relative_to(self._base.base)),
            "LISTACCOUNTS": lambda dom: dict.fromkeys(self._base.accounts(dom), _EXTENSION),
            "LISTADMINDOMAINS": self._administered,
            "LISTACCOUNTSTORAGE": lambda _: (),
            rules[0]: lambda _: (),
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

    def _objects(self, arguments: Arguments) -> Value:
        """``LISTDOMAINOBJECTS dom [FILTER f] limit [ACCOUNTS] [ALIASES] [FORWARDERS] [COOKIE c]``.

        The cookie is the last name of a page; the order is that of the names.
        """
        domain = self._names.domain(arguments)
        part = arguments.after("FILTER") or ""
        limit = as_number(arguments.value())
        if limit is None or limit < 1:
            raise Refused(OTHER, "the limit is expected as a positive number")
        kinds = [word for word in ("ACCOUNTS", "ALIASES", "FORWARDERS") if arguments.has(word)]
        cookie = arguments.after("COOKIE")
        everything = dict(sorted(self._named(domain, kinds)))
        found = [name for name in everything if part in name and name > (cookie or "")]
        page = list(islice(found, limit))
        counts: list[Value] = [
            str(len(self._base.domain_file(domain, file))) for file in (tree.ALIASES, tree.FORWARDERS)
        ]
        answer: list[Value] = [
            str(len(self._base.accounts(domain))),
            {name: everything[name] for name in page},
            *counts,
        ]
        if cookie is not None:
            answer.append(page[-1] if len(found) > limit else "")
        return tuple(answer)

    def _named(self, domain: str, kinds: list[str]) -> Iterator[tuple[str, Value]]:
        if "ACCOUNTS" in kinds:
            yield from ((name, _EXTENSION) for name in self._base.accounts(domain))
        if "ALIASES" in kinds:
            yield from ((alias, (account,)) for alias, account in self._base.domain_file(domain, tree.ALIASES).items())
        if "FORWARDERS" in kinds:
            rows = self._base.domain_file(domain, tree.FORWARDERS).items()
            yield from ((name, ((address,),)) for name, address in rows)


def _without(settings: Settings, key: str) -> dict[str, Value]:
    return {name: value for name, value in settings.items() if name != key}
