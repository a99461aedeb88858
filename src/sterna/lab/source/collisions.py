"""A base directory in which names collide, as no healthy server has one; see the switch ``colliding_names``."""

from __future__ import annotations

from sterna.communigate.values import Value
from sterna.lab.source import tree
from sterna.lab.source.basedirectory import BaseDirectory, Name, Settings

ALIAS_OF_ALIAS = ("zweiter", "lynx")
TAKEN = "anna"
"""The name of an account, which a forwarder, a group and a list of the main domain bear too."""


class CollidingDirectory(BaseDirectory):
    """The base directory with names added that collide with others."""

    def domain_file(self, domain: str, name: str) -> Settings:
        """Return one dictionary file, with what collides."""
        values = super().domain_file(domain, name)
        if domain != self.main_domain:
            return values
        more: dict[str, dict[str, Value]] = {
            tree.ALIASES: dict((ALIAS_OF_ALIAS,)),
            tree.FORWARDERS: {TAKEN: "anna@outside.example", "lynx": "bernd@lab.example"},
            tree.GROUPS: {TAKEN: {"RealName": "Annas", "Members": ("bernd",), "Expand": "YES"}},
        }
        return {**values, **more.get(name, {})}

    def lists(self, domain: str) -> list[str]:
        """Return the names of a domain's lists, with the one that collides."""
        return sorted([*super().lists(domain), *([TAKEN] if domain == self.main_domain else [])])

    def list_settings(self, name: Name) -> Settings:
        """Return a list's settings."""
        return {"Owner": "bernd"} if self._is_taken(name) else super().list_settings(name)

    def subscribers(self, name: Name) -> list[Settings]:
        """Return a list's subscribers."""
        return [] if self._is_taken(name) else super().subscribers(name)

    def _is_taken(self, name: Name) -> bool:
        return name == Name(self.main_domain, TAKEN)
