"""Accounts of both domains that are kept, shared, named or polled in uncommon ways."""

from __future__ import annotations

from collections.abc import Mapping

from sterna.lab.source.habits import usual
from sterna.lab.source.kinds import Mailbox, Person
from sterna.lab.source.passwords import Form, Password
from sterna.lab.source.people_second import DOMAIN as SECOND
from sterna.model.mailbox import INBOX

MAIN = "lab.example"


def _languages(language: str, sent: str, drafts: str, trash: str, junk: str, archive: str) -> tuple[Mailbox, ...]:
    """The mailboxes of somebody whose mail program speaks `language`; no preference says what they are for."""
    del language  # for whoever reads the rows below
    return (Mailbox(INBOX, share=3), *(Mailbox((name,), share=1) for name in (sent, drafts, trash, junk, archive)))


SPEAKERS: tuple[Person, ...] = (
    Person(
        *("heidi", MAIN, "Heidi Huber", Password("Berge und Tal")),
        mailboxes=_languages("German", "Gesendet", "Entwürfe", "Papierkorb", "Spam-Verdacht", "Archiv"),
    ),
    Person(
        *("marie", MAIN, "Marie Lefèvre", Password("chat perche")),
        prefs={"Language": "French", "TimeZone": "Europe/Paris"},
        mailboxes=_languages("French", "Éléments envoyés", "Brouillons", "Corbeille", "Indésirables", "Archives"),
    ),
    Person(
        *("olga.smirnova", MAIN, "Ольга Смирнова", Password("skazka o rybke")),
        prefs={"Language": "Russian"},
        mailboxes=_languages("Russian", "Отправленные", "Черновики", "Корзина", "Спам", "Архив"),
    ),
    Person(
        *("pia", MAIN, "Pia Wunsch", Password("genau so bitte")),
        prefs={
            "SentBox": "Post/Raus",
            "DraftsBox": "Post/Halb fertig",
            "TrashBox": "Weg",
            "JunkBox": "Quatsch",
            "ArchiveBox": "Keller",
            "NotesBox": "Zettel",
            "DeleteMode": "Immediately",
            "EmptyTrash": "15d",
            "EmptyJunk": "7d",
            "Language": "German",
            "TimeZone": "Europe/Berlin",
            "Charset": "iso-8859-1",
            "UserFrom": '"Pia W." <pia.wunsch@lab.example>',
            "Signature": "--\nPia Wunsch\nHafenstraße 1",
            "ReplyQuote": "> ",
        },
        mailboxes=(
            Mailbox(INBOX, share=3),
            Mailbox(("Post",)),
            *(Mailbox(name, share=1) for name in (("Post", "Raus"), ("Post", "Halb fertig"), ("Weg",), ("Quatsch",))),
            Mailbox(("Keller",), share=2),
            Mailbox(("Sent Items",), share=1),
        ),
    ),
)
"""People whose mailboxes for sent mail and so on are called in their language, or by preference."""

