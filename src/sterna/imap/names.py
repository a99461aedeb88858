"""From a row of LIST to a mailbox of the model: prefix off, split at the delimiter, out of modified UTF-7."""

from __future__ import annotations

from collections.abc import Iterable

from sterna.errors import FormatError
from sterna.imap.mutf7 import decode
from sterna.imap.quirks import Quirk
from sterna.imap.responses import ListRow, Namespaces
from sterna.model.mailbox import INBOX, ListedMailbox, MailboxName

_NOT_SELECTABLE = frozenset({b"\\noselect", b"\\nonexistent"})


def listed(rows: Iterable[ListRow], prefix: bytes, quirks: Quirk = Quirk.KNOWN) -> list[ListedMailbox]:
    """Return the mailboxes below `prefix`, each once, in the order of `rows`, with names that begin after it.

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
            found[wire] = ListedMailbox(mailbox_name(wire, row.delimiter, quirks), wire, selectable)
    return _with_inbox(list(found.values()))


def mailbox_name(wire: bytes, delimiter: bytes | None, quirks: Quirk = Quirk.KNOWN) -> MailboxName:
    """Return the components of `wire`. Base64 of modified UTF-7 holds no ``/`` and no ``.``, so it is split first."""
    parts = wire.split(delimiter) if delimiter else [wire]
    return tuple(_component(part, quirks) for part in parts)


def foreign(name: bytes, namespaces: Namespaces) -> bool:
    """Whether `name` belongs to another user or to all, by what the server says of its namespaces (RFC 2342)."""
    return any(space.prefix and name.startswith(space.prefix) for space in (*namespaces.others, *namespaces.shared))


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
    inbox = ListedMailbox(INBOX, spellings[0].wire, spellings[0].selectable)
    return [inbox if mailbox is spellings[0] else mailbox for mailbox in mailboxes]
