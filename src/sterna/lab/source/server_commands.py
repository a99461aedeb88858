"""Commands about the server as a whole: its modules, networks, router, directory."""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import IPv4Address

from sterna.communigate.values import IpAddress, Value
from sterna.lab.source import tree
from sterna.lab.source.arguments import Arguments, Refused
from sterna.lab.source.basedirectory import BaseDirectory
from sterna.lab.source.defaults import MODULES
from sterna.lab.source.names import OTHER, Names

_ROUTE = re.compile(r"(?:(?:No)?Relay:)?<?([^>;]+?)>?\s*=\s*<?([^>;]+?)>?\s*(?:;.*)?", re.IGNORECASE)
"""A line of the router table whose two sides are addresses or domains."""

_MOST_ROUTES = 20
"""After so many lines have been applied to an address, it goes round in a circle."""

_ADDRESS_LISTS = (
    *("GETCLIENTIPS", "GETBLACKLISTEDIPS", "GETLANIPS", "GETWHITEHOLEIPS", "GETNATEDIPS", "GETTEMPCLIENTIPS"),
    *("GETTEMPBLACKLISTEDIPS", "GETDENIEDIPS", "GETDEBUGIPS"),
)
"""Commands that answer with the text of a list of addresses."""


class ServerCommands:
    """Commands about the server."""

    def __init__(self, base: BaseDirectory, names: Names) -> None:
        self._base = base
        self._names = names

    def table(self) -> dict[str, Callable[[Arguments], Value]]:
        """Return the commands by their words."""
        simple: dict[str, Callable[[], Value]] = {
            "LISTMODULES": lambda: MODULES,
            "GETSERVERSETTINGS": lambda: self._base.server("Main"),
            "GETQUEUESETTINGS": lambda: self._base.server("Queue"),
            "GETNETWORK": lambda: self._base.server("Network"),
            "GETROUTERTABLE": self._base.router_table,
            "GETROUTERSETTINGS": lambda: self._base.server("Router"),
            "GETPROTECTION": lambda: {"DelayedPrompt": "5s", "MaxFailed": "10"},
            "GETBANNED": lambda: {"BannedHeaders": (), "BannedBodies": ()},
            "GETSIGNALSETTINGS": dict,
            "GETSESSIONSETTINGS": dict,
            "GETSERVERALERTS": dict,
            "GETSERVERINTERCEPT": dict,
            "GETSERVERTRUSTEDCERTS": tuple,
            "LISTDIRECTORYUNITS": lambda: {"": "Main", f"cn={self._base.main_domain}": "Main"},
            "GETDIRECTORYINTEGRATION": lambda: {"BaseDN": "", "Renaming": {}},
            "GETDIRECTORYACCESSRIGHTS": lambda: (("anyone", "anyone", "self"),),
            "LISTDOMAINSTORAGE": tuple,
            "GETCURRENTCONTROLLER": lambda: IpAddress(IPv4Address("127.0.0.1")),
        }
        table = {word: self._for_master(answer) for word, answer in simple.items()}
        table |= {word: self._for_master(lambda: "10.0.0.0/8 ; the lab\n192.0.2.7\n") for word in _ADDRESS_LISTS}
        return table | {"GETMODULE": self._module, "ROUTE": self._route}

    def _for_master(self, answer: Callable[[], Value]) -> Callable[[Arguments], Value]:
        def command(_arguments: Arguments) -> Value:
            self._names.require_master()
            return answer()

        return command

    def _module(self, arguments: Arguments) -> Value:
        self._names.require_master()
        name = arguments.text()
        if name not in MODULES or not self._base.has_server_file(name):
            raise Refused(OTHER, "unknown module")
        return self._base.server(name)

    def _route(self, arguments: Arguments) -> Value:
        """``ROUTE addr [mail|access|signal]``: module, host and address that mail for `addr` comes to."""
        self._names.require_master()
        address = arguments.text()
        for kind in ("MAIL", "ACCESS", "SIGNAL"):
            if arguments.has(kind):
                break
        local, at, domain = address.lower().rpartition("@")
        local, domain = (local, domain) if at else (domain, self._base.main_domain)
        for _ in range(_MOST_ROUTES):
            following = self._one_step(local, domain)
            if following is None:
                break
            local, domain = following
        else:
            raise Refused(OTHER, "too many routing steps")
        own = self._base.find_domain(domain)
        if own is None:
            return ("SMTP", domain, f"{local}@{domain}")
        if local in self._base.lists(own):
            return ("LIST", f"{local}@{own}", "post")
        return ("LOCAL", f"{local}@{own}", "")

    def _one_step(self, local: str, domain: str) -> tuple[str, str] | None:
        """Return what the router table, or else a forwarder or an alias, makes of an address; None for nothing."""
        for line in self._base.router_table().splitlines():
            found = _ROUTE.fullmatch(line.strip())
            if found is None or line.startswith((";", "Signal:")):
                continue
            pattern, target = found[1].lower(), found[2].lower()
            if "@" not in pattern and pattern == domain and "@" not in target:
                return local, target
            if pattern in (f"{local}@{domain}", local if domain == self._base.main_domain else None):
                return _split(target, domain)
        own = self._base.find_domain(domain)
        for file in (tree.FORWARDERS, tree.ALIASES) if own else ():
            target_of = self._base.domain_file(own or "", file).get(local)
            if isinstance(target_of, str):
                return _split(target_of, own or "")
        return None


def _split(address: str, domain: str) -> tuple[str, str]:
    local, at, of_domain = address.rpartition("@")
    return (local, of_domain) if at else (of_domain, domain)
