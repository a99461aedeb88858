"""Commands about addresses that are no accounts: forwarders, groups, lists and their subscribers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sterna.communigate.values import Value, as_number, as_text
from sterna.lab.source import tree
from sterna.lab.source.arguments import Arguments, Refused
from sterna.lab.source.basedirectory import BaseDirectory, Name, Settings
from sterna.lab.source.names import OTHER, Names
from sterna.lab.source.switches import Switches

_INFO_NAMES = {"subscribeTime": "timeSubscribed", "lastBounceTime": "lastBounced"}
"""What READSUBSCRIBERS calls otherwise than GETSUBSCRIBERINFO; there times are ``YYYYMMDDhhmmss`` (unverified)."""


class AddressCommands:
    """Commands about forwarders, groups and lists."""

    def __init__(self, base: BaseDirectory, names: Names, switches: Switches) -> None:
        self._base = base
        self._names = names
        self._switches = switches

    def table(self) -> dict[str, Callable[[Arguments], Value]]:
        """Return the commands by their words."""
        return {
            "LISTFORWARDERS": lambda arguments: tuple(sorted(self._file(arguments, tree.FORWARDERS))),
            "GETFORWARDER": lambda arguments: self._one(arguments, tree.FORWARDERS, "forwarder"),
            "FINDFORWARDERS": self._find_forwarders,
            "LISTGROUPS": lambda arguments: tuple(sorted(self._file(arguments, tree.GROUPS))),
            "GETGROUP": lambda arguments: self._one(arguments, tree.GROUPS, "group"),
            "LISTLISTS": lambda arguments: tuple(self._base.lists(self._names.domain(arguments))),
            "GETDOMAINLISTS": self._domain_lists,
            "GETACCOUNTLISTS": self._account_lists,
            "GETLIST": lambda arguments: self._base.list_settings(self._list(arguments)),
            "LISTSUBSCRIBERS": self._list_subscribers,
            "READSUBSCRIBERS": self._read_subscribers,
            "GETSUBSCRIBERINFO": self._subscriber_info,
        }

    def _file(self, arguments: Arguments, file: str) -> Settings:
        return self._base.domain_file(self._names.domain(arguments), file)

    def _one(self, arguments: Arguments, file: str, kind: str) -> Value:
        name = self._names.name(arguments)
        rows = self._base.domain_file(name.domain, file)
        if name.local not in rows:
            raise Refused(OTHER, f"unknown {kind}")
        return rows[name.local]

    def _find_forwarders(self, arguments: Arguments) -> Value:
        rows = self._base.domain_file(self._names.domain(arguments), tree.FORWARDERS).items()
        arguments.expect("TO")
        target = arguments.text()
        return tuple(sorted(name for name, address in rows if address == target))

    def _list(self, arguments: Arguments) -> Name:
        name = self._names.name(arguments)
        if name.local not in self._base.lists(name.domain):
            raise Refused(OTHER, "unknown mailing list")
        return name

    def _domain_lists(self, arguments: Arguments) -> Value:
        domain = self._names.domain(arguments)
        return {local: str(len(self._base.subscribers(Name(domain, local)))) for local in self._base.lists(domain)}

    def _account_lists(self, arguments: Arguments) -> Value:
        owner = self._names.account(arguments)
        names = (Name(owner.domain, local) for local in self._base.lists(owner.domain))
        owned = (name for name in names if self._base.list_settings(name).get("Owner") == owner.local)
        return {name.local: str(len(self._base.subscribers(name))) for name in owned}

    def _rows(self, arguments: Arguments) -> list[Settings]:
        """``list [FILTER f [limit]]``: the filter is a part of the address."""
        rows = self._base.subscribers(self._list(arguments))
        part = arguments.after("FILTER")
        if part is None:
            return rows
        limit = as_number(arguments.value()) if arguments else None
        return [row for row in rows if part in (as_text(row["Sub"]) or "")][:limit]

    def _list_subscribers(self, arguments: Arguments) -> Value:
        return tuple(row["Sub"] for row in self._rows(arguments))

    def _read_subscribers(self, arguments: Arguments) -> Value:
        rows = self._rows(arguments)
        return (self._number(len(rows)), tuple({key: self._shown(each) for key, each in row.items()} for row in rows))

    def _subscriber_info(self, arguments: Arguments) -> Value:
        rows = self._base.subscribers(self._list(arguments))
        arguments.expect("NAME")
        address = arguments.text()
        for row in rows:
            if row["Sub"] == address:
                return {_INFO_NAMES.get(key, key): _acap(each) for key, each in row.items() if key != "Sub"}
        return {}

    def _shown(self, value: Value) -> Value:
        return self._number(value) if isinstance(value, int) else value

    def _number(self, number: int) -> Value:
        return str(number) if self._switches.numbers_as_strings else number


def _acap(value: Value) -> Value:
    match value:
        case datetime():
            return value.strftime("%Y%m%d%H%M%S")
        case int():
            return str(value)
        case _:
            return value
