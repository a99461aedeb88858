"""What a range of UIDs still needs: every combination of the three snapshots, as rows with names."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.migration.copy.decide import (
    Adopt,
    Expunge,
    Forget,
    Prove,
    SetFlags,
    Skip,
    Upload,
    decide,
    same_flags,
)
from sterna.model.copied import CopiedMessage
from sterna.model.mailbox import MessageFacts

SEEN = frozenset({"\\Seen"})
NONE: frozenset[str] = frozenset()


def fact(uid, flags=NONE):
    return MessageFacts(uid, flags, 1577869200, 34)


def held(uid, flags=NONE, *, guid=b"a" * 20, stored=True):
    return CopiedMessage(uid, guid, 34, 1577869200, flags, 1, 1, stored)


A = held(5)
SENT = held(5, stored=False)
OTHER = held(5, guid=b"b" * 20)

ROWS = {
    "new on the source": (fact(5), None, None, 0, [Upload(5)]),
    "new, but the target's UIDs have passed it": (fact(5), None, None, 9, [Skip]),
    "sent, and it did not arrive": (fact(5), None, SENT, 0, [Upload(5)]),
    "sent, did not arrive, and the target's UIDs have passed it": (fact(5), None, SENT, 9, [Skip]),
    "stored, and expunged on the target since": (fact(5), None, A, 9, [Skip]),
    "equal": (fact(5), A, A, 9, []),
    "equal, answer never seen": (fact(5), A, SENT, 9, [Adopt(5)]),
    "equal, the journal has the flags of before": (fact(5, SEEN), held(5, SEEN), A, 9, [Adopt(5)]),
    "flags differ": (fact(5, SEEN), A, A, 9, [SetFlags(5, SEEN)]),
    "flags differ, answer never seen": (fact(5, SEEN), A, SENT, 9, [SetFlags(5, SEEN)]),
    "flags differ in case only": (
        fact(5, frozenset({"WICHTIG"})),
        held(5, frozenset({"Wichtig"})),
        held(5, frozenset({"Wichtig"})),
        9,
        [],
    ),
    "another message has the UID": (fact(5), OTHER, A, 9, [Skip]),
    "on both, the journal knows nothing": (fact(5), A, None, 9, [Prove(5)]),
    "expunged on the source": (None, A, A, 9, [Expunge(5)]),
    "expunged on the source, answer never seen": (None, A, SENT, 9, [Expunge(5)]),
    "not ours": (None, A, None, 9, []),
    "expunged on the source, another message on the target": (None, OTHER, A, 9, [Forget(5)]),
    "gone from both": (None, None, A, 9, [Forget(5)]),
    "sent, never arrived, gone from the source": (None, None, SENT, 9, [Forget(5)]),
}


@pytest.mark.parametrize(("source", "target", "journal", "last_uid", "actions"), ROWS.values(), ids=ROWS)
def test_what_is_decided(source, target, journal, last_uid, actions):
    def snapshot(message):
        return {5: message} if message else {}

    found = decide(snapshot(source), snapshot(target), snapshot(journal), last_uid=last_uid)
    assert [type(a) if isinstance(a, Skip) else a for a in found] == actions
    assert all(action.reason and action.todo for action in found if isinstance(action, Skip))


FLAGS = st.frozensets(st.sampled_from(["\\Seen", "\\Flagged", "Wichtig"]))
UIDS = st.integers(1, 12)
SOURCE = st.dictionaries(UIDS, FLAGS).map(lambda d: {uid: fact(uid, flags) for uid, flags in d.items()})
HELD = st.dictionaries(UIDS, st.tuples(FLAGS, st.sampled_from([b"a" * 20, b"b" * 20]), st.booleans())).map(
    lambda d: {uid: held(uid, flags, guid=guid, stored=stored) for uid, (flags, guid, stored) in d.items()}
)


ON_TARGET = HELD.map(lambda messages: {uid: replace(message, stored=True) for uid, message in messages.items()})


@given(SOURCE, ON_TARGET, HELD, st.integers(0, 12))
def test_once_done_nothing_is_left_but_what_cannot_be_done(source, target, journal, last_uid):
    last_uid = max([last_uid, *target])
    target_after, journal_after = dict(target), dict(journal)
    actions = decide(source, target, journal, last_uid=last_uid)
    for action in actions:
        match action:
            case Upload(uid):
                assert uid > last_uid, "a UID is never given out twice"
                target_after[uid] = journal_after[uid] = held(uid, source[uid].flags)
            case SetFlags(uid, flags):
                target_after[uid] = journal_after[uid] = replace(target[uid], flags=flags, stored=True)
            case Expunge(uid):
                assert journal[uid].guid == target[uid].guid, "only what we brought is expunged"
                del target_after[uid], journal_after[uid]
            case Prove(uid) | Adopt(uid):
                journal_after[uid] = replace(target[uid], stored=True)
            case Forget(uid):
                del journal_after[uid]
            case Skip():
                pass
    again = decide(source, target_after, journal_after, last_uid=max([last_uid, *target_after]))
    settled = [action for action in again if not isinstance(action, Skip | SetFlags)]
    assert settled == []
    assert [a for a in again if isinstance(a, Skip)] == [a for a in actions if isinstance(a, Skip)]
    # Flags that differ on a message whose bytes had to be proved first are set in the same pass by the transfer.
    assert {a.uid for a in again if isinstance(a, SetFlags)} <= {a.uid for a in actions if isinstance(a, Prove)}
    assert all(
        same_flags(source[uid].flags, target_after[uid].flags)
        for uid in source.keys() & target_after.keys()
        if uid in journal and journal[uid].guid == target_after[uid].guid
    )
