"""Read who else may use an account's mailboxes, and which mailboxes of others it uses."""

from __future__ import annotations

from typing import Final

from sterna.communigate.names import is_foreign
from sterna.communigate.values import Dictionary, as_text
from sterna.model.address import Address, AddressError
from sterna.model.finding import Finding, Outcome
from sterna.model.sharing import DomainMembers, Everybody, Grant, GroupMembers, Identifier

_RIGHTS: Final = {"l": "l", "r": "r", "s": "s", "w": "w", "i": "i", "p": "p", "c": "kx", "d": "te", "a": "a",
                  "k": "k", "x": "x", "t": "t", "e": "e"}  # fmt: skip
"""Letters of RFC 2086 in those of RFC 4314, as section 2.1.1 of the latter divides them."""

_ORDER: Final = "lrswipkxtea"
_TODO: Final = "share it again on the target by hand"


def read_grants(access: Dictionary, owner: Address, object_: str) -> tuple[tuple[Grant, ...], tuple[Finding, ...]]:
    """Return the rows of an access control list, without the owner's own, and what of it cannot be said on the target.

    Args:
        access: identifier to letters.
        owner: whose mailbox it is; identifiers without a domain are in its domain.
        object_: what findings are about.
    """
    grants: list[Grant] = []
    findings: list[Finding] = []
    for text, value in sorted(access.items()):
        letters = as_text(value) or ""
        negative = text.startswith("-")
        try:
            identifier = read_identifier(text.removeprefix("-"), owner.domain)
        except AddressError as error:
            findings.append(_lost(object_, f"{text} ({letters})", f"who that is cannot be read: {error}"))
            continue
        if unknown := sorted({letter for letter in letters if letter not in _RIGHTS}):
            why = f"there is no right of the letter {', '.join(unknown)}; the others are kept"
            findings.append(_lost(object_, f"{text} ({letters})", why))
        given = {right for letter in letters if letter in _RIGHTS for right in _RIGHTS[letter]}
        rights = "".join(right for right in _ORDER if right in given)
        if rights and identifier != owner:
            grants.append(Grant(identifier, rights, negative))
    return tuple(dict.fromkeys(grants)), tuple(findings)


def read_identifier(text: str, domain: str) -> Identifier:
    """Return whom an identifier means: an account, ``#group``, ``anyone``, ``anyone@``, ``anyone@domain``.

    Raises:
        AddressError: it is none of them.
    """
    lower = text.strip().lower()
    if lower == "anyone":
        return Everybody.ANYONE
    if lower.startswith("anyone@"):
        return DomainMembers(Address.parse(f"anyone@{lower.removeprefix('anyone@') or domain}").domain)
    if lower.startswith("#"):
        return GroupMembers(Address.parse(lower[1:], domain=domain))
    return Address.parse(lower, domain=domain)


def account_wide(access: Dictionary, account: str) -> tuple[Finding, ...]:
    """Return what is lost of the access list of a whole account, which the target does not have."""
    said = [f"{who} ({letters})" for who, each in sorted(access.items()) if (letters := as_text(each))]
    if not said:
        return ()
    why = "rights to a whole account, which the target gives for single mailboxes only"
    todo = "see what they are used for, and share single mailboxes"
    return (Finding("acl", account, Outcome.DROPPED, f"whole account shared with {', '.join(said)}", why, todo),)


def read_foreign(path: str, domain: str) -> tuple[Address, str] | None:
    """Return the owner and the path of another account's mailbox, ``~anna/Work`` or ``~anna@fjord.example/Work``.

    None for a path that leads nowhere else, or to no mailbox.
    """
    if not is_foreign(path):
        return None
    who, _, mailbox = path[1:].partition("/")
    try:
        owner = Address.parse(who, domain=domain)
    except AddressError:
        return None
    return (owner, mailbox) if mailbox.strip("/") else None


def _lost(object_: str, what: str, why: str) -> Finding:
    return Finding("acl", object_, Outcome.UNREADABLE, f"shared with {what}", why, _TODO)
