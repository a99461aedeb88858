"""Accounts of the main domain whose mail rules, together, have every condition, operation and action there is.

Words are as CommuniGate stores them (certain) unless a rule's name says otherwise.
"""

from __future__ import annotations

from sterna.communigate.values import Value
from sterna.lab.source.habits import HUMAN, usual
from sterna.lab.source.kinds import Mailbox, Person
from sterna.lab.source.passwords import Password
from sterna.model.mailbox import INBOX

_DISCARD = ("Discard", "---")

CONDITIONS: tuple[Value, ...] = (
    ("9", "Absender", (("From", "is", "*@outside.example"),), (("Mark", "Flagged"),)),
    ("9", "Wirklicher Absender", (("Sender", "is not", "*@lab.example"),), (("Mark", "Read"),)),
    ("9", "Rueckweg", (("Return-Path", "in", "bounce-*@*,<>"),), (("Mark", "Seen,Flagged"),)),
    ("9", "An", (("To", "not in", "regina@*,regel*@*"),), (("Mark", "Deleted"),)),
    ("9", "Kopie", (("Cc", "is", "anna@*"),), (("Mark", "Answered"),)),
    ("9", "Antwort an", (("Reply-To", "is", "*list*"),), (("Mark", "Unseen"),)),
    ("8", "Name", (("'From' Name", "in", "*Chef*,Ren?,*Öz*"),), (("Tag Subject", "[Chef]"),)),
    ("8", "Irgendeiner", (("Any To or Cc", "is", "team@*"),), (("Add Header", "X-Team: ja"),)),
    ("8", "Jeder", (("Each To or Cc", "is", "*@lab.example"),), (("Add Header", "+X-Innen: ja"),)),
    ("8", "Empfaenger", (("Any Recipient", "is", "regina@*"),), (("Mark", "Flagged"),)),
    ("8", "Alle Empfaenger", (("Each Recipient", "in", "*@lab.example,*@fjord.example"),), (("Mark", "Flagged"),)),
    ("7", "Betreff", (("Subject", "is", "*[a*b]*c*"),), (("Store in", "Regeln/Betreff"), _DISCARD)),
    ("7", "Kennung", (("Message-ID", "is", "<*@cron.example>"),), (("Store in", "Regeln"), _DISCARD)),
    ("7", "Kopf", (("Header Field", "is", "X-Spam-Flag: YES"),), (("Store in", "Spam"), _DISCARD)),
    ("7", "Kopf fehlt", (("Header Field", "is not", "List-ID: *"),), (("Mark", "Flagged"),)),
    ("7", "Gross", (("Message Size", "greater than", "2M"),), (("Store in", "Regeln"),)),
    ("7", "Klein", (("Message Size", "less than", "100"),), (("Mark", "Read"),)),
    ("6", "Mensch", (HUMAN,), (("Mark", "Flagged"),)),
    ("6", "Tageszeit", (("Time Of Day", "in", "08:00-18:00,22:00-23:30"),), (("Mark", "Flagged"),)),
    (
        "6",
        "Datum",
        (("Current Date", "greater than", "05 Mar 2011"), ("Current Date", "less than", "31 Dec 2037 23:59:59")),
        (("Mark", "Flagged"),),
    ),
    ("6", "Wochentag", (("Current Day", "not in", "Sat,Sun"),), (("Mark", "Flagged"),)),
    ("5", "Einstellung", (("Preference", "is", "Language: German"),), (("Mark", "Flagged"),)),
    ("5", "Frei oder nicht", (("FreeBusy", "is", "busy"),), (("Mark", "Flagged"),)),
    ("5", "Sicherheit", (("Security", "is", "encrypted"),), (("Mark", "Flagged"),)),
    ("5", "Quelle", (("Source", "in", "trusted,authenticated"),), (("Mark", "Flagged"),)),
    ("5", "Einlieferer", (("Submit Address", "is", "[10.0.*]"),), (("Mark", "Flagged"),)),
    ("5", "Postfach da", (("Existing Mailbox", "is", "Regeln"),), (("Store in", "Regeln"),)),
    ("5", "Einladung", (("Calendar Method", "in", "REQUEST,CANCEL"),), (("Mark", "Flagged"),)),
    ("5", "Weg", (("Any Route", "is", "LOCAL(*"),), (("Mark", "Flagged"),)),
    ("5", "Bekannte", (("From", "in", "#Bekannte"),), (("Mark", "Flagged"),)),
    ("5", "Ohne Bedingung", (), (("Mark", "Flagged"),)),
)
"""Each condition, and each operation."""

