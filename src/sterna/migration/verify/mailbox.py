"""Compare one mailbox with its copy. Pure: what both sides say and what the journal recorded in, differences out.

A message is equal when the target's own SHA-1 of what it stored is the digest that was taken while the source's bytes
passed, and UID, flags, size and INTERNALDATE are the same. A message whose digest nobody took is not equal: it is
unproved. Where messages are read again, their bytes have to be equal besides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from sterna.cyrus.columns import Row
from sterna.cyrus.flags import Keywords
from sterna.migration.copy.decide import same_flags
from sterna.model.mailbox import Flags, MailboxState, MessageFacts

UIDVALIDITY: Final = "UIDVALIDITY"
COPY_AGAIN: Final = "run sterna copy again, then verify"
LOOK_AT_BOTH: Final = "look at both messages; the source's is the right one"


@dataclass(frozen=True, slots=True)
class Unequal:
    """A message, or with `uid` None the mailbox itself, that is not the same on both sides.

    `messages` is how many a row stands for that cannot name them.
    """

    uid: int | None
    what: str
    todo: str
    messages: int = 1


@dataclass(frozen=True, slots=True)
class MailboxComparison:
    """The outcome for one mailbox.

    Fields:
        source, target: how many messages each side has that are to be compared.
        size_bytes: the source's, None where nobody asked for it.
        reread: how many messages were read again on both sides and are equal, byte for byte.
        left_out: how many of the source's messages are not selected, and not there.
        new_uids: how many messages have other UIDs on the target.
        own: how many messages of its own the target has, where it had mail before ours came.
    """

    source: int
    target: int
    size_bytes: int | None
    missing: tuple[Unequal, ...] = ()
    extra: tuple[Unequal, ...] = ()
    different: tuple[Unequal, ...] = ()
    itself: tuple[Unequal, ...] = ()
    reread: int = 0
    left_out: int = 0
    new_uids: int = 0
    own: int = 0

    @property
    def unequal(self) -> tuple[Unequal, ...]:
        """Everything that differs, the mailbox itself first."""
        return (*self.itself, *self.missing, *self.extra, *self.different)


@dataclass(frozen=True, slots=True)
class Reread:
    """What reading messages again on both sides gave, by UID.

    Fields:
        asked: the messages that were asked for.
        source, target: SHA-1 of the bytes as each side gave them; a side that did not give a message has none.
        unequal: those whose bytes are not the same.
    """

    asked: frozenset[int] = frozenset()
    source: Mapping[int, bytes] = field(default_factory=dict)
    target: Mapping[int, bytes] = field(default_factory=dict)
    unequal: frozenset[int] = frozenset()


NOTHING: Final = Reread()


def compare_state(
    source: MailboxState, uidvalidity: int, last_uid: int, *, left_out: bool = False
) -> tuple[Unequal, ...]:
    """Compare what SELECT would say: UIDVALIDITY, by which clients know their cache is good, and UIDNEXT.

    Where messages are `left_out` on purpose, the target's UIDNEXT may be lower.
    """
    found: list[Unequal] = []
    if source.uidvalidity != uidvalidity:
        what = f"{UIDVALIDITY} is {uidvalidity}, not {source.uidvalidity}: clients would fetch everything again"
        found.append(Unequal(None, what, "the mailbox was made anew on one side; copy says what to do"))
    if last_uid + 1 != source.uidnext and not (left_out and last_uid + 1 < source.uidnext):
        todo = (
            COPY_AGAIN if last_uid + 1 < source.uidnext else "the target had mail of its own; hold delivery until then"
        )
        found.append(Unequal(None, f"UIDNEXT is {last_uid + 1}, not {source.uidnext}", todo))
    return tuple(found)


class MailboxComparing:
    """Compares one mailbox window by window, so that its size does not matter; `result` is what was found.

    Args:
        skipped: reason and advice for messages that a pass could not move, by UID.
        selected: says whether a message is one that is to be on the target at all.
    """

    def __init__(
        self, skipped: Mapping[int, tuple[str, str]], selected: Callable[[MessageFacts], bool] = lambda _: True
    ) -> None:
        self._skipped = skipped
        self._selected = selected
        self._left_out = 0
        self._keywords = Keywords()
        self._same: dict[tuple[Flags, Flags], bool] = {}
        self._missing: list[Unequal] = []
        self._extra: list[Unequal] = []
        self._different: list[Unequal] = []
        self._target = 0
        self._size_bytes = 0
        self._reread = 0
        self._source = 0
        self.described = 0

    def window(
        self,
        source: Iterable[MessageFacts],
        target: Iterable[Row],
        digests: Mapping[int, bytes],
        reread: Reread = NOTHING,
    ) -> None:
        """Compare the messages with UIDs of one range, which follows the one before.

        Args:
            source: the messages as the source shows them now, ascending by UID.
            target: the target's records, ascending by UID.
            digests: the digests taken on the way, by UID.
            reread: what was read again.
        """
        rows = iter(target)
        row = next(rows, None)
        for fact in source:
            while row is not None and row.uid < fact.uid:
                self._too_many(row)
                row = next(rows, None)
            self.described += 1
            absent = row is None or row.uid != fact.uid
            if absent and not self._selected(fact):
                self._left_out += 1
                continue
            self._source += 1
            self._size_bytes += fact.size_bytes
            if row is None or absent:
                reason, todo = self._skipped.get(fact.uid, ("it is missing on the target", COPY_AGAIN))
                self._missing.append(Unequal(fact.uid, reason, todo))
                continue
            self._target += 1
            self._pair(fact, row, digests.get(fact.uid), reread)
            row = next(rows, None)
        while row is not None:
            self._too_many(row)
            row = next(rows, None)

    def result(self) -> MailboxComparison:
        """Return what was found so far."""
        itself = tuple(
            Unequal(
                None, f"the flag {flag!r} of {number} messages is missing: the target cannot hold it", "tell its owner"
            )
            for flag, number in sorted(self._keywords.dropped.items())
        )
        return MailboxComparison(
            self._source,
            self._target,
            self._size_bytes,
            tuple(self._missing),
            tuple(self._extra),
            tuple(self._different),
            itself,
            self._reread,
            self._left_out,
        )

    def _too_many(self, row: Row) -> None:
        self._target += 1
        todo = "mail that was delivered there, or expunged on the source: copy again"
        self._extra.append(Unequal(row.uid, "it is on the target only", todo))

    def _pair(self, fact: MessageFacts, row: Row, digest: bytes | None, reread: Reread) -> None:
        same = self._same_flags(fact.flags, row.flags)
        if fact.uid in self._skipped:
            self._different.append(Unequal(fact.uid, *self._skipped[fact.uid]))
            return
        if fact.uid in reread.asked:
            said = _reread(fact.uid, row, reread)
            self._reread += said is None
        elif digest is None:
            said = ("its bytes were never compared: the journal has no digest of them", COPY_AGAIN)
        elif digest != row.guid:
            said = (f"its bytes differ: SHA-1 {row.guid.hex()} on the target, {digest.hex()} on the way", LOOK_AT_BOTH)
        else:
            said = None
        said = said or _facts_differ(fact, row, same=same)
        if said is not None:
            self._different.append(Unequal(fact.uid, *said))

    def _same_flags(self, source: Flags, target: Flags) -> bool:
        """Say whether the flags agree; the few different pairs of a mailbox are looked at once each."""
        known = self._same.get((source, target))
        if known is not None:
            return known
        dropped = sum(self._keywords.dropped.values())
        same = same_flags(self._keywords.representable(source), target)
        if sum(self._keywords.dropped.values()) == dropped:  # else every message with this flag is counted
            self._same[source, target] = same
        return same


def _reread(uid: int, row: Row, reread: Reread) -> tuple[str, str] | None:
    """Say what is wrong with a message that was read on both sides."""
    source, target = reread.source.get(uid), reread.target.get(uid)
    if source is None:
        return "the source shows it and does not give its bytes", "see the source's log, then verify again"
    if target is None:
        return "the target lists it and does not give its bytes", "see the target's log; its file may be damaged"
    if uid in reread.unequal:
        what = f"its bytes differ: SHA-1 {target.hex()} as the target gives it, {source.hex()} on the source"
        return what, LOOK_AT_BOTH if target == row.guid else "the file was damaged after it was stored; restore it"
    if target != row.guid:
        what = f"the target's own SHA-1 of it is {row.guid.hex()}, that of the bytes it gives {target.hex()}"
        return what, "run Cyrus's reconstruct -G on the mailbox"
    return None


def _facts_differ(fact: MessageFacts, row: Row, *, same: bool) -> tuple[str, str] | None:
    if not same:
        return f"flags are {_shown(row.flags)}, not {_shown(fact.flags)}", COPY_AGAIN
    if fact.size_bytes != row.size_bytes:
        what = f"its size is {row.size_bytes}, and {fact.size_bytes} by the source's word"
        return what, "read it on both sides; a server that counts wrongly does so for many messages"
    if fact.internaldate != row.internaldate:
        what = f"INTERNALDATE is {_date(row.internaldate)}, not {_date(fact.internaldate)}"
        return what, "the target holds dates from 1970 to 2106; others become the nearest"
    return None


def _shown(flags: Flags) -> str:
    return f"({' '.join(sorted(flags))})"


def _date(seconds: int) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat()
    except (OverflowError, ValueError, OSError):
        return f"{seconds} s after 1970"
