"""Mailboxes of a Cyrus whose UIDs the source's messages cannot have: wholly, or some messages of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from sterna.cyrus.identity import uniqueids
from sterna.cyrus.names import internal
from sterna.cyrus.replication import ReplicationWriter
from sterna.errors import Retry, SternaError
from sterna.migration.copy.append.cyrus_mailbox import CyrusMailbox
from sterna.migration.copy.append.thread import PlacedThread
from sterna.migration.copy.append.transfer import AppendJob, AppendTransfer
from sterna.migration.copy.decide import UID_PASSED, UID_TAKEN
from sterna.migration.copy.events import Counts
from sterna.migration.copy.mailbox import MailboxPass, Means, Scan
from sterna.migration.copy.refusals import MailboxNotOursError
from sterna.migration.copy.writing import Identity
from sterna.migration.origin.ports import MailReader
from sterna.model.address import Address
from sterna.model.mailbox import INBOX, ListedMailbox, MailboxName

ATTEMPTS: Final = 5
"""How often a mailbox is begun anew when somebody else changed it on the target: mail is delivered there."""

_UID_LOST: Final = frozenset({UID_PASSED.reason, UID_TAKEN.reason})

Moved = tuple[Sequence[int], Mapping[str, int]]
"""UIDs that the source does not describe, and flags that were left out, with how many messages had them."""


class Placer:
    """Brings an account's messages with new UIDs, where the operator has allowed it (`Means.without_uids`)."""

    def __init__(self, address: Address, reader: MailReader, prefix: bytes, means: Means) -> None:
        self._address = address
        self._reader = reader
        self._prefix = prefix
        self._means = means
        self._store = PlacedThread(means.journal)

    async def run(
        self, passes: MailboxPass, box: ListedMailbox, scan: Scan, progress: Callable[[Counts], None]
    ) -> Moved:
        """Make the pass over one mailbox, with the source's UIDs where that is possible.

        Raises:
            MailboxNotOursError: it is not possible, and not allowed without.
            SternaError: what was done until then is done.
        """
        if not self._means.without_uids:
            return await passes.run(box, scan, progress)
        try:
            undescribed, dropped = await passes.run(box, scan, progress)
        except MailboxNotOursError:
            return await self.place(passes.writer, box, scan, progress)
        lost = await self._lost(box.name)
        if lost or box.name in await self._store.mailboxes(str(self._address)):
            progress(Counts(skipped=-len(lost)))
            more, _ = await self.place(passes.writer, box, scan, progress, only=lost)
            undescribed = sorted({*undescribed, *more})
        return undescribed, dropped

    async def place(
        self,
        writer: ReplicationWriter,
        box: ListedMailbox,
        scan: Scan,
        progress: Callable[[Counts], None],
        *,
        only: frozenset[int] | None = None,
        cut_over: bool = False,
    ) -> Moved:
        """Bring a mailbox's messages, or `only` some of them, above the last UID that the target has given out."""
        attempts = 0
        while True:
            transfer, mailbox = await self._transfer(writer, box, scan, only, cut_over=cut_over)
            try:
                await transfer.run(progress)
            except SternaError as error:
                attempts += 1
                if error.retry is not Retry.NOW or attempts == ATTEMPTS:
                    raise
                await writer.restart()
            else:
                return transfer.undescribed, mailbox.dropped_flags

    async def names(self) -> list[MailboxName]:
        """Return the mailboxes, as on the source, in which messages have other UIDs than there."""
        return sorted(await self._store.mailboxes(str(self._address)))

    async def _transfer(
        self, writer: ReplicationWriter, box: ListedMailbox, scan: Scan, only: frozenset[int] | None, *, cut_over: bool
    ) -> tuple[AppendTransfer, CyrusMailbox]:
        source = await self._reader.examine(self._prefix + box.wire)
        name = internal(self._address, scan.names[box.name])
        partition = scan.state.mailboxes[internal(self._address, INBOX)].partition
        identity = Identity(
            name, self._address, partition, self._fresh(box.name, scan, source.uidvalidity), source.uidvalidity
        )
        row = scan.known.get(box.name)
        header = scan.state.mailboxes.get(name)
        taken: frozenset[int] = frozenset()
        if row is not None and header is not None and header.uniqueid.decode("ascii") == row.uniqueid:
            taken = frozenset(await self._means.journal.uids(row.id))
        job = AppendJob(
            self._address,
            box.name,
            scan.names[box.name],
            source,
            self._means.quarantine,
            only,
            taken,
            cut_over,
            int(self._means.clock()),
            None if self._means.choice.takes_all_messages else self._means.choice.takes_message,
        )
        mailbox = CyrusMailbox(writer, identity, self._means.clock)
        return AppendTransfer(self._reader, mailbox, self._store, job), mailbox

    def _fresh(self, name: MailboxName, scan: Scan, uidvalidity: int) -> bytes:
        """Return the identity for a mailbox that has to be made; a deleted one keeps its own for some days."""
        identities = uniqueids(self._address, name, uidvalidity)
        row = scan.known.get(name)
        last = row.uniqueid.encode("ascii") if row is not None else b""
        return identities[(identities.index(last) + 1) % len(identities)] if last in identities else identities[0]

    async def _lost(self, name: MailboxName) -> frozenset[int]:
        """Return the messages of a mailbox that only lack a UID."""
        rows = await self._means.journal.skipped(str(self._address))
        return frozenset(row.uid for row in rows if row.source == name and row.reason in _UID_LOST)