ACTIONS: tuple[Value, ...] = (
    ("10", "Hoechste", (("Subject", "is", "*!*"),), (("Mark", "Flagged"),)),
    ("100", "Noch hoeher", (("Subject", "is", "*!!*"),), (("Mark", "Flagged,Read"),)),
    ("9", "Ablegen, andere", (("Subject", "is", "[news]*"),), (("Store in", "~public@lab.example/News"), _DISCARD)),
    ("9", "Ablegen, Kopie", (("Subject", "is", "[b]*"),), (("Store in", "Ablage"),), "von Hand angelegt"),
    ("8", "Zwei Orte", (("Subject", "is", "[c]*"),), (("Store in", "Ablage"), ("Store in", "INBOX/Unter"), _DISCARD)),
    ("8", "Umleiten", (("Subject", "is", "[d]*"),), (("Redirect to", "eva@privat.example, ute@crm.example"), _DISCARD)),
    ("8", "Weiterleiten", (("Subject", "is", "[e]*"),), (("Forward to", "eva@privat.example"),)),
    ("8", "Spiegeln", (("Subject", "is", "[f]*"),), (("Mirror to", "eva@privat.example\nute@crm.example"),)),
    ("7", "Ablehnen", (("Subject", "is", "[g]*"),), (("Reject with", "Nein, danke.\nWirklich nicht."),)),
    ("7", "Antworten", (("Subject", "is", "[h]*"),), (("Reply with", "Danke, ^N, für ^S vom ^T."),)),
    ("7", "Antworten mit Kopf", (("Subject", "is", "[i]*"),), (("Reply with", "+Subject: Re: ^S\nFrom: ^F\n\nText"),)),
    ("7", "Allen antworten", (("Subject", "is", "[j]*"),), (("Reply to All with", "Danke"),)),
    ("7", "Reagieren", (("Subject", "is", "[k]*"),), (("React with", "+To: ute@crm.example\nSubject: x\n\ny"),)),
    ("6", "Merken", (("Subject", "is", "[l]*"),), (("Remember 'From' in", "Bekannte"),)),
    ("6", "Termin annehmen", (("Subject", "is", "[m]*"),), (("Accept Request",), ("Accept Reply", "Calendar"))),
    ("6", "Verschluesseln", (("Subject", "is", "[n]*"),), (("Store Encrypted in", "Ablage"),)),
    ("6", "Anlagen", (("Subject", "is", "[o]*"),), (("Copy Attachments into", "Anlagen"),)),
    ("6", "Nachricht", (("Subject", "is", "[p]*"),), (("Send IM", "eva"), ("SendIM", "eva"), ("SendPush", "eva"))),
    (
        "6",
        "Netz",
        (("Subject", "is", "[q]*"),),
        (("Execute URL", "http://x.example/"), ("SendURL", "http://x.example/")),
    ),
    ("6", "Finger", (("Subject", "is", "[r]*"),), (("FingerNotify", "x.example"), ("Write To Log", "^S"))),
    ("5", "Programm", (("Subject", "is", "[s]*"),), (("Execute", "[STDERR] [FILE] /opt/cgp/work.sh"),)),
    ("5", "Regeln weg", (("Subject", "is", "[t]*"),), (("Discard Rules",),)),
    ("5", "Helfer", (("Subject", "is", "[u]*"),), (("ExternalFilter", "ClamAV"),)),
    ("4", "Schluss", (("Subject", "is", "[v]*"),), (("Stop Processing",),)),
    ("3", "Weg damit", (("Subject", "is", "[w]*"),), (("Discard",),)),
    ("0", "Ruht", (("Subject", "is", "[x]*"),), (("Store in", "Ablage"), _DISCARD)),
    ("2", "Nach dem Schluss", (("Subject", "is", "[v]*"),), (("Store in", "Ablage"), _DISCARD)),
)
"""Each action, the priorities that are special, and a rule with a comment."""

