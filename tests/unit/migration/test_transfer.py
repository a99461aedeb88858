"""One mailbox's passes on a fake source and a fake store: what arrives, what follows, what is left alone."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest

from sterna.errors import FormatError
from sterna.migration.copy import staging
from sterna.migration.copy.events import Counts
from sterna.migration.copy.job import SourceDisagreesError
from sterna.migration.copy.refused import SourceWithholdsError, TargetUnableError
from sterna.migration.copy.windows import WINDOW, batches
from sterna.state.journal import Journal, SkippedMessage
from tests.fakes.mail_source import FakeSource
from tests.fakes.mail_store import Store
from tests.fakes.passes import ANNA, NAME, expected, guid, one_pass

SEEN = frozenset({"\\Seen"})


def kept(row: SkippedMessage) -> tuple[bytes, int]:
    """The bytes that are kept of a message, and who may read them."""
    path = Path(row.kept)
    return path.read_bytes(), path.stat().st_mode & 0o777


@pytest.fixture
def source():
    source = FakeSource(uidnext=40)
    source.put(3, b"three\r\n", SEEN)
    source.put(7, b"seven\r\n", frozenset({"Wichtig"}), 1)
    source.put(8, b"seven\r\n")
    source.put(20, b"twenty\r\n")
    return source


@pytest.fixture
def store():
    return Store()


@pytest.fixture
def journal(tmp_path):
    return tmp_path / "journal.sqlite"


async def test_a_full_pass_makes_the_target_equal(source, store, journal):
    counts = await one_pass(source, store, journal)
    assert counts == Counts(copied=4, bytes=29)
    assert store.snapshot()[NAME] == expected(source)


async def test_a_second_pass_changes_nothing(source, store, journal):
    await one_pass(source, store, journal)
    changes = store.mailboxes[NAME].changes
    assert await one_pass(source, store, journal) == Counts(unchanged=4)
    assert store.mailboxes[NAME].changes == changes


async def test_new_mail_flags_and_expunges_follow(source, store, journal):
    await one_pass(source, store, journal)
    source.put(41, b"late\r\n")
    source.messages[3].flags = frozenset({"\\Seen", "\\Answered"})
    del source.messages[8]
    counts = await one_pass(source, store, journal)
    assert counts == Counts(copied=1, updated=1, expunged=1, unchanged=2, bytes=6)
    assert store.snapshot()[NAME] == expected(source)


async def test_an_empty_mailbox_is_made_with_its_uidnext(store, journal):
    source = FakeSource(uidnext=17)
    await one_pass(source, store, journal)
    assert store.snapshot()[NAME] == (source.uidvalidity, 16, {})


async def test_an_empty_message_is_a_row_with_a_reason_and_keeps_it(source, store, journal):
    source.put(30, b"")
    for _ in range(2):
        counts = await one_pass(source, store, journal)
        assert counts.skipped == 1
        (row,) = Journal.open(journal).skipped(str(ANNA))
        assert row.uid == 30
        assert "empty" in row.reason


async def test_a_refused_message_is_kept_beside_and_the_mailbox_goes_on(source, store, journal):
    store.refuses = frozenset({guid(b"seven\r\n")})
    source.put(8, b"other\r\n")
    counts = await one_pass(source, store, journal)
    assert (counts.copied, counts.skipped) == (3, 1)
    assert list(store.mailboxes[NAME].records) == [3, 8, 20]
    (row,) = Journal.open(journal).skipped(str(ANNA))
    assert (row.uid, row.answer, row.since) == (7, "System I/O error", 1_700_000_000)
    assert kept(row) == (b"seven\r\n", 0o600)
    store.refuses = frozenset()
    assert (await one_pass(source, store, journal)).skipped == 1, "its UID is passed, and the first reason stays"
    assert Journal.open(journal).skipped(str(ANNA)) == [row]


async def test_a_refused_message_at_the_end_still_gets_its_uid_later(source, store, journal):
    store.refuses = frozenset({guid(b"twenty\r\n")})
    assert (await one_pass(source, store, journal)).skipped == 1
    assert store.mailboxes[NAME].last_uid == 19
    store.refuses = frozenset()
    assert (await one_pass(source, store, journal)).copied == 1
    assert store.snapshot()[NAME] == expected(source)
    assert Journal.open(journal).skipped(str(ANNA)) == []


async def test_nothing_is_passed_over_when_the_target_refuses_everything_of_that_size(source, store, journal):
    store.most_bytes = 6
    with pytest.raises(TargetUnableError, match="7 bytes: System I/O error"):
        await one_pass(source, store, journal)
    assert store.mailboxes == {}
    store.most_bytes = None
    await one_pass(source, store, journal)
    assert store.snapshot()[NAME] == expected(source)


async def test_a_message_whose_bytes_the_source_withholds_is_a_row(source, store, journal):
    source.withholds = frozenset({7})
    assert (await one_pass(source, store, journal)).skipped == 1
    assert list(store.mailboxes[NAME].records) == [3, 8, 20]
    (row,) = Journal.open(journal).skipped(str(ANNA))
    assert (row.uid, row.kept) == (7, "")
    assert "does not give its bytes" in row.reason


async def test_a_source_that_withholds_everything_is_in_trouble_and_nothing_is_passed_over(source, store, journal):
    source.withholds = frozenset(source.messages)
    with pytest.raises(SourceWithholdsError, match="lists 4 messages from UID 3"):
        await one_pass(source, store, journal)
    assert store.mailboxes == {}


async def test_where_the_target_hung_up_messages_are_sent_one_by_one_and_the_harmful_one_is_kept_beside(
    source, store, journal
):
    counts = await one_pass(source, store, journal, most=1, harmful=frozenset({8}))
    assert (counts.copied, counts.skipped) == (3, 1)
    assert store.mailboxes[NAME].changes == 4, "one for each message, one for UIDNEXT"
    (row,) = Journal.open(journal).skipped(str(ANNA))
    assert (row.uid, kept(row)) == (8, (b"seven\r\n", 0o600))


async def test_a_message_the_source_lists_and_does_not_describe_is_never_taken_for_expunged(source, store, journal):
    await one_pass(source, store, journal)
    source.hides = frozenset({7})
    assert (await one_pass(source, store, journal)).expunged == 0
    source.hides = frozenset()
    assert await one_pass(source, store, journal) == Counts(unchanged=4)
    assert store.snapshot()[NAME] == expected(source)


async def test_a_new_message_that_is_not_described_is_a_row(source, store, journal):
    source.hides = frozenset({7})
    assert (await one_pass(source, store, journal)).skipped == 1
    (row,) = Journal.open(journal).skipped(str(ANNA))
    assert row.uid == 7
    assert "does not describe it" in row.reason


async def test_with_condstore_only_what_changed_is_looked_at(source, store, journal):
    source.highestmodseq = 5
    await one_pass(source, store, journal)
    source.messages[3].flags, source.messages[3].modseq = frozenset(), 6
    source.messages[20].flags = frozenset({"\\Flagged"})  # without telling by its MODSEQ
    source.highestmodseq = 6
    assert await one_pass(source, store, journal) == Counts(updated=1, unchanged=3)
    assert store.mailboxes[NAME].records[20].flags == frozenset()
    assert await one_pass(source, store, journal, thorough=True) == Counts(updated=1, unchanged=3)
    assert store.snapshot()[NAME] == expected(source)


async def test_a_highestmodseq_that_went_back_tells_nothing_and_all_flags_are_compared(source, store, journal):
    source.highestmodseq = 9000
    await one_pass(source, store, journal)
    source.highestmodseq = 40  # its index was made anew
    source.messages[20].flags = frozenset({"\\Flagged"})
    assert (await one_pass(source, store, journal)).updated == 1
    assert store.snapshot()[NAME] == expected(source)


async def test_where_messages_may_only_have_another_label_nothing_is_expunged(source, store, journal):
    await one_pass(source, store, journal)
    del source.messages[7]
    counts = await one_pass(source, store, journal, keeps=True)
    assert (counts.expunged, list(store.mailboxes[NAME].records)) == (0, [3, 7, 8, 20])
    assert (await one_pass(source, store, journal)).expunged == 1, "what was kept is still known to be ours"


async def test_one_answer_that_cannot_be_read_is_no_other_messages_trouble(source, store, journal):
    def unreadable(uids):
        if 8 in uids:
            raise FormatError("a date", data=b"00-Jan-0000", offset=0)
        return FakeSource.facts_of(source, uids)

    source.facts_of = unreadable
    counts = await one_pass(source, store, journal, careful=True)
    assert (counts.copied, counts.skipped) == (3, 1)
    (row,) = Journal.open(journal).skipped(str(ANNA))
    assert (row.uid, "does not describe" in row.reason) == (8, True)


async def test_without_a_journal_a_message_that_comes_short_once_is_not_taken_for_another(
    source, store, journal, tmp_path
):
    await one_pass(source, store, journal)
    read = source.bodies
    cut = iter([b"sev"])

    def bodies(uids, sink):
        return read(uids, lambda uid, data: sink(uid, next(cut, data) if uid == 7 else data))

    source.bodies = bodies
    assert await one_pass(source, store, tmp_path / "another.sqlite") == Counts(unchanged=4)
    source.withholds = frozenset({8})
    counts = await one_pass(source, store, tmp_path / "a third.sqlite")
    assert (counts.skipped, counts.copied) == (1, 0)


async def test_messages_withheld_in_many_small_batches_are_the_sources_trouble_too(store, journal, monkeypatch):
    monkeypatch.setattr(staging, "batches", functools.partial(batches, most=1))
    source = FakeSource()
    for uid in range(1, 60):
        source.put(uid, b"message %d" % uid)
    source.withholds = frozenset(range(10, 40))
    with pytest.raises(SourceWithholdsError):
        await one_pass(source, store, journal)
    assert NAME not in store.mailboxes


async def test_a_source_that_names_fewer_messages_than_it_holds_is_not_followed(source, store, journal):
    await one_pass(source, store, journal)
    named = source.uids

    async def fewer():
        return (await named())[:1]

    source.uids = fewer
    with pytest.raises(SourceDisagreesError, match="holds 4 messages and names 1"):
        await one_pass(source, store, journal)
    assert store.snapshot()[NAME] == expected(source)


async def test_bytes_that_do_not_have_the_announced_size_are_read_twice(source, store, journal):
    source.sizes = {7: 4000}
    read = source.bodies
    batches = []

    def bodies(uids, sink):
        batches.append(list(uids))
        return read(uids, sink)

    source.bodies = bodies
    await one_pass(source, store, journal)
    assert [7] in batches
    assert store.snapshot()[NAME] == expected(source), "the size was a lie, the bytes came twice alike"


async def test_a_message_that_comes_shorter_once_is_not_taken(source, store, journal):
    source.sizes = {7: 7}
    read = source.bodies
    cut = iter([b"sev"])

    def bodies(uids, sink):
        return read(uids, lambda uid, data: sink(uid, next(cut, data) if uid == 7 else data))

    source.bodies = bodies
    await one_pass(source, store, journal)
    assert store.snapshot()[NAME] == expected(source)


async def test_a_message_that_is_never_the_same_twice_is_not_taken(source, store, journal):
    source.sizes = {7: 7}
    read = source.bodies
    cuts = iter([b"s", b"se"])

    def bodies(uids, sink):
        return read(uids, lambda uid, data: sink(uid, next(cuts) if uid == 7 else data))

    source.bodies = bodies
    assert (await one_pass(source, store, journal)).skipped == 1
    assert 7 not in store.mailboxes[NAME].records


async def test_what_was_expunged_on_the_target_is_named_by_every_pass(source, store, journal):
    await one_pass(source, store, journal)
    box = store.mailboxes[NAME]
    box.highestmodseq += 1
    del box.records[7]
    for _ in range(3):
        assert await one_pass(source, store, journal) == Counts(skipped=1, unchanged=3)
        (row,) = Journal.open(journal).skipped(str(ANNA))
        assert (row.uid, row.reason) == (7, "it was expunged on the target")


async def test_a_reason_goes_with_its_message(source, store, journal):
    source.put(39, b"")
    assert (await one_pass(source, store, journal)).skipped == 1
    del source.messages[39]
    assert (await one_pass(source, store, journal)).skipped == 0
    assert Journal.open(journal).skipped(str(ANNA)) == []


async def test_a_target_that_was_set_back_gets_its_mail_again(source, store, journal):
    await one_pass(source, store, journal)
    box = store.mailboxes[NAME]
    box.records = {3: box.records[3]}
    box.last_uid = 3
    await one_pass(source, store, journal)
    assert store.snapshot()[NAME] == expected(source)


async def test_dates_the_target_cannot_hold_become_the_nearest(source, store, journal):
    source.put(41, b"early", internaldate=-5)
    source.put(42, b"late", internaldate=2**33)
    await one_pass(source, store, journal)
    records = store.mailboxes[NAME].records
    assert (records[41].internaldate, records[42].internaldate) == (1, 2**32 - 1)


async def test_a_uidnext_that_is_nonsense_leaves_uids_for_new_mail(store, journal):
    source = FakeSource(uidnext=2**40)
    await one_pass(source, store, journal)
    assert store.mailboxes[NAME].last_uid == 2**32 - 2


async def test_a_message_that_is_expunged_between_listing_and_reading_is_no_error(source, store, journal):
    listed = source.facts

    def facts(first, last):
        answer = listed(first, last)
        source.messages.pop(7, None)
        return answer

    source.facts = facts
    assert await one_pass(source, store, journal) == Counts(copied=3, bytes=22)
    assert store.snapshot()[NAME] == expected(source)


async def test_a_lost_journal_costs_time_and_no_mail(source, store, journal, tmp_path):
    await one_pass(source, store, journal)
    changes = store.mailboxes[NAME].changes
    source.messages[7].flags = SEEN
    counts = await one_pass(source, store, tmp_path / "another.sqlite")
    assert counts == Counts(updated=1, unchanged=3)
    assert store.mailboxes[NAME].changes == changes + 1
    assert store.snapshot()[NAME] == expected(source)
    assert await one_pass(source, store, tmp_path / "another.sqlite") == Counts(unchanged=4)


async def test_mail_that_was_delivered_to_the_target_is_never_touched(source, store, journal, tmp_path):
    await one_pass(source, store, journal)
    uid = store.deliver(NAME, guid(b"local\r\n"), b"local\r\n")
    source.messages.clear()
    await one_pass(source, store, tmp_path / "another.sqlite")
    await one_pass(source, store, journal)
    assert list(store.mailboxes[NAME].records) == [uid]


async def test_a_uid_the_target_has_given_out_is_a_row_not_a_loss(source, store, journal):
    await one_pass(source, store, journal)
    uid = store.deliver(NAME, guid(b"local\r\n"), b"local\r\n")
    source.put(uid, b"late at the source\r\n")
    counts = await one_pass(source, store, journal)
    assert counts.skipped == 1
    assert store.mailboxes[NAME].records[uid].guid == guid(b"local\r\n")
    (row,) = Journal.open(journal).skipped(str(ANNA))
    assert row.uid == uid


async def test_what_was_expunged_on_the_target_is_named_and_not_brought_back(source, store, journal):
    await one_pass(source, store, journal)
    box = store.mailboxes[NAME]
    box.highestmodseq += 1
    del box.records[7]
    counts = await one_pass(source, store, journal)
    assert counts == Counts(skipped=1, unchanged=3)


async def test_a_mailbox_that_was_removed_on_the_target_is_loaded_again(source, store, journal):
    await one_pass(source, store, journal)
    del store.mailboxes[NAME]
    assert (await one_pass(source, store, journal)).copied == 4
    assert store.snapshot()[NAME] == expected(source)


async def test_many_windows_and_batches(store, journal):
    source = FakeSource()
    for number in range(2 * WINDOW + 500):
        source.put(3 * number + 1, b"message %d\r\n" % (number % 700), SEEN if number % 3 else frozenset())
    counts = await one_pass(source, store, journal)
    assert counts.copied == len(source.messages)
    assert store.snapshot()[NAME] == expected(source)
    for uid in list(source.messages)[::7]:
        del source.messages[uid]
    counts = await one_pass(source, store, journal)
    assert (counts.copied, counts.updated) == (0, 0)
    assert store.snapshot()[NAME] == expected(source)
    assert await one_pass(source, store, journal) == Counts(unchanged=len(source.messages))


async def test_a_keyword_that_no_message_has_any_more_still_counts_against_the_targets_limit(source, store, journal):
    source.put(50, b"Subject: many\r\n\r\n.\r\n", frozenset(f"old{number:03}" for number in range(100)))
    await one_pass(source, store, journal)
    source.messages[50].flags = frozenset()
    await one_pass(source, store, journal)
    source.put(51, b"Subject: others\r\n\r\n.\r\n", frozenset(f"new{number:03}" for number in range(100)))
    await one_pass(source, store, journal)
    (new,) = (message for message in store.mailboxes[NAME].records.values() if message.uid == 51)
    earlier = {
        flag for message in source.messages.values() for flag in message.flags if not flag.startswith(("\\", "new"))
    }
    assert len(new.flags) == 128 - 100 - len(earlier)
