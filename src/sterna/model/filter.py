"""Filters in neutral words: what is tested of an arriving message, and what is done with it.

Filters run one after the other. All tests of a filter must hold; then its actions are done in order. A message that no
action has taken away (`Discard`, `Reject`) is kept in INBOX at the end. `Stop` ends the filters; `Discard`
and `Reject` do, too.

A *pattern* is compared with a whole value; ``*`` in any place stands for any characters, also none. Letters compare
without regard to case. There is no way to write a literal ``*``.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime, time

from sterna.model.address import Address
from sterna.model.mailbox import MailboxName
from sterna.model.sharing import ForeignMailbox

MailboxPlace = MailboxName | ForeignMailbox
"""A mailbox of the filters' owner, or of somebody else."""


class AddressField(enum.StrEnum):
    """Where addresses are found."""

    FROM = "From"
    SENDER = "Sender"
    REPLY_TO = "Reply-To"
    TO = "To"
    CC = "Cc"
    TO_OR_CC = "To or Cc"
    RETURN_PATH = "Return-Path"
    """The sender of the envelope, empty for bounces."""
    RECIPIENT = "recipient"
    """The recipient of the envelope that belongs to the filters' owner."""


class Quantifier(enum.Enum):
    """How many of a field's addresses decide."""

    SIMPLE = "the address"
    """Some address is one of the patterns; the negative is the exact opposite."""
    ANY = "any"
    """Some address is one of the patterns; or, negative, some address is none of them."""
    EACH = "each"
    """Every address is one of the patterns; or, negative, every address is none of them."""


@dataclass(frozen=True, slots=True)
class AddressTest:
    """Whether the addresses of `field` are among `patterns`. Where there is none, the answer is `negative`."""

    field: AddressField
    patterns: tuple[str, ...]
    negative: bool = False
    quantifier: Quantifier = Quantifier.SIMPLE


@dataclass(frozen=True, slots=True)
class SenderNameTest:
    """Whether the name that From gives besides the address is one of `patterns`; none at all answers `negative`."""

    patterns: tuple[str, ...]
    negative: bool = False


@dataclass(frozen=True, slots=True)
class HeaderTest:
    """Whether a header field called `name` has one of `patterns` as its decoded value; no field answers `negative`."""

    name: str
    patterns: tuple[str, ...]
    negative: bool = False


@dataclass(frozen=True, slots=True)
class SizeTest:
    """Whether the message has more (`above`) or fewer bytes than `size_bytes`."""

    above: bool
    size_bytes: int


@dataclass(frozen=True, slots=True)
class HumanTest:
    """Whether a person wrote the message, as far as its header tells: no list, no robot, no bounce."""


@dataclass(frozen=True, slots=True)
class TimeTest:
    """Whether the time of day is in one of `ranges`, both ends included; a range may go past midnight. Local time."""

    ranges: tuple[tuple[time, time], ...]
    negative: bool = False


@dataclass(frozen=True, slots=True)
class DateTest:
    """Whether it is `moment` or later (`after`), or before it. Local time, without a zone."""

    after: bool
    moment: datetime


@dataclass(frozen=True, slots=True)
class WeekdayTest:
    """Whether today is one of `days`, 0 for Sunday to 6 for Saturday. Local time."""

    days: tuple[int, ...]
    negative: bool = False


@dataclass(frozen=True, slots=True)
class MailboxTest:
    """Whether one of `places` exists, or with `negative` whether none does."""

    places: tuple[MailboxPlace, ...]
    negative: bool = False


Test = (
    AddressTest | SenderNameTest | HeaderTest | SizeTest | HumanTest | TimeTest | DateTest | WeekdayTest | MailboxTest
)


class Macro(enum.Enum):
    """What stands in an answer in place of a part of the message that is answered."""

    SUBJECT = "subject"
    SENDER = "sender"
    MESSAGE_ID = "message-id"
    DATE = "date"
    SENDER_NAME = "sender's name"


Template = tuple[str | Macro, ...]
"""Text with macros in it."""


@dataclass(frozen=True, slots=True)
class Store:
    """Put a copy into a mailbox."""

    place: MailboxPlace


@dataclass(frozen=True, slots=True)
class Mark:
    """Give the copies that are stored from here on IMAP flags, and take others away."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AddHeader:
    """Add a header field; later filters see it."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class TagSubject:
    """Put `text` and a space before the subject; later filters see it so."""

    text: str


@dataclass(frozen=True, slots=True)
class SendOn:
    """Send the message as it is to other addresses."""

    targets: tuple[Address, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer the sender.

    Fields:
        subject, body: of the answer; `body` may be HTML, see `content_type`.
        content_type: empty for plain text.
        sender: in whose name, the owner's when None.
        once: each sender is answered once (as long as it is remembered), otherwise each message.
    """

    subject: Template
    body: Template
    content_type: str = ""
    sender: Address | None = None
    once: bool = False


@dataclass(frozen=True, slots=True)
class Reject:
    """Refuse the message with a reason; ends the filters."""

    reason: str


@dataclass(frozen=True, slots=True)
class Discard:
    """Do not keep the message in INBOX; ends the filters."""


@dataclass(frozen=True, slots=True)
class Stop:
    """End the filters."""


Action = Store | Mark | AddHeader | TagSubject | SendOn | Answer | Reject | Discard | Stop


@dataclass(frozen=True, slots=True)
class Difference:
    """In what a filter does something else than on the source, and what its owner can do about it."""

    what: str
    todo: str = ""


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter.

    Fields:
        name: as its owner calls it.
        active: inactive ones are only kept for their owner to see.
        original: the rule as it stands on the source, in its text format.
        tests, actions: the nearest that these words can say.
        comment: its owner's.
        differences: where they say something else than the original.
        withheld: why it must not run although it is active: its nearest form could lose or misdirect mail. Empty when
            it may.
        broken: it has words that the source does not know either, so it never did what it says.
    """

    name: str
    active: bool
    original: str
    tests: tuple[Test, ...] = ()
    actions: tuple[Action, ...] = ()
    comment: str = ""
    differences: tuple[Difference, ...] = ()
    withheld: str = ""
    broken: bool = False

    @property
    def runs(self) -> bool:
        """Whether it is carried out on the target."""
        return self.active and not self.withheld

    @property
    def ends(self) -> bool:
        """Whether no later filter sees a message for which all tests of this one hold."""
        return any(isinstance(action, Discard | Reject | Stop) for action in self.actions)
