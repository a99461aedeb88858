"""The plan for a source that has only mail, and what IMAP tells besides mail."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from sterna.cyrus.admin import Quota
from sterna.imap.enquiry import Storage, parse_acl, parse_quota
from sterna.imap.fragments import Response
from sterna.imap.servers import Habit
from sterna.migration.changes import CreateMailbox, SetQuota
from sterna.migration.copy.furniture import Furniture
from sterna.migration.facts import Facts
from sterna.migration.origin.imap import Looked
from sterna.migration.origin.told import told
from sterna.migration.plan_mail import habit_findings, mailbox_changes
from sterna.model.address import Address
from sterna.model.mailbox import INBOX, ListedMailbox
from sterna.model.roles import Role

ANNA, BEN = Address("lab.example", "anna"), Address("lab.example", "ben")
SUBJECT = "anna@lab.example"
ROWS: Mapping[str, tuple[Storage | None, Quota | None, list[object]]] = {
    "a new one without any word of limits": (None, None, [CreateMailbox(SUBJECT)]),
    "a new one without a limit": (Storage(7, None), None, [CreateMailbox(SUBJECT)]),
    "a new one gets the limit": (Storage(7, 100), None, [CreateMailbox(SUBJECT), SetQuota(SUBJECT, None, 105)]),
    "nobody begins over the limit": (Storage(150, 100), None, [CreateMailbox(SUBJECT), SetQuota(SUBJECT, None, 155)]),
    "a limit without end is none": (Storage(7, 1 << 40), None, [CreateMailbox(SUBJECT)]),
    "what is there and large enough stays": (Storage(7, 100), Quota(0, 50), []),
    "what is there and too small grows": (Storage(70, 100), Quota(0, 50), [SetQuota(SUBJECT, 50, 105)]),
    "it grows by the use alone, too": (Storage(70, None), Quota(0, 50), [SetQuota(SUBJECT, 50, 75)]),
    "what has no limit stays": (Storage(70, 100), Quota(0, None), []),
}


@pytest.mark.parametrize(("use", "held", "changes"), ROWS.values(), ids=ROWS)
def test_an_inbox_is_made_and_large_enough(use: Storage | None, held: Quota | None, changes: list[object]):
    inboxes, quotas = (frozenset(), {}) if held is None else (frozenset({ANNA}), {ANNA: held})
    assert list(mailbox_changes([ANNA], {ANNA: use}, Facts({}, inboxes, quotas), 5)) == changes


def test_roles_and_rights_are_in_the_targets_words():
    listed = [
        ListedMailbox(INBOX, b"INBOX", uses=frozenset({"\\sent"})),
        ListedMailbox(("Gesendet",), b"Gesendet", uses=frozenset({"\\sent", "\\important"})),
        ListedMailbox(("Sent",), b"Sent", uses=frozenset({"\\sent"})),
    ]
    rights = {b"anna": b"lrswipkxtecda", b"ben": b"lrsc", b"-ben": b"i", b"anyone": b"lr", b"group:staff": b"lr"}
    found = told(
        ANNA,
        listed,
        [(INBOX, rights), (("Gesendet",), None), (("Sent",), {})],
        {"anna": ANNA, "ben": BEN},
    )
    assert found.roles == {("Gesendet",): Role.SENT}
    assert found.grants == {
        INBOX: {b"ben@lab.example": b"lrskx", b"-ben@lab.example": b"i", b"anyone": b"lr"},
        ("Sent",): {},
    }
    assert found.untold == {("Gesendet",)}
    assert [name for name, why in found.unclear if "group:staff" in why] == [INBOX]


def test_what_a_server_says_of_limits_and_rights_is_read():
    assert parse_quota(said(b'* QUOTA "user/anna" (STORAGE 10 512 MESSAGE 3 100)\r\n')) == Storage(10, 512)
    assert parse_quota(said(b'* QUOTA "" (MESSAGE 3 100)\r\n')) is None
    assert parse_quota(said(b'* QUOTA "" ()\r\n')) is None
    acl = said(b'* ACL "Work/2020 (x)" anna lrs "ben smith" l -carl w\r\n')
    assert parse_acl(acl) == {b"anna": b"lrs", b"ben smith": b"l", b"-carl": b"w"}


def test_a_servers_own_ways_are_said_where_they_matter():
    boxes = (
        ListedMailbox(("Calendar",), b"Calendar"),
        ListedMailbox(("Mail",), b"Mail"),
        ListedMailbox(("All",), b"All", uses=frozenset({"\\all"})),
    )
    other = Looked(Furniture(), None, boxes, Habit.OTHER_ITEMS)
    assert [each.object for each in habit_findings(ANNA, other)] == [f"{ANNA}: Calendar", f"{ANNA}: All"]
    labels = Looked(Furniture(), None, boxes, Habit.LABELS)
    assert [each.object for each in habit_findings(ANNA, labels)] == [str(ANNA)]


def said(line: bytes) -> Response:
    return Response((line,))
