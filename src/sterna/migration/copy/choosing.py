"""Which mailboxes of an account a pass moves, and under which names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from sterna.cyrus.names import map_names
from sterna.migration.origin.ports import MailReader
from sterna.migration.selection import Choice, Selection, renamed
from sterna.model.mailbox import ListedMailbox, MailboxName
from sterna.state.journal import JournalMailbox

_WINDOW: Final = 1000
"""How many messages are asked for together."""


async def chosen_mailboxes(
    choice: Choice, reader: MailReader, prefix: bytes, boxes: Sequence[ListedMailbox]
) -> list[ListedMailbox]:
    """Return the mailboxes that are moved now.

    Raises:
        SternaError: the source cannot be read.
    """
    taken = [box for box in boxes if choice.takes_mailbox(box.name)]
    if not choice.now.whole_mailboxes:
        return taken
    return [box for box in taken if await _has_any(choice.now, reader, prefix + box.wire)]


def target_names(
    names: Iterable[MailboxName],
    wanted: Mapping[MailboxName, MailboxName],
    known: Mapping[MailboxName, JournalMailbox],
    root_bytes: int = 64,
) -> dict[MailboxName, MailboxName]:
    """Return the name that each of an account's mailboxes has on the target.

    Args:
        names: all mailboxes of the account, as on the source.
        wanted: new names that the operator has given, by old ones.
        known: what earlier passes made; it keeps its name.
        root_bytes: see `map_names`.

    Raises:
        NamesCollideError: two mailboxes would become one.
    """
    chosen = renamed(names, wanted, known)
    held = {name: row.target for name, row in known.items()}
    mapped = map_names(set(chosen.values()), known=held, root_bytes=root_bytes)
    return {name: mapped[new] for name, new in chosen.items()}


async def _has_any(selection: Selection, reader: MailReader, wire: bytes) -> bool:
    """Say whether a mailbox has a message that is selected; the newest are looked at first."""
    await reader.examine(wire)
    uids = await reader.uids()
    for end in range(len(uids), 0, -_WINDOW):
        facts = await reader.facts(uids[max(end - _WINDOW, 0)], uids[end - 1])
        if any(selection.takes_message(fact) for fact in facts):
            return True
    return False
