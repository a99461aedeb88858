"""Which message is which on the target, and who is cut over: kept in the journal, across processes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sterna.model.placed import Placed, Stage
from sterna.state.cut_over import CutOverStore
from sterna.state.journal import Journal
from sterna.state.placed import PlacedStore

ANNA = "anna@lab.example"
INBOX = ("INBOX",)


def row(uid: int, target: int | None = None, stage: Stage = Stage.BEGUN) -> Placed:
    return Placed(uid, target, b"g" * 20, b"l" * 20, b"<1@x>", 3, 1_262_304_000, 7, stage)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.sqlite"


@pytest.fixture
def store(path):
    journal = Journal.open(path)
    yield PlacedStore(journal)
    journal.close()


def opened(store: PlacedStore, uidvalidities: tuple[int, int] = (1, 2)) -> int:
    return store.open_mailbox(ANNA, INBOX, ("Post",), uidvalidities).id


def test_a_row_goes_its_way_and_is_the_same_for_another_process(store, path):
    box = opened(store)
    store.put(box, [row(5), row(6), row(7)])
    store.place(box, {5: 50, 6: 60})
    store.set_stage(box, [5], Stage.PROVED)
    other = Journal.open(path)
    again = PlacedStore(other)
    assert again.rows(box, 5, 6) == {5: row(5, 50, Stage.PROVED), 6: row(6, 60, Stage.PLACED)}
    assert again.unsettled(box, 10) == [row(6, 60, Stage.PLACED), row(7)]
    assert list(again.claimed(box)) == [50, 60]
    assert list(again.uids(box)) == [5, 6, 7]
    assert list(again.known(ANNA, INBOX, 1)) == [5, 6]
    assert (again.messages(ANNA), again.mailboxes(ANNA)) == (3, {INBOX: ("Post",)})
    other.close()
    store.forget(box, [5, 6, 7])
    assert store.messages(ANNA) == 0


def test_attempts_and_origin_are_kept(store):
    box = opened(store)
    known = replace(row(5, 50, Stage.PROVED), found=True, attempts=2)
    store.put(box, [known])
    assert store.rows(box, 1, 9) == {5: known}


@pytest.mark.parametrize("uidvalidities", [(9, 2), (1, 9)], ids=["the source's", "the target's"])
def test_another_uidvalidity_makes_all_rows_mean_nothing(store, uidvalidities):
    box = opened(store)
    store.put(box, [row(5, 50, Stage.PROVED)])
    store.set_looked(box)
    assert store.open_mailbox(ANNA, INBOX, ("Post",), (1, 2)).looked
    again = store.open_mailbox(ANNA, INBOX, ("Post",), uidvalidities)
    assert not again.looked
    assert list(store.uids(again.id)) == []


def test_an_account_is_cut_over_until_that_is_taken_back(path):
    journal = Journal.open(path)
    marks = CutOverStore(journal)
    assert marks.when(ANNA) is None
    marks.set(ANNA, 1_700_000_000)
    marks.set(ANNA, 1_800_000_000)
    assert marks.when(ANNA) == 1_700_000_000, "the first mark stays"
    assert marks.all() == {ANNA: 1_700_000_000}
    marks.clear(ANNA)
    assert marks.when(ANNA) is None
    journal.close()
