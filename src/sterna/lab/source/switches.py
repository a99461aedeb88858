"""How the stand-in behaves where nobody without a CommuniGate server can say how CommuniGate does.

Whoever reads the source must not depend on the position of a switch. *Certain* means the vendor's documentation or
several independent programs say so, *inferred* that one program or sample shows it, *unverified* that nothing does.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from sterna.errors import Scope, SternaError


class SwitchFileError(SternaError):
    """The file with the stand-in's switches cannot be used."""

    scope = Scope.SERVER
    exit_code = 78

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path}: {reason}; remove the file to run with the switches' defaults")


@dataclass(frozen=True, slots=True)
class Switches:
    """One position of every switch; the defaults are what the evidence favours."""

    numbers_as_strings: bool = False
    """Numbers of messages and bytes come as ``"12"`` and not ``#12``. Inferred: it varies by version."""

    inline_refused: bool = False
    """``INLINE`` is answered 500, so data always come on lines of their own. Inferred: very old servers have no INLINE;
    the command itself is certain."""

    old_greeting: bool = False
    """``CommuniGate Pro at host PWD Server 5.3`` instead of ``host CommuniGate Pro PWD Server 6.0.5``. Both certain."""

    greeting_without_stamp: bool = False
    """No ``<…@…>`` in the greeting, so APOP cannot be used. Unverified; clients look for the stamp first."""

    mutf7_names: bool = False
    """Mailbox names in CLI replies are in modified UTF-7. Unverified; inferred is UTF-8, as in the whole protocol."""

    plain_passwords_refused: bool = False
    """``GETACCOUNTPLAINPASSWORD`` is unknown. Certain that servers had it; unverified that newer ones refuse it."""

    flat_redirect: bool = False
    """A ``#Redirect`` rule comes as ``(1,"#Redirect",("Human Generated","---"),("Mirror to",x))``: condition and action
    are not in lists of their own. Inferred: one program sends it so; whether a server keeps it so is unknown."""

    impersonation: bool = True
    """IMAP's SASL PLAIN takes an authorization identity from the administrator (RFC 4616). Unverified for IMAP; certain
    that the right ``CanImpersonate`` exists."""

    old_rule_commands: bool = False
    """Only ``GETACCOUNTRULES`` and ``GETDOMAINRULES`` are known, not ``…MAILRULES``. Certain for older versions."""

    effective_settings_refused: bool = False
    """``GETACCOUNTEFFECTIVESETTINGS`` is unknown, so the reader must merge the defaults. Inferred: older versions."""

    old_subscription_command: bool = False
    """Only ``GETACCOUNTSUBSCRIPTION`` is known, not ``GETMAILBOXSUBSCRIPTION``. Certain for older versions."""

    object_listing_refused: bool = False
    """``LISTDOMAINOBJECTS`` is unknown. Inferred: other programs use ``LISTACCOUNTS`` and ``GETACCOUNTALIASES``."""

    unknown_extensions: bool = False
    """Accounts have an extension that nobody has seen. Certain is that an account's kind is told so, and ``macnt``; the
    extensions of accounts of grades A, B and C are unknown."""

    wide_atoms: bool = False
    """Strings with dots, hyphens and ``@`` are not quoted. Certain for files; inferred for replies of some versions."""

    wrapped_strings: bool = False
    """Long strings are cut into several that stand side by side. Certain for files; unverified for replies."""

    bare_newlines: bool = False
    """Lines end with LF alone. Unverified; clients take both."""

    directory_suffix: bool = False
    """The directory's domains are below ``o=lab``. Inferred: a site can configure a suffix. For a new stand-in only."""

    colliding_names: bool = False
    """There are an alias of an alias, and a forwarder, a group and a list that bear an account's name. Certain is that
    a server does not let them come to be; damaged data may hold them all the same. What is read depends on it."""

    def save(self, path: Path) -> None:
        """Write the positions to `path`; the CLI reads them again for every connection."""
        path.write_text(json.dumps(asdict(self), indent=1) + "\n")

    @classmethod
    def load(cls, path: Path) -> Switches:
        """Read what `save` wrote; defaults where there is no such file.

        Raises:
            SwitchFileError: not JSON, an unknown switch, a position that is neither true nor false.
        """
        if not path.exists():
            return cls()
        try:
            data = json.loads(path.read_bytes())
        except ValueError as error:
            raise SwitchFileError(path, f"is not JSON: {error}") from error
        known = {each.name for each in fields(cls)}
        if not isinstance(data, dict) or not set(data) <= known:
            raise SwitchFileError(path, f"must be an object with keys among {', '.join(sorted(known))}")
        if not all(isinstance(value, bool) for value in data.values()):
            raise SwitchFileError(path, "every switch is true or false")
        return cls(**data)
