"""New mail for the old server, and other things its users do while a migration goes on.

It goes in by IMAP as the administrator, as from a mail client: the stand-in may be written to from here, the
migration's own code never does.
"""

from __future__ import annotations

import imaplib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from sterna.errors import Scope, SternaError
from sterna.imap import mutf7
from sterna.lab.source.population import ADMIN
from sterna.model.mailbox import MailboxName
from sterna.model.secret import Secret


class ArrivalError(SternaError):
    """The old server did not do what was asked; `answer` is what it said."""

    scope = Scope.MAILBOX
    exit_code = 74

    def __init__(self, what: str, answer: object) -> None:
        self.answer = answer
        super().__init__(f"the old server did not {what}: {answer!r}")


@dataclass(frozen=True, slots=True)
class Arrivals:
    """The old server's IMAP and the password of its administrator."""

    port: int
    password: Secret

    def deliver(
        self,
        account: str,
        mailbox: MailboxName,
        message: bytes,
        *,
        flags: tuple[str, ...] = (),
        internaldate: int | None = None,
    ) -> None:
        """Put `message` into a mailbox of `account` (a full address), which must be there.

        `internaldate` is in Unix seconds; now when it is None.

        Raises:
            ArrivalError: the server refuses it.
        """
        when = datetime.now(UTC) if internaldate is None else datetime.fromtimestamp(internaldate, UTC)
        with self._session() as session:
            name = _wire(account, mailbox)
            status, answer = session.append(name, " ".join(flags), when, message)
            if status != "OK":
                raise ArrivalError(f"take a message for {account}", answer)

    def flag(self, account: str, mailbox: MailboxName, uids: str, change: str, flags: tuple[str, ...]) -> None:
        """Change flags: `uids` as in IMAP, `change` one of ``+FLAGS``, ``-FLAGS``, ``FLAGS``.

        Raises:
            ArrivalError: the server refuses it.
        """
        with self._session(account, mailbox) as session:
            _done(session.uid("STORE", uids, change, f"({' '.join(flags)})"), "change flags")

    def expunge(self, account: str, mailbox: MailboxName, uids: str) -> None:
        """Remove exactly these messages, whatever others are marked as deleted.

        Raises:
            ArrivalError: the server refuses it.
        """
        with self._session(account, mailbox) as session:
            _done(session.uid("STORE", uids, "+FLAGS", "(\\Deleted)"), "mark messages")
            _done(session.uid("EXPUNGE", uids), "expunge")

    def create(self, account: str, mailbox: MailboxName) -> None:
        """Make a mailbox.

        Raises:
            ArrivalError: the server refuses it.
        """
        with self._session() as session:
            _done(session.create(_wire(account, mailbox)), "create a mailbox")

    def rename(self, account: str, mailbox: MailboxName, new: MailboxName) -> None:
        """Rename a mailbox with everything below it.

        Raises:
            ArrivalError: the server refuses it.
        """
        with self._session() as session:
            _done(session.rename(_wire(account, mailbox), _wire(account, new)), "rename a mailbox")

    def delete(self, account: str, mailbox: MailboxName) -> None:
        """Remove a mailbox.

        Raises:
            ArrivalError: the server refuses it.
        """
        with self._session() as session:
            _done(session.delete(_wire(account, mailbox)), "delete a mailbox")

    @contextmanager
    def _session(self, account: str = "", mailbox: MailboxName = ()) -> Iterator[imaplib.IMAP4]:
        """Log in, and select `mailbox` of `account` when one is given."""
        with imaplib.IMAP4("127.0.0.1", self.port, timeout=30) as session:
            session.login(ADMIN, self.password.reveal())
            if mailbox:
                _done(session.select(_wire(account, mailbox)), "open a mailbox")
            yield session


def _wire(account: str, mailbox: MailboxName) -> str:
    """Return ``~account/mailbox`` as a quoted string of IMAP."""
    text = f"~{account}/{'/'.join(mutf7.encode(component).decode('ascii') for component in mailbox)}"
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}"'


def _done(answered: tuple[str, object], what: str) -> None:
    status, answer = answered
    if status != "OK":
        raise ArrivalError(what, answer)
