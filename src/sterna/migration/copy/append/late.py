"""Accounts that are cut over: the target is the truth, and the source is only looked through for late mail.

Late is what the source has and no earlier pass has met: mail that came there after the last pass, from a sender whose
name server was slow, or from a program that still delivers to the old server.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sterna.cyrus.replication import ReplicationWriter
from sterna.errors import Scope, SternaError
from sterna.migration.copy.append.placer import Placer
from sterna.migration.copy.append.thread import PlacedThread
from sterna.migration.copy.events import Counts
from sterna.migration.copy.mailbox import Means, Scan
from sterna.migration.copy.ports import JournalThread
from sterna.migration.origin.ports import MailReader
from sterna.model.address import Address
from sterna.model.mailbox import ListedMailbox, MailboxName
from sterna.state.cut_over import CutOverStore
from sterna.state.journal import JournalMailbox


class NothingKnownError(SternaError):
    """An account is cut over and the journal knows nothing of its mail, so late mail cannot be told from old."""

    scope = Scope.ACCOUNT
    exit_code = 66

    def __init__(self, account: Address) -> None:
        self.account = account
        super().__init__(
            "it is cut over and nothing is known of what was copied before, so late mail cannot be told from mail that "
            "its owner has deleted since; nothing was changed. Put the journal back from a backup"
        )


@dataclass(frozen=True, slots=True)
class LateMail:
    """What is late in one mailbox: the source's UIDs; or why that cannot be told."""

    mailbox: MailboxName
    uids: Sequence[int]
    unclear: str = ""


async def cut_over_since(journal: JournalThread, account: Address) -> int | None:
    """Return since when an account is cut over, in Unix seconds; None when it is not."""
    return await journal.call(CutOverStore(journal.journal).when, str(account))


class LatePass:
    """Looks for late mail of one account, and brings it when that is wanted."""

    def __init__(self, address: Address, reader: MailReader, prefix: bytes, means: Means) -> None:
        self._address = address
        self._reader = reader
        self._prefix = prefix
        self._journal = means.journal
        self._choice = means.choice
        self._store = PlacedThread(means.journal)
        self._placer = Placer(address, reader, prefix, means)

    async def find(self, box: ListedMailbox, known: Mapping[MailboxName, JournalMailbox]) -> LateMail:
        """Return what is late in one mailbox; `known` are the account's mailboxes whose mail has kept its UIDs.

        Raises:
            NothingKnownError: no pass has ever met the account.
        """
        placed = await self._store.mailboxes(str(self._address))
        if not known and not placed:
            raise NothingKnownError(self._address)
        state = await self._reader.examine(self._prefix + box.wire)
        uids = await self._reader.uids()
        met: set[int] = set()
        row = known.get(box.name)
        if row is not None and row.uidvalidity != state.uidvalidity:
            return LateMail(box.name, (), "the source has numbered it anew since, so late mail cannot be told")
        if row is not None:
            met.update(await self._journal.uids(row.id))
        skipped = await self._journal.skipped(str(self._address))
        met.update(each.uid for each in skipped if each.source == box.name)
        met.update(await self._store.known(str(self._address), box.name, state.uidvalidity))
        late = [uid for uid in uids if uid not in met]
        if late and not self._choice.takes_all_messages:
            late = [fact.uid for fact in await self._reader.facts_of(late) if self._choice.takes_message(fact)]
        return LateMail(box.name, late)

    async def bring(
        self,
        late: LateMail,
        box: ListedMailbox,
        scan: Scan,
        writer: ReplicationWriter,
        progress: Callable[[Counts], None],
    ) -> None:
        """Bring what is late, with new UIDs; nothing else is changed."""
        await self._placer.place(writer, box, scan, progress, only=frozenset(late.uids), cut_over=True)
