"""Mailing lists: their settings in neutral words, and their subscribers."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime

from sterna.model.address import Address


class Delivery(enum.StrEnum):
    """How a subscriber gets a list's messages; the last three are no members."""

    FEED = "feed"
    """Each message as it comes."""
    DIGEST = "digest"
    """Many messages in one."""
    INDEX = "index"
    """The subjects of many messages in one."""
    NULL = "null"
    """A member who gets nothing, and may post."""
    BANNED = "banned"
    """May neither post nor subscribe."""
    PENDING = "subscribe"
    """Asked to subscribe and has not confirmed."""
    LEFT = "unsubscribe"
    """Left; the record is kept."""

    @property
    def member(self) -> bool:
        """Whether somebody with this mode is a member at all."""
        return self not in (Delivery.BANNED, Delivery.PENDING, Delivery.LEFT)

    @property
    def receives(self) -> bool:
        """Whether mail to the list reaches the subscriber in some form with its content."""
        return self in (Delivery.FEED, Delivery.DIGEST, Delivery.INDEX)


class Posting(enum.StrEnum):
    """What happens to a subscriber's own messages to the list."""

    FREE = "free"
    """As the list says."""
    MODERATED = "moderated"
    """The next few, or all of them, wait for the owner."""
    PROHIBITED = "prohibited"
    SPECIAL = "special"
    """Never moderated, whatever the list says."""


@dataclass(frozen=True, slots=True)
class Subscriber:
    """One subscriber.

    `moderated_posts` is how many of the next messages wait for the owner, None for all, when `posting` is MODERATED.
    """

    address: Address
    real_name: str = ""
    delivery: Delivery = Delivery.FEED
    posting: Posting = Posting.FREE
    moderated_posts: int | None = None
    subscribed: datetime | None = None
    posts: int = 0
    bounces: int = 0


class Subscribing(enum.StrEnum):
    """Who may subscribe by themselves."""

    NOBODY = "nobody"
    MODERATED = "moderated"
    DOMAIN = "this domain only"
    LOCALS = "locals only"
    ANYBODY = "anybody"


class Posters(enum.StrEnum):
    """Who may write to the list."""

    OWNER = "from owner only"
    MODERATED = "moderated"
    SUBSCRIBERS = "from subscribers"
    MODERATE_GUESTS = "moderate guests"
    ANYBODY = "from anybody"


class Content(enum.StrEnum):
    """Which parts of a message the list passes on."""

    PLAIN = "plain text only"
    """Plain text; all else is refused."""
    TEXT = "text only"
    """Text of any kind; all else is refused."""
    ALTERNATIVE = "text alternative"
    """Of a message in several forms, its text."""
    ANYTHING = "anything"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailingList:
    """One mailing list. What is None was not said by the source, or said in a word that is not known (a finding).

    Fields:
        owner: the account that owns it.
        confirm: whether somebody who subscribes must confirm.
        delivery: what new subscribers get.
        first_moderated: how many messages of a new subscriber wait for the owner; None for all.
        newcomers_prohibited: new subscribers may not post at all.
        content: which parts of a message are passed on.
        subject_prefix: put before each subject, without surrounding space; empty for none.
        reply_to_list: whether answers go to the list.
        size_limit_bytes: of one message.
        header, footer: texts before and after each message.
        welcome, goodbye: texts for those who come and go.
        digest_period_s, digest_size_bytes: a digest goes out after this time, or when it has this size.
        digest_header, digest_footer: texts before and after a digest.
        archive: whether messages are kept.
        hide_from: whether the author's address is hidden.
        max_bounces: after so many failures a subscriber gets nothing any more.
        settings: every setting of the source as it stands there, as text.
        complete: False when not all subscribers could be read; then those who are missing here may be members.
    """

    address: Address
    owner: Address
    description: str = ""
    subscribing: Subscribing | None = None
    posters: Posters | None = None
    confirm: bool | None = None
    delivery: Delivery | None = None
    first_moderated: int | None = 0
    newcomers_prohibited: bool = False
    content: Content | None = None
    subject_prefix: str = ""
    reply_to_list: bool | None = None
    size_limit_bytes: int | None = None
    header: str = ""
    footer: str = ""
    welcome: str = ""
    goodbye: str = ""
    digest_period_s: int | None = None
    digest_size_bytes: int | None = None
    digest_header: str = ""
    digest_footer: str = ""
    archive: bool = False
    hide_from: bool = False
    max_bounces: int | None = None
    subscribers: tuple[Subscriber, ...] = ()
    settings: tuple[tuple[str, str], ...] = ()
    complete: bool = True

    @property
    def members(self) -> tuple[Subscriber, ...]:
        """Those who are members, with mail or without."""
        return tuple(each for each in self.subscribers if each.delivery.member)
