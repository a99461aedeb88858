r"""How Cyrus calls mailboxes, and which names it cannot hold.

A mailbox is an `Address` and a tuple of components (`MailboxName`) until it reaches the wire. Three spellings exist:

=============  ==========================================  ==============================================
spelling       ``rene.pfeiffer@lab.example``, ``Sent 2.0``  where
=============  ==========================================  ==============================================
internal       ``lab.example!user.rene^pfeiffer.Sent 2^0``  replication commands
administrator  ``user/rene.pfeiffer/Sent 2.0@lab.example``  CREATE, SETQUOTA, SETACL by an administrator
owner          ``Sent 2.0``                                 what the person's mail client sees
=============  ==========================================  ==============================================

The separator inside is a full stop, so a real one becomes ``^`` and a real ``^`` cannot be held at all. Names travel in
modified UTF-7. These rules hold for ``virtdomains: userid``, ``unixhierarchysep: yes``, ``altnamespace: yes``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Final

from sterna.errors import Scope, SternaError
from sterna.imap import mutf7
from sterna.model.address import Address
from sterna.model.mailbox import INBOX, MailboxName

MAX_INTERNAL_BYTES: Final = 460
"""Longest internal name we make. Cyrus refuses above 490; a deleted mailbox is renamed to ``DELETED.….<8 hex>``."""

_FORBIDDEN: Final = re.compile(r'[\x00-\x1f\x7f^%"\\<>|{}`!;/]')
_RESERVED: Final = frozenset({"other users", "shared folders", "alt folders"})
"""First components that ``altnamespace`` uses itself."""


class UnholdableAddressError(SternaError):
    """Cyrus cannot have a user of this name."""

    scope = Scope.ACCOUNT
    exit_code = 65

    def __init__(self, address: Address) -> None:
        self.address = address
        super().__init__(
            f"{address}: Cyrus cannot have a user with this name, because ^ % ! / and wildcards are its own signs; "
            "rename the account on the source, or leave it out"
        )


def internal(address: Address, name: MailboxName) -> bytes:
    """Return the internal name of a mailbox that Cyrus can hold (see `map_names`).

    Raises:
        UnholdableAddressError: the address has characters that cannot stand in a user name.
    """
    if _FORBIDDEN.search(address.local) or "*" in address.local or not str(address).isascii():
        raise UnholdableAddressError(address)
    user = f"{address.domain}!user.{address.local.replace('.', '^')}".encode("ascii")
    below = () if name == INBOX else name
    return b".".join((user, *(_component(part) for part in below)))


def owner(address: Address, internal_name: bytes) -> MailboxName | None:
    """Return the name its owner sees, or None when the mailbox belongs to somebody else (or is a deleted one)."""
    root = internal(address, INBOX)
    if internal_name == root:
        return INBOX
    if not internal_name.startswith(root + b"."):
        return None
    parts = internal_name[len(root) + 1 :].split(b".")
    return tuple(mutf7.decode(part.replace(b"^", b".")) for part in parts)


def administrator(address: Address, name: MailboxName) -> bytes:
    """Return the name by which an administrator addresses the mailbox, in mUTF-7."""
    below = () if name == INBOX else name
    path = b"/".join((b"user", address.local.encode("ascii"), *(mutf7.encode(part) for part in below)))
    return path + b"@" + address.domain.encode("ascii")


def wire(name: MailboxName) -> bytes:
    """Return the name its owner's client sees on the wire: components in mUTF-7, joined by ``/``."""
    return b"/".join(mutf7.encode(part) for part in name)


def map_names(
    names: Iterable[MailboxName],
    *,
    known: Mapping[MailboxName, MailboxName] | None = None,
    root_bytes: int = 64,
) -> dict[MailboxName, MailboxName]:
    """Return for each of one account's mailboxes the name that Cyrus can hold; most map to themselves.

    Forbidden characters become ``_``; what would collide with a sibling gets a number. The result depends on the set of
    names only, not on its order, and what `known` (an earlier result) says stays, so that a later run maps the same.

    Args:
        names: all mailboxes of the account, as on the source.
        known: what an earlier run chose.
        root_bytes: length of the account's own internal name, for the limit of `MAX_INTERNAL_BYTES`.
    """
    wanted = sorted(set(names))
    nodes = sorted({name[:depth] for name in wanted for depth in range(1, len(name) + 1)}, key=lambda n: (len(n), n))
    chosen: dict[MailboxName, str] = {}
    taken: set[tuple[MailboxName, str]] = set()

    def choose(name: MailboxName, component: str) -> None:
        free, number = component, 2
        while (name[:-1], free) in taken:
            free, number = f"{component} {number}", number + 1
        chosen[name] = free
        taken.add((name[:-1], free))

    # Parents that are no mailboxes themselves are known by their children.
    before = {
        name[:depth]: target[:depth] for name, target in (known or {}).items() for depth in range(1, len(name) + 1)
    }
    for name in nodes:
        if name in before:
            choose(name, before[name][-1])
    # Names that fit go first: a replacement must never push aside a name that was fine. Siblings that differ stay
    # different, and so do whole paths, whatever becomes of their parents.
    for fits in (True, False):
        for name in nodes:
            if name not in chosen and _fits(name[-1], top=len(name) == 1) is fits:
                choose(name, name[-1] if fits else _replacement(name[-1], top=len(name) == 1))
    for name in nodes:
        chosen[name] = _shortened(_path(name, chosen), name, root_bytes)
    return {name: _path(name, chosen) for name in wanted}


def _path(name: MailboxName, chosen: Mapping[MailboxName, str]) -> MailboxName:
    return tuple(chosen[name[:depth]] for depth in range(1, len(name) + 1))


def _component(text: str) -> bytes:
    return mutf7.encode(text).replace(b".", b"^")


def _fits(component: str, *, top: bool) -> bool:
    if not component or _FORBIDDEN.search(component):
        return False
    if not top:
        return True
    return component == "INBOX" or (component.upper() != "INBOX" and component.lower() not in _RESERVED)


def _replacement(component: str, *, top: bool) -> str:
    text = _FORBIDDEN.sub("_", component) or "_"
    return text if _fits(text, top=top) else text + "_"


def _shortened(target: MailboxName, source: MailboxName, root_bytes: int) -> str:
    """Return the last component of `target`, cut and marked with a digest of `source` when the path is too long."""

    def length(name: MailboxName) -> int:
        return root_bytes + sum(1 + len(_component(part)) for part in name)

    if length(target) <= MAX_INTERNAL_BYTES:
        return target[-1]
    mark = "~" + hashlib.sha256("\0".join(source).encode("utf-8", "surrogatepass")).hexdigest()[:8]
    text = target[-1]
    while text and length((*target[:-1], text + mark)) > MAX_INTERNAL_BYTES:
        text = text[:-1]
    return text + mark
