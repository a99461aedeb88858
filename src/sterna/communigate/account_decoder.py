"""Understand one account: what its settings and everything else that a source tells of it mean. No input or output."""

from __future__ import annotations

from sterna.communigate.account_findings import alias_unread, others, rights, roles_without_mailbox
from sterna.communigate.contact import read_contact
from sterna.communigate.filters import translate_rules
from sterna.communigate.keys import clean, key_findings
from sterna.communigate.mailbox_decoder import decode_mailboxes, mailbox_paths
from sterna.communigate.mailboxes import read_mailboxes
from sterna.communigate.names import NameEncoding, guess_name_encoding
from sterna.communigate.passwords import decide_password
from sterna.communigate.polling import read_polled
from sterna.communigate.preference_keys import OTHERS, PREFERENCE_KEYS
from sterna.communigate.raw import RawAccount
from sterna.communigate.read import Read
from sterna.communigate.roles import decide_roles
from sterna.communigate.rule_findings import unread_rule
from sterna.communigate.rules import read_rules
from sterna.communigate.settings import access_findings, may_log_in, merge_settings, settings_findings
from sterna.communigate.sizes import SizeError, read_size
from sterna.communigate.values import Dictionary, as_array, as_dictionary, as_text, readable, texts
from sterna.model.account import Account, Part
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
        return Read(None, tuple(map(clean, (*raw.findings, unreadable))))
    return _Decoder(raw, address, encoding).read()


def unread_parts(raw: RawAccount) -> frozenset[Part]:
    """Return the parts of the account that the source did not tell, for whatever reason."""
    acls = (
        raw.mailbox_acls.get(mailbox.path) if mailbox.access is None else mailbox.access
        for mailbox in read_mailboxes(raw.mailboxes)
    )
    untold = {
        Part.ALIASES: as_array(raw.aliases) is None,
        Part.FILTERS: raw.rules is None and raw.explicit.get("Rules") is None,
        Part.GRANTS: as_dictionary(raw.mailboxes) is None or any(as_dictionary(each) is None for each in acls),
        Part.ROLES: raw.prefs is None and raw.effective_prefs is None,
        Part.SUBSCRIPTIONS: raw.subscriptions is None,
    }
    return frozenset(part for part, is_so in untold.items() if is_so)


class _Decoder:
    """Collects the findings of one account on the way."""

    def __init__(self, raw: RawAccount, address: Address, encoding: NameEncoding | None) -> None:
        self._raw = raw
        self._address = address
        self._name = str(address)
        self._encoding = encoding or guess_name_encoding(mailbox_paths(raw)) or NameEncoding.UTF8
        self._findings = list(raw.findings)

    def read(self) -> Read[Account]:
        raw, explicit, name = self._raw, self._raw.explicit, self._name
        settings = raw.effective
        if settings is None:
            settings = merge_settings(explicit, raw.defaults.domain, raw.defaults.server)
        prefs = self._prefs()
        enabled = may_log_in(settings)
        self._add(*access_findings(explicit if enabled else settings, name))
        self._add(*settings_findings(explicit, name))
        aliases = self._aliases()
        password, findings = decide_password(settings, raw.plain_password, name)
        self._add(*findings)
        rules, errors = read_rules(explicit.get("Rules") if raw.rules is None else raw.rules)
        self._add(*(unread_rule(name, error) for error in errors))
        translated = translate_rules(rules, self._address, aliases, self._encoding)
        self._add(*translated.findings)
        polled, findings = read_polled(raw.rpops, raw.rpop_seen, name, self._encoding)
        self._add(*findings)
        self._add(*key_findings("preference", name, as_dictionary(raw.prefs) or {}, PREFERENCE_KEYS, OTHERS))
        mailboxes = decode_mailboxes(raw, self._address, self._encoding)
        self._add(*mailboxes.findings)
        roles = decide_roles(prefs, mailboxes.mail, self._encoding)
        self._add(*roles_without_mailbox(name, as_dictionary(raw.prefs) or {}, roles))
        self._add(*rights(name, raw.rights), *others(name, raw))
        account = Account(
            address=self._address,
            real_name=self._real_name(settings),
            password=password,
            aliases=aliases,
            forward=translated.forward,
            filters=translated.filters,
            quota_bytes=self._quota(settings),
            enabled=enabled,
            contact=read_contact(settings),
            roles=roles,
            grants=mailboxes.grants,
            shares=mailboxes.shares,
            foreign_subscriptions=mailboxes.foreign_subscriptions,
            polled=polled,
            folders=mailboxes.folders,
            unread=unread_parts(raw),
        )
        return Read(account, tuple(map(clean, self._findings)))

    def _prefs(self) -> Dictionary:
        if (effective := as_dictionary(self._raw.effective_prefs)) is not None:
            return effective
        defaults = self._raw.defaults
        return merge_settings(as_dictionary(self._raw.prefs) or {}, defaults.domain_prefs, defaults.server_prefs)

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
        name = readable(text)
        if name != text:
            why = f"it is not UTF-8 and was read as ISO 8859-1: {name}"
            self._add(Finding("account", self._name, Outcome.CHANGED, "RealName", why, "look whether it is right"))
        return " ".join(name.split())
