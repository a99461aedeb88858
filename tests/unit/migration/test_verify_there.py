"""Which message on the target is which of the source, where some could not keep their UIDs."""

from __future__ import annotations

from collections.abc import Iterable

from sterna.cyrus.columns import RecordColumns
from sterna.cyrus.record import Record
from sterna.imap.fragments import Response
from sterna.migration.verify.mailbox import MailboxComparing
from sterna.migration.verify.there import There
from sterna.model.mailbox import MessageFacts
from sterna.state.digests import WithoutUid


def columns(uids: Iterable[int]) -> RecordColumns:
    """A mailbox with messages of these UIDs, each with a SHA-1 of its UID."""
    records = b" ".join(Record(uid, 1, 1, frozenset(), 1_577_869_200, 34, uid.to_bytes(20)).dump() for uid in uids)
    found = RecordColumns()
    found.feed(Response((b"* MAILBOX %(UNIQUEID u RECORD (" + records + b"))\r\n",)))
    found.finish()
    return found


def seen(there: There) -> list[tuple[int, int]]:
    """The source's UID of each message with the number that its SHA-1 says."""
    return [(row.uid, int.from_bytes(row.guid)) for row in there.between(1, 2**32 - 1)]


def test_messages_keep_their_uids_unless_the_journal_says_otherwise():
    there = There(columns([1, 2, 5]), ())
    assert seen(there) == [(1, 1), (2, 2), (5, 5)]
    assert (there.messages, there.new_uids, there.own) == (3, 0, 0)
    assert [there.target_uid(uid) for uid in (1, 3)] == [1, None]


def test_a_message_that_came_late_is_known_by_the_uid_it_has_on_the_source():
    late = [WithoutUid(2, 9, b"x" * 20), WithoutUid(3, None, b"y" * 20), WithoutUid(4, 77, b"z" * 20)]
    there = There(columns([1, 5, 9]), late)
    assert seen(there) == [(1, 1), (2, 9), (5, 5)]
    assert (there.new_uids, there.own) == (1, 0)
    assert [there.target_uid(uid) for uid in (1, 2, 3, 4, 9)] == [1, 9, None, None, None]
    assert there.digests(1, 3) == {2: b"x" * 20, 3: b"y" * 20}
    assert [row.uid for row in there.between(2, 4)] == [2]


def test_in_a_mailbox_that_had_mail_before_ours_the_rest_is_its_own():
    placed = [WithoutUid(1, 8, b"x" * 20), WithoutUid(7, 9, b"y" * 20)]
    there = There(columns([1, 2, 8, 9]), placed, keeps_uids=False)
    assert seen(there) == [(1, 8), (7, 9)]
    assert (there.new_uids, there.own) == (2, 2)
    assert [there.target_uid(uid) for uid in (1, 2, 7)] == [8, None, 9]


def test_what_is_not_selected_is_no_difference_unless_it_is_there():
    facts = [MessageFacts(uid, frozenset(), 1_577_869_200, 34) for uid in (1, 2, 3)]
    comparing = MailboxComparing({}, lambda fact: fact.uid == 1)
    there = There(columns([1, 2]), ())
    comparing.window(facts, there.between(1, 9), {1: (1).to_bytes(20)})
    found = comparing.result()
    assert (found.source, found.target, found.left_out, comparing.described) == (2, 2, 1, 3)
    assert [(row.uid, "never compared" in row.what) for row in found.unequal] == [(2, True)]
