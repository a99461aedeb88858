"""What an account's mailboxes have besides mail: who else may use them, what they are for, others' mailboxes. Pure.

It is given to a mailbox when its mail is there. Only what we gave is taken back when it is gone from the source;
whatever else the target has there was put there by somebody, and stays.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from sterna.cyrus.acl import Acl, identifier_of, parse_acl, write_acl
from sterna.cyrus.dlist import DList
from sterna.imap.comments import Comments
from sterna.model.account import Account
from sterna.model.address import Address
from sterna.model.finding import Finding, Outcome
from sterna.model.mailbox import INBOX, MailboxName
from sterna.model.roles import Role
from sterna.model.sharing import DomainMembers, Grant, GroupMembers

SPECIAL_USE: Final = b"/specialuse"
"""The annotation that holds a mailbox's role (RFC 6154), for each user."""

SHARED_SEEN: Final = b"S"
"""The mailbox option with which all who read a mailbox share one Seen flag (annotation ``sharedseen`` of Cyrus)."""

COMMENT: Final = b"/comment"
"""The annotation that holds what people have written about a mailbox, for everybody (no user) or for one."""

MAX_COMMENT: Final = 65_536
"""Longest comment that is brought, in bytes; a longer literal would end the server process."""

Members = Mapping[Address, tuple[Address, ...]]
"""The accounts in each group, those of groups inside it too."""


@dataclass(frozen=True, slots=True)
class Furniture:
    """What one account's mailboxes are to have, by their names on the source.

    `unclear` are grants that the target has no equal for: the mailbox, and why. `untold` are mailboxes of which the
    source did not tell the grants: what the target has there stays. `one_seen` says whether what one of those who share
    a mailbox has read is read for all, as on CommuniGate. `comments` is what people have written about mailboxes.
    """

    grants: Mapping[MailboxName, Acl] = field(default_factory=dict)
    roles: Mapping[MailboxName, Role] = field(default_factory=dict)
    unclear: tuple[tuple[MailboxName, str], ...] = ()
    untold: frozenset[MailboxName] = frozenset()
    one_seen: bool = False
    comments: Mapping[MailboxName, Comments] = field(default_factory=dict)


NONE: Final = Furniture()


def furniture(account: Account, members: Members) -> Furniture:
    """Return what the source says of the account's mailboxes, in the target's terms."""
    unclear: list[tuple[MailboxName, str]] = []
    grants: dict[MailboxName, Acl] = {}
    for mailbox in account.grants:
        rows: dict[bytes, bytes] = {}
        for grant in _expanded(mailbox.grants, members):
            identifier = identifier_of(grant)
            if identifier is None:
                unclear.append((mailbox.name, f"rights {grant.rights} of {_shown(grant)} have no equal on the target"))
            elif identifier.lstrip(b"-") != str(account.address).encode():
                both = set(rows.get(identifier, b"").decode()) | set(grant.rights)
                rows[identifier] = "".join(sorted(both, key=_order)).encode("ascii")
        grants[mailbox.name] = rows
    roles = {each.name: each.role for each in account.roles if each.name != INBOX}
    return Furniture(grants, roles, tuple(unclear), one_seen=True)


def unclear_grants(account: Account, members: Members) -> Iterator[Finding]:
    """Yield what the target's access rights have no equal for, and where they reach farther."""
    yield from unclear_findings(account.address, furniture(account, members))


def unclear_findings(owner: Address, found: Furniture) -> Iterator[Finding]:
    """Yield the same of what is known already."""
    if found.grants.get(INBOX):
        who = ", ".join(sorted(identifier.decode("ascii") for identifier in found.grants[INBOX]))
        why = "a mailbox that is made on the target later gets the rights of INBOX: those who share INBOX see it, too"
        todo = "Tell the person, who can take them away from single mailboxes."
        yield Finding("acl", f"{owner}: INBOX", Outcome.CHANGED, f"shared with {who}", why, todo)
    for name, why in found.unclear:
        place = f"{owner}: {'/'.join(name)}"
        todo = "Give the rights to the accounts that need them, on the target."
        yield Finding("acl", place, Outcome.DROPPED, "access rights", why, todo)


