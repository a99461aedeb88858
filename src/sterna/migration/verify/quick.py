"""Compare one mailbox without looking at a message. Pure.

The target's checksum covers UID, flags, date and SHA-1 of every message it holds; as long as it is what the last pass
left there, the target holds exactly what the journal has. So what remains is whether the source has more, or less.
"""

from __future__ import annotations

from sterna.migration.verify.box import Box
from sterna.migration.verify.mailbox import COPY_AGAIN, MailboxComparison, Unequal, compare_state
from sterna.model.copied import Fingerprint
from sterna.model.mailbox import MailboxState
from sterna.state.digests import Moved

LOOK_CLOSER = "verify without --quick; it names each message"


def compare_quickly(
    source: MailboxState | None, box: Box, moved: Moved | None, *, whole: bool = True
) -> MailboxComparison:
    """Compare a mailbox by what each side says of it as a whole.

    Args:
        source: its state there, None when it went away meanwhile.
        box: what target and journal hold of it.
        moved: how many messages passes have moved.
        whole: whether all of its messages are to be on the target; else they cannot be counted.
    """
    header, known = box.header, box.known
    if source is None:
        gone = Unequal(None, "the source listed it and then had it no more", "verify again")
        return MailboxComparison(0, 0, None, itself=(gone,))
    if header is None:
        return MailboxComparison(source.messages, 0, None, missing=_some(source.messages, "missing on the target"))
    new_uids = sum(1 for row in box.without_uids if row.target_uid is not None)
    if new_uids:
        unclear = Unequal(None, "some of its messages have other UIDs on the target, which needs a look", LOOK_CLOSER)
        return MailboxComparison(source.messages, new_uids, None, itself=(unclear,), new_uids=new_uids)
    itself = compare_state(source, header.uidvalidity, header.last_uid, left_out=not whole)
    there = moved.messages if moved else 0
    if known is None or known.uidvalidity != source.uidvalidity:
        unknown = Unequal(None, "no pass has moved this mailbox: the journal has nothing of it", COPY_AGAIN)
        return MailboxComparison(source.messages, 0, None, itself=(*itself, unknown))
    refused = tuple(Unequal(uid, *said) for uid, said in sorted(box.skipped.items()))
    marks = Fingerprint(header.last_uid, header.highestmodseq, header.sync_crc)
    if known.fingerprint is None or (moved and moved.unsettled):
        itself = (*itself, Unequal(None, "the outcome of the last pass is not known", COPY_AGAIN))
    elif known.fingerprint != marks:
        what = "it was changed on the target since the last pass: mail came, or flags were set, or it was expunged"
        itself = (*itself, Unequal(None, what, LOOK_CLOSER))
    absent = source.messages - there - len(refused)
    if not whole and absent > 0:
        return MailboxComparison(source.messages - absent, there, None, refused, itself=itself, left_out=absent)
    missing = (*refused, *_some(absent, "on the source, and were not moved yet"))
    extra = _some(-absent, "on the target, and no longer on the source")
    return MailboxComparison(source.messages, there, None, missing, extra, itself=itself)


def _some(number: int, where: str) -> tuple[Unequal, ...]:
    """Return one row for `number` messages that nobody has looked at."""
    what = "1 message is" if number == 1 else f"{number:,} messages are"
    return (Unequal(None, f"{what} {where}", COPY_AGAIN, number),) if number > 0 else ()
