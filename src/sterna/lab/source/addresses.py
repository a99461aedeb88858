"""The names of the old server's site that are no accounts: forwarders, groups, mailing lists."""

from __future__ import annotations

from datetime import UTC, datetime

from sterna.communigate.values import Value
from sterna.lab.source import people_main, people_second
from sterna.lab.source.kinds import MailGroup, MailList, Subscriber

MAIN, SECOND = people_main.DOMAIN, people_second.DOMAIN

FORWARDERS = {
    f"sales@{MAIN}": f"anna@{MAIN}",
    f"presse@{MAIN}": "redaktion@zeitung.example",
    f"post@{SECOND}": f"kontor@{SECOND}",
    # to an alias, to a forwarder, to a forwarder of the other domain, to a group, to a list
    f"chef@{MAIN}": f"lynx@{MAIN}",
    f"verkauf@{MAIN}": f"sales@{MAIN}",
    f"nordpost@{MAIN}": f"post@{SECOND}",
    f"team@{MAIN}": f"vertrieb@{MAIN}",
    f"segeln@{MAIN}": f"seglerinnen@{MAIN}",
    # round in a circle, to nobody, and to what is no address
    f"ping@{MAIN}": f"pong@{MAIN}",
    f"pong@{MAIN}": f"ping@{MAIN}",
    f"verlassen@{MAIN}": f"niemand@{MAIN}",
    f"kaputt@{SECOND}": 'kein "Ziel" hier',
}
"""Full address of each forwarder, and where it leads."""


def _day(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 9, 30, tzinfo=UTC)


_SAILORS = MailList(
    "seglerinnen",
    MAIN,
    {
        "ArchiveMessageLimit": "1000",
        "ArchiveSizeLimit": "100M",
        "ArchiveSwapPeriod": "30d",
        "Browse": "anybody",
        "ByeSubject": "Auf Wiedersehen",
        "ByeText": "Du bist abgemeldet.\n",
        "Charset": "utf-8",
        "CheckCharset": "NO",
        "CheckDigestSubject": "YES",
        "CleanupPeriod": "7d",
        "Confirmation": "YES",
        "ConfirmationSubject": "Bitte bestätigen",
        "ConfirmationText": "Einfach antworten.\n",
        "CoolOffPeriod": "2d",
        "DigestFormat": "standard MIME",
        "DigestHeader": "Inhalt:\n",
        "DigestMessageLimit": "50",
        "DigestPeriod": "1d",
        "DigestSizeLimit": "500K",
        "DigestSubject": "Segeln: Sammelbrief",
        "DigestTimeOfDay": "6h",
        "DigestTrailer": "-- Ende --\n",
        "Distribution": "feed",
        "FailureNotification": "YES",
        "FatalWeight": "3",
        "FeedHeader": "",
        "FeedPrefixMode": "YES",
        "FeedSubject": "[segeln] ",
        "FeedTrailer": "--\nAbmelden: seglerinnen-off@lab.example\n",
        "FirstModerated": "1",
        "Format": "anything",
        "HideFromAddress": "NO",
        "ListFields": "List-Help: <https://lab.example/listen>",
        "MaxBounces": "5",
        "Owner": "listen",
        "OwnerCheck": "Authentication",
        "PolicySubject": "Willkommen an Bord",
        "PolicyText": "Bitte nur über das Segeln.\n",
        "Postings": "from subscribers",
        "Reply": "to list",
        "SaveReports": "unprocessed",
        "SaveRequests": "all",
        "SizeLimit": "200K",
        "Store": "YES",
        "Subscribe": "anybody",
        "TOCLine": "^F: ^S",
        "TOCTrailer": "\n",
        "TillConfirmed": "3d",
        "UnsubBouncedPeriod": "30d",
        "WarningSubject": "Post kommt zurück",
        "WarningText": "Deine Adresse nimmt nichts an.\n",
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
_BOATS = MailList(
    "baater",
    SECOND,
    {
        "Owner": "kontor",
        "Subscribe": "moderated",
        "Postings": "moderate guests",
        "FirstModerated": "10000",
        "Distribution": "null",
        "Format": "plain text only",
        "Reply": "to list",
        "SaveRequests": "accepted",
        "SaveReports": "no",
        "FeedSubject": "Båter \u202eold\u202c:",
        "OwnerCheck": "Return-Path",
        "HideFromAddress": "YES",
        "FatalWeight": "10000",
        "AKeyNobodyKnows": "yes",
    },
    (
        Subscriber("lars@fjord.example", 'Lars "Båt" Berg', "feed", _day(2009, 2, 1), ("5",)),
        Subscriber("kein Adressat", "Un \x07 bekannt", "feed", _day(2009, 2, 1)),
        Subscriber("vorn@outside.example", "\u05de\u05e9\u05d4 \u202eאבג", "sometimes", _day(2009, 2, 1)),
    ),
)
_EMPTY = MailList(
    "leer",
    SECOND,
    {
        "Owner": "verschwunden",
        "Subscribe": "locals only",
        "Postings": "from anybody",
        "Format": "text alternative",
        "Distribution": "index",
        "OwnerCheck": "IP Addresses",
    },
    (),
)


def _group(name: str, domain: str, real_name: str, *members: str, **settings: Value) -> MailGroup:
    values: dict[str, Value] = {"RealName": real_name, "Members": members, "Expand": "YES"}
    return MailGroup(name, domain, {**values, **settings})


GROUPS = (
    _group(
        *("vertrieb", MAIN, "Vertrieb für Nord", "anna", "bernd", "sigrid@fjord.example", "carl@crm.example"),
        FinalDelivery="NO",
        RejectAutomatic="YES",
        RemoveAuthor="NO",
        RemoveToAndCc="NO",
        SetReplyTo="NO",
        EmailDisabled="NO",
        SignalDisabled="YES",
    ),
    _group("all-staff", MAIN, "Alle", "vertrieb", "rene.pfeiffer", "r.pfeiffer", "seglerinnen", Expand="NO"),
    _group("leitung", MAIN, "Leitung", "chef", "anna", SetReplyTo="YES", RemoveAuthor="YES", RemoveToAndCc="YES"),
    _group("kreis-a", MAIN, "Im Kreis", "kreis-b", "bernd"),
    _group("kreis-b", MAIN, "Im Kreis", "kreis-c"),
    _group("kreis-c", MAIN, "Im Kreis", "kreis-a", "kreis-c", "anna"),
    _group("luecken", MAIN, "Mit Lücken", "niemand", "weg@fjord.example", "eva", "nicht gut", ""),
    _group("stumm", MAIN, "Nimmt keine Post", "anna", EmailDisabled="YES", FinalDelivery="YES"),
    _group("leer-gruppe", MAIN, "Ohne Mitglieder"),
    _group("alt-gruppe", SECOND, 'Gruppe "gammel"', "lars", "noor", RejectAuto="YES"),
)
"""Groups: nested, in a circle, with members outside, unknown, or none, and one that takes no mail."""

LISTS = (_SAILORS, _NEWS, _BOATS, _EMPTY)
