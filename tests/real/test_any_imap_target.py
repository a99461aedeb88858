"""Servers that are only known to speak IMAP, as a target: real Dovecot and real Cyrus, by APPEND."""

from __future__ import annotations

import contextlib
import imaplib

import pytest

from sterna.errors import SternaError
from sterna.lab.lab import LabOptions
from sterna.lab.source.arrivals import Arrivals
from sterna.lab.source.switches import Switches
from sterna.migration.copy.account import Options
from sterna.migration.copy.run import copy_site
from sterna.migration.plan import make_plan
from sterna.migration.target import OnlyMailError
from sterna.site.load import load_site
from sterna.state.cut_over import CutOverStore
from sterna.state.journal import Journal
from tests.faults.impatience import hurried, hurry
from tests.faults.relay import Fault, Kind, Way, relay
from tests.real import strangers

pytestmark = [pytest.mark.real, pytest.mark.timeout(240)]

ANNA, NEW = "anna@lab.example", "neu@lab.example"
ODD = {
    "8-bit header": b"Subject: \xe4\xf6 raw\r\nMessage-ID: <1@x>\r\n\r\nbody \xff\r\n",
    "NUL": b"Subject: nul\r\n\r\nbe\x00fore\r\n",
    "bare LF": b"Subject: bare\n\nline\nends\n",
    "no header": b"just text\r\n",
    "twice": b"Subject: twice\r\n\r\nthe same\r\n",
    "twice again": b"Subject: twice\r\n\r\nthe same\r\n",
}


def site_of(lab, name: str, target: str):
    """A site that brings Anna's mail from the lab's old server to the new account on another server."""
    folder = lab.info.site.parent
    (folder / "people.csv").write_text(f"address,login\n{NEW},{ANNA}\n")
    (folder / "people.csv").chmod(0o600)
    secret = folder / "old-admin"
    secret.write_text(lab.info.source.admin_password.reveal())
    secret.chmod(0o600)
    login = f'user = "{lab.info.source.admin}"\npassword_file = "{secret}"\naccess = "authorize"\n'
    there = f'host = "127.0.0.1"\nport = {lab.info.source.ports.imap}\ntls = "none"\n{login}'
    path = folder / f"{name}.toml"
    path.write_text(
        f'name = "{name}"\nstate_dir = "{folder}/{name}-state"\n[source]\nproduct = "imap"\naccounts = "people.csv"\n'
        f'[source.imap]\n{there}[target]\nproduct = "imap"\n[target.mail]\n{target or there}'
    )
    return load_site(path)


def seen(client: imaplib.IMAP4) -> dict[str, list[tuple[object, ...]]]:
    """All mail of an account, without UIDs."""
    found: dict[str, list[tuple[object, ...]]] = {}
    for name, full in strangers.mailboxes(client).items():
        messages = strangers.look(client, full).messages.values()
        found[name] = [*sorted((m.body, m.internaldate, sorted(m.flags)) for m in messages)]
    return found


def on_dovecot(lab, who: str) -> dict[str, list[tuple[object, ...]]]:
    with imaplib.IMAP4("127.0.0.1", lab.info.source.ports.imap) as client:
        said = f"{who}\0{lab.info.source.admin}\0{lab.info.source.admin_password.reveal()}".encode()
        client.authenticate("PLAIN", lambda _: said)
        return seen(client)


def brought(there, old, without=()) -> None:
    """Every message of the old account is there, once, but for those that the target does not take."""
    for name, messages in old.items():
        wanted = [row for row in messages if row[0] not in without]
        assert there.get(name, []) == wanted, name


async def test_dovecot_and_cyrus_take_mail_by_append_and_follow_the_source(start_lab, monkeypatch):
    hurry(monkeypatch.setattr)
    lab = start_lab(LabOptions(messages=120, switches=Switches(impersonation=True)))
    life = Arrivals(lab.info.source.ports.imap, lab.info.source.admin_password)
    for data in ODD.values():
        life.deliver(ANNA, ("INBOX",), data, flags=("\\Flagged", "Wichtig"), internaldate=1_000_000_000)
    site = site_of(lab, "dovecot", "")
    with pytest.raises(OnlyMailError):
        await make_plan(site)
    first = await copy_site(site)
    old = on_dovecot(lab, ANNA)
    assert sum(len(messages) for messages in old.values()) == first.counts.copied
    assert first.failures == ()
    assert ("INBOX",) in first.results[0].without_uids
    brought(on_dovecot(lab, NEW), old)
    again = await copy_site(site)
    assert (again.counts.copied, again.counts.updated, again.counts.expunged) == (0, 0, 0)

    life.deliver(ANNA, ("INBOX",), b"Subject: later\r\n\r\n.\r\n")
    life.flag(ANNA, ("INBOX",), "1", "+FLAGS", ("\\Answered",))
    life.expunge(ANNA, ("INBOX",), "2")
    delta = await copy_site(site)
    assert (delta.counts.copied, delta.counts.updated, delta.counts.expunged) == (1, 1, 1)
    old = on_dovecot(lab, ANNA)
    brought(on_dovecot(lab, NEW), old)

    await _cut_over(life, lab, site, old)
    (site.state_dir / "journal.sqlite").unlink()
    anew = await copy_site(site)
    assert (anew.counts.copied, anew.failures) == (0, ()), "without a journal mail is recognised by its bytes"
    brought(on_dovecot(lab, NEW), old)
    await _cyrus(lab, old)
    await _interrupted(lab, old)


