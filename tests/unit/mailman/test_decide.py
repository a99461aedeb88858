"""What has to be done for a list in Mailman, from what is wanted, what is there, and what was brought."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from sterna.mailman.changes import Change, CreateList
from sterna.mailman.decide import FoundList, FoundMember, decide, setting_text, state_text
from sterna.mailman.wanted import Action, Member, MemberState, Mode, Person, Status, WantedList
from sterna.model.address import Address
from sterna.state.loaded_lists import Brought, Key

DIGEST = MemberState(Mode.MIME)
SILENT = MemberState(Mode.REGULAR, Status.BY_USER, Action.HOLD)
FEED = MemberState()
WANTED = WantedList(
    source=Address("lab.example", "news"),
    address=Address("lists.lab.example", "news"),
    settings={"description": "News", "pass_types": ("text", "image")},
    owners=(Person("anna@lab.example", "Anna"),),
    members=(Member("a@x.example", "A", FEED),),
    bans=("troll@x.example",),
    texts={"list:member:regular:footer": "bye\n"},
)
FOUND = FoundList(
    exists=True,
    settings={"description": "News", "pass_types": ("image", "text"), "subject_prefix": "x"},
    owners={"anna@lab.example": "o1"},
    members={"a@x.example": FoundMember("m1", "regular", "")},
    bans=frozenset({"troll@x.example"}),
    texts={"list:member:regular:footer": "bye\n"},
)


def brought(kind: str, name: str, state: str = "", *, done: bool = True) -> Mapping[Key, Brought]:
    return {(kind, name): Brought(state, done)}


def lines(wanted: WantedList, found: FoundList, record: Mapping[Key, Brought] | None = None) -> list[str]:
    return [str(change) for change in decide(wanted, found, record or {}).changes]


def test_a_list_that_is_not_there_is_made_with_everything_in_it() -> None:
    changes = decide(WANTED, FoundList(), {}).changes
    assert [type(change).__name__ for change in changes] == [
        "CreateList",
        "SetSettings",
        "WriteText",
        "AddOwner",
        "AddMember",
        "Ban",
    ]
    assert isinstance(changes[0], CreateList)


def test_a_list_that_is_as_it_should_be_is_left_alone() -> None:
    assert lines(WANTED, FOUND) == []


ROWS: Mapping[str, tuple[MemberState | None, FoundMember | None, Brought | None, list[str]]] = {
    "new on the source": (FEED, None, None, ["add a@x.example: regular"]),
    "there, and not by us": (FEED, FoundMember("1", "mime_digests", ""), None, []),
    "there by us, unchanged": (FEED, FoundMember("1", "regular", ""), Brought(state_text(FEED), True), []),
    "chose another mode in Mailman": (FEED, FoundMember("1", "mime_digests", ""), Brought(state_text(FEED), True), []),
    "changed on the source": (
        DIGEST,
        FoundMember("1", "regular", ""),
        Brought(state_text(FEED), True),
        ["change a@x.example: mime_digests"],
    ),
    "left in Mailman": (FEED, None, Brought(state_text(FEED), True), []),
    "left in Mailman, changed on the source": (
        DIGEST,
        None,
        Brought(state_text(FEED), True),
        ["add a@x.example: mime_digests"],
    ),
    "killed before": (FEED, None, Brought(state_text(FEED), False), ["add a@x.example: regular"]),
    "killed after": (
        SILENT,
        FoundMember("1", "regular", ""),
        Brought(state_text(SILENT), False),
        ["change a@x.example: regular, no delivery, posts: hold"],
    ),
    "left on the source": (
        None,
        FoundMember("1", "regular", ""),
        Brought(state_text(FEED), True),
        ["remove a@x.example"],
    ),
    "never ours": (None, FoundMember("1", "regular", ""), None, []),
    "gone on both sides": (None, None, Brought(state_text(FEED), True), []),
    "recorded by another version": (
        FEED,
        FoundMember("1", "regular", ""),
        Brought("by carrier pigeon", True),
        ["change a@x.example: regular"],
    ),
}


@pytest.mark.parametrize(("state", "there", "before", "expected"), ROWS.values(), ids=ROWS)
def test_members(
    state: MemberState | None, there: FoundMember | None, before: Brought | None, expected: list[str]
) -> None:
    wanted = replace(WANTED, members=() if state is None else (Member("a@x.example", "A", state),))
    found = replace(FOUND, members={} if there is None else {"a@x.example": there})
    record = {} if before is None else {("member", "a@x.example"): before}
    assert lines(wanted, found, record) == expected


def test_settings_that_an_owner_changed_in_mailman_stay_until_the_source_changes() -> None:
    found = replace(FOUND, settings={**FOUND.settings, "description": "Mine"})
    record = brought("setting", "description", setting_text("News"))
    decision = decide(WANTED, found, record)
    assert decision.changes == ()
    assert [finding.what for finding in decision.findings] == ["description"]
    newer = replace(WANTED, settings={"description": "Newer"})
    assert lines(newer, found, record) == ["set description = 'Newer'"]
    assert lines(WANTED, found) == ["set description = 'News'"]
    assert lines(WANTED, found, brought("setting", "description", setting_text("News"), done=False)) == [
        "set description = 'News'"
    ]


def test_texts_that_were_changed_in_mailmans_folder_stay() -> None:
    found = replace(FOUND, texts={"list:member:regular:footer": "mine\n"})
    assert lines(WANTED, found, brought("text", "list:member:regular:footer", "bye\n")) == []
    assert lines(WANTED, found) == ["write list:member:regular:footer"]


def test_owners_and_bans_are_taken_back_only_when_we_brought_them() -> None:
    none = replace(WANTED, owners=(), bans=())
    assert lines(none, FOUND) == []
    assert lines(none, FOUND, {**brought("owner", "anna@lab.example"), **brought("ban", "troll@x.example")}) == [
        "remove owner anna@lab.example",
        "lift the ban of troll@x.example",
    ]


def test_who_was_banned_and_is_a_member_now_is_let_in_before_being_added() -> None:
    wanted = replace(WANTED, bans=(), members=(*WANTED.members, Member("troll@x.example", "", FEED)))
    assert lines(wanted, FOUND, brought("ban", "troll@x.example")) == [
        "lift the ban of troll@x.example",
        "add troll@x.example: regular",
    ]


def test_what_is_gone_on_both_sides_is_forgotten() -> None:
    record = {**brought("member", "b@x.example", "regular enabled"), **brought("ban", "c@x.example")}
    assert set(decide(WANTED, FOUND, record).gone) == record.keys()


def test_every_change_says_what_it_does_in_one_line() -> None:
    changes: tuple[Change, ...] = decide(WANTED, FoundList(), {}).changes
    assert all("\n" not in str(change) and str(change) for change in changes)
