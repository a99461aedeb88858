"""Give an account's mailboxes on the target what they have on the source besides mail, and read it back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sterna.cyrus.acl import Acl
from sterna.cyrus.mailbox_state import MailboxUpdate, UserState
from sterna.cyrus.names import internal, map_names
from sterna.cyrus.replication import ReplicationWriter
from sterna.errors import Retry, SternaError
from sterna.imap.comments import Comments
from sterna.migration.copy.furniture import (
    Furniture,
    commented,
    furnished,
    given,
    given_before,
    mailbox_of,
    role_of,
    seen_is_shared,
)
from sterna.migration.copy.ports import JournalThread
from sterna.migration.copy.refusals import NotFurnishedError
from sterna.model.address import Address
from sterna.model.mailbox import MailboxName
from sterna.model.roles import Role
from sterna.model.sharing import ForeignMailbox

NO_COMMENTS: Final = Comments()

_ATTEMPTS: Final = 3
"""How often a mailbox is looked at anew when somebody else changed it meanwhile."""


@dataclass(frozen=True, slots=True)
class Share:
    """Who may use a mailbox: see `furnished`."""

    grants: Acl
    earlier: Sequence[bytes]
    one_seen: bool
    comments: Comments


class Furnisher:
    """Furnishes the mailboxes of one account, whose mail is there."""

    def __init__(
        self, address: Address, journal: JournalThread, writer: ReplicationWriter, clock: Callable[[], float]
    ) -> None:
        self._address = address
        self._journal = journal
        self._writer = writer
        self._clock = clock
        self._done: set[MailboxName] = set()

    async def steps(
        self, wanted: Furniture, state: UserState, names: Mapping[MailboxName, MailboxName]
    ) -> AsyncIterator[tuple[MailboxName, Awaitable[None]]]:
        """Yield what is to be done, each for one mailbox and each to be awaited before the next is asked for.

        What was given is forgotten only when it has been taken back, or the mailbox is gone: a mailbox that is not in
        `names`, or whose step fails, keeps its rows.

        Args:
            wanted: by names on the source.
            state: what the target held before.
            names: the mailboxes that are ours and were copied in this pass, and their names on the target.
        """
        account = str(self._address)
        before, rows = await self._journal.given(account), given(wanted)
        if not rows <= before:
            # Noted first: what was given and never noted could never be taken back.
            await self._journal.set_given(account, before | rows)
        taken = {role_of(header.echo, self._address) for header in state.mailboxes.values()}
        for name in sorted(names):
            role = wanted.roles.get(name)
            if role is not None and role.encode("ascii") in taken:
                role = None
            untold = name in wanted.untold
            grants, earlier = wanted.grants.get(name, {}), [] if untold else given_before(before, name)
            comments = wanted.comments.get(name, NO_COMMENTS)
            if role is not None or grants or earlier or comments != NO_COMMENTS:
                share = Share(grants, earlier, wanted.one_seen, comments)
                yield name, self._mailbox(name, internal(self._address, names[name]), share, role)
            else:
                self._done.add(name)
            if untold:
                self._done.discard(name)
        held = {row for row in before | rows if mailbox_of(row) not in self._done} | {
            row for row in rows if mailbox_of(row) in self._done
        }
        if held != before | rows:
            await self._journal.set_given(account, held)

    async def subscribe(self, foreign: Iterable[ForeignMailbox], state: UserState) -> None:
        """Subscribe to other accounts' mailboxes, under the names that these have on the target.

        Raises:
            UnholdableAddressError: an account that cannot be on the target.
        """
        wanted: set[bytes] = set()
        for mailbox in foreign:
            known = await self._journal.mailboxes(str(mailbox.owner))
            names = map_names([mailbox.name], known={name: row.target for name, row in known.items()})
            wanted.add(internal(mailbox.owner, names[mailbox.name]))
        await self._writer.subscribe(self._address, sorted(wanted - state.subscriptions), on=True)

    async def _mailbox(self, name: MailboxName, target: bytes, share: Share, role: Role | None) -> None:
        for attempt in range(_ATTEMPTS):
            try:
                await self._furnish(target, share, role)
            except SternaError as error:
                if error.retry is not Retry.NOW or attempt + 1 == _ATTEMPTS:
                    raise
            else:
                self._done.add(name)
                return

    async def _furnish(self, target: bytes, share: Share, role: Role | None) -> None:
        header = await self._writer.header(target)
        if header is None:
            return  # nobody has any right to what is gone
        echo = furnished(header.echo, self._address, share.grants, share.earlier, role, share.one_seen)
        echo = commented(echo, self._address, share.comments)
        if echo == header.echo:
            return
        await self._writer.apply(
            MailboxUpdate(
                name=target,
                uniqueid=header.uniqueid,
                partition=header.partition,
                uidvalidity=header.uidvalidity,
                last_uid=header.last_uid,
                highestmodseq=header.highestmodseq,
                sync_crc=header.sync_crc,
                owner=self._address,
                now=int(self._clock()),
                records=(),
                since=header,
                echo=echo,
            )
        )
        after = await self._writer.header(target)
        held = after.echo if after else {}
        same = held.get(b"ACL") == echo.get(b"ACL") and seen_is_shared(held) >= seen_is_shared(echo)
        same = same and commented(held, self._address, share.comments) == held
        if not same or (role is not None and role_of(held, self._address) is None):
            raise NotFurnishedError
