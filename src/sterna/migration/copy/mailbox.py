"""One mailbox of an account: whose it is on the target, and its pass, begun anew as often as that helps."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sterna.cyrus.identity import PREPARED, uniqueids
from sterna.cyrus.mailbox_state import MAX_BYTES, MailboxHeader, UserState
from sterna.cyrus.names import internal
from sterna.cyrus.replication import ReplicationWriter
from sterna.errors import FormatError, Retry, SternaError
from sterna.imap.failures import ConnectionLostError
from sterna.migration.copy.events import Counts
from sterna.migration.copy.job import HANGS_UP, Job
from sterna.migration.copy.left_flags import FOLDER, LeftFlags
from sterna.migration.copy.oddities import Oddities, Oddity
from sterna.migration.copy.ports import JournalThread
from sterna.migration.copy.refusals import FiltersInTheWayError, MailboxNotOursError
from sterna.migration.copy.refused import Quarantine, TargetUnableError, blame
from sterna.migration.copy.staging import Place
from sterna.migration.copy.suspects import Suspects
from sterna.migration.copy.transfer import Transfer
from sterna.migration.copy.writing import Identity, marks
from sterna.migration.origin.ports import MailReader, MovesMessages
from sterna.migration.selection import ALL, Choice
from sterna.model.address import Address
from sterna.model.mailbox import INBOX, ListedMailbox, MailboxName
from sterna.site.declaration import TargetImap
from sterna.state.journal import JournalMailbox

ATTEMPTS: Final = 3
"""How often a mailbox is begun anew when somebody else changed it on the target while we were writing."""


@dataclass(frozen=True, slots=True)
class Scan:
    """What both sides have of an account, and how mailbox names map."""

    listed: Sequence[ListedMailbox]
    subscribed: frozenset[MailboxName] | None
    state: UserState
    names: Mapping[MailboxName, MailboxName]
    known: Mapping[MailboxName, JournalMailbox]


@dataclass(frozen=True, slots=True)
class Means:
    """What every mailbox of a pass is moved with.

    Fields:
        clock: Unix time in seconds.
        batch_bytes: how much is sent to the target at once.
        thorough: look at every message, whatever the marks of mailboxes say.
        without_uids: whether messages may be brought with other UIDs where theirs are not to be had.
        choice: what is to be moved.
    """

    journal: JournalThread
    quarantine: Quarantine
    clock: Callable[[], float]
    batch_bytes: int = MAX_BYTES
    thorough: bool = False
    without_uids: bool = False
    choice: Choice = ALL


@dataclass(slots=True)
class _Tries:
    """What earlier attempts at a mailbox have shown."""

    suspects: Suspects = field(default_factory=Suspects)
    careful: bool = False
    changed: int = 0


class MailboxPass:
    """Makes the passes over an account's mailboxes, one after the other.

    Attributes:
        writer: the connection to the target; another one after the target has hung up.
        reader: the source.
        prefix: what stands before a mailbox's name there.
        kept: of how many messages of a mailbox the copies stay although they are gone from the source.
        replaced: whether a mailbox was made anew in place of an empty one, with which subscriptions go.
    """

    def __init__(
        self,
        address: Address,
        reader: MailReader,
        prefix: bytes,
        writer: ReplicationWriter,
        means: Means,
        renew: Callable[[], Awaitable[ReplicationWriter]],
    ) -> None:
        self.writer = writer
        self.replaced = False
        self._address = address
        self.reader = reader
        self.prefix = prefix
        self._means = means
        self._renew = renew
        self.kept: dict[MailboxName, int] = {}
        self._oddities: dict[MailboxName, Oddities] = {}

    @property
    def oddities(self) -> list[Oddity]:
        """What is unusual in the messages that were brought."""
        return [each for name, seen in sorted(self._oddities.items()) for each in seen.of(name)]

    async def unchanged(self, boxes: Sequence[ListedMailbox], scan: Scan) -> frozenset[MailboxName]:
        """Return the mailboxes that are on both sides as the last pass left them, by the marks of both."""
        if self._means.thorough:
            return frozenset()
        asked: list[tuple[ListedMailbox, str]] = []
        for box in boxes:
            row = scan.known.get(box.name)
            header = scan.state.mailboxes.get(internal(self._address, scan.names[box.name]))
            if row is None or header is None or not row.mark or row.target != scan.names[box.name]:
                continue
            if header.uniqueid.decode("ascii") == row.uniqueid and marks(header) == row.fingerprint:
                asked.append((box, row.mark))
        found = await self.reader.marks([(self.prefix + box.wire, mark) for box, mark in asked]) if asked else []
        return frozenset(box.name for (box, before), now in zip(asked, found, strict=True) if now == before)

    async def run(
        self, box: ListedMailbox, scan: Scan, progress: Callable[[Counts], None]
    ) -> tuple[Sequence[int], Mapping[str, int]]:
        """Make the pass; return the UIDs that the source does not describe, and the flags that were left out.

        Raises:
            SternaError: what was done until then is done.
        """
        header = scan.state.mailboxes.get(internal(self._address, scan.names[box.name]))
        tries = _Tries()
        while True:
            transfer = await self._transfer(box, scan, header, tries)
            try:
                await transfer.run(progress)
            except SternaError as error:
                await self._begin_anew(error, transfer, tries, scan)
            else:
                if transfer.left_flags:
                    kept = LeftFlags(self._means.quarantine.folder.with_name(FOLDER))
                    kept.keep(self._address, box.name, transfer.left_flags)
                self.kept[box.name] = transfer.kept
                return transfer.undescribed, transfer.dropped_keywords
            header = await self.writer.header(internal(self._address, scan.names[box.name]))

    async def _begin_anew(self, error: SternaError, transfer: Transfer, tries: _Tries, scan: Scan) -> None:
        """Make ready for another attempt, or raise `error` when that makes no sense."""
        if isinstance(error, ConnectionLostError):
            before = tries.suspects.harmful
            if not isinstance(error.server, TargetImap) or not tries.suspects.narrow(transfer.at_risk):
                raise error
            self.writer = await self._renew()
            for uid in tries.suspects.harmful - before:
                await self._blame(uid, scan)
            return
        if isinstance(error, FormatError) and not tries.careful:
            tries.careful = True  # one by one, so that what cannot be read of one message is no other's trouble
        else:
            tries.changed += 1
            if error.retry is not Retry.NOW or tries.changed == ATTEMPTS:
                raise error
        await self.writer.restart()

    async def _blame(self, uid: int, scan: Scan) -> None:
        """Return when it must be this message at which the target hangs up.

        Raises:
            TargetUnableError: it hangs up at other bytes of the same size, too.
        """
        partition = scan.state.mailboxes[internal(self._address, INBOX)].partition
        for fact in await self.reader.facts_of([uid]):
            try:
                await blame(self.writer, partition, max(1, fact.size_bytes), HANGS_UP[0])
                await self.writer.restart()
            except ConnectionLostError as error:
                raise TargetUnableError(fact.size_bytes, HANGS_UP[0]) from error

    async def _transfer(self, box: ListedMailbox, scan: Scan, header: MailboxHeader | None, tries: _Tries) -> Transfer:
        source = await self.reader.examine(self.prefix + box.wire)
        target = internal(self._address, scan.names[box.name])
        uniqueid = self._identity(box.name, header, source.uidvalidity, scan)
        row = await self._means.journal.open_mailbox(
            str(self._address), box.name, scan.names[box.name], source.uidvalidity, uniqueid.decode("ascii")
        )
        ours = header is not None and header.uniqueid == uniqueid
        self.replaced = self.replaced or (header is not None and not ours)
        partition = scan.state.mailboxes[internal(self._address, INBOX)].partition
        echo = header.echo if header is not None and not ours else {}
        identity = Identity(target, self._address, partition, uniqueid, source.uidvalidity, echo)
        job = Job(
            box.name,
            identity,
            row,
            source,
            header if ours else None,
            tries.suspects.most,
            tries.suspects.harmful,
            self._means.thorough,
            None if self._means.choice.takes_all_messages else self._means.choice.takes_message,
            tries.careful,
            isinstance(self.reader, MovesMessages),
        )
        oddities = self._oddities.setdefault(box.name, Oddities())
        place = Place(self.writer, partition, self._means.quarantine, self._means.batch_bytes, oddities)
        return Transfer(self.reader, place, self._means.journal, job, self._means.clock)

    def _identity(self, name: MailboxName, header: MailboxHeader | None, uidvalidity: int, scan: Scan) -> bytes:
        """Return the UNIQUEID under which the mailbox is or will be ours.

        Raises:
            MailboxNotOursError: the target has something else there that must not be replaced.
        """
        identities = uniqueids(self._address, name, uidvalidity)
        if header is not None and (
            header.uniqueid in identities or was_prepared(self._address, name, header, uidvalidity)
        ):
            return header.uniqueid
        if header is not None and header.last_uid > 0:
            raise MailboxNotOursError(self._address, name, header)
        if header is not None and name == INBOX and scan.state.scripts:
            raise FiltersInTheWayError(len(scan.state.scripts))
        # Deleted on the target since the last pass: its UNIQUEID may live on under the deleted mailbox's name.
        known = scan.known.get(name)
        last = known.uniqueid.encode("ascii") if known and header is None else b""
        after = identities.index(last) + 1 if last in identities else 0
        return identities[after % len(identities)]


def was_prepared(account: Address, name: MailboxName, header: MailboxHeader, uidvalidity: int) -> bool:
    """Say whether it is the INBOX that was made for this pass, still empty or by now the source's."""
    if name != INBOX or header.uniqueid not in uniqueids(account, INBOX, PREPARED):
        return False
    return header.uidvalidity == uidvalidity or (header.last_uid == 0 and header.uidvalidity < uidvalidity)
