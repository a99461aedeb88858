"""What an IMAP server tells of an account's mailboxes besides mail, in the model's words. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from sterna.migration.copy.furniture import Furniture, furniture
from sterna.model.account import Account, UnreadablePassword
from sterna.model.address import Address
from sterna.model.mailbox import INBOX, ListedMailbox, MailboxName
from sterna.model.roles import Role, RoleMailbox
from sterna.model.sharing import Everybody, Grant, Identifier, MailboxGrants

_ROLES: Final = {str(role).lower(): role for role in Role}

_OLD_RIGHTS: Final = {"c": "kx", "d": "xte"}
"""Rights of RFC 2086 in those of RFC 4314 (its section 2.1.1); the union does no harm, as both stand together."""

_KNOWN_RIGHTS: Final = "lrswipkxtea"

_OWNERS: Final = frozenset({"owner", "administrators", "admins"})
"""Identifiers that servers have for those who may do all anyway."""

AccessLists = Sequence[tuple[MailboxName, Mapping[bytes, bytes] | None]]
"""Rights by identifier for each mailbox; None where the server does not tell."""


def told(
    address: Address, listed: Iterable[ListedMailbox], lists: AccessLists, names: Mapping[str, Address]
) -> Furniture:
    """Return what the account's mailboxes are to have on the target.

    Args:
        address: whose they are.
        listed: its mailboxes with their uses.
        lists: who may use them.
        names: the accounts, by what they are called on the source and by their addresses.
    """
    grants: list[MailboxGrants] = []
    unclear: list[tuple[MailboxName, str]] = []
    for mailbox, rows in lists:
        if rows is None:
            continue
        found = []
        for raw, letters in rows.items():
            text, rights = raw.decode("utf-8", "replace"), modern(letters.decode("latin-1"))
            who = identifier(text.removeprefix("-"), names)
            if who == address or text.lower() in _OWNERS or text.startswith("#"):  # Dovecot's rules for all mailboxes
                continue
            if who is None:
                unclear.append((mailbox, f"rights {rights} of {text!r}, who is none of the accounts listed"))
            elif rights:
                found.append(Grant(who, rights, negative=text.startswith("-")))
        grants.append(MailboxGrants(mailbox, tuple(found)))
    account = Account(address, "", UnreadablePassword("not asked for"), roles=roles(listed), grants=tuple(grants))
    made = furniture(account, {})
    untold = frozenset(mailbox for mailbox, rows in lists if rows is None)
    return replace(made, unclear=(*made.unclear, *unclear), untold=untold, one_seen=False)


def roles(listed: Iterable[ListedMailbox]) -> tuple[RoleMailbox, ...]:
    """Return the roles that the server tells; a role has one mailbox, the first in the order of names."""
    found: dict[Role, RoleMailbox] = {}
    for mailbox in sorted(listed, key=lambda box: box.name):
        for use in sorted(mailbox.uses):
            role = _ROLES.get(use)
            if role is not None and mailbox.selectable and mailbox.name != INBOX:
                found.setdefault(role, RoleMailbox(role, mailbox.name, chosen=True))
    return tuple(found.values())


def identifier(text: str, names: Mapping[str, Address]) -> Identifier | None:
    """Return whom a server's identifier names; None for groups and for strangers."""
    if text.lower() in ("anyone", "anybody"):
        return Everybody.ANYONE
    return names.get(text.lower())


def modern(rights: str) -> str:
    """Return the letters of RFC 4314 for those that a server says, without its own."""
    wanted = {letter for each in rights for letter in _OLD_RIGHTS.get(each, each)}
    return "".join(letter for letter in _KNOWN_RIGHTS if letter in wanted)
