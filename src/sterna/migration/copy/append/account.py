"""One pass over one account whose mail goes to a server that is only known to speak IMAP."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sterna.errors import FormatError, Retry, Scope, SternaError
from sterna.imap.mutf7 import encode
from sterna.imap.responses import Namespace
from sterna.imap.writer import AppendWriter
from sterna.migration.copy.account import DEFAULTS, AccountPass, Options
from sterna.migration.copy.append.imap_mailbox import ImapMailbox
from sterna.migration.copy.append.late import LatePass, cut_over_since
from sterna.migration.copy.append.names import target_names, wire
from sterna.migration.copy.append.thread import PlacedThread
from sterna.migration.copy.append.transfer import AppendJob, AppendTransfer
from sterna.migration.copy.choosing import chosen_mailboxes
from sterna.migration.copy.events import AccountResult, AccountStarted, OnEvent, Renamed
from sterna.migration.copy.mailbox import Means
from sterna.migration.copy.refusals import AccountGoneError
from sterna.migration.origin.ports import Besides, MailReader
from sterna.model.address import Address
from sterna.model.mailbox import INBOX, ListedMailbox, MailboxName
from sterna.model.roles import Role

ATTEMPTS: Final = 3
"""How often a mailbox is begun anew when a side was not quiet."""


@dataclass(frozen=True, slots=True)
class _Sides:
    """Both connections, and how mailboxes are called on the target."""

    reader: MailReader
    prefix: bytes
    writer: AppendWriter
    space: Namespace
    names: Mapping[MailboxName, MailboxName]
    roles: Mapping[MailboxName, Role]


class AppendPass(AccountPass):
    """One account's pass over one worker's connections."""

    def __init__(self, address: Address, means: Means, on_event: OnEvent, options: Options = DEFAULTS) -> None:
        super().__init__(address, means, on_event, options)
        self._store = PlacedThread(means.journal)

    async def append(self, reader: MailReader, prefix: bytes, writer: AppendWriter, besides: Besides) -> AccountResult:
        """Make the pass.

        Args:
            reader: the source, logged in so that `prefix` + name reaches the account's mailboxes.
            prefix: what stands before a mailbox's name on the source's wire.
            writer: the target, logged in for the account.
            besides: what the account has on the source besides mail.

        Raises:
            AccountGoneError: the source does not show it.
            SternaError: of a scope beyond one mailbox; what was done until then is done.
        """
        cut_over = await cut_over_since(self._journal, self._address) is not None
        if self._options.only_late and not cut_over:
            return AccountResult(self._address, 0, self._counts)
        listed = await reader.mailboxes(prefix)
        if not any(box.name == INBOX for box in listed):
            raise AccountGoneError(self._address)
        selectable = [box for box in listed if box.selectable]
        chosen = await chosen_mailboxes(self._means.choice, reader, prefix, selectable)
        states = await self._messages(reader, prefix, selectable)
        held = await self._store.messages(str(self._address))
        there = sum(states.get(box.name, 0) for box in chosen)
        self._on_event(AccountStarted(self._address, len(chosen), there, held))
        self._guard(sum(states.values()), held)
        space = await writer.personal()
        known = await self._store.mailboxes(str(self._address))
        names = target_names({box.name for box in listed} | (besides.subscribed or set()), space, known)
        roles = besides.furniture.roles if besides.furniture is not None else {}
        sides = _Sides(reader, prefix, writer, space, names, roles)
        for box in sorted(chosen, key=lambda box: (box.name != INBOX, box.name)):
            self.at = box.name
            if cut_over and not self._options.bring_late:
                await self._try(box.name, self._look_for_late(box, sides))
            else:
                await self._try(box.name, self._append_mailbox(box, sides, cut_over=cut_over))
        self.at = None
        if not cut_over and besides.subscribed is not None:
            await self._try(None, self._subscribe(sides, besides.subscribed))
        await self._say_what_stays(besides, {box.name for box in selectable})
        await self._remarks(reader)
        taken = {box.name for box in chosen}
        return AccountResult(
            self._address,
            len(chosen),
            self._counts,
            tuple(_renamed(self._address, names, selectable)),
            tuple(self._failures),
            tuple(sorted(await self._store.mailboxes(str(self._address)))),
            tuple(box.name for box in selectable if box.name not in taken),
        )

    async def _try(self, mailbox: MailboxName | None, work: Awaitable[None]) -> None:
        """Do something for one mailbox; its failure is a row, and the others go on."""
        try:
            await work
        except SternaError as error:
            if error.scope > Scope.MAILBOX and not isinstance(error, FormatError):
                raise
            self._fail(mailbox, None, str(error))

    async def _look_for_late(self, box: ListedMailbox, sides: _Sides) -> None:
        """Name what came after the cutover; nothing is brought."""
        found = await LatePass(self._address, sides.reader, sides.prefix, self._means).find(box, {})
        self._name_late(box.name, found.uids)

    async def _append_mailbox(self, box: ListedMailbox, sides: _Sides, *, cut_over: bool) -> None:
        choice = self._means.choice
        for attempt in range(ATTEMPTS):
            state = await sides.reader.examine(sides.prefix + box.wire)
            job = AppendJob(
                self._address,
                box.name,
                sides.names[box.name],
                state,
                self._means.quarantine,
                cut_over=cut_over,
                now=int(self._means.clock()),
                takes=None if choice.takes_all_messages else choice.takes_message,
            )
            role = sides.roles.get(box.name)
            name = wire(job.target, sides.space)
            mailbox = ImapMailbox(sides.writer, name, role.encode("ascii") if role is not None else None)
            transfer = AppendTransfer(sides.reader, mailbox, self._store, job)
            try:
                await transfer.run(lambda step: self._progress(box.name, step))
            except SternaError as error:
                if error.retry is not Retry.NOW or attempt + 1 == ATTEMPTS:
                    raise
                continue
            for uid in transfer.undescribed:
                self._fail(box.name, uid, "the source lists it and does not describe it", "see the source's log")
            for flag, number in sorted(mailbox.dropped_flags.items()):
                reason = f"the target cannot hold the flag {flag!r}; it was left out on {number} messages"
                self._fail(box.name, None, reason)
            return

    async def _subscribe(self, sides: _Sides, subscribed: frozenset[MailboxName]) -> None:
        account = str(self._address)
        wanted = {sides.names[name] for name in subscribed}
        ours = await self._journal.subscriptions(account)
        there = {box.wire for box in await sides.writer.subscribed()}
        for name in sorted(wanted):
            if (raw := wire(name, sides.space)) not in there:
                await sides.writer.subscribe(raw, on=True)
        for name in sorted(ours - wanted):
            if (raw := wire(name, sides.space)) in there:
                await sides.writer.subscribe(raw, on=False)
        if ours != wanted:
            await self._journal.set_subscriptions(account, sorted(wanted))

    async def _say_what_stays(self, besides: Besides, listed: set[MailboxName]) -> None:
        """Name every message that was left out, what is gone from the source, and what no APPEND can bring."""
        for row in await self._journal.skipped(str(self._address)):
            if row.source in listed:
                self._fail(row.source, row.uid, row.reason, row.todo)
            else:
                await self._journal.settle_skipped(str(self._address), row.source, [row.uid], [])
        for name in sorted(await self._store.mailboxes(str(self._address))):
            if name not in listed:
                reason = "it is gone from the source; its copy stays on the target"
                self._fail(name, None, reason, "delete it there if it should go")
        grants = besides.furniture.grants if besides.furniture is not None else {}
        for name in sorted(name for name, rows in grants.items() if rows):
            self._fail(name, None, "others' rights to it are not brought to such a target", "give them there by hand")
        for foreign in besides.foreign:
            shown = "/".join((str(foreign.owner), *foreign.name))
            self._fail(None, None, f"the subscription to {shown} is not brought to such a target", "subscribe there")


def _renamed(
    account: Address, names: Mapping[MailboxName, MailboxName], boxes: Sequence[ListedMailbox]
) -> list[Renamed]:
    def shown(name: MailboxName) -> str:
        return b"/".join(encode(part) for part in name).decode("ascii")

    return [Renamed(account, shown(b.name), shown(names[b.name])) for b in boxes if names[b.name] != b.name]
