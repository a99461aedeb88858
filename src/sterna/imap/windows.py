"""Which answer belongs to which question, when several FETCH commands are in flight.

A server may answer pipelined commands in another order (RFC 9051 section 5.5), may split one message over several
responses, and tells of new flags whenever it likes. So a FETCH response goes to the window that asked for its UID, not
to the command that happens to be the oldest.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from typing import ClassVar

from sterna.errors import Retry, Scope, SternaError
from sterna.imap.content import Content
from sterna.imap.responses import Fetched
from sterna.model.mailbox import MessageFacts


class IncompleteFetchError(SternaError):
    """A server did not say everything that was asked about a message.

    Fields:
        uid: the message.
    """

    scope: ClassVar[Scope] = Scope.MAILBOX
    retry: ClassVar[Retry] = Retry.NOW
    exit_code: ClassVar[int] = 76  # EX_PROTOCOL

    def __init__(self, uid: int) -> None:
        self.uid = uid
        super().__init__(f"the server did not say flags, date and size of the message with UID {uid}. Run it again")


class FactsWindow:
    """The facts asked for of all messages whose UIDs are in `asked`."""

    def __init__(self, asked: Container[int]) -> None:
        self.failure: Exception | None = None
        self._asked = asked
        self._found: dict[int, Fetched] = {}

    def take(self, fetched: Fetched, *, again: bool = False) -> bool:
        """Note what was said and return True, if it is about a message of the window of which nothing is known yet.

        With `again`, what is known does not matter: what is said later about the same message counts.
        """
        uid = fetched.uid
        if uid is None or uid not in self._asked:
            return False
        if uid not in self._found:
            self._found[uid] = fetched
        elif again:
            self._found[uid] = _merged(self._found[uid], fetched)
        else:
            return False
        return True

    def facts(self) -> list[MessageFacts]:
        """Return what is known, ascending by UID.

        Raises:
            IncompleteFetchError: something of a message was never said.
            FormatError: something could not be read, and it may have been about a message of this window.
        """
        if self.failure is not None:
            raise self.failure
        found = self._found
        return [_facts(uid, found[uid]) for uid in sorted(found)]


class BodiesWindow:
    """The messages asked for; each is handed to `sink` once, as it comes."""

    def __init__(self, uids: Iterable[int], sink: Callable[[int, Content], None]) -> None:
        self.failure: Exception | None = None
        self._wanted = set(uids)
        self._sink = sink

    def take(self, fetched: Fetched) -> bool:
        """Hand the message on and return True, if it was asked for and has not come yet."""
        uid, body = fetched.uid, fetched.body
        if uid is None or body is None or uid not in self._wanted:
            return False
        self._wanted.remove(uid)
        if self.failure is None:
            try:
                self._sink(uid, body)
            except Exception as error:  # noqa: BLE001 it is the caller's error and reaches the caller by `finish`
                self.failure = error
        return True

    def finish(self) -> None:
        """Raise what went wrong, in the sink or because something could not be read."""
        if self.failure is not None:
            raise self.failure


def _merged(known: Fetched, later: Fetched) -> Fetched:
    return known._replace(
        flags=known.flags if later.flags is None else later.flags,
        internaldate=known.internaldate if later.internaldate is None else later.internaldate,
        size_bytes=known.size_bytes if later.size_bytes is None else later.size_bytes,
    )


def _facts(uid: int, fetched: Fetched) -> MessageFacts:
    if fetched.flags is None or fetched.internaldate is None or fetched.size_bytes is None:
        raise IncompleteFetchError(uid)
    return MessageFacts(uid, fetched.flags, fetched.internaldate, fetched.size_bytes)
