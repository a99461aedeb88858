"""Compare one account: its mailboxes, their messages, its subscriptions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sterna.cyrus.mailbox_state import UserState
from sterna.cyrus.names import internal, owner
from sterna.cyrus.replication import ReplicationWriter
from sterna.migration.copy.choosing import target_names
from sterna.migration.copy.ports import JournalThread
from sterna.migration.origin.ports import MailReader
from sterna.migration.selection import EVERYTHING, Selection
from sterna.migration.verify.box import Box
from sterna.migration.verify.mailbox import COPY_AGAIN, MailboxComparison, Unequal
from sterna.migration.verify.messages import MessageComparer
from sterna.migration.verify.quick import compare_quickly
from sterna.model.address import Address
from sterna.model.mailbox import INBOX, ListedMailbox, MailboxName, MailboxState
from sterna.state.digests import Digests, by_mailbox


@dataclass(frozen=True, slots=True)
class AccountComparison:
    """One account: `missing`, `extra` and `left_out` (not selected) are mailboxes, `itself` is what else differs."""

    address: Address
    on_target: bool
    source_mailboxes: int
    target_mailboxes: int
    mailboxes: tuple[tuple[MailboxName, MailboxComparison], ...]
    missing: tuple[MailboxName, ...] = ()
    extra: tuple[MailboxName, ...] = ()
    itself: tuple[Unequal, ...] = ()
    left_out: tuple[MailboxName, ...] = ()


@dataclass(frozen=True, slots=True)
class Given:
    """What is compared, and with what.

    Fields:
        journal: what passes have done.
        selection: what of the mail is to be on the target.
    """

    journal: JournalThread
    selection: Selection = EVERYTHING


class AccountComparer:
    """Reads both sides of one account and compares them; nothing is written anywhere."""

    def __init__(
        self, address: Address, reader: MailReader, prefix: bytes, writer: ReplicationWriter, given: Given
    ) -> None:
        self._address = address
        self._selection = given.selection
        self._store = Digests(given.journal.journal)
        self._reader = reader
        self._prefix = prefix
        self._writer = writer
        self._journal = given.journal

    async def run(
        self, subscribed: Iterable[MailboxName] | None, messages: MessageComparer | None
    ) -> AccountComparison:
        """Compare everything; `subscribed` are the source's subscriptions.

        Args:
            subscribed: the source's subscriptions; None where it does not tell them, and nothing is said of them.
            messages: who looks at every message; None when none is looked at.
        """
        address = self._address
        root = internal(address, INBOX)
        wanted = frozenset(name for name in subscribed or () if self._selection.takes_mailbox(name))
        shown = [box for box in await self._reader.mailboxes(self._prefix) if box.selectable]
        listed = [box for box in shown if self._selection.takes_mailbox(box.name)]
        state = await self._writer.user(address)
        known = await self._journal.mailboxes(str(address))
        names = target_names({box.name for box in shown} | wanted, self._selection.names, known, len(root))
        skipped = await self._skipped()
        without_uids = await self._journal.call(self._store.without_uids, str(address))
        boxes = [
            Box(
                box.name,
                self._prefix + box.wire,
                names[box.name],
                state.mailboxes.get(internal(address, names[box.name])),
                known.get(box.name),
                skipped.get(box.name, {}),
                without_uids.get(box.name, ()),
            )
            for box in listed
        ]
        compared: list[tuple[MailboxName, MailboxComparison]] = []
        if messages is None:
            compared = await self._quickly(boxes)
        else:
            for box in boxes:
                compared.append((box.name, await messages.compare(box)))
        missing = [box.name for box in boxes if box.header is None]
        extra = _extra(address, state, {names[box.name] for box in shown})
        return AccountComparison(
            address,
            root in state.mailboxes,
            len(listed),
            len(listed) - len(missing) + len(extra),
            tuple(compared),
            tuple(missing),
            tuple(extra),
            (
                *_inbox(listed),
                *(_subscriptions(address, state, {names[name] for name in wanted}) if subscribed is not None else ()),
            ),
            tuple(box.name for box in shown if not self._selection.takes_mailbox(box.name)),
        )

    async def _skipped(self) -> dict[MailboxName, dict[int, tuple[str, str]]]:
        reasons: dict[MailboxName, dict[int, tuple[str, str]]] = {}
        for row in await self._journal.skipped(str(self._address)):
            reasons.setdefault(row.source, {})[row.uid] = (row.reason, row.todo)
        return reasons

    async def _quickly(self, boxes: Sequence[Box]) -> list[tuple[MailboxName, MailboxComparison]]:
        states: Sequence[MailboxState | None] = await self._reader.status([box.wire for box in boxes])
        moved = by_mailbox(await self._journal.call(self._store.moved, str(self._address)))
        whole = self._selection.takes_all_messages
        return [
            (box.name, compare_quickly(state, box, moved.get(box.name), whole=whole))
            for box, state in zip(boxes, states, strict=True)
        ]


def _extra(address: Address, state: UserState, wanted: set[MailboxName]) -> list[MailboxName]:
    """Return the target's mailboxes that the source lacks.

    An empty one that only holds others below it is no extra: Cyrus makes it where the source has a bare folder.
    """
    extra: list[MailboxName] = []
    for name, header in state.mailboxes.items():
        seen = owner(address, name)
        if seen is None or seen in wanted:
            continue
        if header.last_uid == 0 and any(each[: len(seen)] == seen for each in wanted):
            continue
        extra.append(seen)
    return sorted(extra)


def _inbox(listed: Iterable[ListedMailbox]) -> Iterable[Unequal]:
    if not any(box.name == INBOX for box in listed):
        yield Unequal(
            None, "the source shows no INBOX of it", "it was removed meanwhile, or may not be read; see there"
        )


def _subscriptions(address: Address, state: UserState, wanted: set[MailboxName]) -> Iterable[Unequal]:
    there = {name for raw in state.subscriptions if (name := owner(address, raw)) is not None}
    for name in sorted(wanted - there):
        yield Unequal(None, f"the subscription to {'/'.join(name)} is missing on the target", COPY_AGAIN)
    for name in sorted(there - wanted):
        yield Unequal(None, f"the subscription to {'/'.join(name)} is on the target only", "look whether it is wanted")
