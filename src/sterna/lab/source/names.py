"""Who is meant by a name in a command, and whether this administrator may ask.

``john`` is a name in the administrator's own domain, ``john@dom`` one in another, ``*`` oneself; certain.
"""

from __future__ import annotations

from sterna.communigate.values import Dictionary, as_dictionary, as_text, texts
from sterna.lab.source import tree
from sterna.lab.source.arguments import Arguments, Refused
from sterna.lab.source.basedirectory import BaseDirectory, Name

NO_DOMAIN, NO_ACCOUNT, WRONG_PASSWORD, OTHER = 512, 513, 515, 501

ALL_RIGHTS = "lrswipcda"
"""What an owner has, in the letters and the order of RFC 2086."""


class Names:
    """Resolves names for the logged-in user, whose full address is `user`."""

    def __init__(self, base: BaseDirectory, user: str) -> None:
        self._base = base
        local, _, domain = user.partition("@")
        self._user = Name(domain, local)

    def is_master(self) -> bool:
        """Whether the user has the right Master; server rights count in the main domain only."""
        if self._user.domain != self._base.main_domain:
            return False
        rights = self._base.domain_file(self._user.domain, tree.ACCESS).get(self._user.local, ())
        return "Master" in rights if isinstance(rights, tuple) else False

    def domain(self, arguments: Arguments) -> str:
        """Take an optional domain name; without one it is the user's own.

        Raises:
            Refused: there is no such domain, or the user is no administrator.
        """
        domain = self._find(arguments.text()) if arguments else self._user.domain
        return self._allowed(domain)

    def name(self, arguments: Arguments) -> Name:
        """Take a name of anything that has an address, its domain found.

        Raises:
            Refused: there is no such domain, or the user is no administrator.
        """
        local, at, domain = arguments.text().rpartition("@")
        if not at:
            return Name(self._allowed(self._user.domain), domain.lower())
        return Name(self._allowed(self._find(domain)), local.lower())

    def account(self, arguments: Arguments) -> Name:
        """Take an account's name or one of its aliases.

        Raises:
            Refused: there is none, or it is not the user's own and the user is no administrator.
        """
        text = arguments.text()
        local, at, domain = text.rpartition("@")
        if text == "*":
            return self._user
        name = Name(self._find(domain), local.lower()) if at else Name(self._user.domain, domain.lower())
        alias = as_text(self._base.aliases(name.domain).get(name.local))
        if alias is not None:
            name = Name(name.domain, alias)
        if name != self._user:
            self._allowed(name.domain)
        if not self._base.has_account(name):
            raise Refused(NO_ACCOUNT, "unknown user account")
        return name

    def require_master(self) -> None:
        """Let nobody pass but a server administrator.

        Raises:
            Refused: the user is none.
        """
        if not self.is_master():
            raise Refused(OTHER, "you do not have the required access right")

    def rights(self, owner: Name, access: Dictionary, who: str) -> str:
        """Return the letters that `who` has where `owner` has granted `access`; a leading ``-`` takes some away."""
        local, _, domain = (who if "@" in who else f"{who}@{owner.domain}").partition("@")
        asking = Name(domain, local)
        if asking == owner or Names(self._base, str(asking)).is_master():
            return ALL_RIGHTS
        given: set[str] = set()
        taken: set[str] = set()
        for identifier, letters in access.items():
            if self._is_meant(asking, owner.domain, identifier.removeprefix("-")):
                (taken if identifier.startswith("-") else given).update(as_text(letters) or "")
        return "".join(letter for letter in ALL_RIGHTS if letter in given - taken)

    def _is_meant(self, asking: Name, domain: str, identifier: str) -> bool:
        """Return whether an identifier in an access list of `domain` is about `asking`."""
        if identifier == "anyone":
            return True
        if identifier.startswith("#"):
            groups = self._base.domain_file(domain, tree.GROUPS)
            members = texts((as_dictionary(groups.get(identifier[1:])) or {}).get("Members"))
            return any(self._is_meant(asking, domain, member) for member in members)
        local, _, of_domain = identifier.partition("@")
        return asking.domain == (of_domain or domain) and local in (asking.local, "anyone")

    def _find(self, name: str) -> str:
        domain = self._base.find_domain(name)
        if domain is None:
            raise Refused(NO_DOMAIN, "unknown secondary domain name")
        return domain

    def _allowed(self, domain: str) -> str:
        self.require_master()
        return domain
