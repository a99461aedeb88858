"""One mailbox on the target while it is written: what it holds by its own marks, and every write proved by them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sterna.cyrus.dlist import DList
from sterna.cyrus.mailbox_state import MailboxHeader, MailboxUpdate
from sterna.cyrus.record import Record
from sterna.errors import Retry, Scope, SternaError
from sterna.migration.copy.ports import Handed, Held, TargetPort
from sterna.model.address import Address
from sterna.model.copied import Fingerprint

MAX_LAST_UID: Final = 2**32 - 2
"""A UIDNEXT beyond 32 bits is nonsense, and would leave no UID for new mail."""


class TargetDisagreesError(SternaError):
    """The target's mailbox is not as it was a moment ago, or not as we left it; nothing further was written to it."""

    scope = Scope.MAILBOX
    retry = Retry.NOW
    exit_code = 75

    def __init__(self, mailbox: bytes, wanted: Fingerprint | None, found: Fingerprint | None) -> None:
        self.mailbox = mailbox.decode("ascii", "replace")
        self.wanted = wanted
        self.found = found
        super().__init__(
            f"{self.mailbox}: the target says {found} where {wanted} was expected; somebody else writes to it. No mail "
            "is lost: run copy again when it is quiet, it compares both sides first"
        )


@dataclass(frozen=True, slots=True)
class Identity:
    """Which mailbox it is.

    Fields:
        echo: what a mailbox that is replaced had of its own (ACL, annotations), to be kept.
    """

    name: bytes
    owner: Address
    partition: bytes
    uniqueid: bytes
    uidvalidity: int
    echo: Mapping[bytes, DList] = field(default_factory=dict)


class TargetMailbox:
    """One mailbox; `header` is what the target said of it last, None as long as it is not there."""

    def __init__(
        self, target: TargetPort, identity: Identity, header: MailboxHeader | None, clock: Callable[[], float]
    ) -> None:
        self.header = header
        self._target = target
        self._identity = identity
        self._clock = clock
        self._ahead: tuple[Handed, Fingerprint] | None = None

    @property
    def marks(self) -> Fingerprint | None:
        """Its marks, as the target said last."""
        return marks(self.header)

    @property
    def last_uid(self) -> int:
        """The highest UID that it has given out, or will have when what was handed over has arrived."""
        if self._ahead is not None:
            return self._ahead[1].last_uid
        return self.header.last_uid if self.header else 0

    @property
    def next_modseq(self) -> int:
        """What the next change is numbered with."""
        if self._ahead is not None:
            return self._ahead[1].highestmodseq + 1
        return (self.header.highestmodseq if self.header else 0) + 1

    @property
    def crc(self) -> int:
        """Its checksum."""
        return self.header.sync_crc if self.header else 0

    def now(self) -> int:
        """Return the time, Unix seconds."""
        return int(self._clock())

    async def held(self) -> Held:
        """Return every message that it holds."""
        return await self._target.columns(self._identity.name)

    async def write(self, records: Sequence[Record], *, last_uid: int, modseq: int, crc: int, now: int) -> None:
        """Make it hold `records`, and read its marks back.

        Raises:
            TargetDisagreesError: they are not what they should be.
        """
        self.hand_over(records, last_uid=last_uid, modseq=modseq, crc=crc, now=now)
        await self.settle()

    def hand_over(self, records: Sequence[Record], *, last_uid: int, modseq: int, crc: int, now: int) -> None:
        """Send `records` without waiting; await `settle` before the next are handed over."""
        one = self._identity
        update = MailboxUpdate(
            name=one.name,
            uniqueid=one.uniqueid,
            partition=one.partition,
            uidvalidity=one.uidvalidity,
            last_uid=last_uid,
            highestmodseq=modseq,
            sync_crc=crc,
            owner=one.owner,
            now=now,
            records=records,
            since=self.header,
            echo=self.header.echo if self.header else one.echo,
        )
        self._ahead = self._target.hand_over(update), Fingerprint(last_uid, modseq, crc)

    async def settle(self) -> None:
        """Wait until what was handed over has arrived, and read the marks back.

        Raises:
            TargetDisagreesError: they are not what they should be.
        """
        if self._ahead is None:
            return
        (handed, wanted), self._ahead = self._ahead, None
        one = self._identity
        self.header = await handed.settle()
        if self.marks != wanted or (self.header and self.header.uidvalidity != one.uidvalidity):
            raise TargetDisagreesError(one.name, wanted, self.marks)

    async def confirm(self) -> None:
        """Read its marks again before rows are settled on what was read of it.

        Raises:
            TargetDisagreesError: somebody has changed it.
        """
        found = await self._target.header(self._identity.name)
        if marks(found) != self.marks:
            raise TargetDisagreesError(self._identity.name, self.marks, marks(found))

    def is_short_of(self, last_uid: int) -> bool:
        """Say whether it is missing, has given out fewer UIDs than this, or has another UIDVALIDITY."""
        header = self.header
        return header is None or header.last_uid < last_uid or header.uidvalidity != self._identity.uidvalidity

    async def reach(self, last_uid: int) -> None:
        """Make it if it is missing; let its UIDVALIDITY be right, and its last UID at least `last_uid`."""
        modseq = max(1, self.header.highestmodseq) if self.header else 1
        await self.write([], last_uid=max(last_uid, self.last_uid, 0), modseq=modseq, crc=self.crc, now=self.now())


def marks(header: MailboxHeader | None) -> Fingerprint | None:
    """Return the marks in a header."""
    return Fingerprint(header.last_uid, header.highestmodseq, header.sync_crc) if header else None
