"""Comparing a real source with a real target in every form: what is equal is called so, and nothing else."""

from __future__ import annotations

import hashlib

import pytest

from sterna.lab.source.arrivals import Arrivals
from sterna.migration.apply import apply_plan
from sterna.migration.copy.run import copy_site
from sterna.migration.plan import make_plan
from sterna.migration.verify.form import Asked, Form
from sterna.migration.verify.run import verify_site
from sterna.site.load import load_site
from tests.real import strangers

pytestmark = [pytest.mark.real, pytest.mark.timeout(240)]

RENE, ANNA = "rene.pfeiffer@lab.example", "anna@lab.example"
MARK = b"Subject: to be spoilt\r\n\r\nas it was\r\n"


async def test_every_form_calls_equal_what_is_equal_and_names_what_is_not(lab):
    site = load_site(lab.info.site)
    assert not (await apply_plan(site, await make_plan(site))).failures
    arrivals = Arrivals(lab.info.source.ports.imap, lab.info.source.admin_password)
    arrivals.deliver(RENE, ("INBOX",), MARK)
    copied = await copy_site(site)
    assert copied.failures == ()

    whole = await verify_site(site)
    assert (whole.differences, whole.equal) == ((), True)
    assert whole.messages.source == whole.messages.target == copied.counts.copied
    two = [RENE, ANNA]
    quick = await verify_site(site, asked=Asked(Form.QUICK), accounts=two)
    assert (quick.differences, quick.equal, quick.how.reread) == ((), True, 0)
    deep = await verify_site(site, asked=Asked(Form.DEEP), accounts=two)
    assert (deep.differences, deep.equal, deep.how.reread) == ((), True, deep.messages.source)
    assert quick.messages == deep.messages
    sampled = await verify_site(site, asked=Asked(sample=40, seed=7), accounts=two)
    assert (sampled.differences, sampled.how.reread, sampled.how.seed) == ((), 40, 7)

    # A file that is spoilt on the disk after Cyrus took its SHA-1: only who reads it again can know.
    (path,) = (
        path
        for path in lab.info.dir.rglob("[0-9]*.")
        if path.is_file() and hashlib.sha1(path.read_bytes()).digest() == hashlib.sha1(MARK).digest()
    )
    path.write_bytes(MARK.replace(b"was", b"WAS"))
    deep = await verify_site(site, asked=Asked(Form.DEEP), accounts=[RENE])
    (row,) = deep.differences
    assert "as the target gives it" in row.what
    assert "restore" in row.todo
    path.write_bytes(MARK)

    arrivals.deliver(RENE, ("INBOX",), b"Subject: late\r\n\r\n.\r\n")
    with strangers.target_client(lab.info.as_json(), ANNA) as client:
        client.select("INBOX")
        uid = client.uid("SEARCH", "ALL")[1][0].split()[0].decode()
        client.uid("STORE", uid, "FLAGS", "(\\Draft)")
        assert client.create("Hier")[0] == "OK"
    report = await verify_site(site, accounts=two)
    assert not report.equal
    assert (report.messages.missing, report.messages.different, report.mailboxes.extra) == (1, 1, 1)
    told = [f"{row.account}: {row.place}: {row.what}" for row in report.differences]
    assert any(RENE in line and "missing" in line for line in told)
    assert any(ANNA in line and f"UID {uid}" in line and "flags" in line for line in told)
    quick = await verify_site(site, asked=Asked(Form.QUICK), accounts=two)
    assert not quick.equal
    assert quick.messages.missing == 1
    assert any(row.account == ANNA and "changed on the target" in row.what for row in quick.differences)
