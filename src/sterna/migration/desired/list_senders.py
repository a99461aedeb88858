"""Who may write to a list: sets of senders, and the restrictions of Postfix that let them in or refuse them. Pure.

Postfix cannot ask a table for list and sender together. So each different set of senders gets a number, a list's row
names the restriction of that number, and the restriction asks for sender and number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from zlib import crc32

from sterna.model.address import Address
from sterna.model.lists import Delivery, MailingList, Posters, Posting, Subscriber
from sterna.postfix.config import (
    LIST_CLASSES,
    MEMBERS_ONLY,
    MODERATED,
    NO_BOUNCES,
    OWNER_ONLY,
    list_allowed,
    list_refused,
)

EVERYBODY_ELSE: Final = {
    Posters.OWNER: OWNER_ONLY,
    Posters.MODERATED: MODERATED,
    Posters.SUBSCRIBERS: MEMBERS_ONLY,
    Posters.MODERATE_GUESTS: MEMBERS_ONLY,
}
"""What is said to those who are not let in."""


@dataclass(frozen=True, slots=True)
class Senders:
    """Envelope senders that may write to an address: `addresses` alone when `only`, else everybody but them."""

    addresses: frozenset[Address]
    only: bool
    refusal: str = MEMBERS_ONLY

    @property
    def open(self) -> bool:
        """Whether everybody may write."""
        return not self.only and not self.addresses

    def admits(self, address: Address) -> bool:
        """Whether `address` may write."""
        return (address in self.addresses) == self.only

    def also(self, other: Senders) -> Senders:
        """Return those who may write according to both."""
        match self.only, other.only:
            case True, True:
                return Senders(self.addresses & other.addresses, True, self.refusal)
            case True, False:
                return Senders(self.addresses - other.addresses, True, self.refusal)
            case False, True:
                return other.also(self)
            case _:
                return Senders(self.addresses | other.addresses, False)


def senders(mailing_list: MailingList, owner: Iterable[Address]) -> Senders:
    """Return who may write to a list without being asked; `owner` are all addresses of its owner.

    Whoever would have to be approved first is refused: an exploder can approve nobody. A list whose rule is not known
    is open to its owner only.
    """
    mine = frozenset(owner)
    posters = mailing_list.posters or Posters.OWNER
    match posters:
        case Posters.ANYBODY:
            held = (each.address for each in mailing_list.subscribers if _held(each))
            return Senders(frozenset(held) - mine, only=False)
        case Posters.SUBSCRIBERS | Posters.MODERATE_GUESTS:
            free = (each.address for each in mailing_list.members if not _held(each))
            return Senders(mine.union(free), True, EVERYBODY_ELSE[posters])
        case Posters.MODERATED:
            special = (each.address for each in mailing_list.members if each.posting is Posting.SPECIAL)
            return Senders(mine.union(special), True, EVERYBODY_ELSE[posters])
        case Posters.OWNER:
            return Senders(mine, True, EVERYBODY_ELSE[posters])


def _held(subscriber: Subscriber) -> bool:
    """Whether this subscriber's own messages do not go straight to the list."""
    return subscriber.delivery is Delivery.BANNED or subscriber.posting in (Posting.PROHIBITED, Posting.MODERATED)


@dataclass(frozen=True, slots=True)
class Numbered:
    """Sets of senders by number, and the restrictions for each guarded address; None: there was no number left."""

    sets: Mapping[int, frozenset[Address]]
    restrictions: Mapping[Address, str | None]


def numbered(guarded: Mapping[Address, Senders]) -> Numbered:
    """Give each different set a number below `LIST_CLASSES`.

    A set's number hangs on the first address that it guards, so that a new list seldom changes the numbers of others.
    """
    numbers: dict[frozenset[Address], int] = {}
    restrictions: dict[Address, str | None] = {}
    taken: set[int] = set()
    for address in sorted(guarded):
        who = guarded[address]
        if who.open:
            restrictions[address] = NO_BOUNCES
            continue
        number = numbers.get(who.addresses)
        if number is None and len(taken) < LIST_CLASSES:
            number = crc32(str(address).encode()) % LIST_CLASSES
            while number in taken:
                number = (number + 1) % LIST_CLASSES
            numbers[who.addresses] = number
            taken.add(number)
        restrictions[address] = None if number is None else _restrictions(who, number)
    return Numbered({number: addresses for addresses, number in numbers.items()}, restrictions)


def _restrictions(who: Senders, number: int) -> str:
    if who.only:
        return ", ".join((NO_BOUNCES, list_allowed(number), who.refusal))
    return ", ".join((NO_BOUNCES, list_refused(number)))
