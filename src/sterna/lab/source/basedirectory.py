"""Reads the base directory for the CLI: what `sterna.lab.source.tree` wrote, or somebody has changed since.

A file is read again when it has changed, so a test can edit account.settings and the CLI answers accordingly. Of each
domain there is an index of its accounts and aliases; settings of accounts are kept in a bounded number.
"""

from __future__ import annotations

import os
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sterna.communigate.dataformat import read
from sterna.communigate.syntax import Form
from sterna.communigate.values import Value, as_array, as_dictionary, as_text, texts
from sterna.lab.source import tree
from sterna.lab.source.kinds import MANY_MAILBOXES, ONE_MAILBOX

Settings = Mapping[str, Value]
_Stamp = tuple[int, int, int]

MAX_FILES_KEPT = 2000
"""Files whose values are in memory at a time; of a large site these are mostly account.settings."""

_UNSETTLED_NS = 50_000_000
"""A folder that was changed less than this ago may change again without its time of change telling, in ns."""


@dataclass(frozen=True, slots=True)
class Name:
    """A name in one domain, of an account or of anything else that has an address."""

    domain: str
    local: str

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"


@dataclass(frozen=True, slots=True)
class Entry:
    """Where an account is: the folder it lies in, and the extension of its own."""

    folder: Path
    kind: str


@dataclass(slots=True)
class _Index:
    """The accounts of one domain, as the folders said at `stamps`."""

    stamps: dict[Path, _Stamp]
    entries: dict[str, Entry]