KEPT: tuple[Person, ...] = (
    Person(
        "textfach",
        MAIN,
        "Ein Postfach, Text",
        Password("eine Datei"),
        kind="mbox",
        mailboxes=(Mailbox(INBOX, share=3),),
    ),
    Person(
        "ordnerfach",
        MAIN,
        "Ein Postfach, Ordner",
        Password("viele Dateien"),
        kind="mdir",
        mailboxes=(Mailbox(INBOX, share=3),),
    ),
    Person(
        "scheibenfach", SECOND, "En postboks", Password("i skiver"), kind="mslc", mailboxes=(Mailbox(INBOX, share=3),)
    ),
    Person("auswaerts", MAIN, "Auf anderer Platte", Password("platte zwei"), mount="platte2.mnt", mailboxes=usual(3)),
    Person(
        *("klasse", MAIN, "In einer Klasse", Password("dritte Bank")),
        settings={"ServiceClass": "basic"},
        mailboxes=usual(2),
    ),
    Person(
        *("gruppenarbeit", MAIN, "Mit Kalender", Password("zehn nach elf")),
        settings={"ServiceClass": "groupware", "MaxAccountSize": "700M", "IMAPSeesNonMail": "YES"},
        mailboxes=(
            *usual(2),
            Mailbox(("Calendar",), share=1, mail_class="IPF.Appointment"),
            Mailbox(("Contacts",), share=1, mail_class="IPF.Contact"),
            Mailbox(("Tasks",), mail_class="IPF.Task"),
            Mailbox(("Notes",), mail_class="IPF.StickyNote"),
            Mailbox(("Journal",), mail_class="IPF.Journal"),
        ),
    ),
    Person(
        *("klasse.weg", MAIN, "Klasse gibt es nicht", Password("sitzen bleiben")),
        settings={"ServiceClass": "platinum"},
    ),
    Person(
        *("alles.gesetzt", MAIN, "Alles Gesetzt", Password("jede Taste")),
        settings={
            "AccessModes": ("All",),
            "AddMailTrailer": "YES",
            "AddWebBanner": "YES",
            "ArchiveMessagesAfter": "365d",
            "City": "Wien",
            "DefaultMailboxType": "SlicedMailbox",
            "DeleteMessagesAfter": "730d",
            "Department": "Technik",
            "ExternalINBOX": "YES",
            "FailedLoginFlow": ("3", "10m"),
            "FamilyName": "Gesetzt",
            "FirstName": "Alles",
            "IMAPSeesNonMail": "YES",
            "MailInpFlow": ("100", "1h"),
            "MailOutFlow": ("50", "1h"),
            "MailToAll": "NO",
            "MaxAccountSize": "1073741824",
            "MaxFileSize": "10M",
            "MaxMailOutSize": "20M",
            "MaxMailboxes": "100",
            "MaxMessageSize": "10485760",
            "MaxWebFiles": "-1",
            "MaxWebSize": "unlimited",
            "Organization": "Lab",
            "PSTNAreaCode": "1",
            "PasswordRecovery": "NO",
            "QuotaAlert": "70",
            "QuotaNotice": "75",
            "QuotaSuspend": "95",
            "RPOPAllowed": "YES",
            "RSIPAllowed": "YES",
            "RequireAPOP": "YES",
            "RulesAllowed": "All But Exec",
            "SignalRulesAllowed": "No",
            "UseCertificateAuth": "YES",
            "UseExtPassword": "YES",
            "UseKerberosPassword": "NO",
            "givenName": "Alles",
            "l": "Wien",
            "mobile": "+43 660 0000000",
            "o": "Lab",
            "ou": "Technik",
            "sn": "Gesetzt",
            "st": "W",
            "telephoneNumber": "+43 1 0000000",
            "title": "Ingenieurin",
            "xFelderfremd": "was keiner kennt",
        },
        info={"#LastLogin": "20110305080910", "#Telnums": ("+4310000000", "+4310000001")},
        acl={"anna": "lr", "-bernd": "w"},
        mailboxes=usual(2),
    ),
    Person(
        *("zugang", MAIN, "Nur manche Wege", Password("Seitentuer")),
        settings={"AccessModes": ("Mail", "Relay", "POP")},
        mailboxes=(Mailbox(INBOX, share=2),),
    ),
    Person(
        *("uraltes.konto", MAIN, "Zeichen aus alter Zeit", Password("Br\udcfccke \udcff", Form.CLEAR)),
        settings={"AccessModes": "None"},
        mailboxes=(Mailbox(INBOX, share=1),),
    ),
    Person(
        *("md5.alt", MAIN, "Gehackt als MD5", Password("fuenf mal fuenf", Form.MD5)),
        mailboxes=(Mailbox(INBOX, share=1),),
    ),
    Person(
        *("des.alt", MAIN, "Crypt von früher", Password("acht!Zch", Form.MARKED_CRYPT, "abXtssx7qwN22")),
        settings={"AccessModes": "None"},
        mailboxes=(Mailbox(INBOX, share=1),),
    ),
    Person(
        *("fremdes.schema", SECOND, "Ukjent hash", Password("x", Form.UNKNOWN)),
        settings={"AccessModes": "None"},
        mailboxes=(Mailbox(INBOX, share=1),),
    ),
)
"""Accounts of every type, class, way in and form of password."""


