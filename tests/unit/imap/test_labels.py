"""Mailboxes that are labels: every message comes once, whatever the labels are."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sterna.imap.labels import LabelReader, keyword
from sterna.model.mailbox import INBOX
from tests.fakes.labels import LabelServer
from tests.unit.imap.conversation import TableConversation

MAILBOXES = {
    b"INBOX": b"",
    b"Work": b"",
    b"Work/2020 (old)": b"",
    b"[Gmail]": b"\\Noselect",
    b"[Gmail]/All Mail": b"\\All",
    b"[Gmail]/Important": b"\\Important",
    b"[Gmail]/Sent Mail": b"\\Sent",
    b"[Gmail]/Starred": b"\\Flagged",
}
ALL, WORK, OLD, SENT = b"[Gmail]/All Mail", b"Work", b"Work/2020 (old)", b"[Gmail]/Sent Mail"


def reader_of(server: LabelServer, taken=lambda _: True) -> LabelReader:
    return LabelReader(TableConversation(server, (b"NAMESPACE", b"X-GM-EXT-1")), taken)  # type: ignore[arg-type]  # asked by get alone


async def read(server: LabelServer, taken=lambda _: True):
    """Which messages come from which mailbox, with their flags."""
    reader = reader_of(server, taken)
    found = {}
    for box in await reader.mailboxes():
        if not box.selectable or not taken(box.name):
            continue
        state = await reader.examine(box.wire)
        facts = await reader.facts(1, 2**32 - 1)
        assert (await reader.uids()).tolist() == [fact.uid for fact in facts]
        assert state.messages == len(facts)
        assert (await reader.status([box.wire]))[0] == state
        numbers = {uid: message for message, uid in server.uids[box.wire].items()}
        found[box.wire] = {numbers[fact.uid]: fact.flags - {"\\Seen"} for fact in facts}
    return found


async def test_each_message_comes_once_from_the_mailbox_of_the_highest_rank():
    server = LabelServer(
        MAILBOXES,
        {
            1: [b"INBOX", WORK, ALL, b"[Gmail]/Important"],
            2: [WORK, OLD, SENT, ALL],
            3: [OLD, ALL, b"[Gmail]/Starred"],
            4: [ALL],
        },
    )
    assert await read(server) == {
        b"INBOX": {1: {"Work"}},
        SENT: {2: {"Work", "Work/2020__old_"}},
        OLD: {3: frozenset()},
        WORK: {},
        ALL: {4: frozenset()},
    }


async def test_what_is_in_a_mailbox_that_is_left_out_comes_from_another():
    server = LabelServer(MAILBOXES, {1: [WORK, ALL]})
    found = await read(server, lambda name: name != ("Work",))
    assert found[ALL] == {1: frozenset()}


async def test_nothing_says_that_a_mailbox_has_not_changed():
    server = LabelServer(MAILBOXES, {1: [b"INBOX", ALL]})
    reader = reader_of(server)
    assert (await reader.examine(b"INBOX")).highestmodseq is None
    assert await reader.changed(1) is None
    assert await reader.mark() == ""
    assert await reader.marks([(b"INBOX", "x")]) == [""]


async def test_views_are_no_mailboxes_and_nobody_is_subscribed_to_them():
    reader = reader_of(LabelServer(MAILBOXES, {}))
    names = {box.name for box in await reader.mailboxes()}
    assert INBOX in names
    assert ("[Gmail]", "Starred") not in names
    assert ("[Gmail]", "Important") not in {box.name for box in await reader.subscribed()}


async def test_a_label_that_is_taken_off_shows_the_message_elsewhere_in_the_next_pass():
    server = LabelServer(MAILBOXES, {1: [b"INBOX", WORK, ALL]})
    assert (await read(server))[b"INBOX"] == {1: {"Work"}}
    server.unlabel(1, b"INBOX")
    assert (await read(server))[WORK] == {1: frozenset()}


@given(
    st.dictionaries(
        st.integers(1, 40),
        st.lists(st.sampled_from([b"INBOX", WORK, OLD, SENT]), unique=True, max_size=4),
        max_size=12,
    )
)
@settings(max_examples=60)
def test_whatever_the_labels_are_none_is_missing_and_none_comes_twice(store):
    server = LabelServer(MAILBOXES, {message: [*labels, ALL] for message, labels in store.items()})
    found = asyncio.run(read(server))
    assert Counter(message for box in found.values() for message in box) == Counter(store.keys())


@pytest.mark.parametrize(
    ("name", "said"), [(("Work", "2020"), "Work/2020"), (("Größe [x]",), "Gr__e_[x_"), (("a%b*c",), "a_b_c")]
)
def test_a_label_becomes_a_keyword_that_any_server_can_hold(name: tuple[str, ...], said: str):
    assert keyword(name) == said
