"""What mailboxes have besides mail: given once, taken back only when we gave it, and never to its owner's loss."""

from __future__ import annotations

from sterna.cyrus.acl import OWNER_RIGHTS, parse_acl
from sterna.cyrus.dlist import DList
from sterna.imap.comments import Comments
from sterna.migration.copy.furniture import (
    MAX_COMMENT,
    commented,
    furnished,
    furniture,
    given,
    given_before,
    role_of,
    seen_is_shared,
    unclear_grants,
)
from sterna.migration.groups import expanded
from sterna.model.account import Account, Group, UnreadablePassword
from sterna.model.address import Address
from sterna.model.roles import Role, RoleMailbox
from sterna.model.sharing import DomainMembers, Everybody, Grant, GroupMembers, MailboxGrants

ANNA, BOB, CARL, TEAM, ALL = (Address("lab.example", name) for name in ("anna", "bob", "carl", "team", "all"))
OWN = {b"anna@lab.example": OWNER_RIGHTS}
ACL = b"anna@lab.example\t" + OWNER_RIGHTS + b"\t"


def anna(*grants: Grant, roles: tuple[RoleMailbox, ...] = ()) -> Account:
    shared = (MailboxGrants(("Work",), grants),)
    return Account(ANNA, "Anna", UnreadablePassword("not known"), grants=shared, roles=roles)


def acl_of(echo: object) -> dict[bytes, bytes]:
    assert isinstance(echo, bytes)
    return parse_acl(echo)


def test_a_group_is_given_as_its_members_and_a_right_twice_is_both() -> None:
    result = furniture(
        anna(Grant(GroupMembers(TEAM), "lr"), Grant(BOB, "s"), Grant(CARL, "w", negative=True)), {TEAM: (BOB, CARL)}
    )
    assert result.grants[("Work",)] == {
        b"bob@lab.example": b"lrs",
        b"carl@lab.example": b"lr",
        b"-carl@lab.example": b"w",
    }
    assert result.unclear == ()


def test_whom_the_target_cannot_name_is_said() -> None:
    result = furniture(
        anna(Grant(GroupMembers(TEAM), "lr"), Grant(DomainMembers("lab.example"), "l"), Grant(Everybody.ANYONE, "l")),
        {},
    )
    assert result.grants[("Work",)] == {b"anyone": b"l"}
    assert [name for name, _ in result.unclear] == [("Work",), ("Work",)]
    assert "the group team@lab.example" in result.unclear[0][1]
    assert "everybody in lab.example" in result.unclear[1][1]


def test_that_later_mailboxes_are_shared_with_those_who_share_inbox_is_said() -> None:
    shared = (MailboxGrants(("INBOX",), (Grant(BOB, "lr"),)),)
    (finding,) = unclear_grants(Account(ANNA, "Anna", UnreadablePassword("not known"), grants=shared), {})
    assert finding.what == "shared with bob@lab.example"
    assert list(unclear_grants(anna(Grant(BOB, "lr")), {})) == []


def test_the_owner_never_loses_rights_to_a_grant() -> None:
    result = furniture(anna(Grant(ANNA, "l"), Grant(ANNA, "d", negative=True)), {})
    assert result.grants[("Work",)] == {}


def test_what_we_gave_before_is_taken_back_and_what_others_gave_stays() -> None:
    echo: dict[bytes, DList] = {b"ACL": ACL + b"bob@lab.example\tlr\tcarl@lab.example\tlr\t", b"OPTIONS": b"P"}
    after = furnished(echo, ANNA, {}, [b"bob@lab.example"], None)
    assert acl_of(after[b"ACL"]) == {**OWN, b"carl@lab.example": b"lr"}
    assert after[b"OPTIONS"] == b"P"


def test_what_is_there_already_is_not_written_again() -> None:
    echo: dict[bytes, DList] = {b"ACL": b"bob@lab.example\tlr\t" + ACL}
    assert furnished(echo, ANNA, {b"bob@lab.example": b"lr"}, [], None) == echo


def test_who_may_read_from_now_on_shares_the_owners_seen_where_the_source_has_one_for_all() -> None:
    echo: dict[bytes, DList] = {b"ACL": ACL, b"OPTIONS": b"P"}
    grants = {b"bob@lab.example": b"lr"}
    after = furnished(echo, ANNA, grants, [], None, one_seen=True)
    assert seen_is_shared(after)
    assert furnished(after, ANNA, grants, [], None, one_seen=True) == after
    chosen = {**after, b"OPTIONS": b"P"}
    assert furnished(chosen, ANNA, grants, [], None, one_seen=True) == chosen, "what was chosen here later stays"
    for others in ({b"bob@lab.example": b"lp"}, {b"-bob@lab.example": b"r"}, {}):
        assert not seen_is_shared(furnished(echo, ANNA, others, [], None, one_seen=True))
    assert not seen_is_shared(furnished(echo, ANNA, grants, [], None))


def test_what_is_written_about_a_mailbox_comes_where_nothing_is_written_there() -> None:
    echo: dict[bytes, DList] = {b"ACL": ACL}
    both = Comments(b"for all", "für mich".encode())
    after = commented(echo, ANNA, both)
    rows = after[b"ANNOTATIONS"]
    assert isinstance(rows, list)
    assert [(row[b"USERID"], row[b"VALUE"]) for row in rows if isinstance(row, dict)] == [
        (b"", b"for all"),
        (b"anna@lab.example", "für mich".encode()),
    ]
    assert commented(after, ANNA, Comments(b"another", b"text")) == after, "what is written here stays"
    assert commented(echo, ANNA, Comments(b"x" * (MAX_COMMENT + 1))) == echo
    assert commented(echo, ANNA, Comments()) == echo


def test_a_role_is_given_once_and_the_owners_choice_stays() -> None:
    comment: DList = {b"ENTRY": b"/comment", b"USERID": b"", b"MODSEQ": b"0", b"VALUE": b"mine"}
    echo: dict[bytes, DList] = {b"ACL": ACL, b"ANNOTATIONS": [comment]}
    after = furnished(echo, ANNA, {}, [], Role.SENT)
    assert role_of(after, ANNA) == b"\\Sent"
    assert isinstance(after[b"ANNOTATIONS"], list)
    assert comment in after[b"ANNOTATIONS"]
    assert role_of(after, BOB) is None
    assert furnished(after, ANNA, {}, [], Role.TRASH) == after


def test_inbox_gets_no_role() -> None:
    roles = (RoleMailbox(Role.SENT, ("INBOX",), True), RoleMailbox(Role.TRASH, ("Müll",), False))
    assert furniture(anna(roles=roles), {}).roles == {("Müll",): Role.TRASH}


def test_the_journals_rows_name_mailbox_and_identifier() -> None:
    rows = given(furniture(anna(Grant(BOB, "lr"), Grant(CARL, "l", negative=True)), {}))
    assert sorted(given_before(rows, ("Work",))) == [b"-carl@lab.example", b"bob@lab.example"]
    assert given_before(rows, ("Work", "2020")) == []


def test_groups_are_looked_into_and_circles_end() -> None:
    groups = [Group(TEAM, "", (BOB, ALL)), Group(ALL, "", (CARL, TEAM))]
    assert expanded(groups) == {TEAM: (BOB, CARL), ALL: (BOB, CARL)}
