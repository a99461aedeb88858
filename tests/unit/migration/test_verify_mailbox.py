"""Comparing one mailbox with its copy: nothing that differs is called equal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import pytest

from sterna.cyrus.columns import Row
from sterna.migration.verify.mailbox import (
    NOTHING,
    MailboxComparing,
    MailboxComparison,
    Reread,
    compare_state,
)
from sterna.model.mailbox import MailboxState, MessageFacts

FACT = MessageFacts(5, frozenset({"\\Seen", "Wichtig"}), 1_262_304_000, 34)
SHA1 = b"a" * 20
ROW = Row(5, SHA1, 34, FACT.internaldate, FACT.flags)


def compare(
    source: Iterable[MessageFacts],
    target: Iterable[Row],
    digests: Mapping[int, bytes],
    skipped: Mapping[int, tuple[str, str]] | None = None,
    reread: Reread = NOTHING,
) -> MailboxComparison:
    comparing = MailboxComparing(skipped or {})
    comparing.window(source, target, digests, reread)
    return comparing.result()


def test_equal_is_equal():
    found = compare([FACT], [ROW], {5: SHA1})
    assert found.unequal == ()
    assert (found.source, found.target, found.size_bytes) == (1, 1, 34)


DIFFERENT = {
    "bytes": (FACT, ROW._replace(guid=b"b" * 20), SHA1, "SHA-1"),
    "flags": (replace(FACT, flags=frozenset()), ROW, SHA1, "flags"),
    "date": (FACT, ROW._replace(internaldate=1), SHA1, "INTERNALDATE"),
    "a date the target cannot hold": (replace(FACT, internaldate=-5), ROW._replace(internaldate=1), SHA1, "INTERNAL"),
    "size": (replace(FACT, size_bytes=999), ROW, SHA1, "size"),
    "never proved": (FACT, ROW, None, "never compared"),
}


@pytest.mark.parametrize(("fact", "row", "digest", "said"), DIFFERENT.values(), ids=DIFFERENT)
def test_what_differs_is_named(fact, row, digest, said):
    found = compare([fact], [row], {5: digest} if digest else {})
    (unequal,) = found.different
    assert unequal.uid == 5
    assert said in unequal.what
    assert unequal.todo


def test_a_flag_that_was_dropped_on_the_way_is_a_difference_of_the_mailbox():
    fact = replace(FACT, flags=FACT.flags | {"a]b"})
    facts = [replace(fact, uid=uid) for uid in (5, 6, 7)]
    found = compare(facts, [ROW._replace(uid=uid) for uid in (5, 6, 7)], dict.fromkeys((5, 6, 7), SHA1))
    (unequal,) = found.unequal
    assert "'a]b' of 3 messages" in unequal.what


def test_missing_and_extra_messages_are_named_with_the_reason_a_pass_gave():
    found = compare(
        [FACT, replace(FACT, uid=6)], [ROW._replace(uid=uid) for uid in (1, 7, 8)], {}, {6: ("it is empty", "fine")}
    )
    assert [(row.uid, row.what) for row in found.missing] == [(5, "it is missing on the target"), (6, "it is empty")]
    assert [row.uid for row in found.extra] == [1, 7, 8]
    assert (found.source, found.target) == (2, 3)


def test_a_uid_that_another_message_has_is_told_as_the_pass_told_it():
    found = compare([FACT], [ROW], {}, {5: ("another message has this UID", "look at both")})
    assert [(row.uid, row.what) for row in found.different] == [(5, "another message has this UID")]


def test_windows_add_up():
    comparing = MailboxComparing({})
    comparing.window([FACT], [ROW], {5: SHA1})
    comparing.window([replace(FACT, uid=9)], [ROW._replace(uid=9), ROW._replace(uid=10)], {9: SHA1})
    found = comparing.result()
    assert (found.source, found.target, found.size_bytes) == (2, 3, 68)
    assert [row.uid for row in found.unequal] == [10]


OTHER = b"c" * 20
REREAD = {
    "the same on both sides, whatever the journal says": (Reread(frozenset({5}), {5: SHA1}, {5: SHA1}), None),
    "spoilt on the target's disk": (
        Reread(frozenset({5}), {5: SHA1}, {5: OTHER}, frozenset({5})),
        "as the target gives it",
    ),
    "another message was stored": (
        Reread(frozenset({5}), {5: OTHER}, {5: SHA1}, frozenset({5})),
        "on the source",
    ),
    "not given by the source": (Reread(frozenset({5}), {}, {5: SHA1}), "does not give its bytes"),
    "not given by the target": (Reread(frozenset({5}), {5: SHA1}, {}), "does not give its bytes"),
    "the target's own digest is wrong": (Reread(frozenset({5}), {5: OTHER}, {5: OTHER}), "own SHA-1"),
}


@pytest.mark.parametrize(("reread", "said"), REREAD.values(), ids=REREAD)
def test_what_is_read_again_has_to_be_equal_byte_for_byte(reread, said):
    found = compare([FACT], [ROW], {}, reread=reread)
    if said is None:
        assert found.unequal == ()
        assert found.reread == 1
    else:
        (unequal,) = found.different
        assert said in unequal.what
        assert found.reread == 0


def test_uidvalidity_and_uidnext_are_compared():
    state = MailboxState(1_200_000_000, 40, 3)
    assert compare_state(state, 1_200_000_000, 39) == ()
    assert "UIDVALIDITY" in compare_state(state, 1_200_000_001, 39)[0].what
    assert "UIDNEXT is 51, not 40" in compare_state(state, 1_200_000_000, 50)[0].what