class BaseDirectory:
    """The base directory at `base`."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self._read: OrderedDict[str, tuple[_Stamp, Value]] = OrderedDict()
        self._looked_at: set[str] = set()
        self._by_name: dict[str, str] = {}
        self._indexes: dict[str, _Index] = {}
        self._owned: dict[str, tuple[Settings, dict[str, tuple[str, ...]]]] = {}

    def begin(self) -> None:
        """Look at every file again from now on: a command begins. Within one, each is looked at once."""
        self._looked_at.clear()
        self._by_name.clear()

    def server(self, name: str) -> Settings:
        """Return Settings/<name>.settings."""
        return self._settings(f"{self.base}/Settings/{name}.settings")

    def has_server_file(self, name: str) -> bool:
        """Return whether there is Settings/<name>.settings."""
        return (self.base / "Settings" / f"{name}.settings").exists()

    def server_rules(self) -> Value:
        """Return the server-wide mail rules."""
        return self._value(f"{self.base}/Settings/Rules.settings")

    def router_table(self) -> str:
        """Return the router table's text."""
        return as_text(self._value(f"{self.base}/Settings/{tree.ROUTER}")) or ""

    @property
    def main_domain(self) -> str:
        """The main domain's name."""
        return as_text(self.server("Main").get("DomainName")) or ""

    def domains(self) -> list[str]:
        """Return all domains, the main one first."""
        with os.scandir(self.base / "Domains") as entries:
            return [self.main_domain, *sorted(each.name for each in entries if each.is_dir())]

    def domain_aliases(self, domain: str) -> tuple[str, ...]:
        """Return the other names of `domain`."""
        return texts(self._value(self._domain_file(domain, tree.DOMAIN_ALIASES)))

    def find_domain(self, name: str) -> str | None:
        """Return the domain that `name` is, or is an alias of."""
        if not self._by_name:
            for domain in reversed(self.domains()):
                self._by_name |= dict.fromkeys((*self.domain_aliases(domain), domain), domain)
        return self._by_name.get(name.lower())

    def domain_folder(self, domain: str) -> Path:
        """Return the domain directory."""
        return tree.domain_folder(self.base, domain, self.main_domain)

    def domain_file(self, domain: str, name: str) -> Settings:
        """Return one dictionary file of a domain's Settings/: ``Domain.settings``, ``Aliases.data``."""
        return self._settings(self._domain_file(domain, name))

    def domain_rules(self, domain: str) -> tuple[Value, ...]:
        """Return the mail rules of all accounts of a domain."""
        return as_array(self._value(self._domain_file(domain, tree.DOMAIN_RULES))) or ()

    def mounts(self, domain: str) -> list[str]:
        """Return the storage mount points of a domain, without their extension."""
        return sorted(path.stem for path in self.domain_folder(domain).glob(f"*{tree.MOUNTED}"))

    def accounts(self, domain: str) -> Mapping[str, Entry]:
        """Return the accounts by name, sorted. The same object as long as none has come or gone."""
        found = self._indexes.get(domain)
        if found is not None and domain in self._looked_at:
            return found.entries
        self._looked_at.add(domain)
        if found is None or any(_settled(path) != stamp for path, stamp in found.stamps.items()):
            found = self._indexes[domain] = self._looked_up(domain)
        return found.entries

    def aliases(self, domain: str) -> Settings:
        """Return a domain's aliases, each with its account."""
        return self.domain_file(domain, tree.ALIASES)

    def aliases_of(self, name: Name) -> tuple[str, ...]:
        """Return the aliases of one account."""
        aliases = self.aliases(name.domain)
        known = self._owned.get(name.domain)
        if known is None or known[0] is not aliases:
            owned: dict[str, list[str]] = {}
            for alias, account in aliases.items():
                owned.setdefault(as_text(account) or "", []).append(alias)
            known = self._owned[name.domain] = (aliases, {account: tuple(rows) for account, rows in owned.items()})
        return known[1].get(name.local, ())

    def has_account(self, name: Name) -> bool:
        """Return whether there is an account of this name (an alias is none)."""
        return name.local in self.accounts(name.domain) and self.account_files(name).settings.exists()

    def account_files(self, name: Name) -> tree.AccountFiles:
        """Return where the files of an account are, also of one that is not there."""
        entry = self.accounts(name.domain).get(name.local) or Entry(self.domain_folder(name.domain), MANY_MAILBOXES)
        return tree.account_files(entry.folder, name.local, entry.kind)

    def account_settings(self, name: Name) -> Settings:
        """Return an account's explicit settings."""
        return self._settings(str(self.account_files(name).settings))

    def account_info(self, name: Name) -> Settings:
        """Return account.info: keys of mailboxes, and ``#…`` keys of the account."""
        return self._settings(str(self.account_files(name).info))

    def account_datasets(self, name: Name) -> Settings:
        """Return what an account remembers, by name."""
        path = self.account_files(name).datasets
        return self._settings(str(path)) if path.exists() else {}

    def account_prefs(self, name: Name) -> Settings:
        """Return an account's own preferences."""
        return as_dictionary(self.account_info(name).get(tree.VIEWER)) or {}

    def effective_account_settings(self, name: Name) -> dict[str, Value]:
        """Return the explicit settings over those of the class, over the domain's defaults, over the server's."""
        levels = [
            as_dictionary(settings.get("AccountDefaults")) or {}
            for settings in (self.server("DomainDefault"), self.domain_file(name.domain, tree.DOMAIN_SETTINGS))
        ]
        own = _said(self.account_settings(name))
        merged = {**_said(levels[0]), **_said(levels[1]), **own}
        of_class = as_text(merged.get("ServiceClass"))
        for level in levels:
            classes = as_dictionary(level.get("ServiceClasses")) or {}
            merged |= _said(as_dictionary(classes.get(of_class or "")) or {})
        merged |= own
        merged.pop("ServiceClasses", None)
        return merged

    def lists(self, domain: str) -> list[str]:
        """Return the names of a domain's lists, sorted."""
        folder = Path(self._domain_file(domain, tree.LISTS))
        return sorted(path.stem for path in folder.glob("*.list"))

    def list_settings(self, name: Name) -> Settings:
        """Return a list's settings."""
        return self._settings(f"{self._domain_file(name.domain, tree.LISTS)}/{name.local}.list")

    def subscribers(self, name: Name) -> list[Settings]:
        """Return a list's subscribers."""
        rows = self._value(f"{self._domain_file(name.domain, tree.LISTS)}/{name.local}.subscribers")
        return [row for each in as_array(rows) or () if (row := as_dictionary(each)) is not None]

    def _looked_up(self, domain: str) -> _Index:
        folder = self.domain_folder(domain)
        mounts = [folder / f"{name}{tree.MOUNTED}" for name in self.mounts(domain)]
        stamps = {path: _settled(path) for path in (folder, *mounts)}
        found: dict[str, Entry] = {}
        for path in stamps:
            with os.scandir(path) as names:
                for each in names:
                    local, dot, kind = each.name.rpartition(".")
                    if dot and kind in (MANY_MAILBOXES, *ONE_MAILBOX):
                        found[local] = Entry(path, kind)
        return _Index(stamps, dict(sorted(found.items())))

    def _domain_file(self, domain: str, name: str) -> str:
        below = "Accounts" if domain == self.main_domain else f"Domains/{domain}"
        return f"{self.base}/{below}/Settings/{name}"

    def _settings(self, path: str) -> Settings:
        return as_dictionary(self._value(path)) or {}

    def _value(self, path: str) -> Value:
        known = self._read.get(path)
        if known is not None and path in self._looked_at:
            return known[1]
        self._looked_at.add(path)
        state = os.stat(path)  # noqa: PTH116  several times a command; a Path costs more than the call
        stamp = (state.st_mtime_ns, state.st_size, state.st_ino)
        if known is None or known[0] != stamp:
            known = self._read[path] = (stamp, read(Path(path).read_bytes(), form=Form.FILE))
            if len(self._read) > MAX_FILES_KEPT:
                self._read.popitem(last=False)
        self._read.move_to_end(path)
        return known[1]


def _settled(folder: Path) -> _Stamp:
    """Return what tells that a folder has changed: never the same twice for one that is still being changed."""
    state = folder.stat()
    now = time.time_ns()
    settled = state.st_mtime_ns if now - state.st_mtime_ns > _UNSETTLED_NS else now
    return (settled, state.st_nlink, state.st_ino)


def _said(settings: Settings) -> dict[str, Value]:
    """Return what settings say; ``default`` stands for saying nothing."""
    return {key: value for key, value in settings.items() if value != "default"}
