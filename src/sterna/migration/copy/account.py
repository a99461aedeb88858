"""One pass over one account: its mailboxes, then its subscriptions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sterna.cyrus.identity import PREPARED, uniqueids
from sterna.cyrus.names import internal, owner, wire
from sterna.cyrus.replication import ReplicationWriter
from sterna.errors import FormatError, Scope, SternaError
from sterna.migration.copy.append.late import LatePass, cut_over_since
from sterna.migration.copy.append.placer import Placer
from sterna.migration.copy.choosing import chosen_mailboxes, target_names
from sterna.migration.copy.events import AccountResult, AccountStarted, Counts, Failure, OnEvent, Progress, Renamed
from sterna.migration.copy.furnish import Furnisher
from sterna.migration.copy.mailbox import MailboxPass, Means, Scan, was_prepared
from sterna.migration.copy.refusals import (
    AccountGoneError,
    NotAppliedError,
    ShrunkError,
)
from sterna.migration.origin.ports import Besides, MailReader, Remarks
from sterna.migration.selection import EVERYTHING, Selection
from sterna.model.address import Address
from sterna.model.mailbox import INBOX, ListedMailbox, MailboxName

SHRUNK_LEAST: Final = 100
SHRUNK_SHARE: Final = 0.5
"""An account of which fewer than this share of at least so many copied messages is left stops instead of following."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the operator allowed for this pass.

    Fields:
        accept_shrunk: follow a source that has lost most of an account.
        thorough: look at every message, also where the marks of both sides say that nothing has changed.
        only_late: leave accounts alone that are not cut over.
        bring_late: bring mail that came to the source after an account was cut over, instead of naming it.
        now: what of the mail this pass is about; the rest is left for later ones.
    """

    accept_shrunk: bool = False
    thorough: bool = False
    only_late: bool = False
    bring_late: bool = False
    now: Selection = EVERYTHING


DEFAULTS: Final = Options()


class AccountPass:
    """One account's pass over one worker's connections; `at` is the mailbox it works on, for whoever sees it fail."""

    def __init__(
        self,
        address: Address,
        means: Means,
        on_event: OnEvent,
        options: Options = DEFAULTS,
    ) -> None:
        self._address = address
        self._options = options
        self.at: MailboxName | None = None
        self._means = means
        self._journal = means.journal
        self._on_event = on_event
        self._failures: list[Failure] = []
        self._counts = Counts()
        self._passes: MailboxPass | None = None
        self._taken: set[MailboxName] = set()
        """Mailboxes of this pass that are ours on the target, also those in which something waits."""

    @property
    def counts(self) -> Counts:
        """What was done so far."""
        return self._counts

    @property
    def failures(self) -> tuple[Failure, ...]:
        """What needs a person so far."""
        return tuple(self._failures)

    async def run(
        self,
        reader: MailReader,
        prefix: bytes,
        writer: ReplicationWriter,
        besides: Besides,
        renew: Callable[[], Awaitable[ReplicationWriter]],
    ) -> AccountResult:
        """Make the pass.

        Args:
            reader: the source, logged in so that `prefix` + name reaches the account's mailboxes.
            prefix: what stands before a mailbox's name on the source's wire.
            writer: the target.
            besides: what the account has on the source besides mail.
            renew: connects to the target anew after it has hung up.

        Raises:
            NotAppliedError: the account is not on the target.
            SternaError: of a scope beyond one mailbox; what was done until then is done.
        """
        scan = await self._scan(reader, prefix, writer, besides.subscribed)
        selectable = [box for box in scan.listed if box.selectable]
        if await cut_over_since(self._journal, self._address) is not None:
            return await self._late(reader, prefix, writer, scan)
        if self._options.only_late:
            return AccountResult(self._address, 0, self._counts)
        states = await self._messages(reader, prefix, selectable)
        chosen = await chosen_mailboxes(self._means.choice, reader, prefix, selectable)
        held = await self._journal.messages(str(self._address))
        there = sum(states.get(box.name, 0) for box in chosen)
        self._on_event(AccountStarted(self._address, len(chosen), there, held))
        self._guard(sum(states.values()), held)
        await self._attempt(writer, None, self._hold_places(writer, scan, {box.name for box in selectable}))
        passes = self._passes = MailboxPass(self._address, reader, prefix, writer, self._means, renew)
        unchanged = await passes.unchanged(chosen, scan)
        for box in sorted(chosen, key=lambda box: (box.name != INBOX, box.name)):
            self.at = box.name
            if box.name in unchanged:
                self._taken.add(box.name)
                self._progress(box.name, Counts(unchanged=states.get(box.name, 0)))
            else:
                await self._attempt(passes.writer, box.name, self._mailbox(box, passes, scan))
        self.at = None
        writer = passes.writer
        furnisher = Furnisher(self._address, self._journal, writer, self._means.clock)
        ours = {name: scan.names[name] for name in sorted(self._taken)}
        if besides.furniture is not None:
            async for name, work in furnisher.steps(besides.furniture, scan.state, ours):
                await self._attempt(writer, name, work)
        await self._attempt(writer, None, self._subscriptions(writer, scan, again=passes.replaced))
        await self._attempt(writer, None, furnisher.subscribe(besides.foreign, scan.state))
        await self._account_for(scan)
        await self._remarks(reader)
        result = await self._result(reader, prefix, scan)
        taken = {box.name for box in chosen}
        return replace(
            result,
            mailboxes=len(chosen),
            left_out=tuple(b.name for b in selectable if b.name not in taken),
            oddities=tuple(passes.oddities),
        )

    async def _remarks(self, reader: MailReader) -> None:
        """Name what a source of files has and what is no mailbox, or no message yet."""
        if isinstance(reader, Remarks):
            for name, reason, todo in await reader.remarks():
                self._fail(name, None, reason, todo)

    async def _result(self, reader: MailReader, prefix: bytes, scan: Scan) -> AccountResult:
        selectable = [box for box in scan.listed if box.selectable]
        return AccountResult(
            self._address,
            len(selectable),
            self._counts,
            tuple(self._renamed(scan, selectable)),
            tuple(self._failures),
            tuple(await Placer(self._address, reader, prefix, self._means).names()),
        )

    async def _late(self, reader: MailReader, prefix: bytes, writer: ReplicationWriter, scan: Scan) -> AccountResult:
        """Look for late mail of an account that is cut over; nothing else of it is looked at."""
        late = LatePass(self._address, reader, prefix, self._means)
        selectable = [box for box in scan.listed if box.selectable]
        chosen = await chosen_mailboxes(self._means.choice, reader, prefix, selectable)
        self._on_event(AccountStarted(self._address, len(chosen), 0, 0))
        for box in chosen:
            self.at = box.name
            await self._attempt(writer, box.name, self._late_mailbox(late, box, writer, scan))
        self.at = None
        return await self._result(reader, prefix, scan)

    async def _late_mailbox(self, late: LatePass, box: ListedMailbox, writer: ReplicationWriter, scan: Scan) -> None:
        found = await late.find(box, scan.known)
        if found.unclear:
            self._fail(box.name, None, found.unclear, "compare both sides by hand")
        elif found.uids and self._options.bring_late:
            await late.bring(found, box, scan, writer, lambda step: self._progress(box.name, step))
        else:
            self._name_late(box.name, found.uids)

    def _name_late(self, mailbox: MailboxName, uids: Sequence[int]) -> None:
        """Name late mail that is not brought now."""
        if uids:
            self._progress(mailbox, Counts(skipped=len(uids)))
        for uid in uids:
            self._fail(mailbox, uid, "it came after the account was cut over", "copy --late --yes brings it")

    async def _scan(
        self, reader: MailReader, prefix: bytes, writer: ReplicationWriter, subscribed: frozenset[MailboxName] | None
    ) -> Scan:
        root = internal(self._address, INBOX)
        listed = await reader.mailboxes(prefix)
        if not any(box.name == INBOX for box in listed):
            raise AccountGoneError(self._address)
        state = await writer.user(self._address)
        if root not in state.mailboxes:
            raise NotAppliedError(self._address)
        known = await self._journal.mailboxes(str(self._address))
        wanted = self._means.choice.site
        if subscribed is not None:
            subscribed = frozenset(name for name in subscribed if wanted.takes_mailbox(name))
        names = target_names({box.name for box in listed} | (subscribed or set()), wanted.names, known, len(root))
        return Scan(listed, subscribed, state, names, known)

    async def _messages(
        self, reader: MailReader, prefix: bytes, boxes: Sequence[ListedMailbox]
    ) -> dict[MailboxName, int]:
        """Return how many messages the source shows in each mailbox; one that does not say shows none."""
        try:
            states = await reader.status([prefix + box.wire for box in boxes])
        except SternaError as error:
            if error.scope > Scope.MAILBOX:
                raise
            if len(boxes) == 1:
                return {}
            half = len(boxes) // 2
            first = await self._messages(reader, prefix, boxes[:half])
            return first | await self._messages(reader, prefix, boxes[half:])
        return {box.name: state.messages for box, state in zip(boxes, states, strict=True) if state}

    def _guard(self, messages: int, known: int) -> None:
        """Refuse to follow a source that has lost most of an account, or does not tell that it has it."""
        if self._options.accept_shrunk:
            return
        if known >= SHRUNK_LEAST and messages < known * SHRUNK_SHARE:
            raise ShrunkError(known, messages)

    async def _attempt(self, writer: ReplicationWriter, mailbox: MailboxName | None, work: Awaitable[None]) -> None:
        """Do something for one mailbox; its failure is a row, and the others go on."""
        try:
            await work
        except SternaError as error:
            # What a server says of one message or mailbox can be unreadable without harm to the conversation.
            if error.scope > Scope.MAILBOX and not isinstance(error, FormatError):
                raise
            self._fail(mailbox, None, str(error))
            # The target may have hung up meanwhile, and the mailbox gone on by another connection.
            await (self._passes.writer if self._passes is not None else writer).restart()

    async def _hold_places(self, writer: ReplicationWriter, scan: Scan, selectable: set[MailboxName]) -> None:
        """Keep holes in the hierarchy: what is no mailbox on the source must not become one on the target."""
        holes = {name[:depth] for name in selectable for depth in range(1, len(name))} - selectable - {INBOX}
        names = {hole: next(scan.names[name] for name in selectable if name[: len(hole)] == hole) for hole in holes}
        for hole in sorted(holes):
            target = internal(self._address, names[hole][: len(hole)])
            if target not in scan.state.mailboxes and target not in scan.state.placeholders:
                await writer.hold_place(target, uniqueids(self._address, hole, PREPARED)[0])

    async def _mailbox(self, box: ListedMailbox, passes: MailboxPass, scan: Scan) -> None:
        self._taken.add(box.name)
        placer = Placer(self._address, passes.reader, passes.prefix, self._means)
        undescribed, dropped = await placer.run(passes, box, scan, lambda step: self._progress(box.name, step))
        if kept := passes.kept.get(box.name):
            reason = f"{kept} messages are no longer here on the source; their copies stay on the target"
            self._fail(box.name, None, reason, "they may only have another label; delete them there if they should go")
        for uid in undescribed:
            self._fail(box.name, uid, "the source lists it and does not describe it", "see the source's log")
        for flag, number in sorted(dropped.items()):
            reason = f"the target cannot hold the flag {flag!r}; it was left out on {number} messages"
            self._fail(box.name, None, reason, "they stand in the folder flags of the state folder, by UID")

    async def _subscriptions(self, writer: ReplicationWriter, scan: Scan, *, again: bool) -> None:
        account = str(self._address)
        ours = await self._journal.subscriptions(account)
        # What the source does not tell stays as an earlier pass made it.
        wanted = set(ours) if scan.subscribed is None else {scan.names[name] for name in scan.subscribed}
        # The state was read before INBOX may have been replaced, which loses subscriptions: read them again then.
        state = await writer.user(self._address) if again else scan.state
        there = {name for raw in state.subscriptions if (name := owner(self._address, raw)) is not None}
        lost = {name for raw in scan.state.subscriptions - state.subscriptions if (name := owner(self._address, raw))}
        surplus = (ours & there) - wanted
        missing = (wanted | (lost - (ours - wanted))) - there
        await writer.subscribe(self._address, [internal(self._address, name) for name in sorted(missing)], on=True)
        await writer.subscribe(self._address, [internal(self._address, name) for name in sorted(surplus)], on=False)
        if ours != wanted:
            await self._journal.set_subscriptions(account, sorted(wanted))

    async def _account_for(self, scan: Scan) -> None:
        """Name every message that was left out, and every mailbox that the source no longer has."""
        listed = {box.name for box in scan.listed if box.selectable}
        for row in await self._journal.skipped(str(self._address)):
            if row.source in listed:
                self._fail(row.source, row.uid, row.reason, row.todo)
            else:
                await self._journal.settle_skipped(str(self._address), row.source, [row.uid], [])
        if self._options.accept_shrunk:
            await self._forget([row.id for name, row in scan.known.items() if name not in listed])
        for name in sorted(self._ours(scan)):
            if name not in listed:
                self._fail(
                    name,
                    None,
                    "it is gone from the source; its copy stays on the target",
                    "delete it there if it should go",
                )

    async def _forget(self, gone: Iterable[int]) -> None:
        """Count the messages of mailboxes that are gone no longer: that so many are missing was accepted once for all.

        Should such a mailbox come back, what the target holds of it is read there.
        """
        for mailbox in gone:
            await self._journal.clear(mailbox)
            await self._journal.begin(mailbox, [])

    def _ours(self, scan: Scan) -> set[MailboxName]:
        """Return the mailboxes that earlier passes made and that are still there, by their name on the source.

        Without a journal they are known by their identity, unless they had to be renamed.
        """
        ours = {n for n, row in scan.known.items() if internal(self._address, row.target) in scan.state.mailboxes}
        for raw, header in scan.state.mailboxes.items():
            name = owner(self._address, raw)
            if name is None:
                continue
            made = header.uniqueid in uniqueids(self._address, name, header.uidvalidity)
            if made or (header.last_uid and was_prepared(self._address, name, header, header.uidvalidity)):
                ours.add(name)
        return ours

    def _renamed(self, scan: Scan, boxes: Iterable[ListedMailbox]) -> Iterable[Renamed]:
        for box in boxes:
            target = scan.names[box.name]
            if target != box.name:
                yield Renamed(self._address, wire(box.name).decode("ascii"), wire(target).decode("ascii"))

    def _progress(self, mailbox: MailboxName, step: Counts) -> None:
        """Count as it is done: what a mailbox had before it failed is on the target, too."""
        self._counts += step
        self._on_event(Progress(self._address, mailbox, step))

    def _fail(self, mailbox: MailboxName | None, uid: int | None, reason: str, todo: str = "") -> None:
        failure = Failure(self._address, mailbox, uid, reason, todo)
        self._failures.append(failure)
        self._on_event(failure)
