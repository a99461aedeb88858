"""What a source says about a site, as undecoded values: the seam between those who read and those who understand.

The CLI reader fills these by questions, the readers of a disk tree and of LDAP fill them from files and entries; what
the values mean is decided in one place for all of them, by functions without input or output:

* `sterna.communigate.account_decoder.decode_account`
* `sterna.communigate.address_decoder`: ``decode_forwarder``, ``decode_group``, ``decode_list``
* `sterna.communigate.domain_decoder`: ``decode_domain``, ``decode_server``
* `sterna.communigate.router.decode_routes`

Everywhere None means that this source does not tell, which is something else than an empty answer. `findings` is what a
reader noticed itself: what it was refused, or could not read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sterna.communigate.values import Dictionary, Value
from sterna.model.finding import Finding
from sterna.model.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class RawDefaults:
    """What an account inherits. `prefs` are the preferences of a domain or the server."""

    domain: Dictionary = field(default_factory=dict)
    server: Dictionary = field(default_factory=dict)
    domain_prefs: Dictionary = field(default_factory=dict)
    server_prefs: Dictionary = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RawAccount:
    """One account.

    Fields:
        name, domain: as the source spells them; `name` without its domain.
        kind: the extension of its files, as ``macnt``; empty when the source does not tell.
        explicit: its own settings, also its custom attributes and, from files, its ``Rules``.
        effective: the settings in force, when the source merges them itself; else `defaults` are merged.
        aliases: array of names.
        rules: array of mail rules; None: those in `explicit`.
        signal_rules: array of the rules for calls, which no target has.
        rpops: dictionary of records.
        rpop_seen: the file of the messages that polling has fetched, by the name of its record; "" for a file of all.
        prefs, effective_prefs: dictionaries, as of the settings.
        rights: array of the names of administrator's rights.
        acl: dictionary of the whole account's access list.
        mailboxes: as LISTMAILBOXES answers (`sterna.communigate.mailboxes`).
        mailbox_acls: by path, for mailboxes whose description in `mailboxes` has none.
        mailbox_aliases: dictionary of name to ``~account/Mailbox``.
        subscriptions: array of paths.
        telnums: array of telephone numbers.
        files: dictionary of what is in its file storage.
        plain_password: as the server tells it.
    """

    name: str
    domain: str
    kind: str = ""
    explicit: Dictionary = field(default_factory=dict)
    effective: Dictionary | None = None
    defaults: RawDefaults = field(default_factory=RawDefaults)
    aliases: Value = None
    rules: Value = None
    signal_rules: Value = None
    rpops: Value = None
    rpop_seen: Mapping[str, bytes] = field(default_factory=dict)
    prefs: Value = None
    effective_prefs: Value = None
    rights: Value = None
    acl: Value = None
    mailboxes: Value = None
    mailbox_acls: Mapping[str, Value] = field(default_factory=dict)
    mailbox_aliases: Value = None
    subscriptions: Value = None
    telnums: Value = None
    files: Value = None
    plain_password: Secret | None = None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RawDomain:
    """One domain without its accounts and other addresses.

    Fields:
        explicit: its own settings.
        effective: those in force, when the source merges them itself; else `server_defaults` are merged.
        account_defaults, account_prefs: what its accounts inherit.
        template: what new accounts get as their own settings; it is not inherited.
        rules: array of mail rules for all its accounts.
    """

    name: str
    main: bool = False
    aliases: Value = None
    explicit: Value = None
    effective: Dictionary | None = None
    server_defaults: Dictionary = field(default_factory=dict)
    account_defaults: Value = None
    account_prefs: Value = None
    template: Value = None
    rules: Value = None
    signal_rules: Value = None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RawList:
    """One mailing list.

    Fields:
        settings: dictionary.
        subscribers: dictionaries with the address in ``Sub``, in the words of READSUBSCRIBERS or GETSUBSCRIBERINFO.
        total: how many subscribers the source says there are.
        complete: False when the source refused to tell some or all of them.
    """

    name: str
    domain: str
    settings: Value = None
    subscribers: tuple[Value, ...] = ()
    total: int | None = None
    complete: bool = True
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RawServer:
    """What is set for the whole server.

    Fields:
        domain_defaults, account_defaults, account_prefs: what all domains and accounts inherit.
        rules, signal_rules: arrays of the rules for everything that is sent or received.
        router_table: text with a line for each route.
        settings: the other dictionaries of settings, by what they are called: ``server settings``, ``module SMTP`` …
    """

    domain_defaults: Value = None
    account_defaults: Value = None
    account_prefs: Value = None
    rules: Value = None
    signal_rules: Value = None
    router_table: Value = None
    settings: Mapping[str, Value] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
