"""Compare one mailbox with its copy. Pure: what both sides say and what the journal recorded in, differences out.

A message is equal when the target's own SHA-1 of what it stored is the digest that was taken while the source's bytes
passed, and UID, flags and INTERNALDATE are the same. A message whose digest nobody took is not equal: it is unproved.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sterna.cyrus.flags import Keywords
from sterna.cyrus.record import Record
from sterna.migration.copy.decide import same_flags
from sterna.model.copied import CopiedMessage
from sterna.model.mailbox import Flags, MailboxState, MessageFacts

UIDVALIDITY = "UIDVALIDITY"
COPY_AGAIN = "run sterna copy again, then verify"


@dataclass(frozen=True, slots=True)
class Unequal:
    """A message, or with `uid` None the mailbox itself, that is not the same on both sides."""

    uid: int | None
    what: str
    todo: str


@dataclass(frozen=True, slots=True)
class MailboxComparison:
    """The outcome for one mailbox; `size_bytes` is the source's."""

    source: int
    target: int
    size_bytes: int
    missing: tuple[Unequal, ...] = ()
    extra: tuple[Unequal, ...] = ()
    different: tuple[Unequal, ...] = ()
    itself: tuple[Unequal, ...] = ()

    @property
    def unequal(self) -> tuple[Unequal, ...]:
        """Everything that differs, the mailbox itself first."""
        return (*self.itself, *self.missing, *self.extra, *self.different)


def compare_state(source: MailboxState, uidvalidity: int, last_uid: int) -> tuple[Unequal, ...]:
    """Compare what SELECT would say: UIDVALIDITY, by which clients know their cache is good, and UIDNEXT."""
    found: list[Unequal] = []
    if source.uidvalidity != uidvalidity:
        what = f"{UIDVALIDITY} is {uidvalidity}, not {source.uidvalidity}: clients would fetch everything again"
        found.append(Unequal(None, what, "the mailbox was made anew on one side; copy says what to do"))
    if last_uid + 1 != source.uidnext:
        todo = (
            COPY_AGAIN if last_uid + 1 < source.uidnext else "the target had mail of its own; hold delivery until then"
        )
        found.append(Unequal(None, f"UIDNEXT is {last_uid + 1}, not {source.uidnext}", todo))
    return tuple(found)


def compare_messages(
    source: Iterable[MessageFacts],
    target: Mapping[int, Record],
    journal: Mapping[int, CopiedMessage],
    skipped: Mapping[int, tuple[str, str]],
) -> MailboxComparison:
    """Compare all messages of one mailbox.

    Args:
        source: the messages as the source shows them now, ascending by UID.
        target: the target's records by UID.
        journal: the digests taken on the way, by UID.
        skipped: reason and advice for messages that a pass could not move, by UID.
    """
    keywords = Keywords()
    missing: list[Unequal] = []
    different: list[Unequal] = []
    seen: set[int] = set()
    size = 0
    for fact in source:
        seen.add(fact.uid)
        size += fact.size_bytes
        record = target.get(fact.uid)
        if record is None:
            reason, todo = skipped.get(fact.uid, ("it is missing on the target", COPY_AGAIN))
            missing.append(Unequal(fact.uid, reason, todo))
        elif fact.uid in skipped:
            different.append(Unequal(fact.uid, *skipped[fact.uid]))
        elif unequal := _differs(fact, keywords.representable(fact.flags), record, journal.get(fact.uid)):
            different.append(unequal)
    extra = [
        Unequal(uid, "it is on the target only", "mail that was delivered there, or expunged on the source: copy again")
        for uid in sorted(target.keys() - seen)
    ]
    itself = tuple(
        Unequal(None, f"the flag {flag!r} of {number} messages is missing: the target cannot hold it", "tell its owner")
        for flag, number in sorted(keywords.dropped.items())
    )
    return MailboxComparison(len(seen), len(target), size, tuple(missing), tuple(extra), tuple(different), itself)


def _differs(fact: MessageFacts, flags: Flags, record: Record, known: CopiedMessage | None) -> Unequal | None:
    if known is None:
        return Unequal(fact.uid, "its bytes were never compared: the journal has no digest of them", COPY_AGAIN)
    if known.guid != record.guid:
        what = f"its bytes differ: SHA-1 {record.guid.hex()} on the target, {known.guid.hex()} on the way"
        return Unequal(fact.uid, what, "look at both messages; the source's is the right one")
    if not same_flags(flags, record.flags):
        return Unequal(fact.uid, f"flags are {_shown(record.flags)}, not {_shown(flags)}", COPY_AGAIN)
    if fact.size_bytes != record.size_bytes:
        what = f"its size is {record.size_bytes}, and {fact.size_bytes} by the source's word"
        return Unequal(fact.uid, what, "read it on both sides; a server that counts wrongly does so for many messages")
    if fact.internaldate != record.internaldate:
        what = f"INTERNALDATE is {_date(record.internaldate)}, not {_date(fact.internaldate)}"
        return Unequal(fact.uid, what, "the target holds dates from 1970 to 2106; others become the nearest")
    return None


def _shown(flags: Flags) -> str:
    return f"({' '.join(sorted(flags))})"


def _date(seconds: int) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat()
    except (OverflowError, ValueError, OSError):
        return f"{seconds} s after 1970"
