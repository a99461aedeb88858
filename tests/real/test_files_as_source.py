"""Mail in files is moved as the server over the files shows it, judged by clients that know nothing of Sterna."""

from __future__ import annotations

import contextlib
import mailbox

import pytest

from sterna.lab.lab import LabOptions
from sterna.lab.source.arrivals import Arrivals
from sterna.migration.apply import apply_plan
from sterna.migration.copy.run import copy_site
from sterna.migration.plan import make_plan
from sterna.migration.verify.run import verify_site
from sterna.site.files import SourceFiles
from sterna.site.load import load_site
from sterna.site.source import Source
from tests.real import strangers

pytestmark = [pytest.mark.real, pytest.mark.timeout(240)]

RENE, GUDRUN = "rene.pfeiffer@lab.example", "gudrun.moeller@lab.example"


async def test_a_stranger_sees_on_the_target_what_dovecot_shows_of_the_same_files(start_lab):
    lab = start_lab(LabOptions(messages=200))
    site = load_site(lab.info.site)
    assert not (await apply_plan(site, await make_plan(site))).failures
    info = lab.info.as_json()
    people = {f"{each['name']}@{each['domain']}": each["password"] for each in info["accounts"]}
    files = SourceFiles(path=lab.info.dir / "source" / "mail" / "{domain}" / "{user}")
    maildir = site.model_copy(update={"source": Source(product="maildir", files=files)})
    everybody = sorted(people.keys() - {GUDRUN})
    first = await copy_site(maildir, accounts=everybody)
    assert first.failures == ()
    assert first.counts.copied > 100
    assert _differences(info, people, everybody, first) == []
    # Nothing is left to be made; names that change are told before.
    plan = await make_plan(maildir)
    assert plan.changes == ()
    renamed = {str(row.account) for result in first.results for row in result.renamed}
    assert renamed <= {finding.object.split(":")[0] for finding in plan.findings}
    again = await copy_site(maildir, accounts=everybody)
    assert (again.counts.copied, again.counts.updated, again.counts.expunged) == (0, 0, 0)
    assert (await verify_site(maildir, accounts=everybody)).differences == ()
    # Now by the server: it numbers what comes, renames what is read, and removes what is expunged.
    life = Arrivals(lab.info.source.ports.imap, lab.info.source.admin_password)
    life.deliver(RENE, ("INBOX",), b"Subject: late \xe4\r\n\r\n8 bit too\r\n", flags=("\\Flagged", "Spaet"))
    with strangers.source_client(info, RENE, people[RENE]) as (client, _):
        client.select("INBOX")
        uids = client.uid("SEARCH", "ALL")[1][0].split()
        client.uid("STORE", uids[0], "+FLAGS", "(\\Answered Wichtig)")
        client.uid("STORE", uids[1], "+FLAGS", "(\\Deleted)")
        client.uid("EXPUNGE", uids[1])
    delta = await copy_site(maildir, accounts=[RENE])
    assert delta.failures == ()
    assert (delta.counts.copied, delta.counts.updated, delta.counts.expunged) == (1, 1, 1)
    assert _differences(info, people, [RENE], delta) == []
    await _mbox(lab, info, site)


def _differences(info, people, addresses, report):
    found = []
    for address in addresses:
        renamed = {row["source"]: row["target"] for row in report.as_json()["renamed"] if row["account"] == address}
        found += strangers.differences(info, address, people[address], renamed)
    return found


async def _mbox(lab, info, site):
    """Move what another program wrote as mbox; twice, with something new in between."""
    folder = lab.info.dir / "mbox" / "lab.example" / "gudrun.moeller"
    (folder / "Work").mkdir(parents=True)
    for path in (folder / "INBOX", folder / "Work" / "2020"):
        _write(path, "one", "two", "three")
    files = SourceFiles(path=lab.info.dir / "mbox" / "{domain}" / "{user}")
    mbox = site.model_copy(update={"source": Source(product="mbox", files=files)})
    report = await copy_site(mbox, accounts=[GUDRUN])
    assert (report.failures, report.counts.copied) == ((), 6)
    _write(folder / "INBOX", "late")
    report = await copy_site(mbox, accounts=[GUDRUN])
    assert (report.failures, report.counts.copied, report.counts.expunged) == ((), 1, 0)
    with strangers.target_client(info, GUDRUN) as client:
        assert client.select("INBOX", readonly=True)[0] == "OK"
        found = [part for part in client.uid("FETCH", "1:*", "(FLAGS BODY.PEEK[])")[1] if isinstance(part, tuple)]
    assert [b"\\Seen" in head for head, _ in found] == [True] * 4
    wanted = ["one", "two", "three", "late"]
    assert [body for _, body in found] == [
        b"Subject: %s\r\n\r\n>From the beginning\r\n\r\nto the end\r\n" % subject.encode() for subject in wanted
    ]


def _write(path, *subjects):
    """Add messages that were read, as Python's own module writes them."""
    with contextlib.closing(mailbox.mbox(path)) as box:
        for subject in subjects:
            letter = mailbox.mboxMessage(f"Subject: {subject}\n\nFrom the beginning\n\nto the end\n")
            letter.set_flags("RO")
            box.add(letter)
