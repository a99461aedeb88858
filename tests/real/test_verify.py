"""Comparing a real source with a real target in every form: what is equal is called so, and nothing else."""

from __future__ import annotations

import hashlib

import pytest

from sterna.lab.source.arrivals import Arrivals
from sterna.migration.apply import apply_plan
from sterna.migration.copy.run import copy_site
from sterna.migration.plan import make_plan
from sterna.migration.verify.account import AccountComparison
from sterna.migration.verify.form import Asked, Form
from sterna.migration.verify.run import compare_accounts, verify_site
from sterna.site.declaration import WithoutUids
from sterna.site.load import load_site
from tests.real import strangers

pytestmark = [pytest.mark.real, pytest.mark.timeout(240)]

RENE, ANNA = "rene.pfeiffer@lab.example", "anna@lab.example"
MARK = b"Subject: to be spoilt\r\n\r\nas it was\r\n"


async def found(site, asked, accounts=(RENE, ANNA)) -> tuple[int, int, list[str]]:
    """Compare mail; return how many messages the source has, how many were read again, and what differs."""
    results = await compare_accounts(site, accounts=accounts, asked=asked)
    whole = [result for result in results if isinstance(result, AccountComparison)]
    assert len(whole) == len(results), results
    boxes = [(result.address, name, box) for result in whole for name, box in result.mailboxes]
    told = [
        f"{address}: {'/'.join(name)}: UID {row.uid}: {row.what}" for address, name, box in boxes for row in box.unequal
    ]
    told += [f"{result.address}: {'/'.join(name)}: extra" for result in whole for name in result.extra]
    return sum(box.source for _, _, box in boxes), sum(box.reread for _, _, box in boxes), told


async def test_every_form_calls_equal_what_is_equal_and_names_what_is_not(lab):
    site = load_site(lab.info.site)
    assert not (await apply_plan(site, await make_plan(site))).failures
    arrivals = Arrivals(lab.info.source.ports.imap, lab.info.source.admin_password)
    arrivals.deliver(RENE, ("INBOX",), MARK)
    copied = await copy_site(site, accounts=[RENE, ANNA])
    assert copied.failures == ()

    report = await verify_site(site, accounts=[RENE, ANNA])
    assert (report.differences, report.equal) == ((), True)
    assert report.messages.source == report.messages.target == copied.counts.copied
    number, _, told = await found(site, Asked(Form.QUICK))
    assert told == []
    assert await found(site, Asked(Form.DEEP)) == (number, number, [])
    assert await found(site, Asked(sample=40, seed=7)) == (number, 40, [])

    # A file that is spoilt on the disk after Cyrus took its SHA-1: only who reads it again can know.
    digest = hashlib.sha1(MARK).digest()
    files = (path for path in lab.info.dir.rglob("[0-9]*.") if path.is_file())
    (path,) = (path for path in files if hashlib.sha1(path.read_bytes()).digest() == digest)
    path.write_bytes(MARK.replace(b"was", b"WAS"))
    _, again, told = await found(site, Asked(Form.DEEP), [RENE])
    assert len(told) == 1
    assert "as the target gives it" in told[0]
    assert 0 < again < number
    path.write_bytes(MARK)

    arrivals.deliver(RENE, ("INBOX",), b"Subject: late\r\n\r\n.\r\n")
    with strangers.target_client(lab.info.as_json(), ANNA) as client:
        client.select("INBOX")
        uid = client.uid("SEARCH", "ALL")[1][0].split()[0].decode()
        client.uid("STORE", uid, "FLAGS", "(\\Draft)")
        assert client.create("Hier")[0] == "OK"
    _, _, quickly = await found(site, Asked(Form.QUICK))
    assert any(RENE in line and "1 message is on the source" in line for line in quickly)
    assert any(ANNA in line and "changed on the target" in line for line in quickly)
    report = await verify_site(site, accounts=[RENE, ANNA])
    assert not report.equal
    assert (report.messages.missing, report.messages.different, report.mailboxes.extra) == (1, 1, 1)
    told = [f"{row.account}: {row.place}: {row.what}" for row in report.differences]
    assert any(RENE in line and "missing" in line for line in told)
    assert any(ANNA in line and f"UID {uid}" in line and "flags" in line for line in told)


async def test_what_has_new_uids_is_compared_by_the_journal_and_what_is_not_selected_is_counted(lab):
    site = load_site(lab.info.site)
    assert not (await apply_plan(site, await make_plan(site))).failures
    with strangers.target_client(lab.info.as_json(), ANNA) as client:
        assert client.append("INBOX", "(\\Seen)", None, b"Subject: the target's own\r\n\r\n.\r\n")[0] == "OK"
    policy = site.policy.model_copy(update={"without_uids": WithoutUids.APPEND})
    table = site.selection.model_copy(update={"exclude": ("Drafts*",), "max_size": "3K"})
    site = site.model_copy(update={"policy": policy, "selection": table})
    copied = await copy_site(site, accounts=[ANNA, RENE])
    assert copied.failures == ()

    for asked in (Asked(), Asked(Form.DEEP), Asked(sample=20, seed=3)):
        results = await compare_accounts(site, accounts=[ANNA, RENE], asked=asked)
        anna, rene = sorted(results, key=lambda result: str(result.address))
        assert isinstance(anna, AccountComparison)
        assert isinstance(rene, AccountComparison)
        assert [row for result in (anna, rene) for _, box in result.mailboxes for row in box.unequal] == []
        assert (anna.extra, rene.extra, anna.missing, rene.missing) == ((), (), (), ())
        inbox = dict(anna.mailboxes)["INBOX",]
        assert inbox.own == 1
        assert inbox.new_uids == inbox.source > 0
        assert sum(box.left_out for result in (anna, rene) for _, box in result.mailboxes) > 0
        assert rene.left_out
