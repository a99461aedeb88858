"""What a pass over one mailbox is told, looks at, and says of messages that it passes over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from sterna.cyrus.mailbox_state import MailboxHeader
from sterna.errors import Retry, Scope, SternaError
from sterna.migration.copy.writing import Identity
from sterna.model.copied import CopiedMessage
from sterna.model.mailbox import MailboxName, MailboxState, MessageFacts
from sterna.state.journal import JournalMailbox

HANGS_UP: Final = (
    "the target's connection ended each time it came",
    "its bytes are kept; see the target's log, and copy it by hand: it will get a new UID",
)
UNDESCRIBED: Final = (
    "the source lists it and does not describe it",
    "read it there with a mail client and see the server's log; copy it by hand, it will get a new UID",
)


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be moved where.

    Fields:
        header: what the target holds under the name now; None for nothing, or for something that is to be replaced.
        most: how many messages are sent in one step; fewer when the target hung up before.
        harmful: UIDs at which it hung up; they are not sent.
        thorough: look at every message, whatever the marks say.
        careful: ask for nothing ahead, so that an answer that cannot be read is about what was asked for.
        keeps: what is gone from the source stays on the target: there it may only be elsewhere.
        takes: which messages are to be moved; None for all. What is on the target already is followed in any case.
    """

    source: MailboxName
    identity: Identity
    row: JournalMailbox
    state: MailboxState
    header: MailboxHeader | None
    most: int | None = None
    harmful: frozenset[int] = frozenset()
    thorough: bool = False
    takes: Callable[[MessageFacts], bool] | None = None
    careful: bool = False
    keeps: bool = False


@dataclass(frozen=True, slots=True)
class Snapshots:
    """What the three sides hold of one window's messages, by UID."""

    source: Mapping[int, MessageFacts]
    target: Mapping[int, CopiedMessage]
    journal: Mapping[int, CopiedMessage]


class SourceDisagreesError(SternaError):
    """The source says that the mailbox has more messages than it names; nothing was changed on the target."""

    scope = Scope.MAILBOX
    retry = Retry.NOW
    exit_code = 75

    def __init__(self, said: int, named: int) -> None:
        self.said = said
        self.named = named
        super().__init__(
            f"the source says it holds {said} messages and names {named}; nothing was changed. Look at the source's "
            "log (a damaged index, a store that is not mounted), then run copy again"
        )