def furnished(
    echo: Mapping[bytes, DList],
    owner: Address,
    grants: Acl,
    before: Iterable[bytes],
    role: Role | None,
    one_seen: bool = False,
) -> Mapping[bytes, DList]:
    """Return a mailbox's own fields (`MailboxHeader.echo`) with what it is to have; equal when it has all of it.

    Args:
        echo: as the target holds them.
        owner: whose mailbox it is.
        grants: the source's, in the target's terms.
        before: identifiers that an earlier pass gave rights to.
        role: to be given when the owner has chosen none for it.
        one_seen: what the owner has read is read for all who may read it from now on, instead of everything unread.

    Raises:
        FormatError: the target's list cannot be read.
    """
    held = echo.get(b"ACL")
    acl = parse_acl(held) if isinstance(held, bytes) else {}
    wanted = {who: rights for who, rights in acl.items() if who not in set(before) - grants.keys()} | dict(grants)
    result = dict(echo)
    if wanted != acl:
        result[b"ACL"] = write_acl(wanted)
    readers = {who for who, rights in grants.items() if b"r" in rights and not who.startswith(b"-")}
    if one_seen and readers - acl.keys():
        # Only together with the rights: what somebody has chosen here later stays.
        options = echo.get(b"OPTIONS")
        result[b"OPTIONS"] = (options if isinstance(options, bytes) else b"").replace(SHARED_SEEN, b"") + SHARED_SEEN
    if role is not None and role_of(echo, owner) is None:
        row: DList = {
            b"ENTRY": SPECIAL_USE,
            b"USERID": str(owner).encode("ascii"),
            b"MODSEQ": b"0",
            b"VALUE": role.encode("ascii"),
        }
        result[b"ANNOTATIONS"] = [*_annotations(echo), row]
    return result


def seen_is_shared(echo: Mapping[bytes, DList]) -> bool:
    """Say whether what one has read there is read for all."""
    options = echo.get(b"OPTIONS")
    return isinstance(options, bytes) and SHARED_SEEN in options


def commented(echo: Mapping[bytes, DList], owner: Address, comments: Comments) -> Mapping[bytes, DList]:
    """Return a mailbox's own fields with what is written about it on the source, where nothing is on the target."""
    rows = _annotations(echo)
    written = {(row.get(b"ENTRY"), row.get(b"USERID")) for row in rows if isinstance(row, dict) and row.get(b"VALUE")}
    missing: list[DList] = [
        {b"ENTRY": COMMENT, b"USERID": user, b"MODSEQ": b"0", b"VALUE": text}
        for user, text in ((b"", comments.shared), (str(owner).encode("ascii"), comments.private))
        if text and (COMMENT, user) not in written and len(text) <= MAX_COMMENT
    ]
    return {**echo, b"ANNOTATIONS": [*rows, *missing]} if missing else echo


def role_of(echo: Mapping[bytes, DList], owner: Address) -> bytes | None:
    """Return the role that the owner's mailbox has on the target."""
    user = str(owner).encode("ascii")
    for row in _annotations(echo):
        if isinstance(row, dict) and row.get(b"ENTRY") == SPECIAL_USE and row.get(b"USERID") == user:
            value = row.get(b"VALUE")
            return value if isinstance(value, bytes) and value else None
    return None


def given(furniture: Furniture) -> frozenset[str]:
    """Return the rights that are given, as rows of the journal."""
    return frozenset(
        json.dumps([*name, identifier.decode("ascii")], ensure_ascii=False)
        for name, acl in furniture.grants.items()
        for identifier in acl
    )


def given_before(rows: Iterable[str], name: MailboxName) -> list[bytes]:
    """Return the identifiers that rows of the journal name for one mailbox."""
    return [json.loads(row)[-1].encode("ascii") for row in rows if mailbox_of(row) == name]


def mailbox_of(row: str) -> MailboxName:
    """Return the mailbox that a row of the journal is about."""
    return tuple(json.loads(row)[:-1])


def _expanded(grants: Iterable[Grant], members: Members) -> Iterator[Grant]:
    """Yield the grants, a group's as one for each of its members: Cyrus knows no groups that a directory holds."""
    for grant in grants:
        if isinstance(grant.identifier, GroupMembers) and grant.identifier.group in members:
            for member in members[grant.identifier.group]:
                yield Grant(member, grant.rights, grant.negative)
        else:
            yield grant


def _annotations(echo: Mapping[bytes, DList]) -> list[DList]:
    rows = echo.get(b"ANNOTATIONS")
    return rows if isinstance(rows, list) else []


def _order(right: str) -> int:
    return "lrswipkxtecdan".find(right)


def _shown(grant: Grant) -> str:
    match grant.identifier:
        case GroupMembers(group):
            return f"the group {group}"
        case Address() as address:
            return str(address)
        case other:
            return f"everybody in {other.domain}" if isinstance(other, DomainMembers) else "everybody"
