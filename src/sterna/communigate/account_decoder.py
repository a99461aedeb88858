"""Understand one account: what its settings and everything else that a source tells of it mean. No input or output."""

from __future__ import annotations

from sterna.communigate.account_findings import alias_unread, polled, preferences, rights
from sterna.communigate.forwards import decide_forward
from sterna.communigate.names import NameEncoding
from sterna.communigate.passwords import decide_password
from sterna.communigate.raw import RawAccount
from sterna.communigate.read import Read
from sterna.communigate.rule_findings import unread_rule
from sterna.communigate.rules import read_rules
from sterna.communigate.settings import access_findings, may_log_in, merge_settings, settings_findings
from sterna.communigate.sharing import mailbox_findings
from sterna.communigate.sizes import SizeError, read_size
from sterna.communigate.values import Dictionary, as_text, texts
from sterna.model.account import Account
from sterna.model.address import Address, AddressError
from sterna.model.finding import Finding, Outcome


def decode_account(raw: RawAccount, encoding: NameEncoding | None = None) -> Read[Account]:
    """Return the account and what is lost or changed of it; no value when its name cannot be an address.

    Args:
        raw: what the source tells.
        encoding: how it spells mailbox names; None: their look decides.
    """
    try:
        address = Address.parse(raw.name, domain=raw.domain)
    except AddressError as error:
        todo = "rename the account on the source"
        unreadable = Finding("account", f"{raw.name}@{raw.domain}", Outcome.UNREADABLE, "account", str(error), todo)
        return Read(None, (*raw.findings, unreadable))
    return _Decoder(raw, address, encoding).read()


class _Decoder:
    """Collects the findings of one account on the way."""

    def __init__(self, raw: RawAccount, address: Address, encoding: NameEncoding | None) -> None:
        self._raw = raw
        self._address = address
        self._name = str(address)
        self._encoding = encoding
        self._findings = list(raw.findings)

    def read(self) -> Read[Account]:
        raw, explicit = self._raw, self._raw.explicit
        settings = raw.effective
        if settings is None:
            settings = merge_settings(explicit, raw.defaults.domain, raw.defaults.server)
        enabled = may_log_in(settings)
        self._add(*access_findings(explicit if enabled else settings, self._name))
        self._add(*settings_findings(explicit, self._name))
        aliases = self._aliases()
        password, findings = decide_password(settings, raw.plain_password, self._name)
        self._add(*findings)
        rules, errors = read_rules(explicit.get("Rules") if raw.rules is None else raw.rules)
        self._add(*(unread_rule(self._name, error) for error in errors))
        forward, findings = decide_forward(rules, frozenset((self._address, *aliases)), self._address)
        self._add(*findings)
        self._add(*polled(self._name, raw.rpops))
        self._add(*preferences(self._name, raw.prefs))
        self._add(*rights(self._name, raw.rights))
        self._add(*mailbox_findings(raw, self._name))
        account = Account(
            address=self._address,
            real_name=self._real_name(settings),
            password=password,
            aliases=aliases,
            forward=forward,
            quota_bytes=self._quota(settings),
            enabled=enabled,
        )
        return Read(account, tuple(self._findings))

    def _add(self, *findings: Finding) -> None:
        self._findings += findings

    def _aliases(self) -> tuple[Address, ...]:
        aliases: list[Address] = []
        for text in texts(self._raw.aliases):
            try:
                aliases.append(Address.parse(text, domain=self._address.domain))
            except AddressError:
                self._add(alias_unread(self._name, text))
        return tuple(dict.fromkeys(aliases))

    def _quota(self, settings: Dictionary) -> int | None:
        value = settings.get("MaxAccountSize")
        if value is None:
            return None
        try:
            return read_size(value)
        except SizeError as error:
            todo = "correct it on the source, or set the quota on the target"
            self._add(Finding("quota", self._name, Outcome.UNREADABLE, "MaxAccountSize", str(error), todo))
            return None

    def _real_name(self, settings: Dictionary) -> str:
        text = as_text(settings.get("RealName")) or ""
        raw = text.encode(errors="surrogateescape")
        try:
            return raw.decode()
        except UnicodeDecodeError:
            read = raw.decode("latin-1")
            why = f"it is not UTF-8 and was read as ISO 8859-1: {read}"
            self._add(Finding("account", self._name, Outcome.CHANGED, "RealName", why, "look whether it is right"))
            return read
