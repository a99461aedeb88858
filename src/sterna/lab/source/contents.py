"""What lies in every mailbox: which letter has which UID, flags and INTERNALDATE. Decided by the seed alone.

Everything here can be asked for again and gives the same answer, so a test needs no record of what was written.
"""

from __future__ import annotations

import random
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sterna.lab.source.kinds import Mailbox, Person
from sterna.lab.source.messages import MEGABYTE, compose, compose_large
from sterna.lab.source.options import SourceOptions
from sterna.model.mailbox import Flags, MailboxName

_BARE_NEWLINE = re.compile(rb"(?<!\r)\n")
_YEAR_S = 365 * 86400

_FLAGS = (("\\Seen", 0.8), ("\\Answered", 0.15), ("\\Flagged", 0.06), ("\\Deleted", 0.02))
"""How likely each system flag is; ``\\Draft`` belongs to the mailboxes of drafts."""
_KEYWORD_CHANCE = 0.2
_DRAFTS = ("Drafts", "Entwürfe", "Kladd", "下書き")
_WRONG_CLOCK_CHANCE = 0.03
"""How many letters bear a Date that is years away from their arrival though nobody moved them."""

LARGE_FROM = 1000
"""From this many messages on there are large ones: fewer are for quick tests."""

_LARGE: dict[tuple[str, MailboxName], tuple[int, ...]] = {
    ("anna@lab.example", ("Projekte", "Hafen")): (20 * MEGABYTE, 3 * MEGABYTE),
    ("bjorn@fjord.example", ("INBOX",)): (5 * MEGABYTE, 1 * MEGABYTE),
    ("rene.pfeiffer@lab.example", ("INBOX",)): (2 * MEGABYTE,),
}
"""Sizes of the large letters, which are the first ones of these mailboxes."""


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A message as it lies on disk; `stored` may end its lines with LF, CRLF or both."""

    uid: int
    flags: Flags
    internaldate: int
    stored: bytes

    @property
    def served(self) -> bytes:
        """The bytes IMAP gives: every line ends with CRLF, a CR alone stays."""
        return _BARE_NEWLINE.sub(b"\r\n", self.stored)

    @property
    def served_bytes(self) -> int:
        """How many bytes `served` has, without making them."""
        return len(self.stored) + self.stored.count(b"\n") - self.stored.count(b"\r\n")


@dataclass(frozen=True, slots=True)
class StoredMailbox:
    """A mailbox with everything in it, messages in ascending order of UID."""

    declared: Mailbox
    uidvalidity: int
    uidnext: int
    messages: tuple[StoredMessage, ...]

    @property
    def name(self) -> MailboxName:
        """The mailbox's name."""
        return self.declared.name


def contents(people: Sequence[Person], options: SourceOptions) -> Iterator[tuple[Person, Iterator[StoredMailbox]]]:
    """Yield every account with its mailboxes, one mailbox in memory at a time."""
    counts = _counts(people, options.messages)
    corpus = _corpus(people, options.corpus)
    for person in people:
        yield person, _mailboxes(person, counts, corpus, options)


def _mailboxes(
    person: Person,
    counts: dict[tuple[str, MailboxName], int],
    corpus: dict[tuple[str, MailboxName], list[Path]],
    options: SourceOptions,
) -> Iterator[StoredMailbox]:
    for declared in person.mailboxes:
        key = (person.address, declared.name)
        large = _LARGE.get(key, ()) if options.messages >= LARGE_FROM else ()
        box = _Box(person, declared, options.seed, large)
        yield box.fill(counts[key], corpus.get(key, []))


class _Box:
    """One mailbox while it is being filled."""

    def __init__(self, person: Person, declared: Mailbox, seed: int, large: tuple[int, ...]) -> None:
        self.address = person.address
        self.declared = declared
        self.place = f"{seed}/{person.address}/{'/'.join(declared.name)}"
        self.rng = random.Random(self.place)  # noqa: S311  made to be repeated, not to be secret
        self.large = large
        self.uid = self.rng.choice((0, 0, 17, 4200)) if declared.share else 0

    def fill(self, count: int, files: list[Path]) -> StoredMailbox:
        rng = self.rng
        uidvalidity = int(datetime(rng.randint(2003, 2012), 1, 1, tzinfo=UTC).timestamp()) + rng.randrange(_YEAR_S)
        arrivals = self._arrivals(count + len(files))
        messages = []
        for number, moment in enumerate(arrivals):
            stored = self._letter(number, moment) if number < count else files[number - count].read_bytes()
            messages.append(StoredMessage(self._next_uid(), self._flags(), moment, stored))
        gap = rng.randint(50, 5000) if self.declared.holes else rng.choice((0, 0, 0, 3))
        return StoredMailbox(self.declared, uidvalidity, self.uid + 1 + gap, tuple(messages))

    def _arrivals(self, count: int) -> list[int]:
        first, last = self.declared.years
        start = int(datetime(first, 1, 1, tzinfo=UTC).timestamp())
        return sorted(start + self.rng.randrange((last - first + 1) * _YEAR_S) for _ in range(count))

    def _next_uid(self) -> int:
        gap_chance = 0.3 if self.declared.holes else 0.04
        self.uid += 1 + (self.rng.randint(1, 400) if self.rng.random() < gap_chance else 0)
        return self.uid

    def _letter(self, number: int, moment: int) -> bytes:
        rng = random.Random(f"{self.place}/{number}")  # noqa: S311  as above
        written = moment - rng.randint(1, 600)
        if self.declared.dated_otherwise or rng.random() < _WRONG_CLOCK_CHANCE:
            written = moment + rng.choice((-9, -6, -3, 8)) * _YEAR_S
        if number < len(self.large):
            letter = compose_large(rng, self.address, written, self.large[number])
        else:
            letter = compose(rng, self.address, written)
        return letter.replace(b"\r\n", b"\n") if rng.choice((True, False)) else letter

    def _flags(self) -> Flags:
        rng, flags = self.rng, set()
        for flag, chance in _FLAGS:
            if rng.random() < chance:
                flags.add(flag)
        if self.declared.name[-1] in _DRAFTS:
            flags.add("\\Draft")
        flags.update(keyword for keyword in self.declared.keywords if rng.random() < _KEYWORD_CHANCE)
        return frozenset(flags)


def _counts(people: Sequence[Person], messages: int) -> dict[tuple[str, MailboxName], int]:
    """Divide `messages` among all mailboxes by their shares; the sum is exact."""
    shares = {(person.address, box.name): box.share for person in people for box in person.mailboxes}
    total = sum(shares.values())
    counts = {key: share * messages // total for key, share in shares.items()}
    by_remainder = sorted(shares, key=lambda key: (-(shares[key] * messages % total), key))
    for key in by_remainder[: messages - sum(counts.values())]:
        counts[key] += 1
    return counts


def _corpus(people: Sequence[Person], folder: Path | None) -> dict[tuple[str, MailboxName], list[Path]]:
    """Deal the files of `folder` out to the mailboxes that get mail; the same file always comes to the same one."""
    if folder is None:
        return {}
    keys = [(person.address, box.name) for person in people for box in person.mailboxes if box.share]
    dealt: dict[tuple[str, MailboxName], list[Path]] = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        place = zlib.crc32(path.relative_to(folder).as_posix().encode()) % len(keys)
        dealt.setdefault(keys[place], []).append(path)
    return dealt
