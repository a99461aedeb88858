"""The accounts of the second domain. Names are invented."""

from __future__ import annotations

from sterna.lab.source.habits import usual
from sterna.lab.source.kinds import Mailbox, Person
from sterna.lab.source.passwords import Password
from sterna.model.mailbox import INBOX

DOMAIN = "fjord.example"

PEOPLE: tuple[Person, ...] = (
    Person("anna", DOMAIN, "Anna Nygård", Password("en annen Anna"), aliases=("nygard",), mailboxes=usual(10)),
    Person(
        "sigrid",
        DOMAIN,
        "Sigrid Åsen",
        Password("midnattssol"),
        aliases=("s.aasen",),
        prefs={"SentBox": "Sendt", "DraftsBox": "Kladd", "TrashBox": "Papirkurv", "Language": "Norwegian"},
        mailboxes=(
            Mailbox(INBOX, share=20),
            Mailbox(("Sendt",), share=9),
            Mailbox(("Kladd",)),
            Mailbox(("Papirkurv",), share=2, holes=True),
        ),
    ),
    Person(
        "bjorn",
        DOMAIN,
        "Bjørn Ødegård",
        Password("kald kaffe"),
        settings={"MaxAccountSize": "unlimited"},
        mailboxes=usual(9),
    ),
    Person(
        "kontor",
        DOMAIN,
        "Kontoret",
        Password("noekkel & laas"),
        rights=("CanCreateAccounts", "CanCreateAliases", "CanImpersonate"),
        mailboxes=usual(6),
    ),
    Person("lars", DOMAIN, "Lars Berg", Password("arver alt"), mailboxes=usual(5)),
    Person(
        "noor",
        DOMAIN,
        "Noor van der Zee",
        Password("eigen grens"),
        settings={"MaxAccountSize": "900M"},
        mailboxes=usual(5),
    ),
    Person("kjell", DOMAIN, "Kjell Tomt", Password("aldri brukt"), mailboxes=(Mailbox(INBOX), Mailbox(("Sendt",)))),
)