BROKEN: tuple[Value, ...] = (
    ("5", "Vertippt 1", (("Subjects", "is", "*x*"),), (("Tag Submit", "[x]"),)),
    ("5", "Vertippt 2", (("subject", "IS", "*x*"),), (("Replay with", "x"), ("discard",))),
    ("5", "Vertippt 3", (("Subject", "contains", "x"),), (("Redirect To", "eva@privat.example"),)),
    ("5", "Flach", ("Subject", "is", "*x*"), ("Store in", "Ablage")),
    ("Ohne Zahl", (("Subject", "is", "*drei*"),), (("Store in", "Ablage"),)),
    ("viel", "Keine Zahl", (("Subject", "is", "*y*"),), (("Mark", "Flagged"),)),
    ("-1", "Unter null", (("Subject", "is", "*y*"),), (("Mark", "Flagged"),)),
    ("5", "Ohne Ziel", (("Subject", "is", "*y*"),), (("Store in",), ("Mirror to", ""), ("Redirect to", "kein Ziel"))),
    ("5", "Unbekanntes Zeichen", (("Mark", "is", "x"),), (("Mark", "Rosa,Undeleted,$Label1"),)),
    ("5", 'Name "mit" */ Zeichen\n#\x01 \u202egnirts\u202c', (("Subject", "is", 'a"b\\c*'),), (("Mark", "Flagged"),)),
    ("5", "Nur Name"),
    ("5", "Zahlen", (("Message Size", "greater than", 20480),), (("Mark", "Flagged"),)),
    ("5", "Groesse?", (("Message Size", "greater than", "viel"), ("Current Day", "in", "Montag")), (_DISCARD,)),
    "kein Feld",
)
"""Rules as people and other programs wrote them: misspelt, flat, incomplete."""

PEOPLE: tuple[Person, ...] = (
    Person(
        "regina",
        "lab.example",
        "Regina Regel",
        Password("wenn dann sonst"),
        settings={"RulesAllowed": "Any"},
        rules=CONDITIONS,
        mailboxes=(*usual(3), Mailbox(("Regeln",), share=1), Mailbox(("Regeln", "Betreff"), share=1)),
    ),
    Person(
        "rolf.tat",
        "lab.example",
        "Rolf Tat",
        Password("tu was du willst"),
        settings={"RulesAllowed": "All But Exec"},
        rules=ACTIONS,
        mailboxes=(*usual(3), Mailbox(("Ablage",), share=2), Mailbox(("INBOX", "Unter"), share=1)),
        datasets={
            "Bekannte": {"anna@lab.example": {"addressbook.Email": "anna@lab.example", "addressbook.Name": "Anna"}},
            "RepliedAddresses": {"carl@crm.example": {"addressbook.Email": "carl@crm.example"}},
        },
    ),
    Person(
        "frieda",
        "lab.example",
        "Frieda Fehler",
        Password("verschrieben"),
        rules=BROKEN,
        mailboxes=(Mailbox(INBOX, share=2), Mailbox(("Ablage",), share=1)),
    ),
    Person(
        "urlaub",
        "lab.example",
        "Ulla Urlaub",
        Password("am Strand liegen"),
        rules=(
            (
                "2",
                "#Vacation",
                (HUMAN, ("From", "not in", "#RepliedAddresses")),
                (("Reply with", "Bin weg, ^S später."), ("Forward to", "anna@lab.example")),
            ),
            ("1", "#Redirect", (HUMAN,), (("Redirect to", "ulla@privat.example"), ("Discard",))),
        ),
        datasets={"RepliedAddresses": {"bernd@lab.example": {"addressbook.Email": "bernd@lab.example"}}},
        mailboxes=(Mailbox(INBOX, share=2),),
    ),
)