async def _interrupted(lab, old) -> None:
    """A target that goes away within commands, answers and literals, and is there again: nothing comes twice."""
    site = site_of(lab, "interrupted", "")
    assert site.target.mail is not None
    async with relay(site.target.mail.port) as between:
        mail = site.target.mail.model_copy(update={"port": between.port})
        site = hurried(site.model_copy(update={"target": site.target.model_copy(update={"mail": mail})}))
        whole = sum(len(str(row[0])) for rows in old.values() for row in rows)
        faults = [
            Fault(Kind.CUT, Way.UP, whole // 12),
            Fault(Kind.RESET, Way.DOWN, whole // 6),
            Fault(Kind.CUT_IN_LITERAL, Way.DOWN, whole // 4),
            Fault(Kind.CUT, Way.UP, whole // 3, lasting=True),
        ]
        for number, fault in enumerate(faults):
            person = f"neu{number}@lab.example"
            (lab.info.site.parent / "people.csv").write_text(f"address,login\n{person},{ANNA}\n")
            between.arm(fault)
            with contextlib.suppress(SternaError):
                await copy_site(site)
            between.arm(None)
            report = await copy_site(site)
            assert report.failures == ()
            brought(on_dovecot(lab, person), old)
            again = await copy_site(site)
            assert (again.counts.copied, again.counts.updated, again.counts.expunged) == (0, 0, 0)
        assert between.struck == len(faults)


async def _cut_over(life, lab, site, old) -> None:
    """Once cut over, the target is the truth; late mail is brought only when that is asked for."""
    journal = Journal.open(site.state_dir / "journal.sqlite")
    CutOverStore(journal).set(NEW, 1_700_000_000)
    late = b"Subject: late\r\n\r\n.\r\n"
    life.deliver(ANNA, ("INBOX",), late)
    life.flag(ANNA, ("INBOX",), "1", "+FLAGS", ("NachUmzug",))
    named = await copy_site(site)
    assert [failure.reason for failure in named.failures] == ["it came after the account was cut over"]
    brought(on_dovecot(lab, NEW), old)
    assert (await copy_site(site, options=Options(only_late=True, bring_late=True))).counts.copied == 1
    now = on_dovecot(lab, NEW)["INBOX"]
    assert [row[0] for row in now if row not in old["INBOX"]] == [late]
    CutOverStore(journal).clear(NEW)
    journal.close()
    followed = await copy_site(site)
    assert (followed.counts.copied, followed.counts.updated) == (0, 1)
    old["INBOX"] = on_dovecot(lab, ANNA)["INBOX"]


async def _cyrus(lab, old) -> None:
    """Cyrus by APPEND: the same mail, as the account itself, but for what Cyrus does not take."""
    end = lab.info.target.imap
    with strangers.target_client(lab.info.as_json(), end.user) as admin:
        assert admin.create(f"user/{NEW}")[0] == "OK"
    target = (
        f'host = "{end.host}"\nport = {end.port}\ntls = "{end.tls}"\nca_file = "{end.ca_file}"\naccess = "authorize"\n'
        f'user = "{end.user}"\npassword_file = "{end.password_file}"\n'
    )
    site = site_of(lab, "cyrus", target)
    report = await copy_site(site)
    assert [failure.reason for failure in report.failures] == ["the target refuses it: Message contains invalid header"]
    kept = [path.read_bytes() for path in (site.state_dir / "quarantine").iterdir()]
    assert kept == [ODD["no header"]]
    with strangers.target_client(lab.info.as_json(), NEW) as client:
        brought(seen(client), old, {ODD["no header"]})
    again = await copy_site(site)
    assert (again.counts.copied, again.counts.updated, again.counts.expunged) == (0, 0, 0)
    assert again.failures == report.failures
