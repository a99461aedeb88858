"""Moving a part of the mail: what is left out is said, stays where it is, and costs nobody a UID."""

from __future__ import annotations

import datetime as dt

import pytest

from sterna.lab.lab import LabOptions
from sterna.migration.apply import apply_plan
from sterna.migration.copy.account import Options
from sterna.migration.copy.run import copy_site
from sterna.migration.plan import make_plan
from sterna.migration.selection import for_pass
from sterna.site.declaration import WithoutUids
from sterna.site.load import load_site
from sterna.site.selection import SelectionTable
from tests.real import strangers

pytestmark = [pytest.mark.real, pytest.mark.timeout(240)]

RENE, PASSWORD = "rene.pfeiffer@lab.example", "Kuestenseeschwalbe2006"
ANNA = "anna@lab.example"


async def test_a_part_of_the_mail_then_the_rest_then_less(start_lab):
    lab = start_lab(LabOptions(messages=200))
    site = load_site(lab.info.site)
    assert not (await apply_plan(site, await make_plan(site))).failures

    async def copy(since=None, patterns=((), ()), **selection):
        chosen = site.model_copy(update={"selection": SelectionTable(names=NAMES, **selection)})
        now = for_pass(patterns, since, None, without_uids=False)
        report = await copy_site(chosen, accounts=[RENE], options=Options(now=now))
        assert report.failures == ()
        return report

    # Recent mail first, in whole mailboxes; then all that is not excluded by name.
    recent = await copy(since=_a_day_that_divides(lab))
    assert recent.results[0].left_out
    assert recent.counts.copied > 0
    there = _messages(lab)
    assert sum(map(len, there.values())) == recent.counts.copied
    named = await copy(patterns=((), ("Sent*",)))
    assert named.results[0].left_out == (("Sent Items",),)
    assert named.counts.expunged == 0
    rest = await copy()
    assert (rest.results[0].left_out, rest.counts.left_out) == ((), 0)
    # Nobody sees that it came in parts: every message has its UID.
    renamed = {row["source"]: row["target"] for row in rest.as_json()["renamed"]}
    assert renamed["Sent Items"] == "Gesendet"
    assert strangers.differences(lab.info.as_json(), RENE, PASSWORD, renamed) == []
    # Less is selected afterwards: nothing of what is there goes.
    before = _messages(lab)
    less = await copy(exclude=("Work*",), max_size="1K", before=dt.date(2000, 1, 1))
    assert (less.counts.copied, less.counts.expunged) == (0, 0)
    assert _messages(lab) == before
    await _by_size(site)


async def _by_size(site) -> None:
    """Leave large messages out, then select them."""
    small = site.model_copy(update={"selection": SelectionTable(max_size="2K")})
    first = await copy_site(small, accounts=[ANNA])
    assert first.failures == ()
    assert first.counts.left_out > 0
    again = await copy_site(small, accounts=[ANNA])
    assert (again.counts.copied, again.counts.left_out, again.counts.expunged) == (0, first.counts.left_out, 0)
    # The target's UIDs have passed what was left out: each such message is named, and none is lost in silence.
    wide = await copy_site(site, accounts=[ANNA])
    assert wide.counts.copied + wide.counts.skipped == first.counts.left_out
    assert len(wide.failures) == wide.counts.skipped
    policy = site.policy.model_copy(update={"without_uids": WithoutUids.APPEND})
    appended = await copy_site(site.model_copy(update={"policy": policy}), accounts=[ANNA])
    assert appended.failures == ()
    assert appended.counts.copied == wide.counts.skipped
    assert appended.results[0].without_uids


NAMES = {"Sent Items": "Gesendet"}


def _a_day_that_divides(lab) -> dt.date:
    """Return a day on or after which some mailboxes have mail, and others do not."""
    with strangers.source_client(lab.info.as_json(), RENE, PASSWORD) as (client, prefix):
        seen = {name: strangers.look(client, full) for name, full in strangers.mailboxes(client, prefix).items()}
    newest = sorted(
        max(message.internaldate for message in box.messages.values()) for box in seen.values() if box.messages
    )
    return newest[len(newest) // 2].date()


def _messages(lab) -> dict[str, set[int]]:
    with strangers.target_client(lab.info.as_json(), RENE) as client:
        seen = {name: strangers.look(client, full) for name, full in strangers.mailboxes(client).items()}
    return {name: set(box.messages) for name, box in seen.items() if box.messages}
