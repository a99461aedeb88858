"""Who and what is in the old server's site, as data: domains, accounts, forwarders, groups, lists, defaults."""

from __future__ import annotations

from sterna.communigate.values import Value
from sterna.lab.source import people_main, people_odd, people_rules, people_second
from sterna.lab.source.addresses import FORWARDERS, GROUPS, LISTS, MAIN, SECOND
from sterna.lab.source.defaults import ROUTER, server_files
from sterna.lab.source.kinds import MailDomain, Population

ADMIN = f"postmaster@{MAIN}"
"""Holds the right Master: may use the CLI for everything and read everybody's mailboxes."""

ALIAS_DOMAIN = "old-lab.example"

_MAIN_DOMAIN = MailDomain(
    MAIN,
    aliases=(ALIAS_DOMAIN,),
    settings={
        "AllWithForwarders": "YES",
        "AutoSignup": "NO",
        "CentralDirectory": "Keep In Sync",
        "DomainAccessModes": "All",
        "Foldering": "flat",
        "MailToAllAction": "Authenticated Domain Users",
        "MailToUnknown": "Rejected",
        "TrailerText": "--\nLab, Hafenstraße 1",
        "WebSitePrefix": "~",
    },
    template={"MaxAccountSize": "100M", "InitialMailbox": "Willkommen"},
    access={
        "postmaster": ("Master",),
        "anna": ("CanModifyDomainSettings", "Monitor"),
        "listen": ("CanCreateLists",),
        "verschwunden": ("Master",),
    },
    prefs={"TimeZone": "Europe/Vienna", "ArchiveBox": "Archiv"},
)
_SECOND_DOMAIN = MailDomain(
    SECOND,
    settings={
        "AccountsLimit": "100",
        "AdminDomainName": MAIN,
        "CertificateType": "Uploaded",
        "ForceSMTPAUTH": "nobody",
        "ListsLimit": "10",
        "MailRerouteAddress": "kontor",
        "MailToAllAction": "Rejected",
        "MailToUnknown": "Rerouted to",
        "PrivateSecureKey": b"\x00not a key\xff",
        "RenameInPlace": "YES",
        "TrailerText": "--\nFjord AS",
    },
    account_defaults={
        "MaxAccountSize": "120M",
        "QuotaAlert": "85",
        "ServiceClasses": {"basic": {"MaxAccountSize": "60M", "AccessModes": ("26", "Mail", "POP")}},
    },
    access={
        "kontor": ("CanCreateAccounts", "CanCreateAliases", "CanImpersonate"),
        "domchef": next(person.rights for person in people_odd.PEOPLE if person.local == "domchef"),
    },
    prefs={"SentBox": "Sendt", "Language": "Norwegian"},
    rules=(
        ("5", "Husregel", (("Subject", "is", "*[intern]*"), ("Source", "not in", "trusted")), (("Discard", "---"),)),
        ("1", "#Redirect", (("Human Generated", "---"),), (("Mirror to", "arkiv@outside.example"),)),
    ),
)

_RULES: tuple[Value, ...] = (
    ("9", "Virenfilter", (("Any Recipient", "is", "*"),), (("ExternalFilter", "ClamAV"),)),
    (
        "5",
        "Weg nach draussen",
        (("Any Route", "is", "SMTP(*"), ("Submit Address", "is", "[10.*]")),
        (("Write To Log", "x"),),
    ),
    ("1", "Archiv", (("Source", "in", "authenticated"),), (("Add Header", "X-Lab: yes"),)),
    ("0", "Kopie an alle", (("Each Recipient", "is", f"*@{MAIN}"),), (("Mirror to", f"archiv@{MAIN}"),)),
)


def population() -> Population:
    """Return the site; it does not depend on the number of messages or the seed."""
    return Population(
        domains=(_MAIN_DOMAIN, _SECOND_DOMAIN),
        people=(*people_main.PEOPLE, *people_second.PEOPLE, *people_rules.PEOPLE, *people_odd.PEOPLE),
        forwarders=FORWARDERS,
        groups=GROUPS,
        lists=LISTS,
        server=server_files(MAIN),
        server_rules=_RULES,
        router=ROUTER,
    )
