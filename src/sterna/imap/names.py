"""From a row of LIST to a mailbox of the model: prefix off, split at the delimiter, out of modified UTF-7."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from sterna.errors import FormatError
from sterna.imap.mutf7 import decode
from sterna.imap.quirks import Quirk
from sterna.imap.responses import ListRow, Namespaces
from sterna.model.mailbox import INBOX, ListedMailbox, MailboxName

_NOT_SELECTABLE = frozenset({b"\\noselect", b"\\nonexistent"})

USES: Final = frozenset(
    {b"\\all", b"\\archive", b"\\drafts", b"\\flagged", b"\\important", b"\\junk", b"\\sent", b"\\trash"}
)
"""Attributes that say what a mailbox is for (RFC 6154 section 2, RFC 8457 section 3)."""

_OLD_USES: Final = {b"\\allmail": b"\\all", b"\\spam": b"\\junk", b"\\starred": b"\\flagged"}
"""What Google called them before RFC 6154 (XLIST), as some servers still do."""


def listed(
    rows: Iterable[ListRow], prefix: bytes, quirks: Quirk = Quirk.KNOWN, namespaces: Namespaces | None = None
) -> list[ListedMailbox]:
    """Return the mailboxes below `prefix`, each once, in the order of `rows`, with names that begin after it.

    Args:
        rows: as the server listed them.
        prefix: what addresses another user's mailboxes.
        quirks: what is forgiven.
        namespaces: the account's own; the part of names that only says that a mailbox is one's own is left away.

    Raises:
        FormatError: a name that is not modified UTF-7, where that quirk is not known.
    """
    found: dict[bytes, ListedMailbox] = {}
    for row in rows:
        wire = row.name.removeprefix(prefix)
        if not wire or not row.name.startswith(prefix):
            continue
        selectable = not row.attributes & _NOT_SELECTABLE
        if row.delimiter and wire.endswith(row.delimiter) and Quirk.TRAILING_DELIMITER in quirks:
            wire = wire[: -len(row.delimiter)]
            selectable = False
        if wire and (wire not in found or selectable):
            name = mailbox_name(wire, row.delimiter, quirks)
            found[wire] = ListedMailbox(name, wire, selectable, uses_of(row))
    return _without_personal(_with_inbox(list(found.values())), namespaces)


def uses_of(row: ListRow) -> frozenset[str]:
    """Return what a mailbox is for, in lower case."""
    return frozenset(name.decode("ascii") for each in row.attributes if (name := _OLD_USES.get(each, each)) in USES)


def mailbox_name(wire: bytes, delimiter: bytes | None, quirks: Quirk = Quirk.KNOWN) -> MailboxName:
    """Return the components of `wire`. Base64 of modified UTF-7 holds no ``/`` and no ``.``, so it is split first."""
    parts = wire.split(delimiter) if delimiter else [wire]
    return tuple(_component(part, quirks) for part in parts)


def foreign(name: bytes, namespaces: Namespaces) -> bool:
    """Whether `name` belongs to another user or to all, by what the server says of its namespaces (RFC 2342).

    The longest prefix that fits counts: Cyrus may have all that is not below ``INBOX.`` or ``user.`` for everybody.
    """
    if name.upper() == b"INBOX":
        return False
    mine = max((len(space.prefix) for space in namespaces.personal if name.startswith(space.prefix)), default=-1)
    least = 0 if namespaces.personal else 1  # a server that has no mailboxes of one's own says nothing by that
    others = (*namespaces.others, *namespaces.shared)
    return any(name.startswith(space.prefix) and len(space.prefix) > max(mine, least - 1) for space in others)


def _without_personal(mailboxes: Sequence[ListedMailbox], namespaces: Namespaces | None) -> list[ListedMailbox]:
    """Leave away what stands before one's own mailboxes, as ``INBOX.`` does on Courier and older Cyrus servers.

    A name stays whole when without it it would be INBOX, stand below that, or be another mailbox's.
    """
    depths = {
        space.prefix: space.prefix.count(space.delimiter)
        for space in (namespaces.personal if namespaces is not None else ())
        if space.delimiter and space.prefix.endswith(space.delimiter)
    }
    if not depths:
        return list(mailboxes)

    def shorter(mailbox: ListedMailbox) -> MailboxName:
        depth = max((deep for prefix, deep in depths.items() if mailbox.wire.startswith(prefix)), default=0)
        name = mailbox.name[depth:]
        return mailbox.name if not name or name[0].upper() == "INBOX" else name

    names = [shorter(mailbox) for mailbox in mailboxes]
    times = Counter(names)
    return [
        mailbox if times[name] > 1 else replace(mailbox, name=name)
        for mailbox, name in zip(mailboxes, names, strict=True)
    ]


def _component(wire: bytes, quirks: Quirk) -> str:
    try:
        return decode(wire)
    except FormatError:
        if Quirk.PLAIN_NAME not in quirks:
            raise
    try:
        return wire.decode("utf-8")
    except UnicodeDecodeError:
        return wire.decode("latin-1")


def _with_inbox(mailboxes: list[ListedMailbox]) -> list[ListedMailbox]:
    """INBOX knows no case (RFC 9051 section 5.1), unless a server holds several spellings of it apart."""
    spellings = [mailbox for mailbox in mailboxes if len(mailbox.name) == 1 and mailbox.name[0].upper() == "INBOX"]
    if len(spellings) != 1 or spellings[0].name == INBOX:
        return mailboxes
    return [replace(mailbox, name=INBOX) if mailbox is spellings[0] else mailbox for mailbox in mailboxes]
