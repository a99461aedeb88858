"""The accounts of the main domain. Names are invented but for one.

``rene.pfeiffer`` is as an article of 2006 printed him: his aliases, his keys, his vacation that is over.
"""

from __future__ import annotations

from sterna.lab.source.habits import HUMAN, ROLES, usual, vacation
from sterna.lab.source.kinds import Mailbox, Person
from sterna.lab.source.passwords import Form, Password
from sterna.lab.source.people_second import DOMAIN as SECOND
from sterna.model.mailbox import INBOX

DOMAIN = "lab.example"

_VACATION_TEXT = "+Subject: Abwesend: ^S\nIn-Reply-To: ^I\n\nIch bin bis auf weiteres nicht im Büro.\nRené Pfeiffer"
RENE = Person(
    "rene.pfeiffer",
    DOMAIN,
    "René Pfeiffer",
    Password("Kuestenseeschwalbe2006"),
    aliases=("r.pfeiffer", "rpfeiffer", "lynx"),
    settings={
        "DefaultMailboxType": "TextMailbox",
        "ExternalINBOX": "NO",
        "MaxAccountSize": "300M",
        "MaxWebSize": "10M",
        "RPOPAllowed": "YES",
        "RulesAllowed": "Any",
        "MailToAll": "NO",
        "PWDAllowed": "YES",
    },
    rules=(vacation("0", _VACATION_TEXT),),
    prefs={**ROLES, "Language": "German", "TimeZone": "Europe/Vienna"},
    mailboxes=(
        *usual(8, inbox=("$Forwarded", "$MDNSent", "Wichtig")),
        Mailbox(("Lists", "linux-kernel"), share=20, holes=True),
        Mailbox(("Lists", "cyrus-devel"), share=8),
        Mailbox(("INBOX", "Beleg"), share=3),
    ),
    gone=(("Lists", "openldap-software"),),
    unsubscribed=(("Spam",),),
)

ODD_NAMES = (
    Mailbox(("Entwürfe",), share=2),
    Mailbox(("Dr. Müller & Co.",), share=2, keywords=("Wichtig",)),
    Mailbox(("v1.0",), share=2),
    Mailbox(("v1.0", "2.final.really"), share=2),
    Mailbox(("a^b",), share=2),
    Mailbox(("R&D",), share=2),
    Mailbox(("100% sicher",), share=2),
    Mailbox(("Sent",), share=2),
    Mailbox(("sent",), share=2),
    Mailbox(('Angebot "Nord"',), share=2),
    Mailbox(("C:\\Temp",), share=2),
    Mailbox(("日本語", "受信"), share=2),
    Mailbox(("Ελλάδα",), share=1),
    Mailbox(("mit (Klammern) {und} mehr",), share=1),
    Mailbox(("It's, well; semi",), share=1),
    Mailbox(("INBOX", "Unter INBOX"), share=2),
    Mailbox(("leer",)),
    Mailbox(("leer", "auch leer")),
    Mailbox(("Notiz 📎",), share=1),
)

_DEEP = ("Archiv", "Firma", "Kunden", "Nord", "Tromsø", "2004", "Q4", "Dezember")

