"""Draw the messages that are read again on both sides: any message that was moved is as likely as any other."""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from sterna.migration.copy.ports import JournalThread
from sterna.model.mailbox import MailboxName
from sterna.state.digests import Digests, Moved

Sample = dict[str, dict[MailboxName, list[int]]]
"""UIDs by account and mailbox, ascending."""


def draw(moved: Sequence[Moved], number: int, seed: int) -> dict[int, list[int]]:
    """Return for each mailbox the places of its messages that are drawn, ascending, counted from 0 by UID.

    The same journal and the same seed give the same messages; all of them when there are not more than `number`.
    """
    ends = list(accumulate(row.messages for row in moved))
    total = ends[-1] if ends else 0
    drawn = random.Random(seed).sample(range(total), min(number, total))  # noqa: S311 nobody gains by guessing it
    places: dict[int, list[int]] = {}
    for place in sorted(drawn):
        at = bisect_right(ends, place)
        places.setdefault(moved[at].mailbox, []).append(place - (ends[at - 1] if at else 0))
    return places


async def sample(journal: JournalThread, accounts: Sequence[str], number: int, seed: int) -> Sample:
    """Draw messages of these accounts from what passes have moved."""
    digests = Digests(journal.journal)
    wanted = set(accounts)
    moved = [row for row in await journal.call(digests.moved) if row.account in wanted]
    places = draw(moved, number, seed)
    found: Sample = {}
    for row in moved:
        if row.mailbox in places:
            uids = await journal.call(digests.at, row.mailbox, places[row.mailbox])
            found.setdefault(row.account, {})[row.source] = uids
    return found
