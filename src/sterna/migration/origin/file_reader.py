"""An account's mail in files, read as if by IMAP: the blocking work is done in a thread."""

from __future__ import annotations

import asyncio
import functools
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

from sterna.errors import Scope, SternaError
from sterna.imap.content import Content
from sterna.model.mailbox import Flags, ListedMailbox, MailboxName, MailboxState, MessageFacts

T = TypeVar("T")

_BODIES_TOGETHER = 64
"""How many messages are read before they are handed on."""


class UnreadableFilesError(SternaError):
    """The files of an account cannot be read."""

    scope = Scope.ACCOUNT
    exit_code = 74

    def __init__(self, error: OSError) -> None:
        self.path = str(error.filename or "a file")
        super().__init__(
            f"{self.path}: {error.strerror or 'it cannot be read'}; nothing was changed on the target. Let Sterna read "
            "it, and run the same command again"
        )


class OpenMailbox(Protocol):
    """One mailbox of files (`sterna.maildir.mailbox`, `sterna.mbox.mailbox`). All methods block."""

    state: MailboxState
    uids: array[int]
    unnumbered: int

    def facts(self, first: int, last: int) -> list[MessageFacts]:
        """Return what is known of messages."""
        ...

    def body(self, uid: int) -> Content | None:
        """Return a message, None for one that is gone."""
        ...


class AccountFiles(Protocol):
    """The files of one account. All methods block."""

    def mailboxes(self) -> list[ListedMailbox]:
        """Return the account's mailboxes."""
        ...

    def subscribed(self) -> list[MailboxName]:
        """Return the names that it is subscribed to."""
        ...

    def open(self, wire: bytes) -> OpenMailbox:
        """Open a mailbox by its `ListedMailbox.wire`.

        Raises:
            SternaError: with scope MAILBOX: it cannot be read.
        """
        ...

    def mark(self, wire: bytes) -> str:
        """Return what is equal as long as the mailbox does not change; empty when that cannot be told."""
        ...

    def left_out(self) -> list[tuple[MailboxName, str, str]]:
        """Return what could not be taken for a mailbox: its name, why, and what to do."""
        ...


class FilesReader:
    """Reads an account's files; a `MailReader`."""

    def __init__(self, files: AccountFiles) -> None:
        self._files = files
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="files")
        self._box: OpenMailbox | None = None
        self._wire = b""
        self._mark = ""
        self._unnumbered: dict[bytes, int] = {}

    async def mailboxes(self, prefix: bytes = b"") -> list[ListedMailbox]:
        """Return the account's mailboxes; there is no prefix here."""
        del prefix
        return await self._run(self._files.mailboxes)

    async def subscribed(self, prefix: bytes = b"") -> list[ListedMailbox]:
        """Return the names that it is subscribed to."""
        del prefix
        return [ListedMailbox(name, b"") for name in await self._run(self._files.subscribed)]

    async def status(self, wires: Sequence[bytes]) -> list[MailboxState | None]:
        """Return the state of each mailbox."""
        return [(await self._run(self._files.open, wire)).state for wire in wires]

    async def examine(self, wire: bytes) -> MailboxState:
        """Look at a mailbox anew."""
        # The mark is older than what is read then: a change in between makes it differ the next time.
        self._mark = await self._run(self._files.mark, wire)
        self._box, self._wire = await self._run(self._files.open, wire), wire
        self._unnumbered[wire] = self._box.unnumbered
        return self._box.state

    async def uids(self) -> array[int]:
        """Return all UIDs, ascending."""
        return array("L", self._opened.uids)

    def facts(self, first: int, last: int) -> asyncio.Future[list[MessageFacts]]:
        """Ask for what is known of the messages with UIDs in this range."""
        return self._later(functools.partial(self._opened.facts, first, last))

    def facts_of(self, uids: Sequence[int]) -> asyncio.Future[list[MessageFacts]]:
        """Ask for what is known of just these messages."""
        box = self._opened
        return self._later(lambda: [fact for uid in uids for fact in box.facts(uid, uid)])

    def flags(self, first: int, last: int) -> asyncio.Future[dict[int, Flags]]:
        """Ask for the flags alone of the messages with UIDs in this range."""
        box = self._opened
        return self._later(lambda: {fact.uid: fact.flags for fact in box.facts(first, last)})

    async def changed(self, since: int) -> array[int] | None:
        """Return None: files do not tell it."""
        del since
        return None

    async def mark(self) -> str:
        """Return what is equal as long as the examined mailbox does not change."""
        return self._mark

    async def marks(self, asked: Sequence[tuple[bytes, str]]) -> list[str]:
        """Return the marks of mailboxes."""
        return [await self._run(self._files.mark, wire) for wire, _ in asked]

    def bodies(self, uids: Sequence[int], sink: Callable[[int, Content], None]) -> asyncio.Future[None]:
        """Ask for the bytes of messages; `sink` is called in the event loop."""
        task = asyncio.ensure_future(self._bodies(self._opened, list(uids), sink))
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        return task

    async def close(self) -> None:
        """Wait for what is being read, and end the thread."""
        await asyncio.get_running_loop().run_in_executor(None, self._thread.shutdown)

    async def remarks(self) -> list[tuple[MailboxName, str, str]]:
        """Return what of the account was left out: the mailbox, why, and what to do."""
        rows = list(await self._run(self._files.left_out))
        for box in await self._run(self._files.mailboxes):
            if number := self._unnumbered.get(box.wire):
                why = f"messages that their server has not given a UID yet: {number}; they were left for a later pass"
                todo = "let the server open the mailbox, or when it is stopped for good set source.files.stopped"
                rows.append((box.name, why, todo))
        return rows

    @property
    def _opened(self) -> OpenMailbox:
        if self._box is None:
            raise AssertionError("no mailbox was examined")
        return self._box

    async def _bodies(self, box: OpenMailbox, uids: list[int], sink: Callable[[int, Content], None]) -> None:
        known = set(box.uids[bisect_left(box.uids, uids[0]) : bisect_right(box.uids, uids[-1])]) if uids else set()
        for start in range(0, len(uids), _BODIES_TOGETHER):
            some = [uid for uid in uids[start : start + _BODIES_TOGETHER] if uid in known]
            for uid, content in zip(some, await self._run(_read, box, some), strict=True):
                if content is not None:
                    sink(uid, content)

    def _later(self, work: Callable[[], T]) -> asyncio.Future[T]:
        future = asyncio.get_running_loop().run_in_executor(self._thread, work)
        # One that nobody waits for any more is no offence.
        future.add_done_callback(lambda done: done.cancelled() or done.exception())
        return future

    async def _run(self, work: Callable[..., T], *args: object) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, functools.partial(work, *args))
        except OSError as error:
            raise UnreadableFilesError(error) from error


def _read(box: OpenMailbox, uids: Sequence[int]) -> list[Content | None]:
    return [box.body(uid) for uid in uids]
