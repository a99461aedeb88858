"""Which answer belongs to which question, when several FETCH commands are in flight.

A server may answer pipelined commands in another order (RFC 9051 section 5.5), may split one message over several
responses, and tells of new flags whenever it likes. So a FETCH response goes to the window that asked for its UID, not
to the command that happens to be the oldest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import ClassVar

from sterna.errors import Retry, Scope, SternaError
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
    """The facts asked for of all messages with UIDs from `first` to `last`."""

    def __init__(self, first: int, last: int) -> None:
        self._first = first
        self._last = last
        self._found: dict[int, Fetched] = {}

    def wants(self, fetched: Fetched) -> bool:
        """Whether this is about a message of the window."""
        return fetched.uid is not None and self._first <= fetched.uid <= self._last

    def lacks(self, fetched: Fetched) -> bool:
        """Whether nothing is known yet of a message of the window."""
        return self.wants(fetched) and fetched.uid not in self._found

    def take(self, fetched: Fetched) -> None:
        """Note what was said; what is said later about the same message counts."""
        if fetched.uid is None:
            return
        known = self._found.get(fetched.uid)
        self._found[fetched.uid] = fetched if known is None else _merged(known, fetched)

    def facts(self) -> list[MessageFacts]:
        """Return what is known, ascending by UID.

        Raises:
            IncompleteFetchError: something of a message was never said.
        """
        found = self._found
        return [_facts(uid, found[uid]) for uid in sorted(found)]


class BodiesWindow:
    """The messages asked for; each is handed to `sink` once, as it comes."""

    def __init__(self, uids: Iterable[int], sink: Callable[[int, bytes], None]) -> None:
        self._wanted = set(uids)
        self._sink = sink

    def wants(self, fetched: Fetched) -> bool:
        """Whether this is a message that was asked for and has not come yet."""
        return fetched.body is not None and fetched.uid in self._wanted

    def take(self, fetched: Fetched) -> None:
        """Hand the message on."""
        if fetched.uid is not None and fetched.body is not None:
            self._wanted.remove(fetched.uid)
            self._sink(fetched.uid, fetched.body)


def _merged(known: Fetched, later: Fetched) -> Fetched:
    return replace(
        known,
        flags=known.flags if later.flags is None else later.flags,
        internaldate=known.internaldate if later.internaldate is None else later.internaldate,
        size_bytes=known.size_bytes if later.size_bytes is None else later.size_bytes,
    )


def _facts(uid: int, fetched: Fetched) -> MessageFacts:
    if fetched.flags is None or fetched.internaldate is None or fetched.size_bytes is None:
        raise IncompleteFetchError(uid)
    return MessageFacts(uid, fetched.flags, fetched.internaldate, fetched.size_bytes)
