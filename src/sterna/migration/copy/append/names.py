"""How an account's mailboxes are called on a server of which nothing is known but that it speaks IMAP. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from sterna.imap import mutf7
from sterna.imap.responses import Namespace
from sterna.model.mailbox import INBOX, MailboxName

_UNSAFE: Final = re.compile(r"[\x00-\x1f\x7f%*]")
"""Control characters and LIST's wildcards: servers that take them in names are few."""


def target_names(
    names: Iterable[MailboxName], space: Namespace, known: Mapping[MailboxName, MailboxName]
) -> dict[MailboxName, MailboxName]:
    """Return for each mailbox the name that the server can have; most keep theirs.

    What stands for the hierarchy there, or is a wildcard, becomes ``_``; what would collide with a sibling gets a
    number. The result depends on the set of names only; what `known` (an earlier result) says stays.
    """
    wanted = sorted(set(names))
    nodes = sorted({name[:depth] for name in wanted for depth in range(1, len(name) + 1)}, key=lambda n: (len(n), n))
    before = {old[:depth]: new[:depth] for old, new in known.items() for depth in range(1, len(old) + 1)}
    chosen: dict[MailboxName, str] = {}
    taken: set[tuple[MailboxName, str]] = set()

    def choose(name: MailboxName, component: str) -> None:
        free, number = component, 2
        while (name[:-1], free) in taken:
            free, number = f"{component} {number}", number + 1
        chosen[name] = free
        taken.add((name[:-1], free))

    for name in nodes:
        if name in before:
            choose(name, before[name][-1])
    for fits in (True, False):
        for name in nodes:
            safe = _safe(name, space)
            if name not in chosen and (safe == name[-1]) is fits:
                choose(name, safe)
    return {name: tuple(chosen[name[:depth]] for depth in range(1, len(name) + 1)) for name in wanted}


def wire(name: MailboxName, space: Namespace) -> bytes:
    """Return a name of `target_names` as the server is told it, mUTF-7."""
    if name == INBOX:
        return b"INBOX"
    return space.prefix + (space.delimiter or b"").join(mutf7.encode(part) for part in name)


def _safe(name: MailboxName, space: Namespace) -> str:
    component = _UNSAFE.sub("_", name[-1])
    if space.delimiter:
        component = component.replace(space.delimiter.decode("ascii", "replace"), "_")
    if not component.strip(".") or (len(name) == 1 and name != INBOX and component.upper() == "INBOX"):
        component += "_"
    return component
