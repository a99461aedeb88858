"""Comparing one mailbox with its copy: nothing that differs is called equal."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sterna.cyrus.record import Record
from sterna.migration.verify.mailbox import compare_messages, compare_state
from sterna.model.copied import CopiedMessage
from sterna.model.mailbox import MailboxState, MessageFacts

FACT = MessageFacts(5, frozenset({"\\Seen", "Wichtig"}), 1_262_304_000, 34)
RECORD = Record(5, 1, 1_700_000_000, FACT.flags, FACT.internaldate, 34, b"a" * 20)
KNOWN = CopiedMessage(5, RECORD.guid, 34, FACT.internaldate, FACT.flags, 1, 1_700_000_000)


def test_equal_is_equal():
    found = compare_messages([FACT], {5: RECORD}, {5: KNOWN}, {})
    assert found.unequal == ()
    assert (found.source, found.target, found.size_bytes) == (1, 1, 34)


DIFFERENT = {
    "bytes": (FACT, replace(RECORD, guid=b"b" * 20), KNOWN, "SHA-1"),
    "flags": (replace(FACT, flags=frozenset()), RECORD, KNOWN, "flags"),
    "date": (FACT, replace(RECORD, internaldate=1), KNOWN, "INTERNALDATE"),
    "a date the target cannot hold": (
        replace(FACT, internaldate=-5),
        replace(RECORD, internaldate=1),
        KNOWN,
        "INTERNALDATE",
    ),
    "size": (replace(FACT, size_bytes=999), RECORD, KNOWN, "size"),
    "never proved": (FACT, RECORD, None, "never compared"),
}


@pytest.mark.parametrize(("fact", "record", "known", "said"), DIFFERENT.values(), ids=DIFFERENT)
def test_what_differs_is_named(fact, record, known, said):
    found = compare_messages([fact], {5: record}, {5: known} if known else {}, {})
    (unequal,) = found.different
    assert unequal.uid == 5
    assert said in unequal.what
    assert unequal.todo


def test_a_flag_that_was_dropped_on_the_way_is_a_difference_of_the_mailbox():
    fact = replace(FACT, flags=FACT.flags | {"a]b"})
    found = compare_messages([fact], {5: RECORD}, {5: KNOWN}, {})
    (unequal,) = found.unequal
    assert "'a]b' of 1 messages" in unequal.what


def test_missing_and_extra_messages_are_named_with_the_reason_a_pass_gave():
    found = compare_messages(
        [FACT, replace(FACT, uid=6)], {7: replace(RECORD, uid=7)}, {}, {6: ("it is empty", "fine")}
    )
    assert [(row.uid, row.what) for row in found.missing] == [(5, "it is missing on the target"), (6, "it is empty")]
    assert [row.uid for row in found.extra] == [7]


def test_a_uid_that_another_message_has_is_told_as_the_pass_told_it():
    found = compare_messages([FACT], {5: RECORD}, {}, {5: ("another message has this UID", "look at both")})
    assert [(row.uid, row.what) for row in found.different] == [(5, "another message has this UID")]


def test_uidvalidity_and_uidnext_are_compared():
    state = MailboxState(1_200_000_000, 40, 3)
    assert compare_state(state, 1_200_000_000, 39) == ()
    assert "UIDVALIDITY" in compare_state(state, 1_200_000_001, 39)[0].what
    assert "UIDNEXT is 51, not 40" in compare_state(state, 1_200_000_000, 50)[0].what
