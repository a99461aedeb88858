"""An e-mail address in its two parts."""

from __future__ import annotations

from dataclasses import dataclass

from sterna.errors import Scope, SternaError


class AddressError(SternaError):
    """`text` is not one e-mail address of the form local@domain."""

    scope = Scope.ACCOUNT
    exit_code = 65

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(f"{text!r} is not an address of the form name@domain")


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """An address of one mailbox. Both parts are lower case, on which CommuniGate, Postfix and our Cyrus agree."""

    domain: str
    local: str

    @classmethod
    def parse(cls, text: str, *, domain: str | None = None) -> Address:
        """Read `text`; without an ``@`` it is a name in `domain`.

        Raises:
            AddressError: no domain, an empty part, white space or a control character.
        """
        local, at, after = text.strip().rpartition("@")
        if not at:
            local, after = after, domain or ""
        if not local or not after or any(c.isspace() or not c.isprintable() or c in '"<>,;()' for c in local + after):
            raise AddressError(text)
        return cls(domain=after.lower(), local=local.lower())

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"
