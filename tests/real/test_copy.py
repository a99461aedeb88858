"""Whole passes between a real Dovecot and a real Cyrus, judged by clients that know nothing of Sterna."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sterna.imap.connection import Connection
from sterna.imap.engine import Literal
from sterna.lab.lab import LabOptions
from sterna.lab.source.arrivals import Arrivals
from sterna.lab.source.switches import Switches
from sterna.migration.apply import apply_plan
from sterna.migration.copy import account
from sterna.migration.copy.run import copy_site
from sterna.migration.links import open_writer
from sterna.migration.plan import make_plan
from sterna.migration.verify.run import verify_site
from sterna.model.address import Address
from sterna.pki.authority import Authority
from sterna.site.declaration import Access
from sterna.site.load import load_site
from sterna.site.secrets import read_secret
from tests.real import strangers

pytestmark = [pytest.mark.real, pytest.mark.timeout(240)]

STERNA = [str(Path(sys.executable).with_name("sterna"))]
RENE, ANNA = "rene.pfeiffer@lab.example", "anna@lab.example"
RENES = "Kuestenseeschwalbe2006"


@pytest.fixture
async def applied(lab):
    """A lab whose accounts are on the target, without mail; and its site."""
    site = load_site(lab.info.site)
    applied = await apply_plan(site, await make_plan(site))
    assert not applied.failures
    return lab, site


def arrivals(lab) -> Arrivals:
    return Arrivals(lab.info.source.ports.imap, lab.info.source.admin_password)


def differences(lab, report, only=None) -> list[str]:
    """What strangers see that is not the same on both sides."""
    info = lab.info.as_json()
    found = []
    for person in info["accounts"]:
        address = f"{person['name']}@{person['domain']}"
        if only is None or address in only:
            renamed = {row["source"]: row["target"] for row in report.as_json()["renamed"] if row["account"] == address}
            found += strangers.differences(info, address, person["password"], renamed)
    return found


async def test_a_stranger_sees_the_same_on_both_sides_and_goes_on_seeing_it(applied):
    lab, site = applied
    first = await copy_site(site)
    assert first.failures == ()
    assert first.counts.copied >= 250
    assert differences(lab, first) == []
    again = await copy_site(site)
    assert (again.counts.copied, again.counts.updated, again.counts.expunged) == (0, 0, 0)
    assert again.counts.unchanged == first.counts.copied
    life = arrivals(lab)
    life.deliver(RENE, ("INBOX",), b"Subject: late \xe4\r\n\r\n8 bit and \x00 too\r\n", flags=("\\Flagged", "Spaet"))
    life.deliver(ANNA, ("INBOX",), b"Subject: old date\r\n\r\n.\r\n", internaldate=1_000_000_000)
    with strangers.source_client(lab.info.as_json(), ANNA, lab.info.as_json()["accounts"][2]["password"]) as (
        client,
        _,
    ):
        assert client.create("Neu/2026")[0] == "OK"
        client.subscribe("Neu/2026")
        client.select("INBOX")
        uids = client.uid("SEARCH", "ALL")[1][0].split()
        client.uid("STORE", uids[0], "+FLAGS", "(\\Answered Wichtig)")
        client.uid("STORE", uids[1], "+FLAGS", "(\\Deleted)")
        client.uid("EXPUNGE", uids[1])
    delta = await copy_site(site)
    assert (delta.counts.copied, delta.counts.updated, delta.counts.expunged) == (2, 1, 1)
    assert differences(lab, delta) == []
    report = await verify_site(site)
    assert report.differences == ()
    assert report.equal


async def test_mail_can_be_reached_by_authorization_identity_too(start_lab):
    lab = start_lab(LabOptions(messages=200, switches=Switches(impersonation=True)))
    site = load_site(lab.info.site)
    imap = site.source.imap.model_copy(update={"access": Access.AUTHORIZE})
    site = site.model_copy(update={"source": site.source.model_copy(update={"imap": imap})})
    await apply_plan(site, await make_plan(site))
    report = await copy_site(site)
    assert report.failures == ()
    assert differences(lab, report, only={RENE, ANNA, "gudrun.moeller@lab.example"}) == []


async def test_mail_that_reached_the_target_early_is_never_replaced(applied):
    lab, site = applied
    lab.send(RENE, "delivered too early")
    lab.inbox(RENE, RENES)
    report = await copy_site(site, accounts=[RENE, ANNA])
    assert report.exit_code == 3
    (failure,) = report.failures
    assert (str(failure.account), failure.mailbox) == (RENE, ("INBOX",))
    assert "mail of its own" in failure.reason
    assert report.counts.copied > 0, "the other mailboxes went on"
    (body,) = lab.inbox(RENE, RENES)
    assert b"delivered too early" in body


def run(lab, *arguments, **options):
    """A command line as a user types it."""
    line = [*STERNA, "--site", str(lab.info.site), *arguments]
    return subprocess.run(line, capture_output=True, text=True, timeout=100, check=False, **options)


def kill_after(lab, seconds: float) -> None:
    """Start a copy and end it by SIGKILL."""
    process = subprocess.Popen(
        [*STERNA, "--site", str(lab.info.site), "copy"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    process.send_signal(signal.SIGKILL)
    process.wait()


@pytest.mark.slow
async def test_copies_that_are_killed_again_and_again_end_as_an_undisturbed_one(applied):
    lab, site = applied
    lab.expect(r"")  # connections that end in the middle of a command are what this test is about
    chance = random.Random(20061)
    for _ in range(8):
        kill_after(lab, 0.5 + chance.random() * 1.2)
    done = run(lab, "copy", "--json")
    assert done.returncode == 0, done.stderr
    report = await copy_site(site)
    assert (report.counts.copied, report.counts.updated) == (0, 0)
    assert differences(lab, report) == []
    assert (await verify_site(site)).equal


def test_of_two_copies_at_once_one_wins_and_the_other_says_who(lab):
    state = load_site(lab.info.site).state_dir
    assert run(lab, "apply", "--yes").returncode == 0
    first = subprocess.Popen([*STERNA, "--site", str(lab.info.site), "copy"], stdout=subprocess.DEVNULL)
    try:
        while not (state / "lock").exists() or not (state / "lock").read_text():
            assert first.poll() is None
            time.sleep(0.01)
        second = run(lab, "copy")
        assert second.returncode == 75
        assert f"process {first.pid} " in second.stderr
        assert second.stderr.count("\n") == 1
    finally:
        assert first.wait(timeout=60) == 0


def test_a_journal_on_a_full_disk_is_one_clear_line_and_no_mail_is_lost(lab):
    assert run(lab, "apply", "--yes").returncode == 0
    state = load_site(lab.info.site).state_dir
    state.mkdir(exist_ok=True)
    script = 'mount -t tmpfs -o size=64k full "$1" && shift && exec "$@"'
    line = [*STERNA, "--site", str(lab.info.site), "copy"]
    full = subprocess.run(
        ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh", str(state), *line],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert full.returncode == 74, full.stderr
    assert "journal" in full.stderr.splitlines()[-1]
    assert "Traceback" not in full.stderr
    done = run(lab, "copy", "--json")
    assert done.returncode == 0, done.stderr
    assert run(lab, "verify").returncode == 0


NOT_AS_DECLARED = {
    "no source IMAP": ("source.imap", "port", "1", 69, "127.0.0.1:1"),
    "no target IMAP": ("target.imap", "port", "1", 69, "127.0.0.1:1"),
    "no source CLI": ("source.cli", "port", "1", 69, "127.0.0.1:1"),
    "wrong password for the source's IMAP": ("source.imap", "password_file", '"secrets/sterna"', 77, "postmaster@"),
    "wrong password for the source's CLI": ("source.cli", "password_file", '"secrets/sterna"', 77, "postmaster@"),
    "wrong password for the target": ("target.imap", "password_file", '"secrets/source-admin"', 77, "cyrusadmin"),
    "untrusted source": ("source.imap", "ca_file", '"other.crt"', 78, "certificate"),
    "untrusted target": ("target.imap", "ca_file", '"other.crt"', 78, "certificate"),
}


def test_a_server_that_is_not_as_declared_is_one_clear_line(lab):
    lab.expect(r"")  # refused logins and broken handshakes are what this test is about
    other = Authority.create(lab.info.dir / "other", "somebody else")
    (lab.info.dir / "other.crt").write_bytes(other.certificate.read_bytes())
    declared = lab.info.site.read_text()
    for case, (table, key, value, code, said) in NOT_AS_DECLARED.items():
        lines, here = [], ""
        for line in declared.splitlines():
            here = line.strip("[]") if line.startswith("[") else here
            lines.append(f"{key} = {value}" if here == table and line.startswith(f"{key} =") else line)
        lab.info.site.write_text("\n".join(lines) + "\n")
        done = run(lab, "copy")
        assert done.returncode == code, (case, done.stderr)
        (line,) = done.stderr.splitlines()
        assert line.startswith("sterna: "), case
        assert said in line, case


async def test_an_account_without_an_inbox_on_the_target_is_a_row_and_the_rest_goes_on(applied):
    lab, site = applied
    with lab.imap(*lab.admin) as admin:
        assert admin.setacl(f"user/{RENE}", "cyrusadmin", "xc")[0] == "OK"
        assert admin.delete(f"user/{RENE}")[0] == "OK"
    report = await copy_site(site, accounts=[RENE, ANNA])
    (failure,) = report.failures
    assert str(failure.account) == RENE
    assert "sterna apply" in failure.reason
    assert differences(lab, report, only={ANNA}) == []


async def test_filters_that_were_installed_before_the_first_copy_stay(applied):
    lab, site = applied
    connection, writer = await open_writer(site)
    script = Literal(b"keep;\r\n", synchronizing=False)
    start = b"SYNCAPPLY SIEVE %(USERID anna@lab.example FILENAME own.script LAST_UPDATE 1500000000 CONTENT "
    await connection.run(start, script, b")")
    report = await copy_site(site, accounts=[ANNA])
    assert differences(lab, report, only={ANNA}) == []
    assert (await writer.user(Address.parse(ANNA))).scripts == {b"own.script"}
    await connection.logout()


async def test_what_the_owner_has_on_the_target_already_is_not_lost_with_the_empty_inbox(applied):
    lab, site = applied
    info = lab.info.as_json()
    with lab.imap(*lab.admin) as admin:  # an INBOX that somebody else made has a UIDVALIDITY of its own
        assert admin.setacl(f"user/{ANNA}", "cyrusadmin", "xc")[0] == "OK"
        assert admin.delete(f"user/{ANNA}")[0] == "OK"
        assert admin.create(f"user/{ANNA}")[0] == "OK"
    with strangers.target_client(info, ANNA) as client:
        client.create("Eigenes")
        client.subscribe("Eigenes")
    connection = await Connection.open(site.target.imap)
    await connection.login(site.target.imap.user, read_secret(site.target.imap.password_file))
    script = Literal(b"keep;\r\n", synchronizing=False)
    start = b"SYNCAPPLY SIEVE %(USERID anna@lab.example FILENAME own.script LAST_UPDATE 1500000000 CONTENT "
    await connection.run(start, script, b")")
    await connection.logout()
    report = await copy_site(site, accounts=[ANNA])
    assert [(row.mailbox, "filter scripts" in row.reason) for row in report.failures] == [(("INBOX",), True)]
    connection, writer = await open_writer(site)
    assert (await writer.user(Address.parse(ANNA))).scripts == {b"own.script"}
    await connection.run(b"SYNCAPPLY UNSIEVE %(USERID anna@lab.example FILENAME own.script)")
    await connection.logout()
    report = await copy_site(site, accounts=[ANNA])
    assert [row.mailbox for row in report.failures] == []
    with strangers.target_client(info, ANNA) as client:
        assert "Eigenes" in strangers.subscriptions(client)


async def test_an_account_whose_mail_makes_the_source_hang_up_fails_alone(applied):
    lab, site = applied
    lab.expect(r"")  # a damaged file is what this test is about
    folder = lab.info.dir / "source/mail/lab.example/bernd"
    letter = next(path for path in folder.rglob("cur/*") if path.stat().st_size > 1500)
    whole, times = letter.read_bytes(), (letter.stat().st_atime, letter.stat().st_mtime)
    letter.write_bytes(whole[:700])
    report = await copy_site(site, accounts=["bernd@lab.example", ANNA])
    assert {str(failure.account) for failure in report.failures} == {"bernd@lab.example"}
    assert all(failure.mailbox for failure in report.failures), "it says where it was"
    assert differences(lab, report, only={ANNA}) == []
    letter.write_bytes(whole)
    os.utime(letter, times)
    report = await copy_site(site, accounts=["bernd@lab.example", ANNA])
    assert report.failures == ()
    assert differences(lab, report, only={"bernd@lab.example"}) == []


async def test_a_source_that_has_lost_most_of_an_account_is_followed_only_when_told(applied, monkeypatch):
    lab, site = applied
    monkeypatch.setattr(account, "SHRUNK_LEAST", 5)
    first = await copy_site(site, accounts=[ANNA])
    info = lab.info.as_json()
    with strangers.source_client(info, ANNA, None) as (client, prefix):
        for name in strangers.mailboxes(client, prefix).values():
            client.select(f'"{name}"')
            client.uid("STORE", "1:*", "+FLAGS", "(\\Deleted)")
            client.expunge()
    stopped = await copy_site(site, accounts=[ANNA])
    (failure,) = stopped.failures
    assert "--accept-shrunk" in failure.reason
    assert stopped.counts.expunged == 0
    told = await copy_site(site, accounts=[ANNA], options=account.Options(accept_shrunk=True))
    assert told.counts.expunged == first.counts.copied
    assert differences(lab, told, only={ANNA}) == []
    life = arrivals(lab)
    life.create(ANNA, ("Viel",))
    for number in range(6):
        life.deliver(ANNA, ("Viel",), b"Subject: %d\r\n\r\n.\r\n" % number)
    assert (await copy_site(site, accounts=[ANNA])).counts.copied == 6
    life.delete(ANNA, ("Viel",))
    stopped = await copy_site(site, accounts=[ANNA])
    assert "--accept-shrunk" in stopped.failures[0].reason
    await copy_site(site, accounts=[ANNA], options=account.Options(accept_shrunk=True))
    (gone,) = (await copy_site(site, accounts=[ANNA])).failures
    assert "gone from the source" in gone.reason, "what was accepted is not asked again"


async def test_a_mailbox_that_is_gone_is_named_also_without_a_journal(applied):
    lab, site = applied
    life = arrivals(lab)
    life.create(ANNA, ("Vergangenes",))
    await copy_site(site, accounts=[ANNA])
    life.delete(ANNA, ("Vergangenes",))
    for _ in range(2):
        report = await copy_site(site, accounts=[ANNA])
        (failure,) = report.failures
        assert failure.mailbox == ("Vergangenes",)
        assert "gone from the source" in failure.reason
        for file in site.state_dir.glob("journal.sqlite*"):
            file.unlink()
    verified = await verify_site(site, accounts=[ANNA])
    assert verified.mailboxes.extra == 1


async def test_an_account_that_only_the_target_has_is_not_called_equal(applied):
    lab, site = applied
    await copy_site(site)
    lab.add_account("neuer@lab.example")
    report = await verify_site(site)
    assert not report.equal
    assert report.accounts.extra == 1
    assert [row.account for row in report.differences] == ["neuer@lab.example"]


def test_copy_says_what_it_did_as_json(lab):
    assert run(lab, "apply", "--yes").returncode == 0
    done = run(lab, "copy", "--json", env={**os.environ, "NO_COLOR": "1"})
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said.keys() >= {"accounts", "mailboxes", "messages", "bytes", "seconds", "renamed"}
    assert said["messages"].keys() == {"copied", "unchanged", "updated", "expunged", "skipped", "left_out"}
    assert {"account": "gudrun.moeller@lab.example", "source": "a^b", "target": "a_b"} in said["renamed"]
    second = json.loads(run(lab, "copy", "--json").stdout)
    assert second["messages"]["unchanged"] == said["messages"]["copied"]
    assert second["renamed"] == said["renamed"]
    verified = run(lab, "verify", "--json")
    assert verified.returncode == 0, verified.stdout[-2000:]
