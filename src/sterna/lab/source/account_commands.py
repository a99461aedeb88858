"""Commands about accounts: settings, aliases, rules, passwords, preferences, counters."""

from __future__ import annotations

from collections.abc import Callable

from sterna.communigate.values import Value, as_array, as_dictionary, as_text
from sterna.lab.source import tree
from sterna.lab.source.arguments import Arguments, Refused
from sterna.lab.source.basedirectory import BaseDirectory, Name
from sterna.lab.source.names import OTHER, WRONG_PASSWORD, Names
from sterna.lab.source.passwords import decrypt, verify
from sterna.lab.source.switches import Switches


class AccountCommands:
    """Commands whose first argument is an account."""

    def __init__(self, base: BaseDirectory, names: Names, switches: Switches) -> None:
        self._base = base
        self._names = names
        self._switches = switches

    def table(self) -> dict[str, Callable[[Arguments], Value]]:
        """Return the commands by their words."""
        of_account: dict[str, Callable[[Name], Value]] = {
            "GETACCOUNTSETTINGS": self._settings,
            "GETACCOUNTALIASES": self._aliases,
            "GETACCOUNTRULES" if self._switches.old_rule_commands else "GETACCOUNTMAILRULES": self._rules,
            "GETACCOUNTRPOPS": lambda name: self._base.domain_file(name.domain, tree.RPOP).get(name.local, {}),
            "GETACCOUNTRIGHTS": lambda name: self._base.domain_file(name.domain, tree.ACCESS).get(name.local, ()),
            "GETACCOUNTPREFS": self._prefs,
            "GETACCOUNTEFFECTIVEPREFS": self._effective_prefs,
            "GETACCOUNTACL": lambda name: self._base.account_info(name).get("#ACL", {}),
            "GETACCOUNTTELNUMS": lambda name: self._base.account_info(name).get("#Telnums", ()),
            "GETACCOUNTPRESENCE": lambda _: None,
            "GETACCOUNTSIGNALRULES": lambda _: (),
            "GETACCOUNTRSIPS": lambda _: {},
            "GETACCOUNTALERTS": lambda _: {},
            "GETACCOUNTLOCATION": self._location,
        }
        if not self._switches.effective_settings_refused:
            of_account["GETACCOUNTEFFECTIVESETTINGS"] = self._effective
        if not self._switches.plain_passwords_refused:
            of_account["GETACCOUNTPLAINPASSWORD"] = self._plain_password
        table: dict[str, Callable[[Arguments], Value]] = {
            "GETACCOUNTINFO": self._info,
            "GETACCOUNTSTAT": self._stat,
            "GETACCOUNTACLRIGHTS": self._acl_rights,
        }
        return table | {word: self._for_account(answer) for word, answer in of_account.items()}

    def checks(self) -> dict[str, Callable[[Arguments], None]]:
        """Return the commands that answer without an object."""
        return {"VERIFYACCOUNTPASSWORD": self._verify_password}

    def _for_account(self, answer: Callable[[Name], Value]) -> Callable[[Arguments], Value]:
        return lambda arguments: answer(self._names.account(arguments))

    def _settings(self, name: Name) -> Value:
        return self._with_rules(dict(self._base.account_settings(name)))

    def _effective(self, name: Name) -> Value:
        return self._with_rules(dict(self._base.effective_account_settings(name)))

    def _with_rules(self, settings: dict[str, Value]) -> Value:
        if "Rules" in settings:
            settings["Rules"] = self._shaped(settings["Rules"])
        return settings

    def _rules(self, name: Name) -> Value:
        return self._shaped(self._base.account_settings(name).get("Rules", ()))

    def _shaped(self, rules: Value) -> Value:
        rows = as_array(rules) or ()
        return tuple(flattened(row) for row in rows) if self._switches.flat_redirect else rows

    def _aliases(self, name: Name) -> Value:
        return self._base.aliases_of(name)

    def _prefs(self, name: Name) -> Value:
        return self._base.account_prefs(name)

    def _effective_prefs(self, name: Name) -> Value:
        domain = self._base.domain_file(name.domain, tree.DOMAIN_PREFS)
        return {**self._base.server("WebUserPrefs"), **domain, **self._base.account_prefs(name)}

    def _location(self, name: Name) -> Value:
        """An account with one mailbox is where that mailbox is; both are relative to the domain directory."""
        entry = self._base.accounts(name.domain)[name.local]
        return str((entry.folder / f"{name.local}.{entry.kind}").relative_to(self._base.domain_folder(name.domain)))

    def _info(self, arguments: Arguments) -> Value:
        """``GETACCOUNTINFO acct [Key k | (k1,k2)]``: ``#`` keys of account.info without their ``#``."""
        rows = self._base.account_info(self._names.account(arguments)).items()
        info = {key[1:]: value for key, value in rows if key.startswith("#")}
        if not arguments:
            return info
        if (key := arguments.after("KEY")) is not None:
            return info.get(key, "")
        wanted = as_array(arguments.value()) or ()
        return {key: info[key] for key in map(as_text, wanted) if key is not None and key in info}

    def _stat(self, arguments: Arguments) -> Value:
        """``GETACCOUNTSTAT acct [KEY k]``: nobody has counted anything yet."""
        self._names.account(arguments)
        return {} if arguments.after("KEY") is None else 0

    def _acl_rights(self, arguments: Arguments) -> Value:
        """``GETACCOUNTACLRIGHTS acct AUTH who``."""
        name = self._names.account(arguments)
        arguments.expect("AUTH")
        access = as_dictionary(self._base.account_info(name).get("#ACL")) or {}
        return self._names.rights(name, access, arguments.text())

    def _verify_password(self, arguments: Arguments) -> None:
        """``VERIFYACCOUNTPASSWORD acct PASSWORD "x"``."""
        name = self._names.account(arguments)
        arguments.expect("PASSWORD")
        if not verify(self._base.account_settings(name), arguments.text()):
            raise Refused(WRONG_PASSWORD, "incorrect password")

    def _plain_password(self, name: Name) -> Value:
        self._names.require_master()
        settings = self._base.account_settings(name)
        stored = as_text(settings.get("Password")) or ""
        if settings.get("PasswordEncryption") == "clear":
            return stored
        plain = decrypt(stored)
        if plain is None:
            raise Refused(OTHER, "the password cannot be decrypted")
        return plain


def flattened(rule: Value) -> Value:
    """Return a ``#Redirect`` rule with its one condition and its actions not in lists of their own."""
    row = as_array(rule) or ()
    if len(row) != 4 or row[1] != "#Redirect":
        return rule
    conditions, actions = as_array(row[2]) or (), as_array(row[3]) or ()
    return (*row[:2], conditions[0] if conditions else (), *actions)
