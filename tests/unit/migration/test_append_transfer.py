"""Passes to servers with habits: each ends with everything there once, or with a row that says why not."""

from __future__ import annotations

import pytest

from tests.fakes.append_passes import append_pass
from tests.fakes.mail_source import FakeSource
from tests.fakes.placing_target import Mailbox

EIGHT_BIT = b"Subject: \xe4\r\n\r\n.\r\n"


def source_of(*data: bytes) -> FakeSource:
    source = FakeSource()
    for uid, each in enumerate(data, start=1):
        source.put(uid, each)
    return source


def munge(data: bytes) -> bytes:
    return data.replace(b"\xe4", b"X")


@pytest.fixture
def journal(tmp_path):
    return tmp_path / "journal.sqlite"


async def test_a_copy_that_cannot_be_removed_alone_stays_and_is_named_by_every_pass(journal):
    source, mailbox = source_of(EIGHT_BIT), Mailbox(can_expunge=False, changes=munge)
    first = await append_pass(source, mailbox, journal)
    assert "changed its bytes" in first.reasons[1]
    assert first.kept == [EIGHT_BIT]
    again = await append_pass(source, mailbox, journal)
    assert again.reasons.keys() == {1}
    assert len(mailbox.messages) == 1, "it is not brought again"


async def test_one_message_shows_that_a_server_damages_headers_and_the_others_are_not_tried(journal):
    source = source_of(EIGHT_BIT, b"plain\r\n", EIGHT_BIT + b"2", EIGHT_BIT + b"3")
    mailbox = Mailbox(changes=munge)
    outcome = await append_pass(source, mailbox, journal)
    assert [m.data for m in mailbox.messages.values()] == [b"plain\r\n"]
    assert mailbox.appended == 2
    assert "changed its bytes" in outcome.reasons[1]
    assert all("above 127" in outcome.reasons[uid] for uid in (3, 4))
    assert len(outcome.kept) == 3
    mailbox.changes = None
    mended = await append_pass(source, mailbox, journal)
    assert mended.reasons == {}
    assert mended.counts.copied == 3


async def test_a_message_above_the_limit_is_not_sent(journal):
    outcome = await append_pass(source_of(b"small", b"x" * 100), mailbox := Mailbox(limit=50), journal)
    assert mailbox.appended == 1
    assert outcome.reasons == {2: "it has 100 bytes and the target takes 50"}


async def test_what_a_server_without_uidplus_cannot_expunge_is_named(journal):
    source, mailbox = source_of(b"one", b"two"), Mailbox(can_expunge=False)
    await append_pass(source, mailbox, journal)
    del source.messages[1]
    outcome = await append_pass(source, mailbox, journal)
    assert "cannot expunge" in outcome.reasons[1]
    assert len(mailbox.messages) == 2


async def test_mail_that_was_there_already_is_recognised_and_never_removed(journal):
    source, mailbox = source_of(b"same", b"new"), Mailbox()
    own = mailbox.put(b"same")
    mailbox.put(b"same", internaldate=5)
    first = await append_pass(source, mailbox, journal)
    assert (first.counts.copied, first.counts.unchanged, len(mailbox.messages)) == (1, 1, 3)
    source.messages[1].flags = frozenset({"\\Flagged"})
    await append_pass(source, mailbox, journal)
    assert mailbox.messages[own].flags == {"\\Flagged"}
    del source.messages[1]
    gone = await append_pass(source, mailbox, journal)
    assert gone.counts.expunged == 0
    assert own in mailbox.messages


async def test_what_was_expunged_on_the_target_stays_so_and_is_named(journal):
    source, mailbox = source_of(b"one", b"two"), Mailbox()
    await append_pass(source, mailbox, journal)
    del mailbox.messages[1]
    outcome = await append_pass(source, mailbox, journal)
    assert outcome.reasons == {1: "it was expunged on the target"}
    assert len(mailbox.messages) == 1


async def test_after_a_cutover_only_new_mail_comes(journal):
    source, mailbox = source_of(b"one", b"two"), Mailbox()
    await append_pass(source, mailbox, journal)
    mailbox.messages[1].flags = frozenset({"\\Seen"})
    del mailbox.messages[2], source.messages[2]
    source.messages[1].flags = frozenset({"\\Flagged"})
    source.put(3, b"late")
    outcome = await append_pass(source, mailbox, journal, cut_over=True)
    assert (outcome.counts.copied, outcome.counts.updated, outcome.counts.expunged) == (1, 0, 0)
    assert mailbox.messages[1].flags == {"\\Seen"}


async def test_another_uidvalidity_of_either_side_brings_nothing_twice(journal):
    source, mailbox = source_of(b"one", b"two", b"two"), Mailbox()
    await append_pass(source, mailbox, journal)
    mailbox.uidvalidity += 1
    assert (await append_pass(source, mailbox, journal)).counts.copied == 0
    source.uidvalidity += 1
    source.messages = {uid + 100: message for uid, message in source.messages.items()}
    assert (await append_pass(source, mailbox, journal)).counts.copied == 0
    assert len(mailbox.messages) == 3


async def test_a_message_at_which_the_connection_breaks_each_time_is_named_in_the_end(journal):
    source, mailbox = source_of(b"good", b"poison", b"good too"), Mailbox()

    class Breaking:
        def __init__(self, inner) -> None:
            self._inner = inner

        def __getattr__(self, name: str):
            return getattr(self._inner, name)

        async def append(self, messages, **options):
            if any(message.content == b"poison" for message in messages):
                raise ConnectionResetError
            return await self._inner.append(messages, **options)

    def wrap(port):
        return Breaking(port) if hasattr(port, "append") else port

    for _ in range(3):
        with pytest.raises(ConnectionResetError):
            await append_pass(source, mailbox, journal, wrap)
    outcome = await append_pass(source, mailbox, journal, wrap)
    assert "broke 3 times" in outcome.reasons[2]
    assert sorted(m.data for m in mailbox.messages.values()) == [b"good", b"good too"]


async def test_a_message_that_is_not_to_be_moved_now_is_counted_and_left(journal):
    source, mailbox = source_of(b"one", b"three"), Mailbox()
    outcome = await append_pass(source, mailbox, journal, takes=lambda fact: fact.size_bytes < 4)
    assert (outcome.counts.copied, outcome.counts.left_out, outcome.counts.unchanged) == (1, 1, 0)
    rest = await append_pass(source, mailbox, journal)
    assert (rest.counts.copied, rest.counts.left_out) == (1, 0)
