"""Mail that cannot have its UIDs any more, on a real Cyrus, judged by a client that knows nothing of Sterna."""

from __future__ import annotations

import asyncio
import time

import pytest

from sterna.lab.source.arrivals import Arrivals
from sterna.migration.apply import apply_plan
from sterna.migration.copy.account import Options
from sterna.migration.copy.places import JOURNAL
from sterna.migration.copy.run import copy_site
from sterna.migration.plan import make_plan
from sterna.site.declaration import WithoutUids
from sterna.site.load import load_site
from sterna.state.cut_over import CutOverStore
from sterna.state.journal import Journal
from tests.real import strangers

pytestmark = [pytest.mark.real, pytest.mark.timeout(240)]

RENE, ANNA = "rene.pfeiffer@lab.example", "anna@lab.example"
OWN = b"From: own@lab.example\r\nSubject: the target's own\r\n\r\nstays\r\n"


def looked(client, name: str = "INBOX") -> list[tuple[object, ...]]:
    """Messages of a mailbox, without their UIDs."""
    seen = strangers.look(client, name).messages.values()
    return sorted((m.body, m.internaldate, sorted(m.flags)) for m in seen)


class Sides:
    """One account on both sides, as clients see it."""

    def __init__(self, lab, account: str) -> None:
        self._lab, self._account = lab.info.as_json(), account
        people = {f"{p['name']}@{p['domain']}": p["password"] for p in self._lab["accounts"]}
        self._password = people[account]

    def source(self) -> list[tuple[object, ...]]:
        with strangers.source_client(self._lab, self._account, self._password) as (client, prefix):
            return [row for row in looked(client, f"{prefix}INBOX") if row[0]]

    def target(self) -> list[tuple[object, ...]]:
        with strangers.target_client(self._lab, self._account) as client:
            return looked(client)

    def put_own(self) -> None:
        with strangers.target_client(self._lab, self._account) as client:
            assert client.append("INBOX", "(\\Seen)", None, OWN)[0] == "OK"

    def equal(self) -> bool:
        theirs = self.target()
        own = [row for row in theirs if row[0] == OWN]
        assert len(own) == 1, "the target's own message stays, once"
        return [row for row in theirs if row[0] != OWN] == self.source()


@pytest.fixture
async def applied(lab):
    site = load_site(lab.info.site)
    assert not (await apply_plan(site, await make_plan(site))).failures
    return lab, site


async def test_mail_goes_beside_the_targets_own_with_new_uids_and_late_mail_only_when_asked_for(applied):
    lab, site = applied
    life = Arrivals(lab.info.source.ports.imap, lab.info.source.admin_password)
    anna, rene = Sides(lab, ANNA), Sides(lab, RENE)
    life.deliver(ANNA, ("INBOX",), b"Subject: \xe4 in the header\r\n\r\nand \x00 NUL\r\n", flags=("\\Flagged", "Eins"))
    for _ in range(2):
        life.deliver(ANNA, ("INBOX",), b"Subject: twice the same\r\n\r\n.\r\n")
    await asyncio.to_thread(anna.put_own)

    # Refused as long as nobody has allowed it.
    report = await copy_site(site, accounts=[ANNA, RENE])
    assert ["without_uids" in f.reason for f in report.failures if f.account.local == "anna"] == [True]
    assert len(anna.target()) == 1

    policy = site.policy.model_copy(update={"without_uids": WithoutUids.APPEND})
    site = site.model_copy(update={"policy": policy})
    report = await copy_site(site, accounts=[ANNA])
    assert report.failures == ()
    assert report.as_json()["without_uids"] == [{"account": ANNA, "mailbox": "INBOX"}]
    assert anna.equal()
    again = await copy_site(site, accounts=[ANNA])
    assert (again.counts.copied, again.counts.updated, again.counts.expunged) == (0, 0, 0)

    await _follows(life, site, anna, rene)
    await _cut_over(life, site, rene)


async def _follows(life, site, anna, rene) -> None:
    """Later passes follow the source, and a UID that the target has given away meanwhile stops nothing."""
    life.deliver(ANNA, ("INBOX",), b"Subject: later\r\n\r\n.\r\n")
    life.flag(ANNA, ("INBOX",), "1", "+FLAGS", ("\\Answered",))
    life.expunge(ANNA, ("INBOX",), "2")
    await asyncio.to_thread(rene.put_own)
    life.deliver(RENE, ("INBOX",), b"Subject: its UID is gone \xf6\r\n\r\n.\r\n", flags=("\\Seen",))
    delta = await copy_site(site, accounts=[ANNA, RENE])
    assert delta.failures == ()
    assert (delta.counts.copied, delta.counts.updated, delta.counts.expunged) == (2, 1, 1)
    assert anna.equal()
    assert rene.equal()
    again = await copy_site(site, accounts=[ANNA, RENE])
    assert (again.counts.copied, again.counts.updated, again.counts.expunged) == (0, 0, 0)
    assert again.failures == ()


async def _cut_over(life, site, rene) -> None:
    """Cut over, the target is the truth; late mail is named, and brought when that is asked for."""
    journal = Journal.open(site.state_dir / JOURNAL)
    CutOverStore(journal).set(RENE, int(time.time()))
    journal.close()
    before = rene.target()
    life.flag(RENE, ("INBOX",), "1", "+FLAGS", ("\\Answered", "NachUmzug"))
    life.expunge(RENE, ("INBOX",), "2")
    life.deliver(RENE, ("INBOX",), b"Subject: late \xfc\r\n\r\n.\r\n")
    told = await copy_site(site, accounts=[ANNA, RENE], options=Options(only_late=True))
    assert [failure.reason for failure in told.failures] == ["it came after the account was cut over"]
    assert rene.target() == before
    brought = await copy_site(site, accounts=[RENE], options=Options(only_late=True, bring_late=True))
    assert brought.failures == ()
    assert brought.counts.copied == 1
    new = [row for row in rene.target() if row not in before]
    assert [row[0] for row in new] == [b"Subject: late \xfc\r\n\r\n.\r\n"]
    assert len(rene.target()) == len(before) + 1
    idle = await copy_site(site, accounts=[RENE], options=Options(only_late=True, bring_late=True))
    assert (idle.counts.copied, idle.failures) == (0, ())
