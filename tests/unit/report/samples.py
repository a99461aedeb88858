"""Two verification reports to render: one where all is equal, one where it is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sterna.migration.report.content import AccountRow, Compared, Difference, How, VerificationReport
from sterna.migration.verify.form import BYTES, COMPARED, Form
from sterna.model.finding import Finding, Outcome

_ENDED = datetime(2026, 3, 29, 0, 59, 30, tzinfo=UTC)

_PEOPLE = (
    ("rene.pfeiffer@lab.example", "René Pfeiffer", 14, 812, 91_204_113),
    ("anna@lab.example", "Anna Müller", 6, 301, 12_400_512),
    ("anna@fjord.example", "Anna Fjord <script>", 1, 0, 0),
    ("jörg@lab.example", "Jörg Weiß", 3, 1891, 4_400_500_112),
)

EQUAL = VerificationReport(
    site="lab",
    source="127.0.0.1:22143",
    target="127.0.0.1:22993",
    started=_ENDED - timedelta(seconds=7.4),
    ended=_ENDED,
    accounts=Compared(4, 4),
    mailboxes=Compared(24, 24),
    messages=Compared(3004, 3004),
    size_bytes=sum(row[4] for row in _PEOPLE),
    rows=tuple(AccountRow(*row, differences=0) for row in _PEOPLE),
    differences=(),
    findings=(
        Finding(
            "filter",
            "rene.pfeiffer@lab.example",
            Outcome.DROPPED,
            "rule #Vacation",
            "Vacation messages are not carried over yet.",
            "Ask the owner to set it anew in webmail.",
        ),
        Finding(
            "password", "egon@lab.example", Outcome.UNREADABLE, "Password", "It is encrypted with the server's key."
        ),
        Finding("list", "news@lab.example", Outcome.KEPT, "owner", "The owner is the same."),
    ),
    as_json={"accounts": {"source": 4, "target": 4, "different": 0}},
    version="0.1.0",
    how=How(Form.DIGESTS, COMPARED[Form.DIGESTS], BYTES[Form.DIGESTS]),
)

UNEQUAL = replace(
    EQUAL,
    messages=Compared(3004, 3003, missing=2, extra=1, different=1),
    rows=(replace(EQUAL.rows[0], differences=4), *EQUAL.rows[1:]),
    differences=(
        Difference("rene.pfeiffer@lab.example", "INBOX", "UID 17 is missing on the target", "Run sterna copy again."),
        Difference("rene.pfeiffer@lab.example", "INBOX", "UID 18 is missing on the target", "Run sterna copy again."),
        Difference("rene.pfeiffer@lab.example", "Work/<2020>", "UID 4 is on the target only", "Look at it."),
        Difference("rene.pfeiffer@lab.example", "Work/<2020>", "UID 5 has flags \\Seen, not \\Flagged", "Look at it."),
    ),
)