PEOPLE: tuple[Person, ...] = (
    Person(
        "postmaster",
        DOMAIN,
        "Postmaster",
        Password("fenster-zum-hof"),
        aliases=("abuse", "hostmaster", "mailer-daemon"),
        settings={"MaxAccountSize": "unlimited", "WebAdminPrefs": {"ExpertLevel": "Expert"}},
        rights=("Master",),
        mailboxes=(Mailbox(INBOX, share=10), Mailbox(("Bounces",), share=10, holes=True)),
    ),
    RENE,
    Person(
        "anna",
        DOMAIN,
        "Anna Bergmann",
        Password("Apfel und Birne"),
        aliases=("anna.bergmann", "a.bergmann"),
        settings={"MaxAccountSize": "unlimited", "ou": "Einkauf", "telephoneNumber": "+49 30 5550 101"},
        prefs=ROLES,
        mailboxes=(
            *usual(30, inbox=("$Forwarded", "$Label1", "NonJunk", "Wichtig")),
            Mailbox(("Projekte",), share=6),
            Mailbox(("Projekte", "Hafen"), share=12, acl={"bernd": "lrswip", f"sigrid@{SECOND}": "lr"}),
            Mailbox(("Projekte", "Leuchtturm"), share=9, dated_otherwise=True),
        ),
    ),
    Person(
        "bernd",
        DOMAIN,
        "Bernd Öztürk",
        Password('Ein "gutes" Wort\\!'),
        settings={"MaxAccountSize": "2G", "RulesAllowed": "Any"},
        info={"#MailboxAliases": {"Hafen": "~anna/Projekte/Hafen"}},
        rules=(
            ("5", "An die Arbeit", (("Subject", "is", "*[work]*"),), (("Store in", "Arbeit"), ("Discard", "---"))),
            (
                "4",
                "Liste",
                (("Header Field", "is", "List-ID: *cyrus-devel*"),),
                (("Store in", "Listen/cyrus"), ("Discard",)),
            ),
            ("3", "Chef", (("From", "in", "anna@lab.example,*@fjord.example"),), (("Mark", "Flagged"),)),
            (
                "3",
                "Kopie",
                (("'From' Name", "is", "*Chef*"), ("Message Size", "less than", "100K")),
                (("Store in", "Kopien"),),
            ),
            (
                "2",
                "Werbung",
                (("Subject", "in", "*SALE*,*Gewinn*"), ("Source", "not in", "trusted")),
                (("Discard", "---"),),
            ),
            ("0", "Alt", (("Any To or Cc", "is not", "bernd@*"),), (("Store in", "Sonst"), ("Stop Processing",))),
            (
                "1",
                "Aufkleber",
                (("Subject", "is", "Rechnung*"),),
                (("Tag Subject", "[Rechnung]"), ("Add Header", "X-Geld: ja")),
            ),
        ),
        mailboxes=(
            *usual(10),
            Mailbox(("Arbeit",), share=10),
            Mailbox(("Listen",)),
            Mailbox(("Listen", "cyrus"), share=10),
        ),
    ),
    Person(
        "clara.dietz",
        DOMAIN,
        "Clara Dietz",
        Password("Sommer in Bergen"),
        aliases=("clara",),
        rules=(
            vacation(
                "2",
                "+Subject: Urlaub: ^S\nIn-Reply-To: ^I\n\nIch bin im Urlaub.\nBitte fragen Sie anna@lab.example.",
                ("Current Date", "greater than", "01 Aug 2011"),
                ("Current Date", "less than", "15 Aug 2031"),
            ),
        ),
        prefs=ROLES,
        mailboxes=usual(6),
    ),
    Person(
        "dirk",
        DOMAIN,
        "Dirk Janssen",
        Password("weiter;geleitet"),
        rules=(
            ("1", "#Redirect", (), (("Mirror to", "dirk.janssen@crm.example,anna@lab.example"), ("Discard", "---"))),
        ),
        mailboxes=(Mailbox(INBOX, share=2),),
    ),
    Person(
        "eva.lang",
        DOMAIN,
        "Eva Lang",
        Password("Kopie behalten"),
        aliases=("eva",),
        rules=(("1", "#Redirect", (HUMAN,), (("Mirror to", "eva@privat.example"),)),),
        mailboxes=usual(4),
    ),
    Person("fritz", DOMAIN, "Fritz Voll", Password("randvoll"), almost_full=True, mailboxes=usual(12)),
    Person(
        "gudrun.moeller",
        DOMAIN,
        "Gudrun Möller-Žižek",
        Password("Namen sind Schall"),
        aliases=("gudrun", "moeller"),
        prefs={**ROLES, "DraftsBox": "Entwürfe", "SentBox": "Sent"},
        mailboxes=(Mailbox(INBOX, share=8), *ODD_NAMES),
        gone=(("Gelöscht",),),
        unsubscribed=(("sent",), ("leer",)),
    ),
    Person("hans-peter", DOMAIN, "Hans-Peter Krüger", Password("nur als SHA", Form.SHA), mailboxes=usual(5)),
    Person("ines_b", DOMAIN, "Inês Barbosa", Password("gesalzen", Form.SSHA), mailboxes=usual(5)),
    Person(
        "jan.kowalski",
        DOMAIN,
        "Jan Kowalski",
        Password(
            "Wetterfahne 7!",
            Form.CRYPT,
            "$6$lfJq8GsM$n0q3iuzY2L9JF0lu7UU8PKvZrtuw.VlEcmlFfhP/4lrMKW/srnrqUigoRaQjWm.Pz1bKUQaf4wI6ek4G979Ry0",
        ),
        mailboxes=usual(5),
    ),
    Person("karl", DOMAIN, "Karl Äquator", Password("umkehrbar", Form.REVERSIBLE), mailboxes=usual(5)),
    Person("lena", DOMAIN, "Lena Fest", Password("weiss-niemand", Form.SEALED), mailboxes=usual(5)),
    Person("neu", DOMAIN, "Neu Angelegt", Password("noch nie angemeldet")),
    Person(
        "olga",
        DOMAIN,
        'Olga D\'Angelo "Olly"',
        Password('q"uo\\te  {}()=;,%s #1'),
        aliases=("o'angelo", "olga+privat"),
        mailboxes=usual(3),
    ),
    Person(
        "info",
        DOMAIN,
        "Zentrale",
        Password("Guten Tag"),
        aliases=("office", "kontakt"),
        rpops={
            "home": {
                "authName": "labinfo",
                "domain": "pop.provider.example",
                "password": "s3cret",
                "period": "600s",
                "mailbox": "INBOX",
                "leave": "YES",
                "APOP": "NO",
                "TLS": "YES",
            },
        },
        mailboxes=usual(8),
    ),
    Person(
        "archiv",
        DOMAIN,
        "Archiv",
        Password("Keller"),
        settings={"MaxAccountSize": "1M", "DeleteMessagesAfter": "0"},
        mailboxes=(
            Mailbox(INBOX, share=1),
            Mailbox(_DEEP, share=8, years=(2004, 2005), dated_otherwise=True),
            *(
                Mailbox(("Archiv", str(year)), share=9, years=(year, year), holes=year % 2 == 0)
                for year in range(2003, 2011)
            ),
        ),
    ),
    Person(
        "listen",
        DOMAIN,
        "Listenverwalter",
        Password("an alle"),
        mailboxes=(
            Mailbox(INBOX, share=4),
            Mailbox(("seglerinnen",), share=16),
            Mailbox(("seglerinnen", "requests"), share=2),
            Mailbox(("ankuendigungen",), share=4),
        ),
    ),
    Person(
        "taro.yamada",
        DOMAIN,
        "山田 太郎",
        Password("sakura no hana"),
        mailboxes=(Mailbox(INBOX, share=14), Mailbox(("下書き",), share=1), Mailbox(("送信済み",), share=6)),
        prefs={"SentBox": "送信済み", "DraftsBox": "下書き", "Language": "Japanese"},
    ),
    Person(
        "ivan.petrov",
        DOMAIN,
        "Иван Петров",
        Password("bereza"),
        mailboxes=(*usual(4), Mailbox(("Отправленные",), share=5)),
    ),
    Person(
        "gesperrt",
        DOMAIN,
        "Gesperrt Böse",
        Password("schlüssel weg"),
        settings={"AccessModes": "None"},
        mailboxes=(Mailbox(INBOX, share=3),),
    ),
    Person("unix", DOMAIN, "Unix Login", Password("", Form.OUTSIDE), mailboxes=(Mailbox(INBOX, share=3),)),
    Person(
        "public",
        DOMAIN,
        "Öffentliche Ordner",
        Password("fuer alle"),
        settings={"AccessModes": ("26", "Mail", "Relay", "IMAP", "TLS")},
        mailboxes=(
            Mailbox(INBOX),
            Mailbox(("News",), share=10, acl={"anyone": "lr", "anna": "lrswipcda"}),
            Mailbox(("Calendar",), share=1, mail_class="IPF.Appointment", acl={"#vertrieb": "lrs"}),
        ),
    ),
)
