"""What a pass and a comparison need of a source, whatever it is: its accounts, their mail, and what they have besides.

Nothing here can change a source.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from sterna.migration.copy.furniture import Furniture
from sterna.migration.copy.ports import SourcePort
from sterna.model.address import Address
from sterna.model.mailbox import ListedMailbox, MailboxName, MailboxState
from sterna.model.sharing import ForeignMailbox


@dataclass(frozen=True, slots=True)
class Besides:
    """What an account has besides mail.

    Fields:
        subscribed: its own mailboxes that it is subscribed to, existing or not; None when the source did not tell.
        foreign: other accounts' mailboxes that it is subscribed to.
        furniture: rights and roles of its mailboxes; None when the source did not tell: then all stays as it is.
    """

    subscribed: frozenset[MailboxName] | None = frozenset()
    foreign: tuple[ForeignMailbox, ...] = ()
    furniture: Furniture | None = None


@runtime_checkable
class MovesMessages(Protocol):
    """A reader whose messages may go from one mailbox to another without having been moved, such as one of labels."""

    moves_messages: bool


class MailReader(SourcePort, Protocol):
    """Reads an account's mailboxes (`sterna.imap.reader.MailboxReader`, or files).

    `uids`, `facts` and `bodies` speak of the mailbox that was examined last; names are the `wire` of `mailboxes` behind
    the account's prefix.
    """

    async def mailboxes(self, prefix: bytes = b"") -> list[ListedMailbox]:
        """Return the account's mailboxes."""
        ...

    async def subscribed(self, prefix: bytes = b"") -> list[ListedMailbox]:
        """Return the names that it is subscribed to."""
        ...

    async def status(self, wires: Sequence[bytes]) -> list[MailboxState | None]:
        """Return the state of each mailbox, None for one that is gone or holds no mail."""
        ...

    async def examine(self, wire: bytes) -> MailboxState:
        """Open a mailbox for reading only."""
        ...

    async def marks(self, asked: Sequence[tuple[bytes, str]]) -> list[str]:
        """Return the marks of mailboxes by name and earlier mark, empty where nothing tells of changes."""
        ...

    async def close(self) -> None:
        """End the conversation."""
        ...


@runtime_checkable
class Remarks(Protocol):
    """A reader that has to say what of an account it could not take for mail."""

    async def remarks(self) -> list[tuple[MailboxName, str, str]]:
        """Return what was left out: the mailbox, why, and what to do."""
        ...


class Origin(Protocol):
    """A source.

    Attributes:
        one_login: whether one reader serves every account, each behind a prefix of its own.
        connections: at most this many readers at a time.
    """

    @property
    def one_login(self) -> bool:
        """See the class."""
        ...

    @property
    def connections(self) -> int:
        """See the class."""
        ...

    async def addresses(self, accounts: Sequence[str] | None) -> list[Address]:
        """Return all accounts, or those that are named, sorted.

        Raises:
            UnknownAccountError: a name that the source does not have.
        """
        ...

    async def open(self, address: Address) -> MailReader:
        """Return a reader of the account's mailboxes, which the caller closes.

        Raises:
            SternaError: the source is not there, or does not let us in.
        """
        ...

    def prefix(self, address: Address) -> bytes:
        """Return what stands before the names of the account's mailboxes."""
        ...

    async def besides(self, address: Address, reader: MailReader) -> Besides:
        """Return what the account has besides mail."""
        ...

    async def subscriptions(self, address: Address, reader: MailReader) -> frozenset[MailboxName] | None:
        """Return the account's own mailboxes that it is subscribed to, existing or not; None when it does not tell."""
        ...
