"""Where the source's two interfaces disagree about mailboxes."""

from __future__ import annotations

import pytest

from sterna.communigate.server import MailboxUse
from sterna.migration.survey.mailboxes import disagreements
from sterna.model.finding import Outcome
from tests.unit.migration.samples import address

ANNA = address("anna")
INBOX, WORK = ("INBOX",), ("Work", "2020")

ROWS = {
    "both say the same": ({INBOX: (3, 900)}, {INBOX: (3, 900)}, []),
    "only the CLI lists it": ({}, {WORK: (3, 900)}, [(Outcome.DROPPED, "anna@lab.example: Work/2020", "mailbox")]),
    "only IMAP shows it": ({WORK: (3, 900)}, {}, [(Outcome.KEPT, "anna@lab.example: Work/2020", "mailbox")]),
    "other numbers of messages": (
        {INBOX: (3, 900)},
        {INBOX: (4, 900)},
        [(Outcome.CHANGED, "anna@lab.example: INBOX", "messages")],
    ),
    "other sizes": ({INBOX: (3, 900)}, {INBOX: (3, 800)}, [(Outcome.CHANGED, "anna@lab.example", "size")]),
    "sizes that differ by line ends only": ({INBOX: (3, 100_000)}, {INBOX: (3, 99_100)}, []),
    "nothing at all": ({}, {}, []),
}


@pytest.mark.parametrize(("imap", "cli", "expected"), ROWS.values(), ids=ROWS)
def test_a_difference_is_a_finding(imap, cli, expected):
    findings = disagreements(
        ANNA,
        {name: MailboxUse(*use) for name, use in imap.items()},
        {name: MailboxUse(*use) for name, use in cli.items()},
    )
    assert [(finding.outcome, finding.object, finding.what) for finding in findings] == expected


def test_a_mailbox_that_imap_lists_and_does_not_open_is_reported_once():
    assert not disagreements(ANNA, {}, {WORK: MailboxUse(1, 1)}, ignore=[WORK])
