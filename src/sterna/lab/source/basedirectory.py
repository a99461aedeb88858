"""Reads the base directory for the CLI: what `sterna.lab.source.tree` wrote, or somebody has changed since.

A file is read again when it has changed, so a test can edit account.settings and the CLI answers accordingly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sterna.communigate.dataformat import read
from sterna.communigate.syntax import Form
from sterna.communigate.values import Value, as_array, as_dictionary, as_text, texts
from sterna.lab.source import tree

Settings = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Name:
    """A name in one domain, of an account or of anything else that has an address."""

    domain: str
    local: str

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"


class BaseDirectory:
    """The base directory at `base`."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self._read: dict[Path, tuple[tuple[int, int, int], Value]] = {}

    def server(self, name: str) -> Settings:
        """Return Settings/<name>.settings."""
        return self._settings(self.base / "Settings" / f"{name}.settings")

    def server_rules(self) -> Value:
        """Return the server-wide mail rules."""
        return self._value(self.base / "Settings/Rules.settings")

    @property
    def main_domain(self) -> str:
        """The main domain's name."""
        return as_text(self.server("Main").get("DomainName")) or ""

    def domains(self) -> list[str]:
        """Return all domains, the main one first."""
        return [self.main_domain, *sorted(path.name for path in (self.base / "Domains").iterdir() if path.is_dir())]

    def domain_aliases(self, domain: str) -> tuple[str, ...]:
        """Return the other names of `domain`."""
        return texts(self._value(self._domain_file(domain, tree.DOMAIN_ALIASES)))

    def find_domain(self, name: str) -> str | None:
        """Return the domain that `name` is, or is an alias of."""
        name = name.lower()
        for domain in self.domains():
            if name in (domain, *self.domain_aliases(domain)):
                return domain
        return None

    def domain_folder(self, domain: str) -> Path:
        """Return the domain directory."""
        return tree.domain_folder(self.base, domain, self.main_domain)

    def domain_file(self, domain: str, name: str) -> Settings:
        """Return one dictionary file of a domain's Settings/: ``Domain.settings``, ``Aliases.data``."""
        return self._settings(self._domain_file(domain, name))

    def accounts(self, domain: str) -> list[str]:
        """Return the accounts' names, sorted."""
        return sorted(path.stem for path in self.domain_folder(domain).glob("*.macnt"))

    def has_account(self, name: Name) -> bool:
        """Return whether there is an account of this name (an alias is none)."""
        return (self._account(name) / tree.ACCOUNT_SETTINGS).exists()

    def account_settings(self, name: Name) -> Settings:
        """Return an account's explicit settings."""
        return self._settings(self._account(name) / tree.ACCOUNT_SETTINGS)

    def account_info(self, name: Name) -> Settings:
        """Return account.info: keys of mailboxes, and ``#…`` keys of the account."""
        return self._settings(self._account(name) / tree.ACCOUNT_INFO)

    def effective_account_settings(self, name: Name) -> Settings:
        """Return the explicit settings over the domain's defaults over the server's."""
        server = as_dictionary(self.server("DomainDefault").get("AccountDefaults")) or {}
        domain = as_dictionary(self.domain_file(name.domain, tree.DOMAIN_SETTINGS).get("AccountDefaults")) or {}
        return {**server, **domain, **self.account_settings(name)}

    def lists(self, domain: str) -> list[str]:
        """Return the names of a domain's lists, sorted."""
        return sorted(path.stem for path in self._domain_file(domain, tree.LISTS).glob("*.list"))

    def list_settings(self, name: Name) -> Settings:
        """Return a list's settings."""
        return self._settings(self._domain_file(name.domain, tree.LISTS) / f"{name.local}.list")

    def subscribers(self, name: Name) -> list[Settings]:
        """Return a list's subscribers."""
        rows = self._value(self._domain_file(name.domain, tree.LISTS) / f"{name.local}.subscribers")
        return [row for each in as_array(rows) or () if (row := as_dictionary(each)) is not None]

    def _account(self, name: Name) -> Path:
        return self.domain_folder(name.domain) / f"{name.local}.macnt"

    def _domain_file(self, domain: str, name: str) -> Path:
        return self.domain_folder(domain) / "Settings" / name

    def _settings(self, path: Path) -> Settings:
        return as_dictionary(self._value(path)) or {}

    def _value(self, path: Path) -> Value:
        state = path.stat()
        stamp = (state.st_mtime_ns, state.st_size, state.st_ino)
        known = self._read.get(path)
        if known is None or known[0] != stamp:
            known = self._read[path] = (stamp, read(path.read_bytes(), form=Form.FILE))
        return known[1]
