"""Writes the CommuniGate base directory: every settings file of a site in the documented places.

Documented are Accounts/ for the main domain and Domains/<domain>/ for the others, ``<account>.macnt`` with
account.settings and account.info, ``<account>.settings`` and ``.info`` beside an account with one mailbox, accounts
below ``<x>.mnt``, Settings/Domain.settings, Template.settings and Access.settings, and the server's own
Settings/. That account.info has one key for each mailbox and ``#…`` for the account is inferred from one program.

Nobody outside knows where or how the rest is kept, so these shapes are ours and prove nothing about a real server:

* Settings/Aliases.data: dictionary of aliases, each with its account's name;
* Settings/Forwarders.data and Groups.data: dictionaries by name;
* Settings/RPOP.data: dictionary of accounts, each with its records;
* Settings/DomainAliases.data: array;
* Settings/LISTS/<list>.list and <list>.subscribers: the settings, and an array of subscribers as READSUBSCRIBERS
  gives them;
* Settings/Rules.settings and WebUserPrefs.settings of a domain, and Settings/Router.data: as the CLI gives them;
* account.dst and <account>.dst: dictionary of datasets.

No mail is here: nobody knows the formats well enough to write it, so it is served by IMAP and POP3 alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sterna.communigate.dataformat_writer import write_file
from sterna.communigate.values import Value
from sterna.lab.source.kinds import MANY_MAILBOXES, MailDomain, MailList, Person, Population, Subscriber

ALIASES, FORWARDERS, GROUPS = "Aliases.data", "Forwarders.data", "Groups.data"
RPOP, DOMAIN_ALIASES, LISTS = "RPOP.data", "DomainAliases.data", "LISTS"
DOMAIN_SETTINGS, TEMPLATE, ACCESS = "Domain.settings", "Template.settings", "Access.settings"
DOMAIN_RULES, DOMAIN_PREFS, ROUTER = "Rules.settings", "WebUserPrefs.settings", "Router.data"
ACCOUNT_SETTINGS, ACCOUNT_INFO, ACCOUNT_DATASETS, FILES = (
    "account.settings",
    "account.info",
    "account.dst",
    "account.web",
)
MOUNTED = ".mnt"
"""How the names of storage mount points end."""
VIEWER = "#Viewer"
"""Key of account.info under which an account's preferences are."""


@dataclass(frozen=True, slots=True)
class AccountFiles:
    """Where the files of one account are; `web` is the folder of its file storage."""

    settings: Path
    info: Path
    datasets: Path
    web: Path


def domain_folder(base: Path, domain: str, main_domain: str) -> Path:
    """Return the domain directory of `domain`."""
    return base / "Accounts" if domain == main_domain else base / "Domains" / domain


def write_base(base: Path, site: Population) -> None:
    """Write the whole base directory; it must not be there yet."""
    settings = base / "Settings"
    settings.mkdir(parents=True, mode=0o700)
    base.chmod(0o700)
    for name, values in site.server.items():
        _write(settings / f"{name}.settings", values)
    _write(settings / "Rules.settings", site.server_rules)
    _write(settings / ROUTER, "".join(f"{line}\n" for line in site.router))
    for domain in site.domains:
        folder = domain_folder(base, domain.name, site.main_domain)
        folder.mkdir(parents=True)
        _write_domain(folder, domain, site)
        for person in site.everybody(domain.name):
            _write_account(folder / person.mount, person)


def account_settings(person: Person) -> dict[str, Value]:
    """Return the explicit settings of an account, as its account.settings has them, keys in order."""
    values: dict[str, Value] = {"RealName": person.real_name, **person.password.settings(person.address)}
    values |= person.settings
    if person.rules:
        values["Rules"] = person.rules
    return dict(sorted(values.items()))


def subscriber(each: Subscriber) -> dict[str, Value]:
    """Return a subscriber as READSUBSCRIBERS shows one."""
    row: dict[str, Value] = {"Sub": each.address, "RealName": each.real_name, "mode": each.mode}
    row |= {"subscribeTime": each.subscribed, "posts": each.posts}
    if each.last_bounce is not None:
        row |= {"bounces": each.bounces, "lastBounceTime": each.last_bounce}
    return row


def _write_domain(folder: Path, domain: MailDomain, site: Population) -> None:
    settings = folder / "Settings"
    (settings / LISTS).mkdir(parents=True)
    own: dict[str, Value] = dict(domain.settings)
    if domain.account_defaults:
        own["AccountDefaults"] = domain.account_defaults
    _write(settings / DOMAIN_SETTINGS, dict(sorted(own.items())))
    _write(settings / TEMPLATE, domain.template)
    _write(settings / ACCESS, domain.access)
    _write(settings / DOMAIN_ALIASES, domain.aliases)
    _write(settings / DOMAIN_RULES, domain.rules)
    _write(settings / DOMAIN_PREFS, domain.prefs)
    _write(
        settings / ALIASES, {alias: person.local for person in site.everybody(domain.name) for alias in person.aliases}
    )
    _write(
        settings / RPOP,
        {person.local: person.rpops for person in site.people if person.domain == domain.name and person.rpops},
    )
    at = f"@{domain.name}"
    forwarders = {name: target for name, target in site.forwarders.items() if name.endswith(at)}
    _write(settings / FORWARDERS, {name.removesuffix(at): target for name, target in forwarders.items()})
    _write(settings / GROUPS, {group.name: group.settings for group in site.groups if group.domain == domain.name})
    for each in site.lists:
        if each.domain == domain.name:
            _write_list(settings / LISTS, each)


def _write_list(folder: Path, each: MailList) -> None:
    _write(folder / f"{each.name}.list", each.settings)
    _write(folder / f"{each.name}.subscribers", tuple(subscriber(one) for one in each.subscribers))


def account_files(folder: Path, name: str, kind: str) -> AccountFiles:
    """Return where the files of the account `name` are, given the folder in which it lies."""
    if kind == MANY_MAILBOXES:
        own = folder / f"{name}.{kind}"
        return AccountFiles(own / ACCOUNT_SETTINGS, own / ACCOUNT_INFO, own / ACCOUNT_DATASETS, own / FILES)
    return AccountFiles(*(folder / f"{name}.{each}" for each in ("settings", "info", "dst", "web")))


def _write_account(folder: Path, person: Person) -> None:
    folder.mkdir(exist_ok=True)
    files = account_files(folder, person.local, person.kind)
    own = folder / f"{person.local}.{person.kind}"
    if person.kind in (MANY_MAILBOXES, "mdir"):
        own.mkdir()
    else:
        own.touch()
    _write(files.settings, account_settings(person))
    _write(files.info, account_info(person))
    if person.datasets:
        _write(files.datasets, person.datasets)
    for name, data in person.files.items():
        path = files.web / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def account_info(person: Person) -> dict[str, Value]:
    """Return what account.info holds: a row for each mailbox, and ``#…`` rows for the account, keys in order."""
    info: dict[str, Value] = dict(person.info)
    if person.prefs:
        info[VIEWER] = person.prefs
    if person.acl:
        info["#ACL"] = person.acl
    for number, box in enumerate(person.mailboxes):
        row: dict[str, Value] = {"Access": box.acl, "BoxSeq": str(number)}
        if box.mail_class:
            row["Class"] = box.mail_class
        info["/".join(box.name)] = row
    return dict(sorted(info.items()))


def _write(path: Path, value: Value | Mapping[str, Value]) -> None:
    path.write_bytes(write_file(value))
