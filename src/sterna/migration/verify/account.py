"""Compare one account: its mailboxes, their messages, its subscriptions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from sterna.cyrus.mailbox_state import MailboxHeader, UserState
from sterna.cyrus.names import internal, map_names, owner
from sterna.cyrus.replication import ReplicationWriter
from sterna.migration.copy.ports import JournalThread
from sterna.migration.origin.ports import MailReader
from sterna.migration.verify.mailbox import (
    COPY_AGAIN,
    MailboxComparison,
    Unequal,
    compare_messages,
    compare_state,
)
from sterna.model.address import Address
from sterna.model.mailbox import INBOX, ListedMailbox, MailboxName
from sterna.state.journal import JournalMailbox

LAST_UID: Final = 2**32 - 1


@dataclass(frozen=True, slots=True)
class AccountComparison:
    """One account. `missing` and `extra` are mailboxes by name, `subscriptions` what differs there."""

    address: Address
    on_target: bool
    source_mailboxes: int
    target_mailboxes: int
    mailboxes: tuple[tuple[MailboxName, MailboxComparison], ...]
    missing: tuple[MailboxName, ...] = ()
    extra: tuple[MailboxName, ...] = ()
    itself: tuple[Unequal, ...] = ()


class AccountComparer:
    """Reads both sides of one account and compares them; nothing is written anywhere."""

    def __init__(
        self, address: Address, reader: MailReader, prefix: bytes, writer: ReplicationWriter, journal: JournalThread
    ) -> None:
        self._address = address
        self._reader = reader
        self._prefix = prefix
        self._writer = writer
        self._journal = journal

    async def run(self, subscribed: Iterable[MailboxName]) -> AccountComparison:
        """Compare everything; `subscribed` are the source's subscriptions."""
        address = self._address
        root = internal(address, INBOX)
        wanted = frozenset(subscribed)
        listed = [box for box in await self._reader.mailboxes(self._prefix) if box.selectable]
        state = await self._writer.user(address)
        known = await self._journal.mailboxes(str(address))
        names = map_names(
            {box.name for box in listed} | wanted,
            known={name: row.target for name, row in known.items()},
            root_bytes=len(root),
        )
        skipped = await self._skipped()
        compared: list[tuple[MailboxName, MailboxComparison]] = []
        missing: list[MailboxName] = []
        for box in listed:
            header = state.mailboxes.get(internal(address, names[box.name]))
            if header is None:
                missing.append(box.name)
            found = await self._mailbox(box, header, known.get(box.name), skipped.get(box.name, {}))
            compared.append((box.name, found))
        extra = _extra(address, state, {names[box.name] for box in listed})
        return AccountComparison(
            address,
            root in state.mailboxes,
            len(listed),
            len(listed) - len(missing) + len(extra),
            tuple(compared),
            tuple(missing),
            tuple(extra),
            (*_inbox(listed), *_subscriptions(address, state, {names[name] for name in wanted})),
        )

    async def _skipped(self) -> dict[MailboxName, dict[int, tuple[str, str]]]:
        reasons: dict[MailboxName, dict[int, tuple[str, str]]] = {}
        for row in await self._journal.skipped(str(self._address)):
            reasons.setdefault(row.source, {})[row.uid] = (row.reason, row.todo)
        return reasons

    async def _mailbox(
        self,
        box: ListedMailbox,
        header: MailboxHeader | None,
        known: JournalMailbox | None,
        skipped: Mapping[int, tuple[str, str]],
    ) -> MailboxComparison:
        state = await self._reader.examine(self._prefix + box.wire)
        facts = await self._reader.facts(1, LAST_UID) if state.messages else []
        undescribed = state.messages - len(facts)
        if undescribed > 0:  # expunged between two commands, or a message that the source hides: ask once more
            state = await self._reader.examine(self._prefix + box.wire)
            facts = await self._reader.facts(1, LAST_UID) if state.messages else []
            undescribed = state.messages - len(facts)
        records = {record.uid: record for record in await self._writer.records(header.name)} if header else {}
        # The digests of another UIDVALIDITY are those of other messages.
        same = known is not None and known.uidvalidity == state.uidvalidity
        rows = await self._journal.rows(known.id, 1, LAST_UID) if known is not None and same else {}
        if header and header.uidvalidity != state.uidvalidity:
            records = {}  # so are these
        found = compare_messages(facts, records, rows, skipped)
        itself = compare_state(state, header.uidvalidity, header.last_uid) if header else ()
        if undescribed > 0:
            what = f"the source says it holds {state.messages} messages and describes {len(facts)}"
            itself = (*itself, Unequal(None, what, "see the source's log; nothing can be said of the others"))
        return replace(found, itself=(*itself, *found.itself))


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
