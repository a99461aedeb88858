"""Who and what is in the old server's site, as data: domains, accounts, forwarders, groups, lists, defaults."""

from __future__ import annotations

from datetime import UTC, datetime

from sterna.communigate.values import Value
from sterna.lab.source import people_main, people_second
from sterna.lab.source.kinds import MailDomain, MailGroup, MailList, Population, Subscriber

MAIN, SECOND = people_main.DOMAIN, people_second.DOMAIN

ADMIN = f"postmaster@{MAIN}"
"""Holds the right Master: may use the CLI for everything and read everybody's mailboxes."""

ALIAS_DOMAIN = "old-lab.example"

SERVER_ACCOUNT_DEFAULTS: dict[str, Value] = {
    "AccessModes": "All",
    "AddMailTrailer": "NO",
    "ArchiveMessagesAfter": "0",
    "DefaultMailboxType": "TextMailbox",
    "ExternalINBOX": "NO",
    "FailedLoginFlow": ("10", "1m"),
    "IMAPSeesNonMail": "NO",
    "MailToAll": "YES",
    "MaxAccountSize": "200M",
    "MaxMailboxes": "-1",
    "MaxMessageSize": "30M",
    "MaxWebSize": "5M",
    "PWDAllowed": "YES",
    "PasswordEncryption": "A-crpt",
    "QuotaAlert": "80",
    "QuotaNotice": "90",
    "QuotaSuspend": "100",
    "RPOPAllowed": "NO",
    "RequireAPOP": "NO",
    "RulesAllowed": "Filter Only",
    "UseAppPassword": "YES",
    "UseKerberosPassword": "YES",
    "UseSysPassword": "NO",
}
"""Every account of every domain has these unless its domain or itself says otherwise."""

_MAIN_DOMAIN = MailDomain(
    MAIN,
    aliases=(ALIAS_DOMAIN,),
    settings={
        "MailToUnknown": "Rejected",
        "TrailerText": "--\nLab, Hafenstraße 1",
        "AutoSignup": "NO",
        "Foldering": "flat",
    },
    template={"MaxAccountSize": "100M", "InitialMailbox": "Willkommen"},
    access={"postmaster": ("Master",)},
)
_SECOND_DOMAIN = MailDomain(
    SECOND,
    settings={"AdminDomainName": MAIN, "MailToUnknown": "Rejected"},
    account_defaults={"MaxAccountSize": "120M", "QuotaAlert": "85"},
    access={"kontor": ("CanCreateAccounts", "CanCreateAliases", "CanImpersonate")},
)


def _day(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 9, 30, tzinfo=UTC)


_SAILORS = MailList(
    "seglerinnen",
    MAIN,
    {
        "Owner": "listen",
        "Subscribe": "anybody",
        "Postings": "from subscribers",
        "FirstModerated": "1",
        "Distribution": "feed",
        "Format": "anything",
        "Reply": "to list",
        "FeedSubject": "[segeln] ",
        "FeedTrailer": "--\nAbmelden: seglerinnen-off@lab.example\n",
        "Confirmation": "YES",
        "Store": "YES",
        "Browse": "anybody",
        "DigestPeriod": "1d",
        "DigestSubject": "Segeln: Sammelbrief",
        "MaxBounces": "5",
        "SizeLimit": "200K",
        "OwnerCheck": "Authentication",
    },
    (
        Subscriber("anna@lab.example", "Anna Bergmann", "feed", _day(2006, 3, 1), 41),
        Subscriber("sigrid@fjord.example", "Sigrid Åsen", "digest", _day(2007, 5, 2), "special"),
        Subscriber("ida@outside.example", "Ida Index", "index", _day(2007, 6, 3), ("3",)),
        Subscriber("nora@outside.example", "Nora Null", "null", _day(2008, 1, 4), "moderateAll"),
        Subscriber("troll@outside.example", "Ein Troll", "banned", _day(2008, 2, 5), "prohibited"),
        Subscriber("warten@outside.example", "Wart Ende", "subscribe", _day(2011, 9, 6)),
        Subscriber("weg@outside.example", "Wer Weg", "unsubscribe", _day(2005, 4, 7), 7),
        Subscriber("bounce@outside.example", "", "feed", _day(2009, 4, 8), 2, bounces=3, last_bounce=_day(2011, 10, 9)),
    ),
)
_NEWS = MailList(
    "ankuendigungen",
    MAIN,
    {
        "Owner": "listen",
        "Subscribe": "this domain only",
        "Postings": "from owner only",
        "FirstModerated": "10001",
        "Distribution": "digest",
        "Reply": "to sender",
        "Store": "NO",
        "ListFields": "YES",
    },
    (
        Subscriber("all-staff@lab.example", "", "feed", _day(2010, 1, 2), "prohibited"),
        Subscriber("rene.pfeiffer@lab.example", "René Pfeiffer", "digest", _day(2010, 1, 2)),
        Subscriber("info@lab.example", "Zentrale", "null", _day(2010, 2, 3), "special"),
    ),
)
_SALES = MailGroup(
    "vertrieb",
    MAIN,
    {
        "RealName": "Vertrieb für Nord",
        "Members": ("anna", "bernd", "sigrid@fjord.example", "carl@crm.example"),
        "Expand": "YES",
        "FinalDelivery": "NO",
        "RejectAutomatic": "YES",
        "RemoveAuthor": "NO",
        "RemoveToAndCc": "NO",
        "SetReplyTo": "NO",
    },
)
_STAFF = MailGroup(
    "all-staff",
    MAIN,
    {"RealName": "Alle", "Members": ("vertrieb", "rene.pfeiffer", "r.pfeiffer", "seglerinnen"), "Expand": "NO"},
)

_RULES: tuple[Value, ...] = (
    ("9", "Virenfilter", (("Any Recipient", "is", "*"),), (("ExternalFilter", "ClamAV"),)),
    ("1", "Archiv", (("Source", "in", "authenticated"),), (("Add Header", "X-Lab: yes"),)),
)

_WEB_PREFS: dict[str, Value] = {
    "SentBox": "Sent Items",
    "DraftsBox": "Drafts",
    "TrashBox": "Trash",
    "JunkBox": "Spam",
    "DeleteMode": "Move To Trash",
    "Language": "default",
}


def population() -> Population:
    """Return the site; it does not depend on the number of messages or the seed."""
    return Population(
        domains=(_MAIN_DOMAIN, _SECOND_DOMAIN),
        people=(*people_main.PEOPLE, *people_second.PEOPLE),
        forwarders={
            f"sales@{MAIN}": f"anna@{MAIN}",
            f"presse@{MAIN}": "redaktion@zeitung.example",
            f"post@{SECOND}": f"kontor@{SECOND}",
        },
        groups=(_SALES, _STAFF),
        lists=(_SAILORS, _NEWS),
        server={
            "Main": {"DomainName": MAIN, "LogLevel": "3", "ServerStarted": datetime(2011, 3, 5, 8, 9, 10, tzinfo=UTC)},
            "DomainDefault": {
                "AutoSignup": "NO",
                "MailToUnknown": "Rejected",
                "AccountDefaults": SERVER_ACCOUNT_DEFAULTS,
            },
            "WebUserPrefs": _WEB_PREFS,
        },
        server_rules=_RULES,
    )