def _record(domain: str, **more: str) -> Mapping[str, str]:
    return {"authName": "otto", "domain": domain, "password": "t0p", "period": "600s", "mailbox": "INBOX", **more}


SHARED: tuple[Person, ...] = (
    Person(
        *("teilhaber", MAIN, "Tea Teilhaber", Password("halbe halbe")),
        acl={"#leitung": "lr", "anyone@": "l"},
        info={
            "#MailboxAliases": {
                "Hafen": "~anna/Projekte/Hafen",
                "Fjord/Sigrid": f"~sigrid@{SECOND}/Sendt",
                "Ins Leere": "~niemand/Nichts",
                "Kein Ziel": "irgendwas",
            }
        },
        foreign=(("~anna", "Projekte", "Hafen"), (f"~sigrid@{SECOND}", "INBOX"), ("~public", "News")),
        mailboxes=(
            Mailbox(INBOX, share=3, acl={"bernd": "lrs"}),
            Mailbox(("Offen",), share=1, acl={"anyone": "lr", "anyone@": "lrs", f"anyone@{SECOND}": "l"}),
            Mailbox(("Gruppe",), share=1, acl={"#vertrieb": "lrswip", "#gibtsnicht": "lr", "-#leitung": "r"}),
            Mailbox(("Ohne Bernd",), share=1, acl={"anyone": "lr", "-bernd": "lr", f"-anna@{SECOND}": "lrswipcda"}),
            Mailbox(("Fremde",), share=1, acl={"jemand@outside.example": "lr", "niemand": "lr"}),
            Mailbox(("Alles",), share=1, acl={"anna": "lrswipcda", f"lars@{SECOND}": "lrswipcd"}),
            Mailbox(("Seltsam",), share=1, acl={"anna": "lrxq9", "": "lr", 'b"ernd': "l", "clara": ""}),
        ),
    ),
    Person(
        *("otto", MAIN, "Otto Holer", Password("von ueberall")),
        settings={"RPOPAllowed": "YES"},
        rpops={
            "privat": _record("pop.privat.example", leave="YES", APOP="YES", TLS="NO"),
            "firma": _record("pop.firma.example:1110", mailbox="Firma", period="1h", TLS="YES", leave="NO", APOP="NO"),
            "alt": {"authName": "otto", "domain": "pop.alt.example", "password": "x", "mailbox": "~anna/INBOX"},
            "kaputt": {"authName": "otto", "leave": "vielleicht", "period": "ab und zu", "weiss": "nicht"},
        },
        files={
            "private/rpopids/privat": b"000000014a3b2c1d\n000000024a3b2c1d\n<20110305.0001@pop.privat.example>\n",
            "private/rpopids/firma": b"",
            "index.html": b"<html><body>Ottos Seite</body></html>\n",
            "bilder/hafen.jpg": b"\xff\xd8\xff\xe0" + bytes(range(64)),
        },
        mailboxes=(*usual(2), Mailbox(("Firma",), share=1)),
    ),
    Person(
        *("rtl", MAIN, '\u202eמשה כהן\u202c \x1bund "wer" noch', Password("rechts nach links")),
        aliases=("moshe",),
        settings={"title": "Zeile eins\nZeile zwei\ttab"},
        mailboxes=(Mailbox(INBOX, share=2), Mailbox(("דואר שנשלח",), share=1), Mailbox(("بريد \u200fجديد",), share=1)),
    ),
    Person(
        *("domchef", SECOND, "Domeneansvarlig", Password("alle rettigheter")),
        rights=(
            *("CanCreateAccounts", "CanCreateAliases", "CanCreateGroups", "CanCreateForwarders", "CanCreateLists"),
            *("CanModifyRPOP", "RulesAllowed", "WebUserSettings", "CentralDirectory", "Basic Settings", "Ukjent"),
        ),
        mailboxes=usual(2),
    ),
)
"""Accounts that share, fetch from elsewhere, or bear hard names."""

PEOPLE = (*SPEAKERS, *KEPT, *SHARED)
